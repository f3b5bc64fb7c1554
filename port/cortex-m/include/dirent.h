/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <dirent.h> for boards, where newlib has none. A directory has no entries "." and ".."; names that
 * come or go while it is read may or may not be told. /host cannot be listed: ENOTSUP.
 */
#ifndef PORTSIDE_CORTEX_M_DIRENT_H
#define PORTSIDE_CORTEX_M_DIRENT_H

#include <limits.h>
#include <sys/types.h>

typedef struct directory DIR;

struct dirent {
    ino_t d_ino;
    char d_name[NAME_MAX + 1];
};

/* A block of the heap, about 280 bytes. */
DIR *opendir(const char *path);
struct dirent *readdir(DIR *directory);
void rewinddir(DIR *directory);
int closedir(DIR *directory);

#endif
