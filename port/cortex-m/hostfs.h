/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of the host, through semihosting: /host/x is x in the folder in which QEMU (or the
 * debugger) was started. Without a host there is no /host.
 *
 * Theory of operation: each call is one or more semihosting requests, for whose time the whole
 * board stands still. SYS_OPEN knows fopen()'s modes only, so that open() is made of them: what is
 * not there is made with "ab", which harms nobody, and then opened with "r+b". That is no atomic
 * O_EXCL: EINVAL, where the answer is not EEXIST at any rate. O_APPEND seeks to the end before each
 * write; others on the host may come between. SYS_FLEN gives 32 bits: a byte behind the end that it
 * tells unmasks a file of 4 GiB or more; from 2 GiB on opening fails with EOVERFLOW.
 * What a name stands for is asked by opening it with "r+b": the host refuses a directory with
 * EISDIR, and what cannot be sought (a FIFO, a terminal) is refused here with ENXIO and not opened
 * for reading, where it could block QEMU for ever. One that may not be written still does.
 * Not possible: listing a directory or making one, lengths that ftruncate() changes, owners, modes,
 * times, symbolic links as such (the host follows them, also out of the folder), names that begin
 * with a colon (special to SYS_OPEN), and writing what may not be read.
 * A write that QEMU 7.2 cannot do has no reason with it: ENOSPC, by far the likeliest; a read: EIO.
 * st_ino is 16 bits made of the name.
 */
#ifndef PORTSIDE_HOSTFS_H
#define PORTSIDE_HOSTFS_H

#include "tree.h"

extern const struct tree hostfs_tree;

#endif
