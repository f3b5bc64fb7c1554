/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bodies of unknown length (RFC 9112, 7.1): chunks, each with its size before it.
 */
#ifndef APPS_LIB_HTTP_CHUNKED_H
#define APPS_LIB_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

/* All zero before the first byte. */
struct http_chunked {
    int state;
    uint64_t left;   /* of the chunk */
    unsigned digits; /* of its size */
    unsigned spent;  /* bytes since the last data */
};

enum http_chunked_result { CHUNKED_MORE, CHUNKED_DATA, CHUNKED_END, CHUNKED_BAD };

/* Takes some of the bytes, at least one; *taken tells how many. CHUNKED_DATA: what was taken is
 * part of the body. CHUNKED_MORE: it is not, go on. CHUNKED_END: that was the end. CHUNKED_BAD:
 * these are no chunks. */
enum http_chunked_result http_chunked_take(struct http_chunked *chunked, const char *bytes,
                                           size_t count, size_t *taken);

#endif
