/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The head of an HTTP answer, read line by line.
 */
#ifndef APPS_LIB_HTTP_REPLY_H
#define APPS_LIB_HTTP_REPLY_H

#include "http_line.h"
#include "http_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_reply {
    int status;
    char
        reason[40]; /* as the server says it, not fit to be printed as it is; a longer one is cut */
    bool has_length, is_chunked, has_range;
    uint64_t length; /* of the body */
    struct http_content_range range;
    char tag[HTTP_TAG_SIZE]; /* a strong ETag, or "" */
    char location[96];       /* as the server says it; a longer one is cut */
    bool is_1_0;
};

/* Each reads a line and returns NULL, or what is wrong with the answer. `cut`: the line is longer
 * than this, and only its beginning is here. The line of a field is changed. */
const char *http_reply_line(struct http_reply *reply, const char *line, size_t length);
const char *http_reply_field(struct http_reply *reply, char *line, size_t length, bool cut);

/* After the last field, the same. */
const char *http_reply_end(const struct http_reply *reply);

#endif
