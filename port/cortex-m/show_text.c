/* SPDX-License-Identifier: BSD-3-Clause */
/* See show_text.h. */
#include "show_text.h"
#include <string.h>
#include "../../apps/lib/text.h"

#define LONGEST 4 /* bytes of a character */

size_t show_text(FILE *out, const char *bytes, size_t length, const char *keep, bool more)
{
    size_t at = 0;

    while (at < length) {
        uint32_t code = 0;
        size_t n = text_utf8_character(bytes + at, length - at, &code);

        if (n == 0 && more && length - at < LONGEST) {
            break;
        }
        if (n > 0 &&
            (text_is_shown(code) || (code > 0 && code < 0x80 && strchr(keep, (int)code)))) {
            (void)fwrite(bytes + at, 1, n, out);
            at += n;
        } else {
            fprintf(out, "\\x%02x", (unsigned char)bytes[at++]);
        }
    }
    return at;
}
