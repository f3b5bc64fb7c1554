/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes from the wire as text that is safe to print.
 */
#ifndef APPS_LIB_TEXT_H
#define APPS_LIB_TEXT_H

#include "encoding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Prints the bytes as UTF-8 text on the current line of `out`. So that no peer can play tricks on
 * a terminal, and so that the output can be read back: newline is \n, backslash is \\, and what is
 * not valid in the encoding, or controls the terminal or the direction of text, is \xNN for each
 * byte as it was received. */
void text_show(FILE *out, struct encoding *encoding, const void *bytes, size_t length);

/* The same between quotation marks; one inside is \", so that the peer's text cannot end before it
 * does. Of an encoding in which that byte is nothing else, as in UTF-8. */
void text_show_quoted(FILE *out, struct encoding *encoding, const char *bytes, size_t length);

/* The bytes of the UTF-8 character that starts there: 1 to 4; 0 when there is none, it is cut, or
 * it is not valid (RFC 3629). *code, unless NULL, gets the character. */
size_t text_utf8_character(const char *bytes, size_t available, uint32_t *code);

/* Whether a character does no more than appear: it controls neither a terminal nor the direction of
 * text. */
bool text_is_shown(uint32_t code);

/* "utf-8", "UTF8" and the like. */
bool text_names_utf8(const char *name);

/* Allocated; at least one byte, so that NULL only means that there is no memory. */
char *text_copy(const char *bytes, size_t length);

#endif
