/* SPDX-License-Identifier: BSD-3-Clause */
/* Text forms of addresses as POSIX and RFC 5952 have them: inet_pton() and inet_ntop(). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Four decimal numbers up to 255 without leading zeros, and nothing behind them. */
static bool parse_ipv4(const char *text, u8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned value = 0, digits = 0;

        if (i > 0 && *text++ != '.') {
            return false;
        }
        for (; *text >= '0' && *text <= '9' && digits < 4; digits++) {
            value = value * 10 + (unsigned)(*text++ - '0');
        }
        if (digits == 0 || value > 255 || (digits > 1 && value < 10) ||
            (digits > 2 && value < 100)) {
            return false;
        }
        bytes[i] = (u8_t)value;
    }
    return *text == '\0';
}

#if LWIP_IPV6

#define BYTES 16
#define GROUPS 8

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads one group of up to four digits; how many there were. */
static unsigned parse_group(const char *text, unsigned *value)
{
    unsigned digits = 0;

    *value = 0;
    while (digits < 5 && digit_of(text[digits]) >= 0) {
        *value = *value * 16 + (unsigned)digit_of(text[digits++]);
    }
    return digits;
}

/* Groups go to the front of the bytes; what is behind "::" moves to their end when all is read. */
static bool parse_ipv6(const char *text, u8_t bytes[BYTES])
{
    unsigned used = 0, gap = BYTES + 1, value;

    memset(bytes, 0, BYTES);
    if (text[0] == ':' && *++text != ':') {
        return false;
    }
    for (;;) {
        if (*text == ':') { /* the second of two */
            if (gap <= BYTES) {
                return false;
            }
            gap = used;
            if (*++text == '\0') {
                break;
            }
        }
        unsigned digits = parse_group(text, &value);

        if (text[digits] == '.') {
            if (used + 4 > BYTES || !parse_ipv4(text, bytes + used)) {
                return false;
            }
            used += 4;
            break;
        }
        if (digits == 0 || digits > 4 || used + 2 > BYTES) {
            return false;
        }
        bytes[used++] = (u8_t)(value >> 8);
        bytes[used++] = (u8_t)value;
        text += digits;
        if (*text == '\0') {
            break;
        }
        if (*text++ != ':' || *text == '\0') {
            return false;
        }
    }
    if (gap > BYTES) {
        return used == BYTES;
    }
    memmove(bytes + BYTES - (used - gap), bytes + gap, used - gap);
    memset(bytes + gap, 0, BYTES - used);
    return used < BYTES;
}

static unsigned group_of(const u8_t *bytes, size_t i)
{
    return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

/* The longest run of groups that are 0, the first of equals; one alone is none. */
static unsigned find_zeros(const u8_t *bytes, unsigned *length)
{
    unsigned best = 0;

    *length = 1;
    for (unsigned i = 0; i < GROUPS; i++) {
        unsigned run = 0;

        while (i + run < GROUPS && group_of(bytes, i + run) == 0) {
            run++;
        }
        if (run > *length) {
            *length = run;
            best = i;
        }
        i += run;
    }
    if (*length == 1) {
        *length = 0;
    }
    return best;
}

/* ::ffff:1.2.3.4, and as elsewhere ::1.2.3.4 where that is neither :: nor ::1 nor like them. */
static bool ends_in_ipv4(const u8_t *bytes)
{
    static const u8_t zeros[10];

    return memcmp(bytes, zeros, sizeof zeros) == 0 &&
           ((bytes[10] == 0xff && bytes[11] == 0xff) ||
            (bytes[10] == 0 && bytes[11] == 0 && (bytes[12] != 0 || bytes[13] != 0)));
}

static void format_ipv6(const u8_t bytes[BYTES], char text[INET6_ADDRSTRLEN])
{
    unsigned length, begin = find_zeros(bytes, &length);
    unsigned groups = ends_in_ipv4(bytes) ? GROUPS - 2 : GROUPS;
    char *end = text;

    for (unsigned i = 0; i < groups; i++) {
        if (length > 0 && i == begin) {
            i += length - 1;
            end += sprintf(end, i + 1 >= GROUPS ? "::" : ":");
        } else {
            end += sprintf(end, "%s%x", i > 0 ? ":" : "", group_of(bytes, i));
        }
    }
    if (groups < GROUPS) {
        sprintf(end, ":%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
    }
}
#endif

const char *ps_inet_ntop(int family, const void *address, char *text, socklen_t size)
{
    char formatted[INET6_ADDRSTRLEN];
    const u8_t *bytes = address;

    if (family == AF_INET) {
        (void)sprintf(formatted, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
#if LWIP_IPV6
    } else if (family == AF_INET6) {
        format_ipv6(bytes, formatted);
#endif
    } else {
        errno = EAFNOSUPPORT;
        return NULL;
    }
    size_t needed = strlen(formatted) + 1;
    if (needed > size) {
        errno = ENOSPC;
        return NULL;
    }
    return memcpy(text, formatted, needed);
}

int ps_inet_pton(int family, const char *text, void *address)
{
    u8_t bytes[sizeof(struct in6_addr)];

    if (family == AF_INET) {
        if (!parse_ipv4(text, bytes)) {
            return 0;
        }
        memcpy(address, bytes, sizeof(struct in_addr));
        return 1;
    }
#if LWIP_IPV6
    if (family == AF_INET6) {
        if (!parse_ipv6(text, bytes)) {
            return 0;
        }
        memcpy(address, bytes, sizeof bytes);
        return 1;
    }
#endif
    errno = EAFNOSUPPORT;
    return -1;
}
