/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel asks of the machine. kernel_arch.c (Cortex-M) implements it for boards, the unit
 * tests' seam for the host; the kernel itself never touches a register.
 */
#ifndef PORTSIDE_KERNEL_ARCH_H
#define PORTSIDE_KERNEL_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;

/* What the clock begins with. Tests make it wrap soon. */
#ifndef KERNEL_CLOCK_START_MS
#define KERNEL_CLOCK_START_MS 0u
#endif

/* Starts the clock. Interrupts are off; called once, by kernel_init(). */
void kernel_arch_init(void);

/* True while an interrupt handler runs. ISR. */
bool kernel_arch_in_isr(void);

/* Interrupts off; returns what kernel_arch_unlock() needs to put back. Nests. ISR. */
uint32_t kernel_arch_lock(void);
void kernel_arch_unlock(uint32_t saved);

/* Asks for a context switch as soon as interrupts are on and no ISR runs. ISR. */
void kernel_arch_request_switch(void);

/* Builds the first stack frame; returns the stack pointer to resume from, NULL when the stack is
 * too small. */
void *kernel_arch_stack_init(void *stack, size_t size, void (*entry)(void *), void *arg,
                             void (*on_return)(void));

/* Resumes the first thread, with interrupts on. They are off before. */
_Noreturn void kernel_arch_start(struct thread *first);

/* Waits for an interrupt; the idle thread's loop calls it. */
void kernel_arch_idle(void);

/* Milliseconds since kernel_arch_init(), monotonic, wrapping. Interrupts are off. */
uint32_t kernel_arch_now_ms(void);

/* The same in microseconds, for measuring: wraps after 71 minutes, and each alarm may cost it a
 * few. Interrupts are off. */
uint32_t kernel_arch_now_us(void);

/* Calls kernel_alarm() from the timer's ISR when kernel_arch_now_ms() has advanced by `ms` (at
 * most 2^30) or a little later, once; replaces what was asked before. Interrupts are off. */
void kernel_arch_set_alarm(uint32_t ms);

/* The kernel's side: */

/* From the timer's ISR: wakes what is due and asks for a switch when a better thread is ready. */
void kernel_alarm(void);

/* From PendSV (seam: from the switch), when the context of kernel_current is saved and its stack
 * is no longer in use: the thread to run next. Interrupts are off. */
struct thread *kernel_pick_next(void);

/* The running thread; the switch stores and loads its sp. */
extern struct thread *kernel_current;

#endif
