/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For programs that have something to do when Ctrl-C comes: the signal is noted, and they end.
 */
#ifndef APPS_LIB_INTERRUPT_NOTED_H
#define APPS_LIB_INTERRUPT_NOTED_H

/* From now on SIGINT and SIGTERM are only noted. A blocking call of the thread that they come to
 * returns EINTR; since that may be any thread, somebody looks at interrupt_noted() at least five
 * times a second. */
void interrupt_note(void);

/* The signal that has come to this process since interrupt_note(), or 0. Any thread. */
int interrupt_noted(void);

#endif
