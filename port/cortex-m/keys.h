/* SPDX-License-Identifier: BSD-3-Clause */
/* What a terminal sends for a key: one byte, or an escape sequence (ECMA-48, VT100, xterm). */
#ifndef PORTSIDE_KEYS_H
#define PORTSIDE_KEYS_H

#include <stdint.h>

/* Keys of one byte are that byte. */
enum key {
    KEY_NONE = 0, /* a sequence goes on, or was one that means nothing here */
    KEY_UP = 0x100,
    KEY_DOWN,
    KEY_RIGHT,
    KEY_LEFT,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
};

/* All zeros at first. */
struct keys {
    uint8_t state, number;
};

/* The key that `byte` ends, as an enum key or a byte. A control character in the middle of a
 * sequence ends that and counts. Any context, one at a time. */
int keys_next(struct keys *keys, uint8_t byte);

#endif
