/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end: faults, failed assertions and what cannot go on. Everything here prints by polling,
 * with interrupts off, needs no heap and no kernel, and ends QEMU with FAULT_EXIT_STATUS; where no
 * host answers it stops the board.
 */
#ifndef PORTSIDE_FAULT_H
#define PORTSIDE_FAULT_H

/* The exit status of the emulator after a fault: none of an app's 0, 1, 2, 127 or 128 + signal. */
#define FAULT_EXIT_STATUS 3

/* Gives each kind of fault its own vector and makes a division by zero one. From reset. */
void fault_init(void);

/* kernel_panic(), which kernel.h declares, is here as well. */

/* What lwIP's assertions call. ISR. */
_Noreturn void port_assert_failed(const char *message, const char *file, int line);

#endif
