/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases of the thread kernel, written once for the host's seam and for the board.
 *
 * A case runs on a thread of priority CASE_PRIORITY of a kernel that was started for it alone, and
 * passes when it returns, or when the panic that it announced comes. A case of `before_start`
 * runs between kernel_init() and kernel_start(), with interrupts off.
 */
#ifndef PORTSIDE_KERNEL_CASES_H
#define PORTSIDE_KERNEL_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"
#include "kernel_arch.h"

#define CASE_PRIORITY 4u

#ifdef __arm__
#define CASE_STACK 1024u
#else
#define CASE_STACK 65536u
#endif

struct kernel_case {
    const char *name;
    void (*run)(void);
    bool before_start;
};

/* Groups, each ended by a case without a name. */
extern const struct kernel_case kernel_thread_cases[], kernel_time_cases[], kernel_sync_cases[],
    kernel_mailbox_cases[], kernel_storm_cases[], kernel_misuse_cases[];

/* What the runner gives to the cases. */

#define CHECK(condition) ((condition) ? (void)0 : case_fail(__FILE__, __LINE__, #condition))

_Noreturn void case_fail(const char *file, int line, const char *what);

/* From here on kernel_panic() with these words ends the case well, and everything else badly. */
void case_expect_panic(const char *what);

/* Runs f(arg) in an ISR: now (if interrupts are on), or in `ms` milliseconds, once. */
void case_isr(void (*f)(void *), void *arg);
void case_isr_after(uint32_t ms, void (*f)(void *), void *arg);

/* Runs f(arg) in an ISR again and again at odd moments, until f is NULL. */
void case_isr_storm(void (*f)(void *), void *arg);

/* Computes for so long (of its own time). */
void case_busy(uint32_t ms);

/* How much later than asked a thread may go on: 0 in virtual time. */
uint32_t case_late_ms(void);

/* Microseconds of a clock that is not the kernel's; good for 5 s after the case began. */
uint32_t case_reference_us(void);

/* What the groups share (kernel_cases.c). */

#define CASE_THREADS 8u

extern struct thread case_threads[CASE_THREADS];
extern uint8_t case_stacks[CASE_THREADS][CASE_STACK];
extern char case_trace[64];

/* Starts case_threads[i] on its stack; its name is the letter 'a' + i. */
void case_spawn(unsigned i, unsigned priority, void (*entry)(void *), void *arg);
void case_join(unsigned i);

/* Lets all others go on until each has ended or waits for something. */
void case_settle(void);

/* Appends to the trace; the one without argument the letter of the calling thread. */
void case_mark(char c);
void case_mark_self(void);

/* True when exactly `ms`, or as much later as is allowed, have passed since `start`. */
bool case_took(uint32_t start, uint32_t ms);

#endif
