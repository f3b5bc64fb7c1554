/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * newlib's FILEs among threads and jobs. newlib-nano keeps all FILEs of all threads in one chain
 * of "glue" that grows by four through malloc() and never shrinks, and gives each thread its own
 * stdin, stdout and stderr out of it. Debian's build has no locks for that, walks the whole chain
 * to flush, and _reclaim_reent() does not close the three. So the linker leads newlib's own calls
 * of three functions here (--wrap): taking a FILE out of the chain happens under a lock and notes
 * whose it is, and fflush(NULL) is for those of the calling job. A FILE itself has no lock: one
 * that several threads use is theirs to guard. exit() flushes those of its job; what a job leaves
 * open otherwise, by a signal say, is dropped without writing.
 */
#ifndef PORTSIDE_STDIO_STREAMS_H
#define PORTSIDE_STDIO_STREAMS_H

#include <stdbool.h>

struct _reent;

/* Opens the standard streams of a thread that is about to start; false when memory is short. */
bool stdio_open(struct _reent *reent);

/* Flushes and closes them. App threads, last thing. */
void stdio_close(void);

/* When all threads of the job `owner` have ended and before its heap blocks are freed: gives the
 * chain's blocks to the system, and drops FILEs that the job never closed. Threads without a job.
 */
void stdio_disown(const void *owner);

/* How many FILEs are open in the whole system. Threads. */
unsigned stdio_count(void);

#endif
