/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of HTTP heads, from a stream of bytes that comes in pieces, in room of a fixed size.
 */
#ifndef APPS_LIB_HTTP_LINE_H
#define APPS_LIB_HTTP_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* Room for an ETag, with its quotes and the NUL. */
#define HTTP_TAG_SIZE 64

struct http_line {
    char *bytes; /* the caller's */
    size_t size;
    size_t length;
    bool cut; /* it is longer than the room: the rest was thrown away */
};

/* Begins a line. */
void http_line_start(struct http_line *line);

/* Takes bytes up to the end of the line (LF, or CR LF), and with it. Returns how many it took;
 * *complete tells whether the end was among them: then the line has a NUL behind it, and no end of
 * line. Not to be called again before http_line_start(). */
size_t http_line_take(struct http_line *line, const char *bytes, size_t count, bool *complete);

/* Whether a character may stand in a method or in the name of a field (RFC 9110, 5.6.2). */
bool http_is_token(char character);

/* Splits "Name: value": behind the name comes a NUL then, and *value is without the blanks around
 * it. False when the line is no such thing. */
bool http_field_split(char *line, size_t length, char **value);

/* Whether this is an ETag that stands for the very bytes (RFC 9110, 8.8.3): "..." and no W/. */
bool http_is_strong_tag(const char *text);

/* Whether the word is in a list with commas; upper and lower case are the same. */
bool http_list_has(const char *list, const char *word);

#endif
