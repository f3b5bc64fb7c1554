/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a file that a client named, if it may have it.
 */
#ifndef APPS_LIB_SERVED_FILE_H
#define APPS_LIB_SERVED_FILE_H

#include "draft.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct served_file {
    int fd; /* the caller closes it */
    uint64_t size;
    /* With the size they tell one state of the file from another; where the system knows no times,
     * they are 0 and nothing does. */
    uint64_t inode, seconds, nanoseconds;
};

enum served_result {
    SERVED_OPEN,
    SERVED_MISSING,
    SERVED_REFUSED,   /* the name, the permission, what it is or where it leads */
    SERVED_DIRECTORY, /* which is no file */
    SERVED_FAILED,    /* errno says why */
};

/* Opens the file of that name below `root` (an absolute path without symbolic links in it) for
 * reading. Only a regular file is opened, and only when it lies below root. */
enum served_result served_file_open(struct served_file *file, const char *root, const char *name);

/* For folders, too: what a name below `root` leads to, after all symbolic links. SERVED_OPEN and
 * SERVED_DIRECTORY come with the path of it, which the caller frees; else *real is NULL. */
enum served_result served_path_resolve(const char *root, const char *name, char **real);

/* The path of a name below `root`, with room for so many more bytes; NULL without memory. The
 * caller frees it. */
char *served_path(const char *root, const char *name, size_t room);

/* Whether there is anything to make an ETag of that changes when the file does. */
bool served_file_is_dated(const struct served_file *file);

/* Appends the ETag of a dated file. */
void served_file_tag(const struct served_file *file, struct draft *tag);

/* Whether the text is the file's ETag; never for one that has none. */
bool served_file_has_tag(const struct served_file *file, const char *text);

#endif
