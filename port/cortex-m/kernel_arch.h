/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel asks of the machine. kernel_arch.c (Cortex-M) implements it for boards, the unit
 * tests' seam for the host; the kernel itself never touches a register.
 */
#ifndef PORTSIDE_KERNEL_ARCH_H
#define PORTSIDE_KERNEL_ARCH_H

#include <stddef.h>
#include <stdint.h>

struct thread;

/* Interrupts off; returns what kernel_arch_unlock() needs to put back. Nests. ISR. */
uint32_t kernel_arch_lock(void);
void kernel_arch_unlock(uint32_t saved);

/* Asks for a context switch as soon as interrupts are on and no ISR runs. ISR. */
void kernel_arch_request_switch(void);

/* Builds the first stack frame; returns the stack pointer to resume from. */
void *kernel_arch_stack_init(void *stack, size_t size, void (*entry)(void *), void *arg,
                             void (*on_return)(void));

/* Resumes the first thread. */
_Noreturn void kernel_arch_start(struct thread *first);

/* Waits for an interrupt; the idle thread's loop calls it. */
void kernel_arch_idle(void);

/* Milliseconds since start, monotonic. Interrupts are off. */
uint32_t kernel_arch_now_ms(void);

/* Calls kernel_alarm() from the timer's ISR in `ms` milliseconds or a little later, once;
 * KERNEL_FOREVER: not before it is asked again. Interrupts are off. */
void kernel_arch_set_alarm(uint32_t ms);

/* The kernel's side: */

/* From the timer's ISR: wakes what is due and asks for a switch when a better thread is ready. */
void kernel_alarm(void);

/* From PendSV (seam: from the switch): the thread to run next. Interrupts are off. */
struct thread *kernel_pick_next(void);

/* The running thread; the switch stores and loads its sp. */
extern struct thread *kernel_current;

#endif
