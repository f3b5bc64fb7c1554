/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The body of an HTTP answer whose length is not known before it ends.
 */
#ifndef APPS_LIB_FILE_BODY_H
#define APPS_LIB_FILE_BODY_H

#include "file_session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* It is collected in the session's `work`, and goes out whenever that is full: in chunks (RFC 9112,
 * 7.1), or, to clients of HTTP/1.0, up to the end of the connection. */
struct file_body {
    struct file_session *session;
    bool is_chunked;
    bool has_failed; /* the session is over, and nothing is sent any more */
    size_t begin;    /* of the chunk in `work`, its size included */
    size_t length;   /* of what is in `work` */
    uint64_t sent;   /* bytes of the body so far */
};

/* Begins it behind the head, which is the first bytes of `work`. */
void file_body_begin(struct file_body *body, struct file_session *session, size_t head);

void file_body_bytes(struct file_body *body, const char *bytes, size_t length);
void file_body_text(struct file_body *body, const char *text);
void file_body_number(struct file_body *body, uint64_t value);

/* Sends what is left. False when not all was sent: the session is over then. */
bool file_body_end(struct file_body *body);

#endif
