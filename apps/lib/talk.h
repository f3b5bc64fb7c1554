/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How tcp-server serves a client: it shows what comes, and replies.
 */
#ifndef APPS_LIB_TALK_H
#define APPS_LIB_TALK_H

#include "clients.h"

/* The `server` of struct clients. */
struct talk {
    const char *reply; /* NULL: echo */
    bool one_reply;    /* close after the first reply; else when the client closes */
};

/* The `serve` of struct clients. */
const char *talk_serve(struct client *client);

#endif
