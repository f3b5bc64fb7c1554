/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cp: copies a file
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../../apps/lib/interrupt.h"
#include "../../../apps/lib/report.h"
#include "../../../apps/lib/saved_file.h"

#define PROGRAM "cp"
#define SIZE 512

struct copy {
    struct saved_file to;
    char buffer[SIZE];
};

/* Copies what there is to be read. */
static bool copy_bytes(int from, const char *name, struct copy *copy)
{
    ssize_t n;

    do {
        n = read(from, copy->buffer, SIZE);
        if (n < 0) {
            (void)report_failure(PROGRAM, "read", name);
            return false;
        }
        if (!saved_file_write(&copy->to, copy->buffer, (size_t)n)) {
            return false;
        }
    } while (n > 0);
    return saved_file_finish(&copy->to);
}

static int copy_to(int from, const char *name, const char *to)
{
    struct copy *copy = calloc(1, sizeof *copy);
    bool done;

    if (copy == NULL) {
        return report_failure(PROGRAM, "malloc", NULL);
    }
    done = saved_file_prepare(&copy->to, PROGRAM, to, false, copy->buffer, SIZE) &&
           copy_bytes(from, name, copy);
    if (!done && copy->to.part != NULL) {
        (void)unlink(copy->to.part); /* a half is of no use */
    }
    saved_file_close(&copy->to);
    free(copy);
    return done ? STATUS_DONE : STATUS_FAILED;
}

/* The name that a copy gets: of the same name when `to` is a folder. Allocated. */
static char *name_of_copy(const char *name, const char *to)
{
    const char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name;
    struct stat st;
    char *whole;

    if (stat(to, &st) < 0 || !S_ISDIR(st.st_mode)) {
        return strdup(to);
    }
    whole = malloc(strlen(to) + 1 + strlen(base) + 1);
    if (whole != NULL) {
        (void)stpcpy(stpcpy(stpcpy(whole, to), "/"), base);
    }
    return whole;
}

static int copy_file(const char *name, const char *to)
{
    int from = open(name, O_RDONLY), status;
    char *whole;

    if (from < 0) {
        return report_failure(PROGRAM, "open", name);
    }
    whole = name_of_copy(name, to);
    status = whole != NULL ? copy_to(from, name, whole) : report_failure(PROGRAM, "malloc", NULL);
    free(whole);
    close(from);
    return status;
}

static int show_help(void)
{
    printf("usage: cp FILE TO\n"
           "Copies a file to another, or into a folder. It has its name when it is whole; until\n"
           "then it is TO.part.\n");
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
    } else if (argc - optind != 2) {
        status = report_usage(PROGRAM, "needs FILE and TO, got %d arguments", argc - optind);
    } else {
        status = copy_file(argv[optind], argv[optind + 1]);
    }
    return report_end(PROGRAM, status);
}
