/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts of files in HTTP (RFC 9110, section 14): the fields Range and Content-Range.
 */
#ifndef APPS_LIB_HTTP_RANGE_H
#define APPS_LIB_HTTP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct http_range {
    enum { RANGE_NONE, RANGE_FROM, RANGE_LAST } kind;
    uint64_t first, last; /* RANGE_FROM: first to last byte, UINT64_MAX for the end of the file */
    uint64_t count;       /* RANGE_LAST: so many bytes at the end */
};

/* Reads the value of a Range. What is no single range of bytes is RANGE_NONE, and gets the whole
 * file. */
void http_range_read(const char *value, struct http_range *range);

enum http_range_result { RANGE_WHOLE, RANGE_PART, RANGE_OUTSIDE };

/* Which part of a file of `size` bytes is meant: *length bytes from *first on. */
enum http_range_result http_range_apply(const struct http_range *range, uint64_t size,
                                        uint64_t *first, uint64_t *length);

/* The value of a Content-Range. */
struct http_content_range {
    bool has_part, has_size;
    uint64_t first, last; /* bytes, when has_part */
    uint64_t size;        /* of the whole file, when has_size */
};

/* False when it is none, or contradicts itself. */
bool http_content_range_read(const char *value, struct http_content_range *range);

#endif
