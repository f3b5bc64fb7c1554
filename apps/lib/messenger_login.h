/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The logins of a messenger-server: short conversations over TCP, some at once.
 */
#ifndef APPS_LIB_MESSENGER_LOGIN_H
#define APPS_LIB_MESSENGER_LOGIN_H

#include "messenger_relay.h"

#include <poll.h>

/* Connections at once. The smallest board has four: one stays for the next that comes, so that who
 * is silent can be dropped for it. */
#define MESSENGER_LOGINS 3

struct messenger_login {
    int fd; /* -1: none */
    uint64_t since;
    struct address peer;
    bool answered; /* the client closes now */
    size_t length; /* of the line so far */
    char line[MESSENGER_LINE_MOST];
};

struct messenger_logins {
    const char *program;
    int fd; /* listening, never blocking */
    struct messenger_relay *relay;
    uint64_t pause; /* nobody is accepted before that moment */
    struct messenger_login all[MESSENGER_LOGINS];
};

/* What poll() shall wait for. */
#define MESSENGER_LOGINS_POLLED (MESSENGER_LOGINS + 1)

void messenger_logins_init(struct messenger_logins *logins);

/* Fills in MESSENGER_LOGINS_POLLED places. Drops who has taken too long. */
void messenger_logins_prepare(struct messenger_logins *logins, struct pollfd *polled);

/* Does what poll() found. False after a line on stderr when the listening socket is of no use. */
bool messenger_logins_serve(struct messenger_logins *logins, const struct pollfd *polled);

/* Closes the connections, not the listening socket. */
void messenger_logins_end(struct messenger_logins *logins);

#endif
