/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The body of an HTTP answer whose length is not known before it ends.
 */
#include "file_body.h"

#include "draft.h"
#include "number.h"

#include <string.h>

/* Before a chunk: four digits and CR LF. Behind it: CR LF, and perhaps the chunk of no bytes. */
#define DIGITS 4
#define BEFORE (DIGITS + 2)
#define LAST "0\r\n\r\n"
#define BEHIND (2 + sizeof LAST - 1)

_Static_assert(FILE_SESSION_WORK <= 0xffff, "the size of a chunk has four digits");

void file_body_begin(struct file_body *body, struct file_session *session, size_t head)
{
    *body = (struct file_body){.session = session, .begin = head};
    body->is_chunked = !session->request.is_1_0;
    body->length = head + (body->is_chunked ? BEFORE : 0);
}

/* Puts a chunk's size before it, and its end behind it. */
static void close_chunk(struct file_body *body, bool is_last)
{
    char *work = body->session->work;
    struct draft out = {.bytes = work, .size = FILE_SESSION_WORK, .length = body->length};
    size_t size = body->length - body->begin - BEFORE;

    if (size > 0) {
        work[body->begin + DIGITS] = '\r';
        work[body->begin + DIGITS + 1] = '\n';
        for (size_t i = DIGITS; i-- > 0; size >>= 4)
            work[body->begin + i] = "0123456789abcdef"[size & 0xf];
        draft_text(&out, "\r\n");
    } else {
        out.length = body->begin;
    }
    if (is_last)
        draft_text(&out, LAST);
    body->length = out.length;
}

static void flush(struct file_body *body, bool is_last)
{
    if (body->is_chunked)
        close_chunk(body, is_last);
    body->has_failed = body->has_failed || !file_session_send(body->session, body->length);
    body->begin = 0;
    body->length = body->is_chunked ? BEFORE : 0;
}

void file_body_bytes(struct file_body *body, const char *bytes, size_t length)
{
    while (length > 0 && !body->has_failed) {
        size_t room = FILE_SESSION_WORK - BEHIND - body->length;
        size_t n = length < room ? length : room;
        memcpy(body->session->work + body->length, bytes, n);
        body->length += n;
        body->sent += n;
        bytes += n;
        length -= n;
        if (length > 0)
            flush(body, false);
    }
}

void file_body_text(struct file_body *body, const char *text)
{
    file_body_bytes(body, text, strlen(text));
}

void file_body_number(struct file_body *body, uint64_t value)
{
    char text[NUMBER_SIZE];

    file_body_text(body, number_write(value, 10, text));
}

bool file_body_end(struct file_body *body)
{
    if (!body->has_failed)
        flush(body, true);
    return !body->has_failed;
}
