/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ls: lists files
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../../apps/lib/interrupt.h"
#include "../../../apps/lib/report.h"
#include "show_text.h"

#define PROGRAM "ls"

/* "-rw-rw-rw-" of a mode. */
static void print_mode(mode_t mode)
{
    static const char letters[] = "rwxrwxrwx";

    putchar(S_ISDIR(mode) ? 'd' : S_ISREG(mode) ? '-' : S_ISFIFO(mode) ? 'p' : '?');
    for (int i = 0; i < 9; i++) {
        putchar((mode & (0400u >> i)) != 0 ? letters[i] : '-');
    }
}

static void print_entry(const char *name, const struct stat *st, bool is_long)
{
    if (is_long) {
        print_mode(st->st_mode);
        printf(" %9lu ", (unsigned long)st->st_size);
    }
    (void)show_text(stdout, name, strlen(name), "", false);
    printf("%s\n", S_ISDIR(st->st_mode) ? "/" : "");
}

/* `path` has room for a name of NAME_MAX behind its `length` bytes. */
static int list_entries(DIR *directory, char *path, size_t length, bool is_long)
{
    const struct dirent *entry;
    struct stat st;

    if (length > 0 && path[length - 1] != '/') {
        path[length++] = '/';
    }
    while ((entry = readdir(directory)) != NULL) {
        memcpy(path + length, entry->d_name, strlen(entry->d_name) + 1);
        if (stat(path, &st) == 0) { /* it may be gone meanwhile */
            print_entry(entry->d_name, &st, is_long);
        }
    }
    return STATUS_DONE;
}

static int list_directory(const char *name, bool is_long)
{
    DIR *directory = opendir(name);
    size_t length = strlen(name);
    char *path = directory != NULL ? malloc(length + 1 + NAME_MAX + 1) : NULL;
    int status;

    if (directory == NULL && errno == ENOTSUP) {
        return report_failed(PROGRAM, "%s: the host's folders cannot be listed", name);
    }
    if (path == NULL) {
        status = report_failure(PROGRAM, directory != NULL ? "malloc" : "opendir", name);
    } else {
        memcpy(path, name, length + 1);
        status = list_entries(directory, path, length, is_long);
    }
    free(path);
    if (directory != NULL) {
        closedir(directory);
    }
    return status;
}

static int list(const char *name, bool is_long, bool has_head)
{
    struct stat st;

    if (stat(name, &st) < 0) {
        return report_failure(PROGRAM, "stat", name);
    }
    if (!S_ISDIR(st.st_mode)) {
        print_entry(name, &st, is_long);
        return STATUS_DONE;
    }
    if (has_head) {
        printf("%s:\n", name);
    }
    return list_directory(name, is_long);
}

static int list_all(int count, char **names, bool is_long)
{
    int status = STATUS_DONE;

    if (count == 0) {
        return list(".", is_long, false);
    }
    for (int i = 0; i < count; i++) {
        if (list(names[i], is_long, count > 1) != STATUS_DONE) {
            status = STATUS_FAILED;
        }
    }
    return status;
}

static int show_help(void)
{
    printf("usage: ls [-l] [PATH]...\n"
           "Lists files and folders, those of /ram by default. /host cannot be listed, but a file\n"
           "in it can be named.\n"
           "  -l  with what may be done to each, and its bytes\n");
    return STATUS_DONE;
}

int main(int argc, char **argv)
{
    bool is_long = false;
    int option, status = STATUS_GO_ON;

    interrupt_install();
    while (status == STATUS_GO_ON && (option = getopt(argc, argv, ":lh")) != -1) {
        if (option == 'l') {
            is_long = true;
        } else {
            status = option == 'h' ? show_help() : report_option(PROGRAM, option, optopt);
        }
    }
    if (status == STATUS_GO_ON) {
        status = list_all(argc - optind, argv + optind, is_long);
    }
    return report_end(PROGRAM, status);
}
