/* SPDX-License-Identifier: BSD-3-Clause */
/* System control of Stellaris microcontrollers (Fury class: LM3S6965 and its like): clock, gates
 * of the peripherals, and the MAC address that the maker of a board wrote into the flash memory. */
#ifndef PORTSIDE_STELLARIS_SYSCTL_H
#define PORTSIDE_STELLARIS_SYSCTL_H

#include <stdbool.h>
#include <stdint.h>

/* Gates of RCGC1 and RCGC2, and what SRCR1 and SRCR2 reset. */
#define STELLARIS_RCGC1_UART0 (1u << 0)
#define STELLARIS_RCGC2_GPIOA (1u << 0)
#define STELLARIS_RCGC2_GPIOF (1u << 5)
#define STELLARIS_RCGC2_EMAC0 (1u << 28)
#define STELLARIS_RCGC2_EPHY0 (1u << 30)

/* Sets the core to 50 MHz, out of the PLL and a crystal of 8 MHz. Returns the core's clock in Hz:
 * 8 000 000, the crystal's own, when the PLL does not lock. Interrupts off; takes 30 ms. */
uint32_t stellaris_clock_init(void);

/* Opens the gates of peripherals; they may be touched from the return on. */
void stellaris_gates_open(uint32_t rcgc1, uint32_t rcgc2);

/* Resets peripherals of SRCR2. */
void stellaris_reset(uint32_t srcr2);

/* Gives pins of a GPIO port (a bit each; its gate is open) to the peripheral that they belong to,
 * as digital ones. */
void stellaris_pins(uintptr_t port, uint32_t pins);

/* The MAC address out of USER_REG0 and USER_REG1. False, and nothing is written, when none was
 * programmed. */
bool stellaris_user_hwaddr(uint8_t hwaddr[6]);

#endif
