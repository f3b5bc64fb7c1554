/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Driver of the PL011 UART (DDI 0183, chapter 3; DS-LM3S6965, "UARTs", with UART as a prefix of
 * each register's name). The FIFOs stay off, as after reset: a byte must be fetched before the next
 * one is complete, 87 us at 115 200 baud, which is long. Switching them on empties them, and QEMU's
 * model may hold a byte by then that was typed before the board had started.
 */
#include "pl011.h"

struct registers {
    volatile uint32_t dr, rsr, reserved_08[4], fr, reserved_1c, ilpr, ibrd, fbrd, lcrh, ctl, ifls;
    volatile uint32_t im, ris, mis, icr /* write 1 to clear */;
};
_Static_assert(offsetof(struct registers, fr) == 0x18, "FR");
_Static_assert(offsetof(struct registers, ibrd) == 0x24, "IBRD");
_Static_assert(offsetof(struct registers, icr) == 0x44, "ICR");

#define FR_RX_EMPTY (1u << 4)
#define FR_TX_FULL (1u << 5)
#define LCRH_8_BITS (3u << 5)
#define CTL_ON (1u << 0 | 1u << 8 | 1u << 9) /* the UART, its transmitter and its receiver */
#define INT_RX (1u << 4)

static struct registers *registers_at(uintptr_t base)
{
    return (struct registers *)base;
}

void pl011_init(uintptr_t base, uint32_t clock_hz, uint32_t baud)
{
    struct registers *r = registers_at(base);
    uint32_t divisor = (clock_hz * 4u + baud / 2) / baud; /* 64ths of 16 cycles */
    r->ctl = 0;
    r->ibrd = divisor / 64;
    r->fbrd = divisor % 64;
    r->lcrh = LCRH_8_BITS; /* its write is what takes the divisors over */
    r->im = INT_RX;
    r->ctl = CTL_ON;
}

void pl011_write(uintptr_t base, const char *data, size_t n)
{
    struct registers *r = registers_at(base);
    while (n-- > 0) {
        while (r->fr & FR_TX_FULL) {
        }
        r->dr = (uint8_t)*data++;
    }
}

void pl011_isr(uintptr_t base, void (*rx)(uint8_t byte))
{
    struct registers *r = registers_at(base);
    r->icr = INT_RX; /* before the byte is fetched: the next one raises it again */
    while (!(r->fr & FR_RX_EMPTY)) {
        rx((uint8_t)r->dr);
    }
}
