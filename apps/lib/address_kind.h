/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an IP address is for: the registries of special addresses as tables.
 *
 * The prefixes are those of IANA's registries of special-purpose and multicast addresses, each with
 * the RFC that it comes from.
 */
#ifndef APPS_LIB_ADDRESS_KIND_H
#define APPS_LIB_ADDRESS_KIND_H

#include "ip_number.h"

/* Whom a datagram to such an address reaches. */
enum cast {
    CAST_ONE,  /* unicast */
    CAST_MANY, /* multicast */
    CAST_ALL,  /* broadcast */
    CAST_NONE, /* nobody: it is no destination */
};

struct address_kind {
    const char *prefix; /* "10.0.0.0/8" */
    const char *name;   /* "private" */
    const char *source; /* "RFC 1918" */
    enum cast cast;
};

/* The kind of any address: of the longest prefix that it is in. Never NULL. */
const struct address_kind *address_kind_of(const struct ip_number *number);

/* "one-to-one (unicast)" */
const char *address_cast_text(enum cast cast);

struct address_class {
    char letter; /* 'A' to 'E' */
    const char *first, *last;
};

/* The class that an IPv4 address had before RFC 1519 did away with all but D and E. */
const struct address_class *address_class_of(const struct ip_number *number);

/* The scope of an IPv6 multicast address (RFC 7346): "link-local". NULL for any other address. */
const char *address_multicast_scope(const struct ip_number *number);

#endif
