/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Ethernet controller of Stellaris microcontrollers as a chip.
 *
 * Theory of operation. A received frame is, in the FIFO behind DATA, a word whose low half is the
 * length of all (two bytes for itself, frame, FCS), whose high half is the frame's beginning, and
 * then the rest, in whole words: with two bytes of padding before its header a frame lies in memory
 * as it comes, IP header aligned. NP counts the whole frames; to read beyond them is an underflow.
 * RXINT tells of a frame that arrives, not of those that wait: acknowledge, then read until NP is
 * 0. On an overrun (FOV) the frames counted by NP are whole and are read, with the receiver off;
 * then the FIFO is emptied and the receiver started, so that no half of a frame shifts the next.
 * (QEMU takes new frames only when its FIFO was read empty, hence in this order; its FIFO waits
 * instead of overrunning, but for frames over 2041 bytes.) The TX FIFO takes one frame: a word with
 * the payload's length in its low half, then the frame from the high half on. NEWTX sends it, and
 * reads as 1 until it is out.
 */
#include "stellaris_eth_chip.h"

#include "mii.h"

#define INT_RXINT (1u << 0)
#define INT_TXER (1u << 1)
#define INT_FOV (1u << 3)
#define INT_RXER (1u << 4)
#define INT_ALL 0x7fu
#define INT_RECEIVE (INT_RXINT | INT_FOV | INT_RXER)
#define RCTL_RXEN (1u << 0)
#define RCTL_AMUL (1u << 1)
#define RCTL_BADCRC (1u << 3) /* frames with a bad FCS are refused */
#define RCTL_RSTFIFO (1u << 4)
#define RCTL_SETTINGS (RCTL_AMUL | RCTL_BADCRC)
#define TCTL_TXEN (1u << 0)
#define TCTL_PADEN (1u << 1)
#define TCTL_CRC (1u << 2)
#define TCTL_DUPLEX (1u << 4)
#define TCTL_SETTINGS (TCTL_PADEN | TCTL_CRC | TCTL_DUPLEX)
#define THR_WHOLE_FRAMES 0x3fu /* nothing leaves before NEWTX */
#define MCTL_START (1u << 0)
#define MCTL_WRITE (1u << 1)
#define MCTL_REGISTER(index) ((uint32_t)(index) << 3)
#define NP_FRAMES 0x3fu
#define TR_NEWTX (1u << 0)

#define HEADER_BYTES 14u
#define LENGTH_BYTES 2u
#define FCS_BYTES 4u

/* Bounds of the waits, in register reads of 5 cycles or more, at 50 MHz. */
#define MII_SPINS 2000u   /* 200 us; a transaction takes 30 */
#define SEND_SPINS 50000u /* 5 ms: four full frames at 10 Mbit/s */
#define MDC_MAX_HZ 2500000u

static bool wait_while(const volatile uint32_t *reg, uint32_t mask, uint32_t spins)
{
    for (; spins > 0; spins--) {
        if (!(reg_read(reg) & mask)) {
            return true;
        }
    }
    return false;
}

/* What a PHY register holds; all ones when none answers in time. */
static uint32_t phy_read(struct stellaris_eth_registers *r, uint32_t index)
{
    if (!wait_while(&r->mctl, MCTL_START, MII_SPINS)) {
        return UINT16_MAX;
    }
    reg_write(&r->mctl, MCTL_REGISTER(index) | MCTL_START);
    return wait_while(&r->mctl, MCTL_START, MII_SPINS) ? reg_read(&r->mrxd) & UINT16_MAX
                                                       : UINT16_MAX;
}

static void phy_write(struct stellaris_eth_registers *r, uint32_t index, uint32_t value)
{
    if (wait_while(&r->mctl, MCTL_START, MII_SPINS)) {
        reg_write(&r->mtxd, value);
        reg_write(&r->mctl, MCTL_REGISTER(index) | MCTL_WRITE | MCTL_START);
    }
}

bool stellaris_eth_chip_link(struct stellaris_eth_chip *chip)
{
    struct stellaris_eth_registers *r = chip->registers;
    uint32_t status = phy_read(r, MII_STATUS), tctl = reg_read(&r->tctl);
    if (status == 0 || status == UINT16_MAX) { /* what no PHY says: its abilities are constants */
        return true;
    }
    if (!(status & MII_STATUS_LINK)) {
        return false;
    }
    bool full = mii_is_full_duplex(phy_read(r, MII_ADVERTISED), phy_read(r, MII_PARTNER));
    reg_write(&r->tctl, full ? tctl | TCTL_DUPLEX : tctl & ~TCTL_DUPLEX);
    return true;
}

/* Leaves the receiver off and empty. */
static void empty_receiver(struct stellaris_eth_registers *r)
{
    reg_write(&r->rctl, RCTL_SETTINGS);
    reg_write(&r->rctl, RCTL_SETTINGS | RCTL_RSTFIFO);
    reg_write(&r->rctl, RCTL_SETTINGS);
}

static void restart_receiver(struct stellaris_eth_chip *chip)
{
    empty_receiver(chip->registers);
    reg_write(&chip->registers->rctl, RCTL_SETTINGS | RCTL_RXEN);
    chip->must_restart = false;
}

const char *stellaris_eth_chip_reset(struct stellaris_eth_chip *chip)
{
    struct stellaris_eth_registers *r = chip->registers;
    reg_write(&r->im, 0);
    empty_receiver(r);
    reg_write(&r->tctl, TCTL_SETTINGS);
    reg_write(&r->ris, INT_ALL);
    reg_write(&r->thr, THR_WHOLE_FRAMES);
    reg_write(&r->mdv, chip->clock_hz / 2 / MDC_MAX_HZ);
    if (reg_read(&r->mdv) != chip->clock_hz / 2 / MDC_MAX_HZ) {
        return "the Ethernet controller does not answer";
    }
    chip->must_restart = false;
    chip->first = false;
    phy_write(r, MII_ADVERTISED, MII_ADVERTISE_ALL);
    phy_write(r, MII_CONTROL, MII_CONTROL_NEGOTIATE);
    return NULL;
}

void stellaris_eth_chip_set_hwaddr(struct stellaris_eth_chip *chip, const uint8_t hwaddr[6])
{
    const uint8_t *a = hwaddr;
    reg_write(&chip->registers->ia0, a[0] | a[1] << 8 | a[2] << 16 | (uint32_t)a[3] << 24);
    reg_write(&chip->registers->ia1, a[4] | (uint32_t)a[5] << 8);
}

void stellaris_eth_chip_start(struct stellaris_eth_chip *chip)
{
    struct stellaris_eth_registers *r = chip->registers;
    reg_write(&r->tctl, reg_read(&r->tctl) | TCTL_TXEN);
    reg_write(&r->rctl, RCTL_SETTINGS | RCTL_RXEN);
}

void stellaris_eth_chip_interrupt(struct stellaris_eth_chip *chip, bool on)
{
    reg_write(&chip->registers->im, on ? INT_RECEIVE : 0);
    (void)reg_read(&chip->registers->im); /* the line is down before an ISR returns */
}

unsigned stellaris_eth_chip_waiting(struct stellaris_eth_chip *chip, uint32_t *overruns,
                                    uint32_t *errors)
{
    struct stellaris_eth_registers *r = chip->registers;
    uint32_t causes = reg_read(&r->ris) & INT_RECEIVE;
    reg_write(&r->ris, causes);
    *errors += (causes & INT_RXER) != 0;
    if (causes & INT_FOV) {
        ++*overruns;
        chip->must_restart = true;
        reg_write(&r->rctl, RCTL_SETTINGS);
    }
    unsigned frames = reg_read(&r->np) & NP_FRAMES;
    if (frames == 0 && chip->must_restart) {
        restart_receiver(chip);
        frames = reg_read(&r->np) & NP_FRAMES;
    }
    return frames;
}

uint32_t stellaris_eth_chip_begin(struct stellaris_eth_chip *chip)
{
    chip->word = reg_read(&chip->registers->data);
    uint32_t length = chip->word & UINT16_MAX;
    chip->first =
        length >= LENGTH_BYTES + HEADER_BYTES + FCS_BYTES && length <= STELLARIS_ETH_RX_FIFO_BYTES;
    if (!chip->first) {
        restart_receiver(chip);
        return 0;
    }
    return length - LENGTH_BYTES;
}

void stellaris_eth_chip_read(struct stellaris_eth_chip *chip, uint32_t *to, uint32_t words)
{
    const volatile uint32_t *fifo = &chip->registers->data;
    if (chip->first && words > 0) {
        chip->first = false;
        words--;
        if (to != NULL) {
            *to++ = chip->word;
        }
    }
    if (to == NULL) {
        while (words-- > 0) {
            (void)reg_read(fifo);
        }
        return;
    }
    for (; words >= 4; words -= 4, to += 4) {
        to[0] = reg_read(fifo);
        to[1] = reg_read(fifo);
        to[2] = reg_read(fifo);
        to[3] = reg_read(fifo);
    }
    while (words-- > 0) {
        *to++ = reg_read(fifo);
    }
}

bool stellaris_eth_chip_send_begin(struct stellaris_eth_chip *chip, uint32_t length,
                                   uint32_t *errors)
{
    struct stellaris_eth_registers *r = chip->registers;
    if (!wait_while(&r->tr, TR_NEWTX, SEND_SPINS)) {
        return false;
    }
    if (reg_read(&r->ris) & INT_TXER) {
        reg_write(&r->ris, INT_TXER); /* empties the FIFO, too: hence here and nowhere else */
        ++*errors;
    }
    chip->pack.fifo = &r->data;
    chip->pack.word = length - HEADER_BYTES;
    chip->pack.filled = 16;
    return true;
}

void stellaris_eth_chip_send_add(struct stellaris_eth_chip *chip, const void *data, uint32_t length)
{
    pack_add(&chip->pack, data, length);
}

void stellaris_eth_chip_send_end(struct stellaris_eth_chip *chip)
{
    pack_end(&chip->pack);
    reg_write(&chip->registers->tr, TR_NEWTX);
}
