/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System control of Stellaris microcontrollers. Registers and sequences: TI, "Stellaris LM3S6965
 * Microcontroller" (DS-LM3S6965), chapters System Control, Internal Memory (USER_REG0, USER_REG1)
 * and GPIOs.
 */
#include "stellaris_sysctl.h"

#include <stddef.h>

struct sysctl {
    volatile uint32_t did0, reserved_004[12], ldopctl, reserved_038[2], srcr0, srcr1, srcr2;
    volatile uint32_t reserved_04c, ris, imc, misc, resc, rcc, reserved_064[3], rcc2;
    volatile uint32_t reserved_074[35], rcgc0, rcgc1, rcgc2, reserved_10c[53], user_reg0, user_reg1;
};
_Static_assert(offsetof(struct sysctl, ldopctl) == 0x034, "LDOPCTL");
_Static_assert(offsetof(struct sysctl, srcr0) == 0x040, "SRCR0");
_Static_assert(offsetof(struct sysctl, ris) == 0x050, "RIS");
_Static_assert(offsetof(struct sysctl, rcc) == 0x060, "RCC");
_Static_assert(offsetof(struct sysctl, rcc2) == 0x070, "RCC2");
_Static_assert(offsetof(struct sysctl, rcgc0) == 0x100, "RCGC0");
_Static_assert(offsetof(struct sysctl, user_reg0) == 0x1e0, "USER_REG0");

#define SYSCTL ((struct sysctl *)0x400fe000u)

#define DID0_REVISION 0xffffu
#define DID0_REVISION_A2 0x0002u
#define LDOPCTL_2_75_V 0x1bu
#define INT_PLL_LOCK (1u << 6) /* in RIS and MISC */
#define RCC_MOSCDIS (1u << 0)
#define RCC_OSCSRC (3u << 4)
#define RCC_OSCSRC_MAIN (0u << 4)
#define RCC_XTAL (0xfu << 6)
#define RCC_XTAL_8_MHZ (0xeu << 6)
#define RCC_BYPASS (1u << 11)
#define RCC_OEN (1u << 12) /* 1: the PLL's output is off */
#define RCC_PWRDN (1u << 13)
#define RCC_USESYSDIV (1u << 22)
#define RCC_SYSDIV (0xfu << 23)
#define RCC_SYSDIV_4 (3u << 23) /* of 200 MHz */
#define USER_REG_NOT_WRITTEN (1u << 31)

#define CRYSTAL_HZ 8000000u
#define CORE_HZ 50000000u
#define CRYSTAL_SPINS 50000u /* at most 12 MHz and at least 6 cycles each: 25 ms to swing in */
#define LOCK_SPINS 32768u    /* more than 8 ms; the PLL needs half a millisecond */

/* Offsets in a GPIO port. */
#define GPIO_AFSEL 0x420u
#define GPIO_DEN 0x51cu

static void spin(uint32_t turns)
{
    for (volatile uint32_t left = turns; left > 0; left--) {
    }
}

uint32_t stellaris_clock_init(void)
{
    uint32_t rcc = SYSCTL->rcc;

    if ((SYSCTL->did0 & DID0_REVISION) == DID0_REVISION_A2) {
        SYSCTL->ldopctl = LDOPCTL_2_75_V; /* 2.5 V are too little for this one's PLL */
    }
    /* No PLL and no divider while they are changed; from reset, or from an earlier run. */
    rcc = (rcc | RCC_BYPASS | RCC_PWRDN | RCC_OEN) & ~RCC_USESYSDIV;
    SYSCTL->rcc = rcc;
    SYSCTL->rcc2 = 0; /* what RCC says counts */
    rcc &= ~RCC_MOSCDIS;
    SYSCTL->rcc = rcc;
    spin(CRYSTAL_SPINS);
    SYSCTL->misc = INT_PLL_LOCK;
    rcc &= ~(RCC_XTAL | RCC_OSCSRC | RCC_PWRDN | RCC_OEN);
    rcc |= RCC_XTAL_8_MHZ | RCC_OSCSRC_MAIN;
    SYSCTL->rcc = rcc;
    for (uint32_t spins = LOCK_SPINS; !(SYSCTL->ris & INT_PLL_LOCK); spins--) {
        if (spins == 0) {
            return CRYSTAL_HZ;
        }
    }
    rcc = (rcc & ~RCC_SYSDIV) | RCC_SYSDIV_4 | RCC_USESYSDIV;
    SYSCTL->rcc = rcc;
    SYSCTL->rcc = rcc & ~RCC_BYPASS;
    return CORE_HZ;
}

void stellaris_gates_open(uint32_t rcgc1, uint32_t rcgc2)
{
    SYSCTL->rcgc1 |= rcgc1;
    SYSCTL->rcgc2 |= rcgc2;
    (void)SYSCTL->rcgc2; /* a peripheral answers three cycles later */
    (void)SYSCTL->rcgc2;
}

void stellaris_reset(uint32_t srcr2)
{
    SYSCTL->srcr2 = srcr2;
    spin(64);
    SYSCTL->srcr2 = 0;
    spin(64);
}

void stellaris_pins(uintptr_t port, uint32_t pins)
{
    *(volatile uint32_t *)(port + GPIO_AFSEL) |= pins;
    *(volatile uint32_t *)(port + GPIO_DEN) |= pins;
}

bool stellaris_user_hwaddr(uint8_t hwaddr[6])
{
    const uint32_t low = SYSCTL->user_reg0, high = SYSCTL->user_reg1;

    /* The lowest bit of the first byte: a group's address, nobody's own. */
    if ((low | high) & USER_REG_NOT_WRITTEN || low & 1) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        hwaddr[i] = (uint8_t)(low >> 8 * i);
        hwaddr[3 + i] = (uint8_t)(high >> 8 * i);
    }
    return true;
}
