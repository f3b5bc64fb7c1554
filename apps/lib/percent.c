/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Percent-encoding of names in URLs.
 */
#include "percent.h"

#include "number.h"

#include <ctype.h>
#include <string.h>

bool percent_decode(const char *text, size_t length, struct draft *decoded)
{
    const char *end = text + length;

    while (text < end) {
        char byte = *text++;
        if (byte == '%') {
            uint64_t value;
            if (end - text < 2 || number_read(text, 2, 16, &value) != NUMBER_GOOD || value == 0)
                return false;
            byte = (char)value;
            text += 2;
        }
        draft_bytes(decoded, &byte, 1);
    }
    return true;
}

void percent_encode(const char *name, struct draft *encoded)
{
    for (; *name; name++) {
        unsigned char byte = (unsigned char)*name;
        if (byte < 0x80 && (isalnum(byte) || strchr("-._~/", byte))) {
            draft_bytes(encoded, name, 1);
        } else {
            draft_text(encoded, byte < 0x10 ? "%0" : "%");
            draft_number(encoded, byte, 16);
        }
    }
}
