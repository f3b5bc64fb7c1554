/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * newlib's FILEs among threads and jobs. newlib-nano keeps all FILEs of all threads in one chain
 * of "glue" that grows by four through malloc() and never shrinks, and gives each thread its own
 * stdin, stdout and stderr out of it. Debian's build has no locks for that, and _reclaim_reent()
 * does not close the three. So each thread opens and closes its own, one at a time.
 */
#ifndef PORTSIDE_STDIO_STREAMS_H
#define PORTSIDE_STDIO_STREAMS_H

#include <stdbool.h>

/* Opens the calling thread's standard streams. App threads, first thing. */
void stdio_open(void);

/* Flushes and closes them. App threads, last thing. */
void stdio_close(void);

/* When all threads of the job `owner` have ended and before its heap blocks are freed: gives the
 * chain's blocks to the system, and drops FILEs that the job never closed. `alone`: no other job
 * runs. Threads without a job. */
void stdio_disown(const void *owner, bool alone);

/* How many FILEs are open in the whole system. Threads. */
unsigned stdio_count(void);

#endif
