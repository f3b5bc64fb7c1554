/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The datagrams of a messenger-server: from its users, and on to others.
 */
#ifndef APPS_LIB_MESSENGER_RELAY_H
#define APPS_LIB_MESSENGER_RELAY_H

#include "datagram.h"
#include "encoding.h"
#include "messenger_users.h"

#include <stdbool.h>
#include <stdint.h>

struct messenger_relay {
    const char *program;
    int fd; /* the UDP socket, bound */
    uint64_t silence_ms;
    struct messenger_users users;
    struct encoding *encoding; /* UTF-8 */
    struct datagram datagram;
    char *answer; /* MESSENGER_DATAGRAM_MOST bytes */
    unsigned long ignored;
};

/* Allocates what is in it, for so many users. False, with a line on stderr, without memory; to be
 * freed in any case. */
bool messenger_relay_init(struct messenger_relay *relay, size_t users);
void messenger_relay_free(struct messenger_relay *relay);

/* Takes the datagrams that are there, though not too many. False after a line on stderr. */
bool messenger_relay_receive(struct messenger_relay *relay);

/* Drops the users who are silent. */
void messenger_relay_expire(struct messenger_relay *relay);

/* Tells all users that it is over. */
void messenger_relay_end(struct messenger_relay *relay);

/* "user alice " at the beginning of a line on stdout. */
void messenger_relay_begin_line(struct messenger_relay *relay, struct messenger_part name);

#endif
