/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading and writing what messenger and messenger-server say to each other.
 */
#include "messenger_protocol.h"

#include "number.h"
#include "text.h"

#include <string.h>

#define TOKEN_DIGITS 16

static const char words[][6] = {
    [MESSENGER_SAY] = "SAY",   [MESSENGER_GOT] = "GOT", [MESSENGER_WHO] = "WHO",
    [MESSENGER_PING] = "PING", [MESSENGER_OUT] = "OUT", [MESSENGER_MSG] = "MSG",
    [MESSENGER_DONE] = "DONE", [MESSENGER_NOT] = "NOT", [MESSENGER_USERS] = "USERS",
    [MESSENGER_PONG] = "PONG", [MESSENGER_BYE] = "BYE", [MESSENGER_END] = "END",
};

static bool is(struct messenger_part part, const char *text)
{
    return part.length == strlen(text) && memcmp(part.bytes, text, part.length) == 0;
}

bool messenger_name_is_allowed(struct messenger_part name)
{
    uint32_t code;

    if (name.length == 0 || name.length > MESSENGER_NAME_MOST || name.bytes[0] == '/')
        return false;
    for (size_t at = 0, taken; at < name.length; at += taken) {
        taken = text_utf8_character(name.bytes + at, name.length - at, &code);
        /* Blanks and controls: of ASCII, and those that Latin-1 added. */
        if (taken == 0 || code <= 0x20 || (code >= 0x7f && code <= 0xa0) || code == ':')
            return false;
    }
    return true;
}

struct messenger_part messenger_next(struct messenger_part *rest)
{
    struct messenger_part part = *rest;
    const char *blank = part.length > 0 ? memchr(part.bytes, ' ', part.length) : NULL;

    if (!blank) {
        rest->bytes += rest->length;
        rest->length = 0;
        return part;
    }
    part.length = (size_t)(blank - part.bytes);
    rest->bytes += part.length + 1;
    rest->length -= part.length + 1;
    return part;
}

static bool read_number(struct messenger_part part, uint32_t most, uint32_t *number)
{
    uint64_t value;

    if (number_read(part.bytes, part.length, 10, &value) != NUMBER_GOOD || value > most)
        return false;
    *number = (uint32_t)value;
    return true;
}

bool messenger_next_number(struct messenger_part *rest, uint32_t most, uint32_t *number)
{
    return read_number(messenger_next(rest), most, number);
}

/* Digits as they are written: none is a capital letter. */
static bool read_token(struct messenger_part part, uint64_t *token)
{
    if (part.length != TOKEN_DIGITS)
        return false;
    for (size_t i = 0; i < part.length; i++) {
        if (part.bytes[i] >= 'A' && part.bytes[i] <= 'F')
            return false;
    }
    return number_read(part.bytes, part.length, 16, token) == NUMBER_GOOD;
}

bool messenger_read(const char *bytes, size_t length, struct messenger_datagram *datagram)
{
    struct messenger_part rest = {bytes, length};
    struct messenger_part word = messenger_next(&rest);

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is(word, words[i])) {
            datagram->word = (enum messenger_word)i;
            if (!read_token(messenger_next(&rest), &datagram->token) ||
                !messenger_next_number(&rest, UINT32_MAX, &datagram->number))
                return false;
            datagram->rest = rest;
            return true;
        }
    }
    return false;
}

void messenger_write_token(struct draft *draft, uint64_t token)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 60; shift >= 0; shift -= 4)
        draft_bytes(draft, &digits[token >> shift & 0xf], 1);
}

void messenger_write(struct draft *draft, enum messenger_word word, uint64_t token, uint32_t number)
{
    draft->length = 0;
    draft->cut = false;
    draft_text(draft, words[word]);
    draft_text(draft, " ");
    messenger_write_token(draft, token);
    messenger_write_number(draft, number);
}

void messenger_write_number(struct draft *draft, uint32_t number)
{
    draft_text(draft, " ");
    draft_number(draft, number, 10);
}

void messenger_write_part(struct draft *draft, struct messenger_part part)
{
    draft_text(draft, " ");
    draft_bytes(draft, part.bytes, part.length);
}

const char *messenger_read_login(struct messenger_part line, struct messenger_part *name,
                                 uint16_t *port)
{
    uint32_t number;

    if (!is(messenger_next(&line), "LOGIN"))
        return "that is no login";
    *name = messenger_next(&line);
    if (!messenger_name_is_allowed(*name))
        return "that is no name for a user";
    if (!read_number(line, UINT16_MAX, &number) || number == 0)
        return "that is no UDP port";
    *port = (uint16_t)number;
    return NULL;
}

bool messenger_read_welcome(struct messenger_part line, uint64_t *token, uint32_t *seconds)
{
    return is(messenger_next(&line), "OK") && read_token(messenger_next(&line), token) &&
           read_number(line, 86400, seconds) && *seconds > 0;
}
