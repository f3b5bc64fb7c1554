/* SPDX-License-Identifier: BSD-3-Clause */
/* What kernel.c, kernel_thread.c and kernel_sync.c share. All of it is called with interrupts off.
 */
#ifndef PORTSIDE_KERNEL_INTERNAL_H
#define PORTSIDE_KERNEL_INTERNAL_H

#include "kernel.h"
#include "kernel_arch.h"

#define kernel_assert(condition, what) ((condition) ? (void)0 : kernel_panic(what))

enum thread_state {
    THREAD_READY, /* the running one is ready, too, and on its ready list */
    THREAD_BLOCKED,
    THREAD_ENDING, /* still on its stack, for the last time */
    THREAD_ENDED,
};

/* Panics unless a thread calls (not an ISR, not before kernel_start()). */
void kernel_check_thread(void);

/* Panics when t has left its stack. */
void kernel_check_stack(const struct thread *t);

/* Empties the list of all threads and makes the idle thread. */
void kernel_threads_init(void *idle_stack, size_t idle_stack_size);

/* Puts a thread that is on no list behind the ready ones of its priority. */
void kernel_ready(struct thread *t);

/* Takes the calling thread off the ready ones for ever. */
void kernel_end_current(void);

/* Blocks the calling thread on `list` (NULL: it only sleeps), unless timeout and flags forbid it.
 * Puts back the interrupts (`saved` is what kernel_arch_lock() gave); returns the wait's result. */
int kernel_block(struct thread_list *list, uint32_t timeout_ms, unsigned flags, uint32_t saved);

/* Ends the wait of a blocked thread with `result`. */
void kernel_wake(struct thread *t, int result);

/* Gives t a priority wherever it is, and asks for a switch when that changes who is to run. */
void kernel_set_priority(struct thread *t, uint8_t priority);

#endif
