/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board lm3s6965evb: which chip is where, which interrupt is whose.
 */
#include "board.h"

#include "nvic.h"
#include "pl011.h"
#include "stellaris_eth.h"
#include "stellaris_sysctl.h"

#define CONSOLE_BAUD 115200u

#define PINS_UART0 0x03u /* of port A: U0RX, U0TX */
#define PINS_LEDS 0x0cu  /* of port F: LED1, LED0 of the Ethernet socket */

#define SYSTICK_VALUE (*(volatile uint32_t *)0xe000e018u)

const char board_name[] = "lm3s6965evb";

static uint32_t core_hz;

static void ethernet_irq_enable(void)
{
    nvic_enable(BOARD_IRQ_ETHERNET, BOARD_IRQ_PRIORITY);
}

static struct stellaris_eth ethernet = {
    .mac =
        {
            /* Locally administered, where the maker wrote no address into the chip; two such
             * boards on one segment need two of these. */
            .fallback_hwaddr = {0x02, 0x00, 0x00, 0x00, 0x69, 0x65},
            .interrupt_enable = ethernet_irq_enable,
            .thread_name = "ethernet",
            .thread_stack = BOARD_RX_STACK,
            .thread_priority = BOARD_RX_PRIORITY,
        },
    .chip.registers = (struct stellaris_eth_registers *)BOARD_ETHERNET_BASE,
};

/* The vector table (port/cortex-m/start.c) finds a handler by its number: these are
 * BOARD_IRQ_UART0 and BOARD_IRQ_ETHERNET. */
void irq5_handler(void);
void irq42_handler(void);

void irq5_handler(void)
{
    pl011_isr(BOARD_UART0_BASE, console_rx);
}

void irq42_handler(void)
{
    mac_isr(&ethernet.mac);
}

void board_init(void)
{
    core_hz = stellaris_clock_init();
    stellaris_gates_open(STELLARIS_RCGC1_UART0, STELLARIS_RCGC2_GPIOA);
    stellaris_pins(BOARD_GPIOA_BASE, PINS_UART0);
    pl011_init(BOARD_UART0_BASE, core_hz, CONSOLE_BAUD);
    nvic_enable(BOARD_IRQ_UART0, BOARD_IRQ_PRIORITY);
}

uint32_t board_core_hz(void)
{
    return core_hz;
}

void board_console_write(const char *data, size_t n)
{
    pl011_write(BOARD_UART0_BASE, data, n);
}

uint32_t board_entropy(void)
{
    static uint32_t state;
    /* A multiplicative hash spreads the counter's few changing bits over the word. */
    state = (state ^ SYSTICK_VALUE ^ state >> 15) * 0x85ebca77u;
    return state ^ state >> 13;
}

err_t board_netif_init(struct netif *netif)
{
    const uint32_t mac_and_phy = STELLARIS_RCGC2_EMAC0 | STELLARIS_RCGC2_EPHY0;

    stellaris_gates_open(0, mac_and_phy | STELLARIS_RCGC2_GPIOF);
    stellaris_pins(BOARD_GPIOF_BASE, PINS_LEDS);
    stellaris_reset(mac_and_phy);
    (void)stellaris_user_hwaddr(ethernet.mac.fallback_hwaddr);
    ethernet.chip.clock_hz = core_hz;
    netif->state = &ethernet;
    return stellaris_eth_init(netif);
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
