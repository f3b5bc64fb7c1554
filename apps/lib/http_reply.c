/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The head of an HTTP answer (RFC 9112).
 */
#include "http_reply.h"

#include "http_line.h"
#include "number.h"

#include <string.h>
#include <strings.h>

const char *http_reply_line(struct http_reply *reply, const char *line, size_t length)
{
    uint64_t minor, status;

    memset(reply, 0, sizeof *reply);
    /* "HTTP/1.1 200 OK"; the reason may be missing, and some leave out the blank before it, too. */
    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 ||
        number_read(line + 7, 1, 10, &minor) != NUMBER_GOOD || line[8] != ' ' ||
        number_read(line + 9, 3, 10, &status) != NUMBER_GOOD || status < 100 ||
        (length > 12 && line[12] != ' '))
        return "this is no answer of HTTP/1.1";
    reply->is_1_0 = minor == 0;
    reply->status = (int)status;
    if (length > 13) {
        length -= 13;
        if (length > sizeof reply->reason - 1)
            length = sizeof reply->reason - 1;
        memcpy(reply->reason, line + 13, length);
    }
    return NULL;
}

/* What there is room for. */
static void copy(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);

    length = length < size ? length : size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

static const char *read_length(struct http_reply *reply, const char *value)
{
    uint64_t length;

    switch (number_read(value, strlen(value), 10, &length)) {
    case NUMBER_BAD:
        return "its Content-Length is no number";
    case NUMBER_TOO_LARGE:
        return "its Content-Length is too large";
    default:
        break;
    }
    if (reply->has_length && reply->length != length)
        return "it has two different Content-Lengths";
    reply->has_length = true;
    reply->length = length;
    return NULL;
}

const char *http_reply_field(struct http_reply *reply, char *line, size_t length, bool cut)
{
    char *value;

    if (!http_field_split(line, length, &value))
        return "its head has a line that is no field";
    if (strcasecmp(line, "Content-Length") == 0)
        return cut ? "its Content-Length is too long" : read_length(reply, value);
    if (strcasecmp(line, "Transfer-Encoding") == 0) {
        if (reply->is_chunked || cut || strcasecmp(value, "chunked") != 0)
            return "its Transfer-Encoding is another than chunked";
        reply->is_chunked = true;
    } else if (strcasecmp(line, "Content-Range") == 0) {
        if (reply->has_range || cut || !http_content_range_read(value, &reply->range))
            return "its Content-Range makes no sense";
        reply->has_range = true;
    } else if (strcasecmp(line, "ETag") == 0) {
        copy(reply->tag, sizeof reply->tag, value);
        if (cut || strlen(value) >= sizeof reply->tag || !http_is_strong_tag(value))
            reply->tag[0] = '\0';
    } else if (strcasecmp(line, "Location") == 0) {
        copy(reply->location, sizeof reply->location, value);
    }
    return NULL;
}

const char *http_reply_end(const struct http_reply *reply)
{
    /* Where its body ends is not known (RFC 9112, 6.1). */
    return reply->is_1_0 && reply->is_chunked ? "it is chunked, which HTTP/1.0 cannot be" : NULL;
}
