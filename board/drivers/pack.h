/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces of a frame, of any length and at any address, as one stream of words into a FIFO. */
#ifndef PORTSIDE_PACK_H
#define PORTSIDE_PACK_H

#include <string.h>

#include "reg.h"

struct pack {
    volatile uint32_t *fifo;
    uint32_t word;   /* what is not yet written, from its low end */
    unsigned filled; /* bits of it, less than 32 */
};

/* Writes the whole words among what is there and `length` bytes more. */
static inline void pack_add(struct pack *pack, const void *data, uint32_t length)
{
    const uint8_t *from = data;
    for (; length >= 4; length -= 4) {
        uint32_t next;
        memcpy(&next, from, 4);
        from += 4;
        uint64_t both = pack->word | (uint64_t)next << pack->filled;
        reg_write(pack->fifo, (uint32_t)both);
        pack->word = (uint32_t)(both >> 32);
    }
    for (; length > 0; length--) {
        pack->word |= (uint32_t)*from++ << pack->filled;
        pack->filled += 8;
        if (pack->filled == 32) {
            reg_write(pack->fifo, pack->word);
            pack->word = 0;
            pack->filled = 0;
        }
    }
}

/* Writes what is left, filled up with zeros. */
static inline void pack_end(struct pack *pack)
{
    if (pack->filled > 0) {
        reg_write(pack->fifo, pack->word);
    }
}

#endif
