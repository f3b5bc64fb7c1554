/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board mps2-an385: which chip is where, which interrupt is whose.
 */
#include "board.h"

#include "cmsdk_uart.h"
#include "lan9118.h"
#include "lwip/opt.h"
#include "nvic.h"

#define CORE_HZ 25000000u
#define CONSOLE_BAUD 115200u

/* Counters of the board's I/O block (AN385, FPGA system control and I/O). */
#define FPGAIO_COUNTER (*(volatile uint32_t *)(BOARD_FPGAIO_BASE + 0x18u))
#define SYSTICK_VALUE (*(volatile uint32_t *)0xe000e018u)

/* A segment costs its bytes, 54 of headers, the FCS and the alignment. The chip drops without a
 * word what does not fit, so that a larger window makes TCP slower by far. */
_Static_assert((TCP_WND + TCP_MSS - 1) / TCP_MSS * (TCP_MSS + 54 + 4 + 2) <= LAN9118_RX_FIFO_BYTES,
               "one connection's window fits the receive FIFO");

const char board_name[] = "mps2-an385";

static void ethernet_irq_enable(void)
{
    nvic_enable(BOARD_IRQ_ETHERNET, BOARD_IRQ_PRIORITY);
}

static struct lan9118 ethernet = {
    .mac =
        {
            /* Locally administered; two boards without an EEPROM on one segment need two. */
            .fallback_hwaddr = {0x02, 0x00, 0x00, 0x00, 0x03, 0x85},
            .interrupt_enable = ethernet_irq_enable,
            .thread_name = "ethernet",
            .thread_stack = BOARD_RX_STACK,
            .thread_priority = BOARD_RX_PRIORITY,
        },
    .base = BOARD_ETHERNET_BASE,
};

/* The vector table (port/cortex-m/start.c) finds a handler by its number: these are
 * BOARD_IRQ_UART0_RX and BOARD_IRQ_ETHERNET. */
void irq0_handler(void);
void irq13_handler(void);

void irq0_handler(void)
{
    cmsdk_uart_rx_isr(BOARD_UART0_BASE, console_rx);
}

void irq13_handler(void)
{
    mac_isr(&ethernet.mac);
}

void board_init(void)
{
    cmsdk_uart_init(BOARD_UART0_BASE, CORE_HZ, CONSOLE_BAUD);
    nvic_enable(BOARD_IRQ_UART0_RX, BOARD_IRQ_PRIORITY);
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}

void board_console_write(const char *data, size_t n)
{
    cmsdk_uart_write(BOARD_UART0_BASE, data, n);
}

uint32_t board_entropy(void)
{
    static uint32_t state;
    /* A multiplicative hash spreads the counters' few changing bits over the word. */
    state = (state ^ FPGAIO_COUNTER) * 0x9e3779b1u;
    state = (state ^ SYSTICK_VALUE ^ state >> 15) * 0x85ebca77u;
    return state ^ state >> 13;
}

err_t board_netif_init(struct netif *netif)
{
    netif->state = &ethernet;
    return lan9118_init(netif);
}

const char *board_netif_fault(void)
{
    return ethernet.mac.fault;
}

void board_netif_frames(const struct netif *netif, struct board_frames *frames)
{
    const struct mac_counters *count = &((const struct mac *)netif->state)->count;

    frames->in = count->rx_frames;
    frames->in_bytes = count->rx_bytes;
    frames->out = count->tx_frames;
    frames->out_bytes = count->tx_bytes;
}

bool board_netif_drops(const struct netif *netif, unsigned number, const char **cause,
                       uint32_t *count)
{
    return mac_drops(netif, number, cause, count);
}

void board_netif_start(struct netif *netif)
{
    mac_start(netif);
}
