/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of sockets, IPv4 and IPv6: from the command line, by name, and as text.
 *
 * A program makes its socket with the family of the address that it is for:
 * socket(address.any.sa_family, SOCK_STREAM, 0). Ports are in host order everywhere here.
 */
#ifndef APPS_LIB_ADDRESS_H
#define APPS_LIB_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
        struct sockaddr_storage storage;
    };
    socklen_t length;
};

/* Room for "[IPv6%ZONE]:65535" and the NUL, and while it is written for an interface's name. */
#define ADDRESS_TEXT_SIZE 72

/* The wildcard address of IPv4 (0.0.0.0) with that port. */
void address_any(struct address *address, uint16_t port);

/* Each returns NULL when `text` was understood, else what is wrong with it, fit to be printed
 * behind it: "is not a port number from 0 to 65535". Host names are not accepted here. IPv6 is
 * fd00::1, or fe80::1%en0 with the interface that it is a neighbour on; before a port, in brackets.
 */
const char *address_parse_port(const char *text, uint16_t *port);
const char *address_parse_target_port(const char *text, uint16_t *port); /* not 0 */
const char *address_parse_ip(const char *text, uint16_t port, struct address *address);
const char *address_parse_bind(const char *text, struct address *address); /* [ADDR:]PORT */

/* One address of HOST (a name or a number) for SOCK_STREAM or SOCK_DGRAM: of IPv4 when it has one,
 * for that is where programs listen that were told nothing else. Returns NULL or the reason, as a
 * constant text. May block while a name server is asked. */
const char *address_resolve(const char *host, uint16_t port, int type, struct address *address);

/* All addresses of HOST, the stack's favourite first (for SOCK_DGRAM those of IPv4: nobody tells a
 * sender that there is no receiver), as far as a socket bound to *local can send there; `local`
 * may be NULL. *list has *count of them, at least one, and is the caller's to free(). Returns as
 * address_resolve(). */
const char *address_resolve_all(const char *host, uint16_t port, int type,
                                const struct address *local, struct address **list, size_t *count);

/* Makes *local fit to bind a socket that sends to `remote`: a wildcard address takes its family. */
void address_match(struct address *local, const struct address *remote);

/* Makes an address fit to receive into (accept, recvfrom, getsockname). */
void address_clear(struct address *address);

/* The socket's own address, as getsockname(): -1 and errno when it fails. */
int address_of_socket(int fd, struct address *address);

/* The local address and port that a datagram from `fd` to `to` carries, after the first one was
 * sent. A socket that is bound to no address has none of its own: a second one, connected to
 * `to`, tells which the stack chooses. -1 and errno when it fails. */
int address_source(int fd, const struct address *to, struct address *from);

uint16_t address_port(const struct address *address);
void address_set_port(struct address *address, uint16_t port);

bool address_is_multicast(const struct address *address);
bool address_is_wildcard(const struct address *address);

/* Whether both are the same address and port; an IPv4 address is that also where a socket of IPv6
 * has it. */
bool address_equal(const struct address *a, const struct address *b);

/* "192.168.77.1:8080", "[fd00::1]:8080" or "[fe80::1%en0]:8080". An IPv4 peer of a socket of IPv6
 * is shown as what it is. */
void address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

#endif
