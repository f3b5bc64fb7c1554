/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of any length from a stream.
 */
#include "line.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SIZE 64

static int line_append(struct line *line, char byte)
{
    if (line->length == line->size) {
        size_t size = line->size ? line->size * 2 : FIRST_SIZE;
        char *bytes = realloc(line->bytes, size);
        if (!bytes) {
            errno = ENOMEM;
            return -1;
        }
        line->bytes = bytes;
        line->size = size;
    }
    line->bytes[line->length++] = byte;
    return 0;
}

int line_read(struct line *line, FILE *in)
{
    line->length = 0;
    for (;;) {
        errno = 0;
        int byte = getc(in);
        if (byte == '\n')
            return 1;
        if (byte != EOF) {
            if (line_append(line, (char)byte) < 0)
                return -1;
            continue;
        }
        if (!ferror(in))
            return line->length > 0;
        if (errno != EINTR)
            return -1;
        clearerr(in);
    }
}

void line_free(struct line *line)
{
    free(line->bytes);
    *line = (struct line){0};
}
