/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Ethernet controller of Stellaris microcontrollers as a chip: its registers, FIFOs and PHY;
 * nothing of lwIP. Registers and their names: TI, "Stellaris LM3S6965 Microcontroller"
 * (DS-LM3S6965), chapter Ethernet Controller; the prefix MAC is left out.
 */
#ifndef PORTSIDE_STELLARIS_ETH_CHIP_H
#define PORTSIDE_STELLARIS_ETH_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pack.h"

struct stellaris_eth_registers {
    volatile uint32_t ris; /* written: IACK */
    volatile uint32_t im, rctl, tctl, data, ia0, ia1, thr, mctl, mdv, reserved_28, mtxd, mrxd;
    volatile uint32_t np, tr;
};
_Static_assert(offsetof(struct stellaris_eth_registers, data) == 0x10, "MACDATA");
_Static_assert(offsetof(struct stellaris_eth_registers, mctl) == 0x20, "MACMCTL");
_Static_assert(offsetof(struct stellaris_eth_registers, mtxd) == 0x2c, "MACMTXD");
_Static_assert(offsetof(struct stellaris_eth_registers, tr) == 0x38, "MACTR");

/* What the RX FIFO holds on silicon: a length of two bytes, frame and FCS, in whole words. */
#define STELLARIS_ETH_RX_FIFO_BYTES 2048

struct stellaris_eth_chip {
    struct stellaris_eth_registers *registers; /* the board's */
    uint32_t clock_hz;                         /* the core's; the board's */

    bool must_restart; /* the receiver is off until the frames that are whole have been read */
    bool overrun;      /* since stellaris_eth_chip_waiting() was last called */
    bool first;        /* the first word of the frame, read already, is still to be handed out: */
    uint32_t word;
    struct pack pack; /* of the frame that is being sent */
};

/* All of these: by one thread at a time, each wait bounded. The calls of receiving and those of
 * sending may be of two threads. */

/* Stops the chip and gives it the settings of this driver: own address, broadcast and all
 * multicast, no frame with a bad FCS; padding and FCS made by the chip; its PHY negotiating.
 * Returns NULL, or what is wrong in a few words. */
const char *stellaris_eth_chip_reset(struct stellaris_eth_chip *chip);

void stellaris_eth_chip_set_hwaddr(struct stellaris_eth_chip *chip, const uint8_t hwaddr[6]);

/* Starts receiver and transmitter. */
void stellaris_eth_chip_start(struct stellaris_eth_chip *chip);

/* Lets it interrupt for frames and overruns, or not. ISR. */
void stellaris_eth_chip_interrupt(struct stellaris_eth_chip *chip, bool on);

/* Whether the link is up now; sets the MAC to the duplex mode that was negotiated. Where no PHY
 * answers (QEMU has none) there is always a link, of full duplex. */
bool stellaris_eth_chip_link(struct stellaris_eth_chip *chip);

/* Acknowledges frames, overruns and receive errors; returns how many whole frames wait. After an
 * overrun the receiver stays off until that is 0, and is emptied and started again then; what was
 * lost is counted once in *overruns. *errors counts frames that the chip itself refused. */
unsigned stellaris_eth_chip_waiting(struct stellaris_eth_chip *chip, uint32_t *overruns,
                                    uint32_t *errors);

/* Begins to read a frame of those that wait. Returns its length with FCS; 0 when there is no such
 * length, which means that the framing is lost: then the receiver was emptied and started again,
 * and no frame waits. */
uint32_t stellaris_eth_chip_begin(struct stellaris_eth_chip *chip);

/* Reads the next words of the frame: two bytes (of the length), frame, FCS; to nowhere when `to` is
 * NULL. */
void stellaris_eth_chip_read(struct stellaris_eth_chip *chip, uint32_t *to, uint32_t words);

/* Begins to send a frame of `length` bytes (14 to 1518), FCS not among them. False when the one
 * before it does not get out. *errors counts frames that did not get out. */
bool stellaris_eth_chip_send_begin(struct stellaris_eth_chip *chip, uint32_t length,
                                   uint32_t *errors);

/* The frame's next bytes. */
void stellaris_eth_chip_send_add(struct stellaris_eth_chip *chip, const void *data,
                                 uint32_t length);

/* Sends what was added. */
void stellaris_eth_chip_send_end(struct stellaris_eth_chip *chip);

#endif
