/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet frames whose contents follow from their number, cut into pbuf chains in every way that a
 * driver must bear, and compared when they come back.
 *
 * A frame: its two addresses, the EtherType for local experiments (IEEE 802, 0x88b5), its number
 * and length, and bytes that differ from place to place and from frame to frame. So one that is
 * lost, doubled, shifted, cut or mixed with another shows, and one frame can be checked by itself.
 * Nothing here is allocated; a sender needs one struct frame_maker, whose memory is the caller's.
 */
#ifndef PORTSIDE_FRAME_H
#define PORTSIDE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/pbuf.h"

#define FRAME_TYPE 0x88b5u
#define FRAME_LENGTH_MIN 42u /* bytes without FCS, as all lengths here: an ARP, unpadded */
#define FRAME_LENGTH_MAX 1514u
#define FRAME_PADDED 60u    /* what a shorter one may have become on its way */
#define FRAME_SEGMENTS 40u  /* the most pbufs of a chain */
#define FRAME_CUTS 7u       /* ways to cut a frame: see frame_make() */
#define FRAME_MEMORY 2200u  /* bytes for the segments of a frame, with what lies between them */
#define FRAME_FAULT_SIZE 96 /* bytes of frame_check()'s text */

enum frame_place { FRAME_ONLY, FRAME_FIRST, FRAME_MIDDLE, FRAME_LAST, FRAME_PLACES };

struct frame_maker {
    uint8_t to[6], from[6];
    struct pbuf *segments; /* FRAME_SEGMENTS of them; the caller's */
    uint8_t *memory;       /* FRAME_MEMORY bytes, aligned to 4; the caller's */
    /* For each place in a chain: a bit for each alignment of a segment's first byte (times 4) and
     * of the byte after its last that has occurred. */
    uint16_t seen[FRAME_PLACES];
};

/* Makes frame `number` of `length` bytes (FRAME_LENGTH_MIN to FRAME_LENGTH_MAX) as a chain that
 * begins with ETH_PAD_SIZE bytes and lasts until the next call. `cut` says how:
 *   0 one pbuf   1 the header and the rest   2, 3 odd lengths of 5 and more
 *   4 some of 1 to 3 bytes   5 more than 32 pbufs   6 an empty pbuf among them
 * The segments lie at changing alignments, between bytes that are not the frame's. */
struct pbuf *frame_make(struct frame_maker *maker, uint32_t number, uint32_t length, unsigned cut);

/* Whether a received chain (ETH_PAD_SIZE bytes first) is of these frames at all. */
bool frame_is_one(const struct pbuf *p);

/* Compares all of a received frame with what one with its number and length must be; its addresses
 * are not looked at. Returns true and its number, or false and what differs. */
bool frame_check(const struct pbuf *p, uint32_t *number, char fault[FRAME_FAULT_SIZE]);

/* How many of the 16 pairs of alignments have occurred at a place. */
unsigned frame_seen(const struct frame_maker *maker, enum frame_place place);

#endif
