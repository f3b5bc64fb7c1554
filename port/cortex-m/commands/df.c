/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * df: tells how much room there is for files
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../../apps/lib/interrupt.h"
#include "../../../apps/lib/report.h"
#include "files.h"
#include "semihost.h"

#define PROGRAM "df"
#define ROM "/rom/"

/* Bytes of the files in /rom. */
static int sum_rom(unsigned long *sum)
{
    DIR *directory = opendir(ROM);
    char *path = directory != NULL ? malloc(sizeof ROM + NAME_MAX) : NULL;
    int status = STATUS_DONE;
    const struct dirent *entry;
    struct stat st;

    *sum = 0;
    while (path != NULL && (entry = readdir(directory)) != NULL) {
        (void)stpcpy(stpcpy(path, ROM), entry->d_name);
        if (stat(path, &st) == 0) {
            *sum += (unsigned long)st.st_size;
        }
    }
    if (path == NULL) {
        status = report_failure(PROGRAM, directory != NULL ? "malloc" : "opendir", ROM);
    }
    free(path);
    if (directory != NULL) {
        closedir(directory);
    }
    return status;
}

static int show(void)
{
    size_t size, left;
    unsigned long rom;

    if (sum_rom(&rom) != STATUS_DONE) {
        return STATUS_FAILED;
    }
    files_ram_usage(&size, &left);
    printf("FILES      SIZE     USED     FREE bytes\n");
    printf("/rom   %8lu %8lu %8u in flash, read-only\n", rom, rom, 0u);
    printf("/ram   %8lu %8lu %8lu gone at the next start\n", (unsigned long)size,
           (unsigned long)(size - left), (unsigned long)left);
    if (semihost_present()) {
        printf("/host  %8s %8s %8s the host's, which does not tell\n", "-", "-", "-");
    }
    return STATUS_DONE;
}

static int show_help(void)
{
    printf("usage: df\n"
           "Tells how many bytes files take, and how many more /ram has for them; a file takes\n"
           "whole blocks, and one more.\n");
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
    } else if (optind < argc) {
        status = report_usage(PROGRAM, "takes no arguments");
    } else {
        status = show();
    }
    return report_end(PROGRAM, status);
}
