/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts of files in HTTP.
 */
#include "http_range.h"

#include "number.h"

#include <string.h>
#include <strings.h>

/* A number of a range: one that is too large lies behind the end of every file. */
static bool read_position(const char *text, size_t length, uint64_t *value)
{
    return number_read(text, length, 10, value) != NUMBER_BAD;
}

void http_range_read(const char *value, struct http_range *range)
{
    const char *dash = strchr(value, '-');
    uint64_t first = 0, last = UINT64_MAX;

    range->kind = RANGE_NONE;
    if (strncasecmp(value, "bytes=", 6) != 0 || !dash)
        return;
    value += 6;
    size_t before = (size_t)(dash - value), behind = strlen(dash + 1);
    if ((before > 0 && !read_position(value, before, &first)) ||
        (behind > 0 && !read_position(dash + 1, behind, &last)) || before + behind == 0)
        return;
    if (before == 0) {
        range->kind = RANGE_LAST;
        range->count = last;
    } else if (first <= last) {
        range->kind = RANGE_FROM;
        range->first = first;
        range->last = last;
    }
}

enum http_range_result http_range_apply(const struct http_range *range, uint64_t size,
                                        uint64_t *first, uint64_t *length)
{
    *first = 0;
    *length = size;
    switch (range->kind) {
    case RANGE_FROM:
        if (range->first >= size)
            return RANGE_OUTSIDE;
        *first = range->first;
        *length = (range->last < size ? range->last + 1 : size) - *first;
        return RANGE_PART;
    case RANGE_LAST:
        if (range->count == 0)
            return RANGE_OUTSIDE;
        if (size == 0) /* "bytes 0-/0" cannot be said */
            return RANGE_WHOLE;
        *length = range->count < size ? range->count : size;
        *first = size - *length;
        return RANGE_PART;
    default:
        return RANGE_WHOLE;
    }
}

bool http_content_range_read(const char *value, struct http_content_range *range)
{
    const char *slash = strchr(value, '/');

    memset(range, 0, sizeof *range);
    if (strncasecmp(value, "bytes ", 6) != 0 || !slash)
        return false;
    value += 6;
    range->has_size = strcmp(slash + 1, "*") != 0;
    if (range->has_size &&
        number_read(slash + 1, strlen(slash + 1), 10, &range->size) != NUMBER_GOOD)
        return false;
    size_t length = (size_t)(slash - value);
    if (length == 1 && *value == '*')
        return range->has_size;
    const char *dash = memchr(value, '-', length);
    range->has_part = true;
    return dash && number_read(value, (size_t)(dash - value), 10, &range->first) == NUMBER_GOOD &&
           number_read(dash + 1, (size_t)(slash - dash - 1), 10, &range->last) == NUMBER_GOOD &&
           range->first <= range->last && (!range->has_size || range->last < range->size);
}
