/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a file or a folder below a directory, and nowhere else.
 *
 * Two implementations, of which a build links one: beneath_openat.c for systems with symbolic
 * links, beneath_plain.c for those without.
 */
#ifndef APPS_LIB_BENEATH_H
#define APPS_LIB_BENEATH_H

#include <dirent.h>
#include <sys/stat.h>

/* Opens a file for reading, never blocking. `path` is absolute, begins with the directory `root`,
 * has no ".." in it, and no symbolic link: where one has been put in its way meanwhile, it is not
 * followed. Returns the descriptor, which the caller closes, or -1 and errno. */
int beneath_open(const char *root, const char *path);

/* The same for a directory, which may be root itself: for readdir(). The caller closes it. NULL and
 * errno, ENOTSUP where the system cannot list this one. */
DIR *beneath_open_directory(const char *root, const char *path);

/* Looks at an entry of an open directory, without following a symbolic link: its whole path and
 * its name. -1 and errno. */
int beneath_look(DIR *directory, const char *path, const char *name, struct stat *state);

#endif
