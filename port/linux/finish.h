/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a program on lwIP: nothing that was sent is lost, nothing is left open. */
#ifndef PORTSIDE_LINUX_FINISH_H
#define PORTSIDE_LINUX_FINISH_H

/* Registers what exit() does: stops the other threads, closes every socket, waits at most 5 s
 * until what was sent is delivered, resets what is left. Once, when the stack has started. */
void finish_at_exit(void);

/* The same with half a second, then ends the process. Any app thread or the signal thread. */
_Noreturn void finish_now(int status);

#endif
