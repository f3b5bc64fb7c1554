/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of files on boards: from what a program says to the one absolute name that is meant. */
#ifndef PORTSIDE_PATH_H
#define PORTSIDE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Where relative names are; a board has no other working directory. */
#define PATH_WORKING_DIRECTORY "/ram"

/* Writes the absolute form of `path` to `out` (`size` bytes with the NUL): one slash between parts,
 * none at the end, "." and ".." resolved by the text alone, for there are no links. "/.." is "/".
 * *directory: whether the name asks for a directory, as "x/" and "x/." do. Returns 0, -ENOENT for
 * an empty name, -ENAMETOOLONG when it, or what comes out, has `size` bytes or more, or a part more
 * than NAME_MAX. Any context. */
int path_resolve(const char *path, char *out, size_t size, bool *directory);

#endif
