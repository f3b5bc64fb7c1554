/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is logged in at a messenger-server.
 */
#ifndef APPS_LIB_MESSENGER_USERS_H
#define APPS_LIB_MESSENGER_USERS_H

#include "address.h"
#include "messenger_protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct messenger_user {
    uint32_t id;     /* of the login; 0: the place is free */
    uint32_t number; /* of the last SAY */
    uint32_t to;     /* the id of the user whom that was for; 0: nobody's */
    uint64_t token;  /* a secret between the user and the server */
    uint64_t heard;  /* the moment of the last datagram */
    size_t length;   /* of the name */
    char name[MESSENGER_NAME_MOST];
    struct address address; /* where the datagrams come from and go to */
};

struct messenger_users {
    struct messenger_user *all; /* allocated */
    size_t most;                /* places */
    size_t count;               /* of them taken */
    uint32_t logins;
};

/* Room for `most` users, at most MESSENGER_USERS_MOST. False without memory. */
bool messenger_users_init(struct messenger_users *users, size_t most);
void messenger_users_free(struct messenger_users *users);

/* A new user, who stays until messenger_users_remove(). NULL, and *why in words: no place, a name
 * that is taken, or no random numbers for a token. */
struct messenger_user *messenger_users_add(struct messenger_users *users,
                                           struct messenger_part name,
                                           const struct address *address, uint64_t now,
                                           const char **why);
void messenger_users_remove(struct messenger_users *users, struct messenger_user *user);

/* NULL when there is none. */
struct messenger_user *messenger_users_by_name(const struct messenger_users *users,
                                               struct messenger_part name);
struct messenger_user *messenger_users_by_token(const struct messenger_users *users,
                                                uint64_t token);
struct messenger_user *messenger_users_by_id(const struct messenger_users *users, uint32_t id);

/* Somebody of whom nothing has been heard since that moment, or NULL. */
struct messenger_user *messenger_users_silent(const struct messenger_users *users, uint64_t since);

struct messenger_part messenger_user_name(const struct messenger_user *user);

/* Goes on with NEXT and the names of users from place `from` on, as many as fit. */
void messenger_users_write(const struct messenger_users *users, uint32_t from, struct draft *draft);

#endif
