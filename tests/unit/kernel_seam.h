/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine of kernel_arch.h on the host: ucontext and virtual time, all deterministic. */
#ifndef PORTSIDE_KERNEL_SEAM_H
#define PORTSIDE_KERNEL_SEAM_H

#include <stddef.h>
#include <stdint.h>

/* Starts a new machine and runs `boot` on it, which must end in kernel_start(); returns when
 * seam_finish() was called. The seed decides when the ISRs of a storm come. */
void seam_run(void (*boot)(void), uint32_t seed);

/* Ends seam_run(), from any thread or ISR. */
_Noreturn void seam_finish(void);

/* Tells the address sanitizer that the calls that ran on a stack are gone. */
void seam_forget_stack(void *stack, size_t size);

/* How often the alarm rang since seam_run() began. */
unsigned seam_alarms(void);

#endif
