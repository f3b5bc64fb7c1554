/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes from the wire as text that is safe to print.
 */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void show_escaped(FILE *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            fputs("\\n", out);
        else
            fprintf(out, "\\x%02x", (unsigned char)bytes[i]);
    }
}

static bool is_between(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

/* Controls (C0, DEL, C1), line and paragraph separators, and marks that turn the direction of
 * text, with which a line can look like another. */
bool text_is_shown(uint32_t code)
{
    return code >= 0x20 && !is_between(code, 0x7f, 0x9f) && !is_between(code, 0x200e, 0x200f) &&
           !is_between(code, 0x2028, 0x202e) && !is_between(code, 0x2066, 0x2069);
}

/* One decoded piece: almost always a single character. `source` is what it was on the wire. */
static void show_decoded(FILE *out, const char *utf8, size_t utf8_length, const char *source,
                         size_t source_length)
{
    uint32_t code;

    for (size_t i = 0; i < utf8_length;) {
        size_t n = text_utf8_character(utf8 + i, utf8_length - i, &code);
        if (n == 0 || !text_is_shown(code)) {
            show_escaped(out, source, source_length);
            return;
        }
        if (code == '\\')
            fputc('\\', out);
        fwrite(utf8 + i, 1, n, out);
        i += n;
    }
}

void text_show(FILE *out, struct encoding *encoding, const void *bytes, size_t length)
{
    const char *at = bytes, *end = at + length;
    char utf8[ENCODING_UTF8_SIZE];
    size_t utf8_length;

    encoding_reset(encoding);
    while (at < end) {
        size_t taken = encoding_decode(encoding, at, (size_t)(end - at), utf8, &utf8_length);
        show_decoded(out, utf8, utf8_length, at, taken);
        if (taken == 0) {
            /* What was held back comes before the byte that makes no sense. */
            encoding_decode(encoding, at, 0, utf8, &utf8_length);
            show_decoded(out, utf8, utf8_length, at, 0);
            taken = 1;
            show_escaped(out, at, taken);
        }
        at += taken;
    }
    encoding_decode(encoding, at, 0, utf8, &utf8_length);
    show_decoded(out, utf8, utf8_length, at, 0);
}

void text_show_quoted(FILE *out, struct encoding *encoding, const char *bytes, size_t length)
{
    const char *mark;

    fputc('"', out);
    while (length > 0 && (mark = memchr(bytes, '"', length)) != NULL) {
        text_show(out, encoding, bytes, (size_t)(mark - bytes));
        fputs("\\\"", out);
        length -= (size_t)(mark + 1 - bytes);
        bytes = mark + 1;
    }
    text_show(out, encoding, bytes, length);
    fputc('"', out);
}

size_t text_utf8_character(const char *bytes, size_t available, uint32_t *code)
{
    /* The least character of each length: a smaller one is overlong. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (available == 0)
        return 0;
    unsigned char first = (unsigned char)bytes[0];
    size_t length = first < 0x80         ? 1
                    : first >> 5 == 0x06 ? 2
                    : first >> 4 == 0x0e ? 3
                    : first >> 3 == 0x1e ? 4
                                         : 0;
    if (length == 0 || length > available)
        return 0;
    uint32_t value = length == 1 ? first : first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)bytes[i];
        if (next >> 6 != 0x02)
            return 0;
        value = value << 6 | (next & 0x3fu);
    }
    if (value < least[length] || is_between(value, 0xd800, 0xdfff) || value > 0x10ffff)
        return 0;
    if (code)
        *code = value;
    return length;
}

bool text_names_utf8(const char *name)
{
    return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0;
}

char *text_copy(const char *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy) {
        if (length > 0) /* an empty line has no bytes at all */
            memcpy(copy, bytes, length);
        copy[length] = '\0';
    }
    return copy;
}
