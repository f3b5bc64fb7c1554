/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of sockets: from the command line, by name, and as text.
 *
 * Today every address is IPv4. Callers see struct address alone, never its family, and the form
 * "[ADDR]:PORT" is recognised already: IPv6 needs changes in address.c only.
 */
#ifndef APPS_LIB_ADDRESS_H
#define APPS_LIB_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_storage storage;
    };
    socklen_t length;
};

/* Room for "[IPv6]:65535" and the NUL. */
#define ADDRESS_TEXT_SIZE 56

/* The wildcard address (0.0.0.0) with that port, in host order as everywhere here. */
void address_any(struct address *address, uint16_t port);

/* Each returns NULL when `text` was understood, else what is wrong with it, fit to be printed
 * behind it: "is not a port number from 0 to 65535". Host names are not accepted here. */
const char *address_parse_port(const char *text, uint16_t *port);
const char *address_parse_ip(const char *text, uint16_t port, struct address *address);
const char *address_parse_bind(const char *text, struct address *address); /* [ADDR:]PORT */

/* The first address of HOST (a name or a number) for SOCK_STREAM or SOCK_DGRAM. Returns NULL or
 * the reason, as a constant text. May block while a name server is asked. */
const char *address_resolve(const char *host, uint16_t port, int type, struct address *address);

/* Makes an address fit to receive into (accept, recvfrom, getsockname). */
void address_clear(struct address *address);

/* The socket's own address, as getsockname(): -1 and errno when it fails. */
int address_of_socket(int fd, struct address *address);

/* The local address and port that a datagram from `fd` to `to` carries, after the first one was
 * sent. A socket that is bound to no address has none of its own: a second one, connected to
 * `to`, tells which the stack chooses. -1 and errno when it fails. */
int address_source(int fd, const struct address *to, struct address *from);

bool address_is_multicast(const struct address *address);

/* "192.168.77.1:8080" */
void address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

#endif
