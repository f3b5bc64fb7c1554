/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The head of an HTTP request (RFC 9112).
 */
#include "http_request.h"

#include "draft.h"
#include "http_line.h"
#include "number.h"
#include "percent.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define BAD_REQUEST 400
#define URI_TOO_LONG 414
#define FIELDS_TOO_LARGE 431
#define VERSION_NOT_SUPPORTED 505

#define VERSION_LENGTH 8 /* "HTTP/1.1" */

static size_t token_length(const char *bytes, size_t length)
{
    size_t n = 0;

    while (n < length && http_is_token(bytes[n]))
        n++;
    return n;
}

/* The length of method and target, with the blank between them; 0 when the line is no request. */
static size_t before_version(const char *line, size_t length)
{
    size_t method = token_length(line, length), last = length;

    while (last > 0 && line[last - 1] != ' ')
        last--;
    if (method == 0 || last <= method + 1 || line[method] != ' ' || length - last < 5 ||
        memcmp(line + last, "HTTP/", 5) != 0)
        return 0;
    return last - 1;
}

bool http_request_is(const char *line, size_t length)
{
    return before_version(line, length) > 0;
}

bool http_request_begins(const char *bytes, size_t length)
{
    size_t n = 0;

    while (n < length && isupper((unsigned char)bytes[n]))
        n++;
    if (n < 3 || length - n < 2 || bytes[n] != ' ')
        return false;
    return bytes[n + 1] == '/' || (length - n >= 5 && memcmp(bytes + n + 1, "http", 4) == 0);
}

/* The path of a target, without the "/" before it and without a query. NULL when there is none. */
static const char *path_of(const char *target, const char *end, size_t *length)
{
    if (end - target > 7 && strncasecmp(target, "http://", 7) == 0) {
        const char *host = target + 7;
        for (target = host; target < end && *target != '/' && *target != '?';)
            target++;
        if (target == host)
            return NULL;
    } else if (target == end || *target != '/') {
        return NULL;
    }
    if (target < end && *target == '/')
        target++;
    const char *query = memchr(target, '?', (size_t)(end - target));
    *length = (size_t)((query ? query : end) - target);
    return target;
}

static bool read_target(struct http_request *request, const char *target, size_t length)
{
    struct draft name = {.bytes = request->name, .size = sizeof request->name - 1};
    size_t path_length;

    for (size_t i = 0; i < length; i++) {
        if (target[i] == ' ' || iscntrl((unsigned char)target[i]))
            return false;
    }
    const char *path = path_of(target, target + length, &path_length);
    if (!path || !percent_decode(path, path_length, &name))
        return false;
    name.bytes[name.length] = '\0';
    return true;
}

static void copy(char *to, size_t size, const char *from, size_t length)
{
    if (length > size - 1)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

int http_request_line(struct http_request *request, const char *line, size_t length, bool cut)
{
    size_t method = token_length(line, length), end = before_version(line, length);

    memset(request, 0, sizeof *request);
    copy(request->method, sizeof request->method, line, method);
    if (cut)
        return URI_TOO_LONG;
    if (end == 0)
        return BAD_REQUEST;
    const char *version = line + end + 1, *target = line + method + 1;
    bool understood = read_target(request, target, (size_t)(line + end - target));
    if (!understood)
        copy(request->name, sizeof request->name, target, (size_t)(line + end - target));
    if (line + length - version != VERSION_LENGTH || !isdigit((unsigned char)version[5]) ||
        version[6] != '.' || !isdigit((unsigned char)version[7]))
        return BAD_REQUEST;
    if (version[5] != '1')
        return VERSION_NOT_SUPPORTED;
    request->is_1_0 = version[7] == '0';
    request->keep_alive = !request->is_1_0;
    /* The targets of other methods have other forms. */
    bool is_served = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    return understood || !is_served ? 0 : BAD_REQUEST;
}

static int read_length(struct http_request *request, const char *value)
{
    uint64_t length;

    if (number_read(value, strlen(value), 10, &length) == NUMBER_BAD ||
        (request->has_length && request->length != length))
        return BAD_REQUEST;
    request->has_length = true;
    request->length = length;
    request->has_body = request->has_body || length > 0;
    return 0;
}

static void read_connection(struct http_request *request, const char *value)
{
    if (http_list_has(value, "close"))
        request->keep_alive = false;
    else if (request->is_1_0 && http_list_has(value, "keep-alive"))
        request->keep_alive = true;
}

static void read_range(struct http_request *request, const char *value)
{
    http_range_read(value, &request->range);
    if (request->has_range) /* two fields are several ranges */
        request->range.kind = RANGE_NONE;
    request->has_range = true;
}

/* Another one than the last is none of ours. */
static void read_tag(char tag[HTTP_TAG_SIZE], const char *value, bool is_first)
{
    size_t length = strlen(value);

    tag[0] = '\0';
    if (is_first && length < HTTP_TAG_SIZE)
        memcpy(tag, value, length + 1);
}

/* Whether this is HOST[:PORT], or nothing; roughly (RFC 3986, 3.2.2). */
static bool is_host(const char *value)
{
    while (isalnum((unsigned char)*value) || (*value && strchr("-._~%!$&'()*+,;=:[]", *value)))
        value++;
    return *value == '\0';
}

int http_request_field(struct http_request *request, char *line, size_t length, bool cut)
{
    static const char *const known[] = {
        "Host",  "Connection", "Content-Length", "Transfer-Encoding",
        "Range", "If-Range",   "If-None-Match"};
    enum {
        HOST,
        CONNECTION,
        CONTENT_LENGTH,
        TRANSFER_ENCODING,
        RANGE,
        IF_RANGE,
        IF_NONE_MATCH,
        UNKNOWN
    };
    char *value;
    int field = 0;

    if (!http_field_split(line, length, &value))
        return BAD_REQUEST;
    while (field < UNKNOWN && strcasecmp(line, known[field]) != 0)
        field++;
    if (cut && field == IF_NONE_MATCH)
        value = "";
    else if (cut && field != UNKNOWN)
        return FIELDS_TOO_LARGE;
    switch (field) {
    case HOST:
        if (request->has_host || !is_host(value))
            return BAD_REQUEST;
        request->has_host = true;
        break;
    case CONNECTION:
        read_connection(request, value);
        break;
    case CONTENT_LENGTH:
        return read_length(request, value);
    case TRANSFER_ENCODING:
        request->has_body = true;
        break;
    case RANGE:
        read_range(request, value);
        break;
    case IF_RANGE:
        read_tag(request->if_range, value, !request->has_if_range);
        request->has_if_range = true;
        break;
    case IF_NONE_MATCH:
        read_tag(request->if_none_match, value, !request->has_if_none_match);
        request->has_if_none_match = true;
        break;
    default:
        break;
    }
    return 0;
}

int http_request_end(struct http_request *request)
{
    if (!request->has_host && !request->is_1_0)
        return BAD_REQUEST;
    /* What follows such a head is no request: a body that nobody wants. */
    if (request->has_body)
        request->keep_alive = false;
    return 0;
}
