/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How text is written on the wire, when it is not UTF-8.
 *
 * Two implementations, of which a build links one: encoding_iconv.c knows what iconv knows,
 * encoding_none.c is for systems without iconv and knows UTF-8 alone.
 */
#ifndef APPS_LIB_ENCODING_H
#define APPS_LIB_ENCODING_H

#include <stddef.h>

struct encoding; /* used by one thread at a time */

/* The most bytes that encoding_decode() makes at once. */
#define ENCODING_UTF8_SIZE 32

/* What -e may name, as a line of a help text. */
extern const char encoding_help[];

/* NULL and errno EINVAL when the encoding is not known, else as malloc(). */
struct encoding *encoding_open(const char *name);
void encoding_close(struct encoding *encoding); /* may be NULL */

/* UTF-8 text in that encoding; allocated, the caller frees it. NULL and errno EILSEQ when the
 * text is not UTF-8 or has characters that the encoding lacks, or ENOMEM. For UTF-8 itself the
 * bytes are passed on, whatever they are. */
char *encoding_encode(struct encoding *encoding, const char *text, size_t length,
                      size_t *encoded_length);

/* Begins a new text. */
void encoding_reset(struct encoding *encoding);

/* Reads the first character of `bytes`: its UTF-8 form goes to `utf8`, *utf8_length may be 0
 * (shift sequences, held-back characters). Returns the bytes it took; 0 when they are no character
 * of that encoding. With length 0 it hands out what was held back, and returns 0. */
size_t encoding_decode(struct encoding *encoding, const char *bytes, size_t length,
                       char utf8[ENCODING_UTF8_SIZE], size_t *utf8_length);

#endif
