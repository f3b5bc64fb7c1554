/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes, cuts and compares frames: see frame.h. */
#include "frame.h"

#include <stdio.h>
#include <string.h>

#include "lwip/opt.h"

#define HEADER 14u
#define BETWEEN 4u          /* bytes before and after each segment that are not the frame's */
#define BETWEEN_VALUE 0xeeu /* of these */

/* The bytes of a frame, one after the other. */
struct bytes {
    uint32_t number, length, at, state;
    const uint8_t *to, *from; /* NULL: nobody looks at the addresses */
};

static uint32_t next_random(uint32_t *state)
{
    /* Marsaglia, "Xorshift RNGs", 2003, (13, 17, 5); the state is never 0. */
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static struct bytes bytes_of(uint32_t number, uint32_t length)
{
    return (struct bytes){.number = number, .length = length, .state = number * 0x9e3779b1u | 1u};
}

static uint8_t next_byte(struct bytes *b)
{
    uint32_t at = b->at++;

    if (at < 6) {
        return b->to != NULL ? b->to[at] : 0;
    }
    if (at < 12) {
        return b->from != NULL ? b->from[at - 6] : 0;
    }
    if (at < 14) {
        return (uint8_t)(FRAME_TYPE >> 8 * (13 - at));
    }
    if (at < 18) {
        return (uint8_t)(b->number >> 8 * (17 - at));
    }
    if (at < 20) {
        return (uint8_t)(b->length >> 8 * (19 - at));
    }
    return (uint8_t)(next_random(&b->state) >> 24);
}

/* How many bytes of the frame, at most `left`, the segment `index` holds. */
static uint32_t segment_length(unsigned cut, unsigned index, uint32_t left, uint32_t random)
{
    uint32_t length = left;

    switch (cut) {
    case 1:
        length = index == 0 ? HEADER : left;
        break;
    case 2:
    case 3:
        length = 5 + 2 * (random % (cut == 2 ? 16 : 128));
        break;
    case 4:
        length = index < 12 ? 1 + random % 3 : left;
        break;
    case 5:
        length = index < 36 ? 4 + random % 3 : left;
        break;
    case 6:
        length = index == 1 ? 0 : left / 2 + 1;
        break;
    default:
        break;
    }
    return length > left || index == FRAME_SEGMENTS - 1 ? left : length;
}

static void note(struct frame_maker *maker, enum frame_place place, uintptr_t begin,
                 uint32_t length)
{
    maker->seen[place] |= (uint16_t)(1u << ((begin & 3) * 4 + ((begin + length) & 3)));
}

struct pbuf *frame_make(struct frame_maker *maker, uint32_t number, uint32_t length, unsigned cut)
{
    struct bytes bytes = bytes_of(number, length);
    uint32_t random = bytes.state, left = length;
    uint8_t *free = maker->memory;
    unsigned count = 0;

    bytes.to = maker->to;
    bytes.from = maker->from;
    memset(maker->memory, BETWEEN_VALUE, FRAME_MEMORY);
    do {
        struct pbuf *q = &maker->segments[count];
        uint32_t pad = count == 0 ? ETH_PAD_SIZE : 0;
        uint32_t here = segment_length(cut, count, left, next_random(&random) >> 8);
        /* The segment begins at a multiple of 4, or 1, 2 or 3 bytes behind. */
        uint8_t *begin =
            free + BETWEEN + (4 - ((uintptr_t)free & 3)) + (next_random(&random) >> 30);

        for (uint32_t i = 0; i < here; i++) {
            begin[i] = next_byte(&bytes);
        }
        left -= here;
        *q = (struct pbuf){.next = left > 0 ? q + 1 : NULL,
                           .payload = begin - pad,
                           .tot_len = (u16_t)(pad + here + left),
                           .len = (u16_t)(pad + here),
                           .ref = 1};
        note(maker,
             count == 0 ? (left > 0 ? FRAME_FIRST : FRAME_ONLY)
                        : (left > 0 ? FRAME_MIDDLE : FRAME_LAST),
             (uintptr_t)begin, here);
        free = begin + here + BETWEEN;
        count++;
    } while (left > 0);
    return maker->segments;
}

bool frame_is_one(const struct pbuf *p)
{
    return p->tot_len >= ETH_PAD_SIZE + FRAME_LENGTH_MIN &&
           pbuf_get_at(p, ETH_PAD_SIZE + 12) == FRAME_TYPE >> 8 &&
           pbuf_get_at(p, ETH_PAD_SIZE + 13) == (FRAME_TYPE & 0xff);
}

static uint32_t number_at(const struct pbuf *p, unsigned at, unsigned bytes)
{
    uint32_t value = 0;

    while (bytes-- > 0) {
        value = value << 8 | pbuf_get_at(p, (u16_t)(ETH_PAD_SIZE + at++));
    }
    return value;
}

bool frame_check(const struct pbuf *p, uint32_t *number, char fault[FRAME_FAULT_SIZE])
{
    uint32_t had = (uint32_t)p->tot_len - ETH_PAD_SIZE;
    uint32_t length = number_at(p, 18, 2);
    uint32_t skip = ETH_PAD_SIZE;
    struct bytes bytes;

    *number = number_at(p, 14, 4);
    bytes = bytes_of(*number, length);
    if (had != length && !(length < FRAME_PADDED && had == FRAME_PADDED)) {
        snprintf(fault, FRAME_FAULT_SIZE, "frame %lu is %lu bytes, not %lu", (unsigned long)*number,
                 (unsigned long)had, (unsigned long)length);
        return false;
    }
    for (const struct pbuf *q = p; q != NULL; q = q->next) {
        const uint8_t *at = q->payload;

        for (uint32_t i = skip; i < q->len && bytes.at < length; i++) {
            uint32_t place = bytes.at;
            uint8_t expected = next_byte(&bytes);

            if (at[i] != expected && place >= 12) {
                snprintf(fault, FRAME_FAULT_SIZE,
                         "frame %lu of %lu bytes: byte %lu is %02x, not %02x",
                         (unsigned long)*number, (unsigned long)length, (unsigned long)place, at[i],
                         expected);
                return false;
            }
        }
        skip = 0;
    }
    return true;
}

unsigned frame_seen(const struct frame_maker *maker, enum frame_place place)
{
    return (unsigned)__builtin_popcount(maker->seen[place]);
}
