/* SPDX-License-Identifier: BSD-3-Clause */
/* The system's first thread, and what it asks of the network. */
#ifndef PORTSIDE_MAIN_H
#define PORTSIDE_MAIN_H

#include <stddef.h>

struct boot_args;

/* Starts the kernel with the main thread, which reads the boot arguments, brings the network up
 * and runs the shell or the command of run=. Once, from reset, interrupts off. */
_Noreturn void main_start(void);

/* Lets the network drain, then ends the emulator with `status`; returns when there is none. */
void main_end(int status);

/* Supplied by the network side: brings lwIP and the interface up. Main thread. Returns 0, or
 * non-zero after it said on the console what went wrong. */
int net_start(const struct boot_args *args);

/* The most that was ever used of the stack of start-up and interrupt handlers, and its size. Any
 * context. */
void main_stack_usage(size_t *used, size_t *size);

#endif
