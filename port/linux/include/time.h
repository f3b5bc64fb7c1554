/* SPDX-License-Identifier: BSD-3-Clause */
/* <time.h> on linux: the C library's, with a nanosleep that takes the interrupt which ended it. */
#ifndef PORTSIDE_LINUX_TIME_H
#define PORTSIDE_LINUX_TIME_H

#include_next <time.h>

#define nanosleep ps_nanosleep
int ps_nanosleep(const struct timespec *time, struct timespec *left);

#endif
