/* SPDX-License-Identifier: BSD-3-Clause */
/* <unistd.h>: the C library's, with close, read and write going by the descriptor's range, and an
 * _exit that leaves the network in order. */
#ifndef PORTSIDE_UNISTD_H
#define PORTSIDE_UNISTD_H

#include_next <unistd.h>

#define close ps_close
#define read ps_read
#define write ps_write
#define _exit ps__exit

int ps_close(int fd);
ssize_t ps_read(int fd, void *data, size_t length);
ssize_t ps_write(int fd, const void *data, size_t length);
_Noreturn void ps__exit(int status);

#endif
