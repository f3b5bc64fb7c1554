/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ctrl-C, termination and closed pipes mean the same on every stack.
 */
#ifndef APPS_LIB_INTERRUPT_H
#define APPS_LIB_INTERRUPT_H

#include <stdbool.h>

/* The status of an app that SIGINT has ended. */
#define INTERRUPT_STATUS 130

/* From now on SIGINT ends the app with status 130 and SIGTERM with 143. Its sockets are closed as
 * at any exit. Events are flushed one by one, so that none is lost. */
void interrupt_install(void);

/* From now on the first SIGINT only makes interrupt_came() true, and a call of the main thread that
 * waits returns EINTR, when it waits already. The second one ends the app as above. */
void interrupt_install_twice(void);
bool interrupt_came(void);

/* From now on a write into a pipe that nobody reads fails with EPIPE, instead of ending the app. */
void interrupt_ignore_pipe(void);

#endif
