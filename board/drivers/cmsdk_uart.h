/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The UART of ARM's Cortex-M System Design Kit (CMSDK, DDI 0479, APB UART): polled output,
 * interrupt-driven input.
 */
#ifndef PORTSIDE_CMSDK_UART_H
#define PORTSIDE_CMSDK_UART_H

#include <stddef.h>
#include <stdint.h>

/* Switches transmitter, receiver and receive interrupt on. At least 16 clock cycles a bit. */
void cmsdk_uart_init(uintptr_t base, uint32_t clock_hz, uint32_t baud);

/* Sends n bytes; waits for room before each (9 600 baud: 1 ms a byte). With interrupts off and in
 * fault handlers, too. ISR. */
void cmsdk_uart_write(uintptr_t base, const char *data, size_t n);

/* The receive interrupt's handler: hands each byte that has arrived to rx. ISR. */
void cmsdk_uart_rx_isr(uintptr_t base, void (*rx)(uint8_t byte));

#endif
