/* SPDX-License-Identifier: BSD-3-Clause */
/* <fcntl.h>: the C library's, with fcntl going by the descriptor's range (a socket knows F_GETFL
 * and F_SETFL with O_NONBLOCK). */
#ifndef PORTSIDE_FCNTL_H
#define PORTSIDE_FCNTL_H

#include_next <fcntl.h>

#define fcntl ps_fcntl
int ps_fcntl(int fd, int command, ...);

#endif
