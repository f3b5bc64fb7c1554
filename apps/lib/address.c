/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of sockets: parsing, asking and formatting. Names are in address_resolve.c.
 */
#include "address.h"

#include "report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOT_A_PORT "is not a port number from 0 to 65535"
#define NOT_AN_ADDRESS "is not an IPv4 or IPv6 address"
#define NO_IPV6 "is an IPv6 address, and this build has no IPv6"
#define NO_INTERFACE "names no interface behind its %"

/* The IPv4 address in an IPv6 address ::ffff:a.b.c.d begins here. */
#define MAPPED_OFFSET 12

static bool is_ipv6(const struct address *address)
{
    return address->any.sa_family == AF_INET6;
}

void address_clear(struct address *address)
{
    memset(address, 0, sizeof *address);
    address->length = sizeof address->storage;
}

void address_any(struct address *address, uint16_t port)
{
    memset(address, 0, sizeof *address);
    address->ipv4.sin_family = AF_INET;
    address->ipv4.sin_port = htons(port);
    address->ipv4.sin_addr.s_addr = htonl(INADDR_ANY);
    address->length = sizeof address->ipv4;
}

static void any_ipv6(struct address *address, uint16_t port)
{
    memset(address, 0, sizeof *address);
    address->ipv6.sin6_family = AF_INET6;
    address->ipv6.sin6_port = htons(port);
    address->length = sizeof address->ipv6;
}

const char *address_parse_port(const char *text, uint16_t *port)
{
    unsigned long number;

    if (!number_parse(text, 0, UINT16_MAX, &number))
        return NOT_A_PORT;
    *port = (uint16_t)number;
    return NULL;
}

const char *address_parse_target_port(const char *text, uint16_t *port)
{
    return address_parse_port(text, port) || *port == 0 ? "is not a port number from 1 to 65535"
                                                        : NULL;
}

/* An interface by name, or by its number as where it has lost its name. */
static bool parse_zone(const char *text, uint32_t *zone)
{
    unsigned long number;

    *zone = if_nametoindex(text);
    if (*zone == 0 && number_parse(text, 1, UINT16_MAX, &number))
        *zone = (uint32_t)number;
    return *zone != 0;
}

/* Neighbours live on one interface, and a group is joined on one. */
static bool may_have_zone(const struct in6_addr *ip)
{
    return IN6_IS_ADDR_LINKLOCAL(ip) || IN6_IS_ADDR_MULTICAST(ip);
}

/* `text` is `length` bytes long. */
static const char *parse_ipv6(const char *text, size_t length, uint16_t port,
                              struct address *address)
{
    char ip[INET6_ADDRSTRLEN], zone_name[IF_NAMESIZE];
    const char *zone = memchr(text, '%', length);
    size_t ip_length = zone ? (size_t)(zone - text) : length;

    any_ipv6(address, port);
    if (ip_length >= sizeof ip)
        return NOT_AN_ADDRESS;
    memcpy(ip, text, ip_length);
    ip[ip_length] = '\0';
    int found = inet_pton(AF_INET6, ip, &address->ipv6.sin6_addr);
    if (found < 0)
        return NO_IPV6;
    if (found == 0)
        return NOT_AN_ADDRESS;
    if (!zone)
        return NULL;
    size_t zone_length = length - ip_length - 1;
    if (!may_have_zone(&address->ipv6.sin6_addr))
        return "is not link-local, but names an interface";
    if (zone_length >= sizeof zone_name)
        return NO_INTERFACE;
    memcpy(zone_name, zone + 1, zone_length);
    zone_name[zone_length] = '\0';
    return parse_zone(zone_name, &address->ipv6.sin6_scope_id) ? NULL : NO_INTERFACE;
}

const char *address_parse_ip(const char *text, uint16_t port, struct address *address)
{
    char canonical[INET_ADDRSTRLEN];

    if (strchr(text, ':'))
        return parse_ipv6(text, strlen(text), port, address);
    address_any(address, port);
    /* Some stacks read "10.1" and "0xa.0.0.1" as addresses: only the dotted quad is accepted. */
    if (inet_pton(AF_INET, text, &address->ipv4.sin_addr) != 1 ||
        !inet_ntop(AF_INET, &address->ipv4.sin_addr, canonical, sizeof canonical) ||
        strcmp(text, canonical) != 0)
        return NOT_AN_ADDRESS;
    return NULL;
}

const char *address_parse_bind(const char *text, struct address *address)
{
    const char *colon = strrchr(text, ':');
    char ip[INET_ADDRSTRLEN];
    uint16_t port;

    if (address_parse_port(colon ? colon + 1 : text, &port))
        return colon ? "ends in no port number from 0 to 65535"
                     : "is not [ADDR:]PORT with a port from 0 to 65535";
    address_any(address, port);
    if (!colon)
        return NULL;
    size_t length = (size_t)(colon - text);
    if (text[0] == '[' && length > 2 && text[length - 1] == ']')
        return parse_ipv6(text + 1, length - 2, port, address);
    if (memchr(text, ':', length))
        return "has no [brackets] around its IPv6 address";
    if (length >= sizeof ip)
        return NOT_AN_ADDRESS;
    memcpy(ip, text, length);
    ip[length] = '\0';
    return address_parse_ip(ip, port, address) ? "does not start with an IPv4 or [IPv6] address"
                                               : NULL;
}

void address_match(struct address *local, const struct address *remote)
{
    uint16_t port = address_port(local);

    if (local->any.sa_family == remote->any.sa_family || !address_is_wildcard(local))
        return;
    if (is_ipv6(remote))
        any_ipv6(local, port);
    else
        address_any(local, port);
}

int address_of_socket(int fd, struct address *address)
{
    address_clear(address);
    return getsockname(fd, &address->any, &address->length);
}

int address_source(int fd, const struct address *to, struct address *from)
{
    int broadcast, error = 0;
    socklen_t length = sizeof broadcast;

    if (address_of_socket(fd, from) < 0)
        return -1;
    if (!address_is_wildcard(from))
        return 0;

    uint16_t port = address_port(from);
    int probe = socket(to->any.sa_family, SOCK_DGRAM, 0);
    if (probe < 0)
        return -1;
    if (getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &broadcast, &length) < 0 ||
        setsockopt(probe, SOL_SOCKET, SO_BROADCAST, &broadcast, sizeof broadcast) < 0 ||
        connect(probe, &to->any, to->length) < 0 || address_of_socket(probe, from) < 0)
        error = errno;
    address_set_port(from, port);
    close(probe);
    errno = error;
    return error ? -1 : 0;
}

uint16_t address_port(const struct address *address)
{
    return ntohs(is_ipv6(address) ? address->ipv6.sin6_port : address->ipv4.sin_port);
}

void address_set_port(struct address *address, uint16_t port)
{
    if (is_ipv6(address))
        address->ipv6.sin6_port = htons(port);
    else
        address->ipv4.sin_port = htons(port);
}

/* Whether it is an address of IPv4, be it on a socket of IPv6; then *ip is that. */
static bool get_ipv4(const struct address *address, struct in_addr *ip)
{
    const struct in6_addr *ipv6 = &address->ipv6.sin6_addr;

    if (!is_ipv6(address))
        *ip = address->ipv4.sin_addr;
    else if (IN6_IS_ADDR_V4MAPPED(ipv6))
        memcpy(ip, ipv6->s6_addr + MAPPED_OFFSET, sizeof *ip);
    else
        return false;
    return true;
}

bool address_is_multicast(const struct address *address)
{
    struct in_addr ip;

    if (get_ipv4(address, &ip))
        return ntohl(ip.s_addr) >> 28 == 0xe;
    return IN6_IS_ADDR_MULTICAST(&address->ipv6.sin6_addr);
}

bool address_is_wildcard(const struct address *address)
{
    struct in_addr ip;

    if (get_ipv4(address, &ip))
        return ip.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&address->ipv6.sin6_addr);
}

bool address_equal(const struct address *a, const struct address *b)
{
    struct in_addr ip_a, ip_b;
    bool is_ipv4 = get_ipv4(a, &ip_a);

    if (address_port(a) != address_port(b) || is_ipv4 != get_ipv4(b, &ip_b))
        return false;
    if (is_ipv4)
        return ip_a.s_addr == ip_b.s_addr;
    return memcmp(&a->ipv6.sin6_addr, &b->ipv6.sin6_addr, sizeof a->ipv6.sin6_addr) == 0 &&
           a->ipv6.sin6_scope_id == b->ipv6.sin6_scope_id;
}

static void append_text(char text[ADDRESS_TEXT_SIZE], const char *more)
{
    size_t length = strlen(text);

    snprintf(text + length, ADDRESS_TEXT_SIZE - length, "%s", more);
}

static void append_number(char text[ADDRESS_TEXT_SIZE], unsigned long number)
{
    size_t length = strlen(text);

    snprintf(text + length, ADDRESS_TEXT_SIZE - length, "%lu", number);
}

/* In place: it runs on small stacks. */
void address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    struct in_addr ipv4;

    text[0] = '\0';
    if (get_ipv4(address, &ipv4)) {
        inet_ntop(AF_INET, &ipv4, text, ADDRESS_TEXT_SIZE);
        append_text(text, ":");
    } else {
        uint32_t zone = address->ipv6.sin6_scope_id;
        append_text(text, "[");
        inet_ntop(AF_INET6, &address->ipv6.sin6_addr, text + 1, ADDRESS_TEXT_SIZE - 1);
        if (zone != 0) {
            append_text(text, "%");
            if (!if_indextoname(zone, text + strlen(text)))
                append_number(text, zone);
        }
        append_text(text, "]:");
    }
    append_number(text, address_port(address));
}
