/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encodings through iconv.
 *
 * UTF-8 goes round iconv: its bytes are checked by text.c on every system, and what is typed may
 * be sent as it is. For the others, decoding feeds iconv one byte more at a time until it takes a
 * whole character, so that an invalid one can be shown byte by byte and the next one is found.
 */
#include "encoding.h"

#include "text.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* No known encoding writes a character, with the shift before it, in more bytes. */
#define LONGEST_CHARACTER 16

struct encoding {
    bool is_utf8; /* then the two below are not open */
    iconv_t to_utf8, from_utf8;
};

const char encoding_help[] = "utf-8, or another that iconv knows, such as gbk";

struct encoding *encoding_open(const char *name)
{
    struct encoding *encoding = calloc(1, sizeof *encoding);
    if (!encoding)
        return NULL;
    encoding->is_utf8 = text_names_utf8(name);
    if (encoding->is_utf8)
        return encoding;
    /* "" is the locale's encoding and "//IGNORE" would lose what cannot be written. */
    if (name[0] != '\0' && !strchr(name, '/')) {
        encoding->to_utf8 = iconv_open("UTF-8", name);
        if (encoding->to_utf8 != (iconv_t)-1) {
            encoding->from_utf8 = iconv_open(name, "UTF-8");
            if (encoding->from_utf8 != (iconv_t)-1)
                return encoding;
            iconv_close(encoding->to_utf8);
        }
    }
    free(encoding);
    errno = EINVAL;
    return NULL;
}

void encoding_close(struct encoding *encoding)
{
    if (encoding && !encoding->is_utf8) {
        iconv_close(encoding->to_utf8);
        iconv_close(encoding->from_utf8);
    }
    free(encoding);
}

char *encoding_encode(struct encoding *encoding, const char *text, size_t length,
                      size_t *encoded_length)
{
    *encoded_length = length;
    if (encoding->is_utf8)
        return text_copy(text, length);

    size_t size = length * 4 + 64; /* UTF-32 with its mark, and the shifts of ISO-2022 */
    char *encoded = malloc(size);
    if (!encoded)
        return NULL;
    char *in = (char *)text, *out = encoded;
    size_t in_left = length, out_left = size;
    iconv(encoding->from_utf8, NULL, NULL, NULL, NULL);
    size_t irreversible = iconv(encoding->from_utf8, &in, &in_left, &out, &out_left);
    if (irreversible != 0 ||
        iconv(encoding->from_utf8, NULL, NULL, &out, &out_left) == (size_t)-1) {
        free(encoded);
        errno = EILSEQ;
        return NULL;
    }
    *encoded_length = (size_t)(out - encoded);
    return encoded;
}

void encoding_reset(struct encoding *encoding)
{
    if (!encoding->is_utf8)
        iconv(encoding->to_utf8, NULL, NULL, NULL, NULL);
}

size_t encoding_decode(struct encoding *encoding, const char *bytes, size_t length,
                       char utf8[ENCODING_UTF8_SIZE], size_t *utf8_length)
{
    if (encoding->is_utf8) {
        *utf8_length = text_utf8_character(bytes, length, NULL);
        memcpy(utf8, bytes, *utf8_length);
        return *utf8_length;
    }
    char *out = utf8;
    size_t out_left = ENCODING_UTF8_SIZE, taken = 0;
    if (length == 0)
        iconv(encoding->to_utf8, NULL, NULL, &out, &out_left);
    for (size_t n = 1; n <= length && n <= LONGEST_CHARACTER && taken == 0; n++) {
        char *in = (char *)bytes;
        size_t in_left = n;
        if (iconv(encoding->to_utf8, &in, &in_left, &out, &out_left) != (size_t)-1)
            taken = n;
        else if (errno != EINVAL)
            break;
        else
            taken = n - in_left; /* a shift sequence was taken, its character is still cut */
    }
    *utf8_length = ENCODING_UTF8_SIZE - out_left;
    return taken;
}
