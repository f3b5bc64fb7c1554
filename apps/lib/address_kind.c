/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an IP address is for.
 */
#include "address_kind.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A longer prefix comes before the one that it lies in. */
static const struct address_kind kinds[] = {
    {"0.0.0.0/32", "unspecified: this host", "RFC 1122", CAST_NONE},
    {"0.0.0.0/8", "this network", "RFC 1122", CAST_NONE},
    {"10.0.0.0/8", "private", "RFC 1918", CAST_ONE},
    {"100.64.0.0/10", "shared by customers of a carrier", "RFC 6598", CAST_ONE},
    {"127.0.0.0/8", "loopback", "RFC 1122", CAST_ONE},
    {"169.254.0.0/16", "link-local", "RFC 3927", CAST_ONE},
    {"172.16.0.0/12", "private", "RFC 1918", CAST_ONE},
    {"192.0.0.0/24", "IETF protocol assignments", "RFC 6890", CAST_ONE},
    {"192.0.2.0/24", "documentation", "RFC 5737", CAST_ONE},
    {"192.168.0.0/16", "private", "RFC 1918", CAST_ONE},
    {"198.18.0.0/15", "benchmarks", "RFC 2544", CAST_ONE},
    {"198.51.100.0/24", "documentation", "RFC 5737", CAST_ONE},
    {"203.0.113.0/24", "documentation", "RFC 5737", CAST_ONE},
    {"224.0.0.0/24", "multicast, link-local: never forwarded", "RFC 5771", CAST_MANY},
    {"232.0.0.0/8", "multicast, source-specific", "RFC 4607", CAST_MANY},
    {"239.192.0.0/14", "multicast, organization-local", "RFC 2365", CAST_MANY},
    {"239.255.0.0/16", "multicast, local scope", "RFC 2365", CAST_MANY},
    {"239.0.0.0/8", "multicast, administratively scoped", "RFC 2365", CAST_MANY},
    {"224.0.0.0/4", "multicast, global", "RFC 5771", CAST_MANY},
    {"255.255.255.255/32", "limited broadcast: never forwarded", "RFC 919", CAST_ALL},
    {"240.0.0.0/4", "reserved", "RFC 1112", CAST_NONE},
    {"0.0.0.0/0", "public", "RFC 791", CAST_ONE},
    {"::/128", "unspecified: this host", "RFC 4291", CAST_NONE},
    {"::1/128", "loopback", "RFC 4291", CAST_ONE},
    {"::ffff:0:0/96", "IPv4-mapped", "RFC 4291", CAST_ONE},
    {"64:ff9b::/96", "IPv4 translated", "RFC 6052", CAST_ONE},
    {"100::/64", "discarded", "RFC 6666", CAST_NONE},
    {"2001:db8::/32", "documentation", "RFC 3849", CAST_ONE},
    {"2001::/32", "Teredo tunnel", "RFC 4380", CAST_ONE},
    {"2002::/16", "6to4 tunnel", "RFC 3056", CAST_ONE},
    {"3fff::/20", "documentation", "RFC 9637", CAST_ONE},
    {"2000::/3", "global", "RFC 4291", CAST_ONE},
    {"fc00::/7", "unique local: private", "RFC 4193", CAST_ONE},
    {"fe80::/10", "link-local", "RFC 4291", CAST_ONE},
    {"fec0::/10", "site-local, no longer used", "RFC 3879", CAST_ONE},
    {"ff00::/8", "multicast", "RFC 4291", CAST_MANY},
    {"::/0", "reserved", "RFC 4291", CAST_NONE},
};

const struct address_kind *address_kind_of(const struct ip_number *number)
{
    struct ip_number network;
    unsigned length;
    size_t i = 0;

    /* The last prefix of each version holds all of its addresses. */
    while (ip_number_parse_prefix(kinds[i].prefix, &network, &length) ||
           network.is_ipv6 != number->is_ipv6 || !ip_number_is_in(number, &network, length))
        i++;
    return &kinds[i];
}

const char *address_cast_text(enum cast cast)
{
    static const char *const texts[] = {
        [CAST_ONE] = "one-to-one (unicast)",
        [CAST_MANY] = "one-to-many (multicast)",
        [CAST_ALL] = "one-to-all (broadcast)",
        [CAST_NONE] = "no destination",
    };

    return texts[cast];
}

const struct address_class *address_class_of(const struct ip_number *number)
{
    static const struct address_class classes[] = {
        {'A', "0.0.0.0", "127.255.255.255"},   {'B', "128.0.0.0", "191.255.255.255"},
        {'C', "192.0.0.0", "223.255.255.255"}, {'D', "224.0.0.0", "239.255.255.255"},
        {'E', "240.0.0.0", "255.255.255.255"},
    };
    size_t ones = 0;

    while (ones < COUNT(classes) - 1 && (number->bytes[0] & 0x80u >> ones) != 0)
        ones++;
    return &classes[ones];
}

const char *address_multicast_scope(const struct ip_number *number)
{
    static const char *const scopes[16] = {
        [1] = "interface-local", [2] = "link-local", [3] = "realm-local",
        [4] = "admin-local",     [5] = "site-local", [8] = "organization-local",
        [14] = "global",
    };

    if (!number->is_ipv6 || number->bytes[0] != 0xff)
        return NULL;
    unsigned scope = number->bytes[1] & 0x0fu;
    return scopes[scope] ? scopes[scope] : scope % 15 == 0 ? "reserved" : "unassigned";
}
