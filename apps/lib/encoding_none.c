/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encodings where there is no iconv: UTF-8.
 */
#include "encoding.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct encoding {
    char unused;
};

const char encoding_help[] = "utf-8, the only one on this system";

struct encoding *encoding_open(const char *name)
{
    if (text_names_utf8(name))
        return malloc(sizeof(struct encoding));
    errno = EINVAL;
    return NULL;
}

void encoding_close(struct encoding *encoding)
{
    free(encoding);
}

char *encoding_encode(struct encoding *encoding, const char *text, size_t length,
                      size_t *encoded_length)
{
    (void)encoding;
    *encoded_length = length;
    return text_copy(text, length);
}

void encoding_reset(struct encoding *encoding)
{
    (void)encoding;
}

size_t encoding_decode(struct encoding *encoding, const char *bytes, size_t length,
                       char utf8[ENCODING_UTF8_SIZE], size_t *utf8_length)
{
    (void)encoding;
    *utf8_length = text_utf8_character(bytes, length, NULL);
    memcpy(utf8, bytes, *utf8_length);
    return *utf8_length;
}
