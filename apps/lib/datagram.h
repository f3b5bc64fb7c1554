/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving datagrams whole, or knowing that they were not.
 */
#ifndef APPS_LIB_DATAGRAM_H
#define APPS_LIB_DATAGRAM_H

#include "address.h"
#include "encoding.h"

#include <stdbool.h>
#include <stddef.h>

struct datagram {
    struct address from;
    char *bytes; /* allocated, `size` of them */
    size_t size;
    size_t length;  /* of what is in `bytes` */
    bool truncated; /* it was longer than size */
    bool grows;     /* `bytes` become more when a datagram needs them */
};

/* Room for the largest datagram of IPv4 (65507 bytes). Where memory does not allow that, for one
 * Ethernet frame (1472); it grows then as far as it can when a longer one comes. False and errno
 * ENOMEM. */
bool datagram_allocate(struct datagram *datagram);
void datagram_free(struct datagram *datagram);

/* Waits for one datagram, at most timeout_ms (-1: for ever). Returns 1, 0 when none came, or -1
 * and errno. */
int datagram_receive(int fd, struct datagram *datagram, int timeout_ms);

/* The line "192.168.77.1:40001 5 bytes: hello" on stdout. */
void datagram_show(const struct datagram *datagram, struct encoding *encoding);

#endif
