/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP addresses of both versions as numbers.
 */
#include "ip_number.h"

#include "report.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define IPV4_BYTES 4
#define IPV6_BYTES 16
#define GROUPS 8

unsigned ip_number_bits(const struct ip_number *number)
{
    return number->is_ipv6 ? 8 * IPV6_BYTES : 8 * IPV4_BYTES;
}

/* A dotted quad that is all of the text. */
static bool read_quad(const char *text, uint8_t bytes[IPV4_BYTES])
{
    for (int i = 0; i < IPV4_BYTES; i++) {
        unsigned value = 0;
        int digits = 0;

        for (; isdigit((unsigned char)*text); text++, digits++) {
            if (digits == 3 || (digits > 0 && value == 0))
                return false;
            value = value * 10 + (unsigned)(*text - '0');
        }
        if (digits == 0 || value > UINT8_MAX || *text != (i < IPV4_BYTES - 1 ? '.' : '\0'))
            return false;
        text++;
        bytes[i] = (uint8_t)value;
    }
    return true;
}

/* Up to four hexadecimal digits at *text, which moves behind them. False when there are none. */
static bool read_group(const char **text, uint8_t bytes[2])
{
    unsigned value = 0;
    int digits = 0;

    for (; digits < 4 && isxdigit((unsigned char)**text); (*text)++, digits++) {
        int c = tolower((unsigned char)**text);
        value = value << 4 | (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return digits > 0;
}

/* Moves what was read behind "::", at byte `gap`, to the end, and clears what it stands for. */
static bool open_gap(uint8_t bytes[IPV6_BYTES], size_t gap, size_t length)
{
    size_t behind = length - gap;

    if (length == IPV6_BYTES) /* "::" stands for one group at least */
        return false;
    memmove(bytes + IPV6_BYTES - behind, bytes + gap, behind);
    memset(bytes + gap, 0, IPV6_BYTES - length);
    return true;
}

static bool read_ipv6(const char *text, uint8_t bytes[IPV6_BYTES])
{
    size_t length = 0, gap = SIZE_MAX;

    if (text[0] == ':' && text[1] != ':')
        return false;
    while (*text != '\0') {
        if (text[0] == ':' && text[1] == ':') {
            if (gap != SIZE_MAX)
                return false;
            gap = length;
            text += 2;
            continue;
        }
        /* Between groups, not behind the last one. */
        if (length > 0 && gap != length && (*text++ != ':' || *text == '\0'))
            return false;
        if (length + IPV4_BYTES <= IPV6_BYTES && read_quad(text, bytes + length)) {
            length += IPV4_BYTES;
            break;
        }
        if (length == IPV6_BYTES || !read_group(&text, bytes + length))
            return false;
        length += 2;
    }
    return gap == SIZE_MAX ? length == IPV6_BYTES : open_gap(bytes, gap, length);
}

bool ip_number_parse(const char *text, struct ip_number *number)
{
    memset(number, 0, sizeof *number);
    number->is_ipv6 = strchr(text, ':') != NULL;
    return number->is_ipv6 ? read_ipv6(text, number->bytes) : read_quad(text, number->bytes);
}

const char *ip_number_parse_prefix(const char *text, struct ip_number *number, unsigned *length)
{
    const char *slash = strchr(text, '/');
    char address[IP_NUMBER_TEXT_SIZE];
    size_t size = slash ? (size_t)(slash - text) : strlen(text);
    unsigned long bits;

    if (size >= sizeof address)
        return "is neither an IPv4 nor an IPv6 address";
    memcpy(address, text, size);
    address[size] = '\0';
    if (!ip_number_parse(address, number))
        return slash ? "does not begin with an IPv4 or IPv6 address"
                     : "is neither an IPv4 nor an IPv6 address";
    *length = ip_number_bits(number) + 1;
    if (!slash)
        return NULL;
    if (!number_parse(slash + 1, 0, ip_number_bits(number), &bits))
        return number->is_ipv6 ? "ends in no prefix length from 0 to 128"
                               : "ends in no prefix length from 0 to 32";
    *length = (unsigned)bits;
    return NULL;
}

static unsigned group_of(const struct ip_number *number, int index)
{
    const uint8_t *group = number->bytes + 2 * (size_t)index;

    return (unsigned)group[0] << 8 | group[1];
}

static size_t write_quad(const uint8_t *bytes, char *text, size_t size)
{
    return (size_t)snprintf(text, size, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* The longest run of zeros, the first of several: what "::" stands for. 0 when there is none of
 * two groups or more. */
static int longest_gap(const struct ip_number *number, int *start)
{
    int longest = 1;

    for (int at = 0; at < GROUPS; at++) {
        int end = at;
        while (end < GROUPS && group_of(number, end) == 0)
            end++;
        if (end - at > longest) {
            longest = end - at;
            *start = at;
        }
        if (end > at)
            at = end;
    }
    return longest > 1 ? longest : 0;
}

static bool is_mapped(const struct ip_number *number)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return number->is_ipv6 && memcmp(number->bytes, prefix, sizeof prefix) == 0;
}

char *ip_number_format(const struct ip_number *number, char text[IP_NUMBER_TEXT_SIZE])
{
    int start = GROUPS, gap, at = 0;
    size_t length = 0;

    if (!number->is_ipv6 || is_mapped(number)) {
        if (number->is_ipv6)
            length = (size_t)snprintf(text, IP_NUMBER_TEXT_SIZE, "::ffff:");
        write_quad(number->bytes + (number->is_ipv6 ? 12 : 0), text + length,
                   IP_NUMBER_TEXT_SIZE - length);
        return text;
    }
    gap = longest_gap(number, &start);
    while (at < GROUPS) {
        if (gap > 0 && at == start) {
            length += (size_t)snprintf(text + length, IP_NUMBER_TEXT_SIZE - length, "::");
            at += gap;
        } else {
            const char *colon = at > 0 && at != start + gap ? ":" : "";
            length += (size_t)snprintf(text + length, IP_NUMBER_TEXT_SIZE - length, "%s%x", colon,
                                       group_of(number, at));
            at++;
        }
    }
    return text;
}

char *ip_number_format_full(const struct ip_number *number, char text[IP_NUMBER_TEXT_SIZE])
{
    size_t length = 0;

    if (!number->is_ipv6)
        return ip_number_format(number, text);
    for (int i = 0; i < GROUPS; i++)
        length += (size_t)snprintf(text + length, IP_NUMBER_TEXT_SIZE - length, "%s%04x",
                                   i > 0 ? ":" : "", group_of(number, i));
    return text;
}

struct ip_number ip_number_first(const struct ip_number *number, unsigned length)
{
    struct ip_number first = *number;

    for (unsigned bit = length; bit < ip_number_bits(number); bit++)
        first.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    return first;
}

struct ip_number ip_number_last(const struct ip_number *number, unsigned length)
{
    struct ip_number last = *number;

    for (unsigned bit = length; bit < ip_number_bits(number); bit++)
        last.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    return last;
}

bool ip_number_equal(const struct ip_number *a, const struct ip_number *b)
{
    return a->is_ipv6 == b->is_ipv6 && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool ip_number_is_in(const struct ip_number *number, const struct ip_number *network,
                     unsigned length)
{
    struct ip_number mine = ip_number_first(number, length);
    struct ip_number its = ip_number_first(network, length);

    return ip_number_equal(&mine, &its);
}
