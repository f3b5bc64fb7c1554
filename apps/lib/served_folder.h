/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A folder that a client asked for, and what it may see of it: the names that would be served.
 */
#ifndef APPS_LIB_SERVED_FOLDER_H
#define APPS_LIB_SERVED_FOLDER_H

#include "served_file.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct served_folder {
    DIR *directory;
    const char *root;
    char *path;   /* of an entry: the folder's own, and room for a name */
    size_t below; /* where in it the part below root begins */
    size_t base;  /* where the entry's name begins */
    int error;    /* why served_folder_next() returned NULL; 0: that was the end */
};

/* Opens the folder of that name below `root`: "" or one that ends in a slash. `root` must stay.
 * SERVED_OPEN: the caller closes it. SERVED_FAILED with errno ENOTSUP: the system cannot list
 * it. */
enum served_result served_folder_open(struct served_folder *folder, const char *root,
                                      const char *name);

/* The next entry that would be served if it were asked for, in no order: its name, valid until the
 * next call. NULL at the end. Links that lead out, devices and names that no request can have are
 * left out. */
const char *served_folder_next(struct served_folder *folder, bool *is_folder);

/* From the first entry again. */
void served_folder_rewind(struct served_folder *folder);

/* The size of an entry that is a file, in bytes. False when it has gone meanwhile. */
bool served_folder_size(struct served_folder *folder, const char *name, uint64_t *size);

void served_folder_close(struct served_folder *folder);

#endif
