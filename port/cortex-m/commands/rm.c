/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rm: removes files
 */
#include <stdio.h>
#include <unistd.h>
#include "../../../apps/lib/interrupt.h"
#include "../../../apps/lib/report.h"

#define PROGRAM "rm"

static int remove_files(char **names)
{
    int status = STATUS_DONE;

    for (; *names != NULL; names++) {
        if (unlink(*names) < 0) {
            status = report_failure(PROGRAM, "unlink", *names);
        }
    }
    return status;
}

static int show_help(void)
{
    printf("usage: rm FILE...\n"
           "Removes files; one that is open somewhere takes its room until it is closed.\n");
    return STATUS_DONE;
}

int main(int argc, char **argv)
{
    int status, option = getopt(argc, argv, ":h");

    interrupt_install();
    if (option == 'h') {
        status = show_help();
    } else if (option != -1) {
        status = report_option(PROGRAM, option, optopt);
    } else if (optind == argc) {
        status = report_usage(PROGRAM, "needs a FILE, or several");
    } else {
        status = remove_files(argv + optind);
    }
    return report_end(PROGRAM, status);
}
