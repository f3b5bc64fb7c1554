/* SPDX-License-Identifier: BSD-3-Clause */
/* <time.h> for boards: newlib's, which has the POSIX clocks but declares them for no bare metal. */
#ifndef PORTSIDE_CORTEX_M_TIME_H
#define PORTSIDE_CORTEX_M_TIME_H

#include_next <time.h>

#ifndef CLOCK_MONOTONIC
#define CLOCK_MONOTONIC ((clockid_t)4)
#endif
#ifndef TIME_UTC
#define TIME_UTC 1
#endif

/* Both clocks count from start: a board knows no date. Resolution 1 ms. */
int clock_gettime(clockid_t clock, struct timespec *now);
int timespec_get(struct timespec *now, int base);

/* Ends early with EINTR, and a kill point. */
int nanosleep(const struct timespec *time, struct timespec *left);

#endif
