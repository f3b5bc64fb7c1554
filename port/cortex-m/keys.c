/* SPDX-License-Identifier: BSD-3-Clause */
/* Escape sequences of a terminal's keys, see keys.h. */
#include "keys.h"

#define ESC 0x1b
#define DELETE 0x7f

enum {
    PLAIN,
    ESCAPE,   /* after ESC */
    FIRST,    /* after ESC [ */
    NUMBER,   /* in the first number, or at once after ESC O */
    REST,     /* behind a semicolon: modifiers */
    ONE_MORE, /* after ESC [ [, which Linux's console sends for F1 to F5 */
};

/* What a sequence stands for, by the byte that ends it. */
static int meaning(uint8_t last, uint8_t number)
{
    switch (last) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        break;
    default:
        return KEY_NONE;
    }
    switch (number) {
    case 1:
    case 7:
        return KEY_HOME;
    case 4:
    case 8:
        return KEY_END;
    case 3:
        return KEY_DELETE;
    default:
        return KEY_NONE;
    }
}

/* After ESC. */
static uint8_t begin(uint8_t byte)
{
    return byte == '[' ? FIRST : byte == 'O' ? NUMBER : PLAIN;
}

static int go_on(struct keys *keys, uint8_t byte)
{
    if (keys->state == FIRST && byte == '[') {
        keys->state = ONE_MORE;
    } else if (keys->state == ONE_MORE) {
        keys->state = PLAIN;
    } else if (byte >= '@') {
        keys->state = PLAIN;
        return meaning(byte, keys->number);
    } else if (keys->state == REST || byte < '0' || byte > '9') {
        keys->state = REST;
    } else {
        keys->state = NUMBER;
        keys->number = keys->number < 10 ? (uint8_t)(keys->number * 10 + byte - '0') : UINT8_MAX;
    }
    return KEY_NONE;
}

int keys_next(struct keys *keys, uint8_t byte)
{
    if (byte == ESC) {
        keys->state = ESCAPE;
        keys->number = 0;
        return KEY_NONE;
    }
    if (keys->state == PLAIN || byte < ' ' || byte >= DELETE) {
        keys->state = PLAIN;
        return byte;
    }
    if (keys->state == ESCAPE) {
        keys->state = begin(byte);
        return KEY_NONE;
    }
    return go_on(keys, byte);
}
