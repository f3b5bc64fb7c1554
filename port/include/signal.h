/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <signal.h>: the C library's, with sigaction known to the port, since a socket call that waits
 * inside lwIP must return EINTR. SIGINT and SIGTERM belong to the program (linux) or to the job
 * (board). On linux their handler runs in the port's signal thread: it may do what a handler may,
 * but not longjmp.
 */
#ifndef PORTSIDE_SIGNAL_H
#define PORTSIDE_SIGNAL_H

#include_next <signal.h>

/* With arguments: `struct sigaction` keeps its name. */
#define sigaction(sig, act, old) ps_sigaction(sig, act, old)
int ps_sigaction(int sig, const struct sigaction *act, struct sigaction *old);

#endif
