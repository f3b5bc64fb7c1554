/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A model of the Stellaris Ethernet controller behind reg_read() and reg_write(), after the data
 * sheet (DS-LM3S6965, Ethernet Controller) and stricter than QEMU's: a receive FIFO of 2 KB that
 * overruns and then holds half a frame, a transmitter that takes its time, a PHY. What a driver
 * must not do is counted in `misuse`.
 */
#ifndef PORTSIDE_STELLARIS_ETH_MODEL_H
#define PORTSIDE_STELLARIS_ETH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stellaris_eth_chip.h"

#define MODEL_FIFO_WORDS 512u
#define MODEL_RXINT (1u << 0)
#define MODEL_TXER (1u << 1)
#define MODEL_FOV (1u << 3)
#define MODEL_RXER (1u << 4)

extern struct model {
    struct stellaris_eth_registers registers; /* addresses, and what plain registers hold */
    bool dead;                                /* nothing is behind the addresses */
    uint32_t fifo[MODEL_FIFO_WORDS];
    unsigned head, used; /* words of the receive FIFO */
    unsigned frames;     /* whole ones in it */
    unsigned frame_left; /* words of the one that is being read */
    unsigned resets;     /* of the FIFO */
    uint8_t sending[4 * MODEL_FIFO_WORDS];
    size_t sending_length;
    uint8_t sent[2048]; /* the last frame that went out, FCS not among it */
    size_t sent_length;
    unsigned sent_frames;
    unsigned busy_for; /* reads of TR until a frame is out; UINT_MAX: for ever */
    unsigned busy;
    uint16_t phy[32];
    unsigned mii_takes; /* reads of MCTL until a transaction is done; UINT_MAX: for ever */
    unsigned mii_left;
    unsigned reads; /* of any register */
    unsigned misuse;
    const char *misused; /* the first */
} model;

/* As after a reset of the chip. */
void model_reset(void);

/* A frame of `length` bytes comes in from the wire, an FCS behind it. */
void model_receive(const uint8_t *frame, size_t length);

/* Whether the interrupt line is up. */
bool model_interrupts(void);

#endif
