/* SPDX-License-Identifier: BSD-3-Clause */
/* The interrupt controller of ARMv7-M cores (DDI 0403, B3.4). */
#ifndef PORTSIDE_NVIC_H
#define PORTSIDE_NVIC_H

#include <stdint.h>

/* Unmasks an interrupt with a priority as it is written to its 8-bit field (0 is the highest). */
static inline void nvic_enable(unsigned irq, uint8_t priority)
{
    volatile uint32_t *const iser = (volatile uint32_t *)0xe000e100u;
    volatile uint8_t *const ipr = (volatile uint8_t *)0xe000e400u;
    ipr[irq] = priority;
    iser[irq / 32] = 1u << irq % 32;
}

#endif
