/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside the LAN9118 driver: the registers, and what lan9118_chip.c does for lan9118.c.
 * "5.3" etc. are chapters of SMSC's LAN9118 data sheet, revision 1.5.
 */
#ifndef PORTSIDE_LAN9118_CHIP_H
#define PORTSIDE_LAN9118_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lan9118.h"
#include "lwip/opt.h"

/* Chapter 5.2 and 5.3. */
struct lan9118_registers {
    volatile uint32_t rx_data[8]; /* all eight are the same end of the FIFO, for burst access */
    volatile uint32_t tx_data[8];
    volatile uint32_t rx_status, rx_status_peek, tx_status, tx_status_peek;
    volatile uint32_t id_rev, irq_cfg, int_sts, int_en, reserved_60, byte_test, fifo_int;
    volatile uint32_t rx_cfg, tx_cfg, hw_cfg, rx_dp_ctrl, rx_fifo_inf, tx_fifo_inf, pmt_ctrl;
    volatile uint32_t gpio_cfg, gpt_cfg, gpt_cnt, reserved_94, word_swap, free_run, rx_drop;
    volatile uint32_t mac_csr_cmd, mac_csr_data, afc_cfg, e2p_cmd, e2p_data;
};
_Static_assert(offsetof(struct lan9118_registers, tx_data) == 0x20, "TX data FIFO");
_Static_assert(offsetof(struct lan9118_registers, rx_status) == 0x40, "RX status FIFO");
_Static_assert(offsetof(struct lan9118_registers, id_rev) == 0x50, "ID_REV");
_Static_assert(offsetof(struct lan9118_registers, rx_cfg) == 0x6c, "RX_CFG");
_Static_assert(offsetof(struct lan9118_registers, gpio_cfg) == 0x88, "GPIO_CFG");
_Static_assert(offsetof(struct lan9118_registers, mac_csr_cmd) == 0xa4, "MAC_CSR_CMD");
_Static_assert(offsetof(struct lan9118_registers, e2p_data) == 0xb4, "E2P_DATA");

#define BYTE_TEST 0x87654321u
#define IRQ_CFG_EN_PUSH_PULL_HIGH 0x111u
#define INT_TXE (1u << 13)
#define INT_RXE (1u << 14)
#define INT_RXSTOP (1u << 24)
#define INT_RSFL (1u << 3)
#define INT_USED (INT_RSFL | INT_RXE | INT_TXE)
#define RX_CFG_DUMP (1u << 15)
#define RX_CFG_OFFSET(bytes) ((uint32_t)(bytes) << 8)
#define TX_CFG_ON (1u << 1)
#define HW_CFG_RESET (1u << 0)
#define HW_CFG_TX_FIFO_KB(kb) ((uint32_t)(kb) << 16)
#define HW_CFG_MUST_BE_ONE (1u << 20)
#define PMT_CTRL_READY (1u << 0)
#define CSR_BUSY (1u << 31) /* in MAC_CSR_CMD and E2P_CMD */
#define MAC_CSR_READ (1u << 30)
#define RX_STATUS_ERRORS (1u << 30 | 1u << 15 | 1u << 4 | 1u << 3) /* filter, ES, watchdog, MII */
#define RX_STATUS_TOO_LONG (1u << 7)
#define RX_STATUS_RUNT (1u << 11)
#define RX_STATUS_CRC (1u << 1)
#define RX_STATUS_LENGTH(status) (((status) >> 16) & 0x3fffu)
#define TX_STATUS_ERROR (1u << 15)
#define FIFO_INF_STATUSES(inf) (((inf) >> 16) & 0xffu)
#define TX_FIFO_INF_FREE(inf) ((inf)&0xffffu)
#define TX_CMD_A_OFFSET(bytes) ((uint32_t)(bytes) << 16)
#define TX_CMD_A_FIRST (1u << 13)
#define TX_CMD_A_LAST (1u << 12)

static inline struct lan9118_registers *lan9118_registers(const struct lan9118 *nic)
{
    return (struct lan9118_registers *)nic->base;
}

/* A register shows what was done to a FIFO, or written elsewhere, only some time later; 45 ns for
 * each read here (6.1, restrictions on back-to-back cycles). */
static inline void lan9118_settle(const struct lan9118_registers *r, unsigned reads)
{
    while (reads-- > 0) {
        (void)r->byte_test;
    }
}

/* A word of a frame in memory, whatever type it has there. */
typedef uint32_t __attribute__((may_alias)) lan9118_word;

/* Words between memory and the FIFOs. ldm and stm take a quarter of the instructions; Cortex-M3 and
 * M4 resume them after an interrupt and do not start them anew (DDI 0403, ICI bits), so that no
 * word of a FIFO is read twice. */
static inline void lan9118_fifo_write(struct lan9118_registers *r, const lan9118_word *from,
                                      uint32_t words)
{
    for (; words >= 8; words -= 8) {
        __asm volatile("ldmia %0!, {r3-r6, r8-r10, r12}\n\t"
                       "stmia %1, {r3-r6, r8-r10, r12}"
                       : "+r"(from)
                       : "r"(r->tx_data)
                       : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "memory");
    }
    while (words-- > 0) {
        r->tx_data[0] = *from++;
    }
}

static inline void lan9118_fifo_read(struct lan9118_registers *r, lan9118_word *to, uint32_t words)
{
    for (; words >= 8; words -= 8) {
        __asm volatile("ldmia %1, {r3-r6, r8-r10, r12}\n\t"
                       "stmia %0!, {r3-r6, r8-r10, r12}"
                       : "+r"(to)
                       : "r"(r->rx_data)
                       : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "memory");
    }
    while (words-- > 0) {
        *to++ = r->rx_data[0];
    }
}

/* All of these: by one thread at a time, each wait bounded. */

/* Brings the chip from any state to a stopped receiver and transmitter with the settings of this
 * driver, its PHY negotiating. Returns NULL, or what is wrong in a few words. */
const char *lan9118_chip_reset(struct lan9118 *nic);

/* The chip's own address where its EEPROM gave it one, else the fallback, which the chip gets. */
void lan9118_chip_hwaddr(struct lan9118 *nic, uint8_t hwaddr[6]);

/* Starts receiver and transmitter. */
void lan9118_chip_start(struct lan9118 *nic);

/* Empties the receiver and starts it again: the way out when its framing is lost. */
void lan9118_chip_restart_receiver(struct lan9118 *nic);

/* For self-tests: the PHY returns what is sent, through both FIFOs, and puts nothing on the wire;
 * or it negotiates anew and does as before. */
void lan9118_chip_loop_back(struct lan9118 *nic, bool on);

/* Whether the link is up now; sets the MAC to the duplex mode that was negotiated. */
bool lan9118_chip_link(struct lan9118 *nic);

#endif
