/* SPDX-License-Identifier: BSD-3-Clause */
/* The Stellaris Ethernet controller as a model, see stellaris_eth_model.h. */
#include "stellaris_eth_model.h"

#include <limits.h>
#include <string.h>

#include "reg_seam.h"

#define RXEN (1u << 0)
#define RSTFIFO (1u << 4)
#define TXEN (1u << 0)
#define PADEN (1u << 1)
#define START (1u << 0)
#define WRITE (1u << 1)
#define PAYLOAD_MAX 2032u

struct model model;

static void misuse(const char *what)
{
    if (model.misuse++ == 0) {
        model.misused = what;
    }
}

void model_reset(void)
{
    memset(&model, 0, sizeof model);
    model.registers.im = 0x7f;
    model.registers.rctl = 0x08;
    model.registers.thr = 0x3f;
    model.registers.mdv = 0x80;
}

bool model_interrupts(void)
{
    return (model.registers.ris & model.registers.im) != 0;
}

static void put(uint32_t word)
{
    model.fifo[(model.head + model.used++) % MODEL_FIFO_WORDS] = word;
}

void model_receive(const uint8_t *frame, size_t length)
{
    uint8_t bytes[4 * MODEL_FIFO_WORDS + 64];
    size_t total = length + 6, words = (total + 3) / 4;

    if (!(model.registers.rctl & RXEN)) {
        return;
    }
    memset(bytes, 0xee, sizeof bytes);
    bytes[0] = (uint8_t)total;
    bytes[1] = (uint8_t)(total >> 8);
    memcpy(bytes + 2, frame, length);
    memset(bytes + 2 + length, 0xfc, 4); /* the FCS */
    for (size_t i = 0; i < words; i++) {
        uint32_t word;

        if (model.used == MODEL_FIFO_WORDS) { /* what is there stays: half a frame */
            model.registers.ris |= MODEL_FOV;
            return;
        }
        memcpy(&word, bytes + 4 * i, 4);
        put(word);
    }
    model.frames++;
    model.registers.ris |= MODEL_RXINT;
}

static uint32_t take(void)
{
    uint32_t word;

    if (model.frames == 0 || model.used == 0) {
        misuse("DATA was read with NP at 0");
        return 0;
    }
    word = model.fifo[model.head];
    model.head = (model.head + 1) % MODEL_FIFO_WORDS;
    model.used--;
    if (model.frame_left == 0) {
        model.frame_left = ((word & 0xffff) + 3) / 4;
    }
    if (model.frame_left > 0 && --model.frame_left == 0) {
        model.frames--;
    }
    return word;
}

static void add(uint32_t word)
{
    if (model.busy > 0) {
        misuse("DATA was written while a frame goes out");
    } else if (model.sending_length + 4 > sizeof model.sending) {
        misuse("the transmit FIFO overflows");
    } else {
        memcpy(model.sending + model.sending_length, &word, 4);
        model.sending_length += 4;
    }
}

static void send(void)
{
    size_t payload = model.sending[0] | (size_t)model.sending[1] << 8, length = payload + 14;

    if (!(model.registers.tctl & TXEN)) {
        misuse("NEWTX with the transmitter off");
        return;
    }
    if (payload > PAYLOAD_MAX) {
        model.registers.ris |= MODEL_TXER;
        return;
    }
    if (model.sending_length != (2 + length + 3) / 4 * 4) {
        misuse("the words that were written are not those of the length");
    }
    memset(model.sent, 0, sizeof model.sent);
    memcpy(model.sent, model.sending + 2, length);
    model.sent_length = model.registers.tctl & PADEN && length < 60 ? 60 : length;
    model.sent_frames++;
    model.sending_length = 0;
    model.busy = model.busy_for;
}

/* One read less until something is done; UINT_MAX is never done. */
static void tick(unsigned *left)
{
    if (*left > 0 && *left < UINT_MAX) {
        --*left;
    }
}

static uint32_t management(void)
{
    uint32_t mctl = model.registers.mctl;

    tick(&model.mii_left);
    if (mctl & START && model.mii_left == 0) {
        unsigned index = (mctl >> 3) & 31;

        mctl &= ~START;
        model.registers.mctl = mctl;
        if (mctl & WRITE) {
            model.phy[index] = (uint16_t)model.registers.mtxd;
        } else {
            model.registers.mrxd = model.phy[index];
        }
    }
    return mctl;
}

uint32_t reg_read(const volatile uint32_t *reg)
{
    model.reads++;
    if (model.dead) {
        return 0;
    }
    if (reg == &model.registers.data) {
        return take();
    }
    if (reg == &model.registers.np) {
        return model.frames;
    }
    if (reg == &model.registers.tr) {
        uint32_t newtx = model.busy > 0;

        tick(&model.busy);
        return newtx;
    }
    if (reg == &model.registers.mctl) {
        return management();
    }
    return *reg;
}

static void control_receiver(uint32_t value)
{
    if (value & RSTFIFO) {
        if (model.registers.rctl & RXEN) {
            misuse("the FIFO was reset with the receiver on");
        }
        model.head = model.used = model.frames = model.frame_left = 0;
        model.resets++;
    }
    model.registers.rctl = value & ~RSTFIFO;
}

void reg_write(volatile uint32_t *reg, uint32_t value)
{
    if (reg == &model.registers.ris) {
        model.registers.ris &= ~value;
        if (value & MODEL_TXER) {
            model.sending_length = 0;
        }
    } else if (reg == &model.registers.rctl) {
        control_receiver(value);
    } else if (reg == &model.registers.data) {
        add(value);
    } else if (reg == &model.registers.tr) {
        send();
    } else if (reg == &model.registers.mctl) {
        if (model.registers.mctl & START) {
            misuse("a management transaction was started during another");
        }
        model.registers.mctl = value;
        model.mii_left = model.mii_takes;
    } else {
        *reg = value;
    }
}
