/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of any length from a stream.
 */
#ifndef APPS_LIB_LINE_H
#define APPS_LIB_LINE_H

#include <stddef.h>
#include <stdio.h>

/* Grows as needed. Start with all zero; line_free() gives the memory back. */
struct line {
    char *bytes; /* no NUL at the end, and NULs inside are kept */
    size_t length;
    size_t size; /* allocated */
};

/* Reads up to the next newline, which is not kept; the last line needs none. Returns 1, 0 at the
 * end of input, or -1 and errno (ENOMEM when the line is longer than memory: none of it counts). */
int line_read(struct line *line, FILE *in);

void line_free(struct line *line);

#endif
