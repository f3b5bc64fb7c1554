/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers of 64 bits as text.
 */
#include "number.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char numerals[] = "0123456789abcdef";

enum number_result number_read(const char *digits, size_t length, unsigned base, uint64_t *value)
{
    bool too_large = false;

    *value = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit = memchr(numerals, tolower((unsigned char)digits[i]), base);
        if (!digit)
            return NUMBER_BAD;
        unsigned add = (unsigned)(digit - numerals);
        too_large = too_large || *value > (UINT64_MAX - add) / base;
        *value = *value * base + add;
    }
    if (too_large)
        *value = UINT64_MAX;
    return length == 0 ? NUMBER_BAD : too_large ? NUMBER_TOO_LARGE : NUMBER_GOOD;
}

char *number_write(uint64_t value, unsigned base, char text[NUMBER_SIZE])
{
    size_t at = NUMBER_SIZE - 1;

    text[at] = '\0';
    do {
        text[--at] = numerals[value % base];
        value /= base;
    } while (value > 0);
    memmove(text, text + at, NUMBER_SIZE - at);
    return text;
}

void number_print(FILE *out, uint64_t value)
{
    char text[NUMBER_SIZE];

    fputs(number_write(value, 10, text), out);
}
