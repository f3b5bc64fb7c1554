/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Driver of the CMSDK APB UART (DDI 0479, chapter 4.3), whose FIFOs are one byte deep: a byte that
 * is not fetched before the next one is complete is lost (the overrun flag is cleared, no more).
 */
#include "cmsdk_uart.h"

struct registers {
    volatile uint32_t data, state, ctrl, int_status /* write 1 to clear */, baud_div;
};
_Static_assert(offsetof(struct registers, baud_div) == 0x10, "BAUDDIV");

#define STATE_TX_FULL (1u << 0)
#define STATE_RX_FULL (1u << 1)
#define STATE_RX_OVERRUN (1u << 3) /* write 1 to clear */
#define CTRL_TX_ENABLE (1u << 0)
#define CTRL_RX_ENABLE (1u << 1)
#define CTRL_RX_INTERRUPT (1u << 3)
#define INT_RX (1u << 1)

static struct registers *registers_at(uintptr_t base)
{
    return (struct registers *)base;
}

void cmsdk_uart_init(uintptr_t base, uint32_t clock_hz, uint32_t baud)
{
    struct registers *r = registers_at(base);
    r->baud_div = clock_hz / baud;
    r->ctrl = CTRL_TX_ENABLE | CTRL_RX_ENABLE | CTRL_RX_INTERRUPT;
}

void cmsdk_uart_write(uintptr_t base, const char *data, size_t n)
{
    struct registers *r = registers_at(base);
    while (n-- > 0) {
        while (r->state & STATE_TX_FULL) {
        }
        r->data = (uint8_t)*data++;
    }
}

void cmsdk_uart_rx_isr(uintptr_t base, void (*rx)(uint8_t byte))
{
    struct registers *r = registers_at(base);
    r->int_status = INT_RX; /* before the byte is fetched: the next one raises it again */
    r->state = STATE_RX_OVERRUN;
    while (r->state & STATE_RX_FULL) {
        rx((uint8_t)r->data);
    }
}
