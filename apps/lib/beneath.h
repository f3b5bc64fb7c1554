/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a file below a directory, and nowhere else.
 *
 * Two implementations, of which a build links one: beneath_openat.c for systems with symbolic
 * links, beneath_plain.c for those without.
 */
#ifndef APPS_LIB_BENEATH_H
#define APPS_LIB_BENEATH_H

/* Opens a file for reading, never blocking. `path` is absolute, begins with the directory `root`,
 * has no ".." in it, and no symbolic link: where one has been put in its way meanwhile, it is not
 * followed. Returns the descriptor, which the caller closes, or -1 and errno. */
int beneath_open(const char *root, const char *path);

#endif
