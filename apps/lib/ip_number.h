/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP addresses of both versions as numbers: read, written and cut into network and host, without
 * asking the C library, which on a small stack may know IPv4 alone.
 */
#ifndef APPS_LIB_IP_NUMBER_H
#define APPS_LIB_IP_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

struct ip_number {
    bool is_ipv6;
    uint8_t bytes[16]; /* as on the wire; of IPv4 the first four */
};

/* Room for the longest text of any form below, and the NUL. */
#define IP_NUMBER_TEXT_SIZE 46

/* How long a prefix can be: 32 or 128. */
unsigned ip_number_bits(const struct ip_number *number);

/* Reads an address: for IPv4 the dotted quad alone, without leading zeros, for IPv6 the forms of
 * RFC 4291 section 2.2, without a zone. False for anything else. */
bool ip_number_parse(const char *text, struct ip_number *number);

/* The same with "/LENGTH" behind it; *length is 33 or 129, bits plus one, when there is none.
 * Returns NULL, or what is wrong with the text, fit to be printed behind it. */
const char *ip_number_parse_prefix(const char *text, struct ip_number *number, unsigned *length);

/* The short form: of IPv6 that of RFC 5952. Returns `text`. */
char *ip_number_format(const struct ip_number *number, char text[IP_NUMBER_TEXT_SIZE]);

/* All digits of IPv6; the same as above for IPv4. Returns `text`. */
char *ip_number_format_full(const struct ip_number *number, char text[IP_NUMBER_TEXT_SIZE]);

/* Whether the first `length` bits are those of `network`, of the same version. */
bool ip_number_is_in(const struct ip_number *number, const struct ip_number *network,
                     unsigned length);

/* The address with all bits behind the first `length` cleared, or set: the first and the last of
 * its network. */
struct ip_number ip_number_first(const struct ip_number *number, unsigned length);
struct ip_number ip_number_last(const struct ip_number *number, unsigned length);

bool ip_number_equal(const struct ip_number *a, const struct ip_number *b);

#endif
