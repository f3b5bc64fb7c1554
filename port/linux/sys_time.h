/* SPDX-License-Identifier: BSD-3-Clause */
/* Time of the linux port: everything is on CLOCK_MONOTONIC. */
#ifndef PORTSIDE_LINUX_SYS_TIME_H
#define PORTSIDE_LINUX_SYS_TIME_H

#include <stdint.h>
#include <time.h>

/* t plus ms milliseconds, normalised (0 <= tv_nsec < 10^9). */
struct timespec sys_time_add(struct timespec t, uint32_t ms);

/* t in whole milliseconds, modulo 2^32. */
uint32_t sys_time_ms(struct timespec t);

/* Now plus ms milliseconds. */
struct timespec sys_deadline(uint32_t ms);

#endif
