/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The head of an HTTP request, read line by line.
 */
#ifndef APPS_LIB_HTTP_REQUEST_H
#define APPS_LIB_HTTP_REQUEST_H

#include "file_name.h"
#include "http_line.h"
#include "http_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a line, with the NUL. */
#define HTTP_REQUEST_LINE_SIZE 1024

/* Bytes of a whole head. */
#define HTTP_REQUEST_HEAD_MOST 2048

struct http_request {
    char method[16];               /* a longer one is cut */
    char name[FILE_NAME_MOST + 2]; /* decoded, without the "/" before it; a longer one is cut, but
                                      longer than FILE_NAME_MOST */
    bool keep_alive;
    bool has_body;
    bool has_if_range;
    char if_range[HTTP_TAG_SIZE]; /* one that is longer is no tag of ours: "" */
    /* One ETag or "*"; for more of them, or without the field, "". */
    char if_none_match[HTTP_TAG_SIZE];
    struct http_range range;
    /* For the parser. */
    bool is_1_0, has_host, has_range, has_length, has_if_none_match;
    uint64_t length;
};

/* Whether a first line is that of an HTTP request: a word, something, and "HTTP/...". */
bool http_request_is(const char *line, size_t length);

/* Whether these bytes, of which more may follow, are the beginning of one: "GET /", "GET http". */
bool http_request_begins(const char *bytes, size_t length);

/* Each reads a line and returns 0, or the status of the answer that refuses the request; the
 * connection is of no use then. `cut`: the line is longer than this, and only its beginning is
 * here. The line of a field is changed. */
int http_request_line(struct http_request *request, const char *line, size_t length, bool cut);
int http_request_field(struct http_request *request, char *line, size_t length, bool cut);

/* After the last field, the same. */
int http_request_end(struct http_request *request);

#endif
