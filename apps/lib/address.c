/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of sockets: parsing, resolving, asking and formatting.
 */
#include "address.h"

#include "report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOT_A_PORT "is not a port number from 0 to 65535"
#define NOT_AN_ADDRESS "is not an IPv4 address"
#define NO_IPV6 "is an IPv6 address, which is not supported yet"

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

const char *address_parse_port(const char *text, uint16_t *port)
{
    unsigned long number;

    if (!number_parse(text, 0, UINT16_MAX, &number))
        return NOT_A_PORT;
    *port = (uint16_t)number;
    return NULL;
}

const char *address_parse_ip(const char *text, uint16_t port, struct address *address)
{
    char canonical[INET_ADDRSTRLEN];

    address_any(address, port);
    if (strchr(text, ':'))
        return NO_IPV6;
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
    if (text[0] == '[' || strchr(text, ':') != colon)
        return NO_IPV6;
    size_t length = (size_t)(colon - text);
    if (length >= sizeof ip)
        return NOT_AN_ADDRESS;
    memcpy(ip, text, length);
    ip[length] = '\0';
    return address_parse_ip(ip, port, address) ? "does not start with an IPv4 address" : NULL;
}

const char *address_resolve(const char *host, uint16_t port, int type, struct address *address)
{
    struct addrinfo hints, *found;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = type;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error != 0)
        return gai_strerror(error);
    address_clear(address);
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->length = found->ai_addrlen;
    address->ipv4.sin_port = htons(port);
    freeaddrinfo(found);
    return NULL;
}

int address_of_socket(int fd, struct address *address)
{
    address_clear(address);
    return getsockname(fd, &address->any, &address->length);
}

int address_source(int fd, const struct address *to, struct address *from)
{
    struct address chosen;

    if (address_of_socket(fd, from) < 0)
        return -1;
    if (from->ipv4.sin_addr.s_addr != htonl(INADDR_ANY))
        return 0;

    int probe = socket(to->any.sa_family, SOCK_DGRAM, 0);
    if (probe < 0)
        return -1;
    int broadcast, error = 0;
    socklen_t length = sizeof broadcast;
    if (getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &broadcast, &length) < 0 ||
        setsockopt(probe, SOL_SOCKET, SO_BROADCAST, &broadcast, sizeof broadcast) < 0 ||
        connect(probe, &to->any, to->length) < 0 || address_of_socket(probe, &chosen) < 0)
        error = errno;
    else
        from->ipv4.sin_addr = chosen.ipv4.sin_addr;
    close(probe);
    errno = error;
    return error ? -1 : 0;
}

bool address_is_multicast(const struct address *address)
{
    return ntohl(address->ipv4.sin_addr.s_addr) >> 28 == 0xe;
}

void address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    char ip[INET_ADDRSTRLEN];

    if (!inet_ntop(AF_INET, &address->ipv4.sin_addr, ip, sizeof ip))
        ip[0] = '\0';
    snprintf(text, ADDRESS_TEXT_SIZE, "%s:%u", ip, (unsigned)ntohs(address->ipv4.sin_port));
}
