/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cat: shows files as text
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../../apps/lib/interrupt.h"
#include "../../../apps/lib/report.h"
#include "show_text.h"

#define PROGRAM "cat"
#define SIZE 256

/* Prints a file with a buffer of SIZE bytes. */
static bool show(int fd, char *buffer)
{
    size_t held = 0; /* bytes of a character that goes on */

    for (;;) {
        ssize_t n = read(fd, buffer + held, SIZE - held);
        size_t taken;

        if (n < 0) {
            return false;
        }
        held += (size_t)n;
        taken = show_text(stdout, buffer, held, "\n\t", n > 0);
        held -= taken;
        memmove(buffer, buffer + taken, held);
        if (n == 0) {
            return true;
        }
    }
}

static int show_file(const char *name, char *buffer)
{
    int fd = open(name, O_RDONLY);
    bool shown;

    if (fd < 0) {
        return report_failure(PROGRAM, "open", name);
    }
    shown = show(fd, buffer);
    if (!shown) {
        (void)report_failure(PROGRAM, "read", name);
    }
    close(fd);
    return shown ? STATUS_DONE : STATUS_FAILED;
}

static int show_files(char **names)
{
    char *buffer = malloc(SIZE);
    int status = STATUS_DONE;

    if (buffer == NULL) {
        return report_failure(PROGRAM, "malloc", NULL);
    }
    for (; *names != NULL; names++) {
        if (show_file(*names, buffer) != STATUS_DONE) {
            status = STATUS_FAILED;
        }
    }
    free(buffer);
    return status;
}

static int show_help(void)
{
    printf(
        "usage: cat FILE...\n"
        "Shows files as UTF-8 text. What is none, or would control the terminal, is \\xNN; only\n"
        "newlines and tabs are as they are.\n");
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
        status = show_files(argv + optind);
    }
    return report_end(PROGRAM, status);
}
