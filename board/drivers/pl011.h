/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARM's PrimeCell UART (PL011, DDI 0183), as Stellaris microcontrollers have it: polled output,
 * interrupt-driven input.
 */
#ifndef PORTSIDE_PL011_H
#define PORTSIDE_PL011_H

#include <stddef.h>
#include <stdint.h>

/* 8 data bits, no parity, one stop bit; switches transmitter, receiver and receive interrupt on. At
 * least 16 clock cycles a bit. */
void pl011_init(uintptr_t base, uint32_t clock_hz, uint32_t baud);

/* Sends n bytes; waits for room before each (115 200 baud: 87 us a byte). With interrupts off and
 * in fault handlers, too. ISR. */
void pl011_write(uintptr_t base, const char *data, size_t n);

/* The interrupt handler: hands each byte that has arrived to rx. ISR. */
void pl011_isr(uintptr_t base, void (*rx)(uint8_t byte));

#endif
