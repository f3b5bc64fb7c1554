/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bodies in chunks: a machine that takes one byte after another, but for the data.
 */
#include "http_chunked.h"

#include "number.h"

/* Extensions of a chunk and fields behind the last one are skipped, up to so many bytes. */
#define SPENT_MOST 4096

enum state {
    SIZE,         /* in its digits */
    EXTENSION,    /* behind them, before the end of the line */
    DATA,         /* in the bytes of a chunk */
    BEHIND_DATA,  /* before the end of line that follows them */
    FIELD_BEGIN,  /* at the beginning of a line behind the last chunk */
    FIELD_BEHIND, /* in one */
    END_OF_ALL,
};

static int behind_size(struct http_chunked *chunked, char byte)
{
    if (chunked->digits == 0)
        return -1;
    if (byte != '\n')
        return EXTENSION;
    chunked->digits = 0;
    return chunked->left > 0 ? DATA : FIELD_BEGIN;
}

static int in_size(struct http_chunked *chunked, char byte)
{
    uint64_t digit;

    if (number_read(&byte, 1, 16, &digit) == NUMBER_GOOD) {
        if (chunked->left > UINT64_MAX >> 4)
            return -1;
        chunked->left = chunked->left << 4 | digit;
        chunked->digits = 1;
        return SIZE;
    }
    if (byte != '\n' && byte != '\r' && byte != ';' && byte != ' ' && byte != '\t')
        return -1;
    return behind_size(chunked, byte);
}

/* The state after a byte that is no data, or -1. */
static int next_state(struct http_chunked *chunked, char byte)
{
    switch (chunked->state) {
    case SIZE:
        return in_size(chunked, byte);
    case EXTENSION:
        return behind_size(chunked, byte);
    case BEHIND_DATA:
        return byte == '\n' ? SIZE : byte == '\r' ? BEHIND_DATA : -1;
    case FIELD_BEGIN:
        return byte == '\n' ? END_OF_ALL : byte == '\r' ? FIELD_BEGIN : FIELD_BEHIND;
    default:
        return byte == '\n' ? FIELD_BEGIN : FIELD_BEHIND;
    }
}

enum http_chunked_result http_chunked_take(struct http_chunked *chunked, const char *bytes,
                                           size_t count, size_t *taken)
{
    if (chunked->state == DATA) {
        *taken = count < chunked->left ? count : (size_t)chunked->left;
        chunked->left -= *taken;
        chunked->spent = 0;
        if (chunked->left == 0)
            chunked->state = BEHIND_DATA;
        return CHUNKED_DATA;
    }
    *taken = 1;
    int state = next_state(chunked, *bytes);
    if (state < 0 || ++chunked->spent > SPENT_MOST)
        return CHUNKED_BAD;
    chunked->state = state;
    return state == END_OF_ALL ? CHUNKED_END : CHUNKED_MORE;
}
