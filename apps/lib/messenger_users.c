/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is logged in at a messenger-server.
 */
#include "messenger_users.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What "NEXT" takes, with its blank. */
#define NEXT_MOST 5
/* Then ids begin again: none is 0. */
#define LOGINS_MOST (UINT32_MAX / MESSENGER_USERS_MOST - 1)

bool messenger_users_init(struct messenger_users *users, size_t most)
{
    *users = (struct messenger_users){.most = most};
    users->all = calloc(most, sizeof *users->all);
    return users->all != NULL;
}

void messenger_users_free(struct messenger_users *users)
{
    free(users->all);
    users->all = NULL;
}

struct messenger_part messenger_user_name(const struct messenger_user *user)
{
    return (struct messenger_part){user->name, user->length};
}

struct messenger_user *messenger_users_by_name(const struct messenger_users *users,
                                               struct messenger_part name)
{
    for (size_t i = 0; i < users->most; i++) {
        struct messenger_user *user = &users->all[i];
        if (user->id != 0 && user->length == name.length &&
            memcmp(user->name, name.bytes, name.length) == 0)
            return user;
    }
    return NULL;
}

struct messenger_user *messenger_users_by_token(const struct messenger_users *users, uint64_t token)
{
    for (size_t i = 0; i < users->most; i++) {
        if (users->all[i].id != 0 && users->all[i].token == token)
            return &users->all[i];
    }
    return NULL;
}

struct messenger_user *messenger_users_by_id(const struct messenger_users *users, uint32_t id)
{
    struct messenger_user *user = &users->all[id % MESSENGER_USERS_MOST % users->most];

    return id != 0 && user->id == id ? user : NULL;
}

struct messenger_user *messenger_users_silent(const struct messenger_users *users, uint64_t since)
{
    for (size_t i = 0; i < users->most; i++) {
        if (users->all[i].id != 0 && users->all[i].heard <= since)
            return &users->all[i];
    }
    return NULL;
}

struct messenger_user *messenger_users_add(struct messenger_users *users,
                                           struct messenger_part name,
                                           const struct address *address, uint64_t now,
                                           const char **why)
{
    uint64_t token;
    size_t place = 0;

    *why = "the name is taken";
    if (messenger_users_by_name(users, name))
        return NULL;
    *why = "the server is full";
    if (users->count == users->most)
        return NULL;
    *why = "the server has no random numbers";
    if (getentropy(&token, sizeof token) < 0)
        return NULL;
    while (users->all[place].id != 0)
        place++;
    struct messenger_user *user = &users->all[place];
    users->count++;
    users->logins = users->logins % LOGINS_MOST + 1;
    *user = (struct messenger_user){
        .id = users->logins * MESSENGER_USERS_MOST + (uint32_t)place,
        .token = token,
        .heard = now,
        .length = name.length,
        .address = *address,
    };
    memcpy(user->name, name.bytes, name.length);
    return user;
}

void messenger_users_remove(struct messenger_users *users, struct messenger_user *user)
{
    user->id = 0;
    user->token = 0;
    users->count--;
}

void messenger_users_write(const struct messenger_users *users, uint32_t from, struct draft *draft)
{
    size_t next = from, room = draft->size - draft->length - NEXT_MOST;

    for (; next < users->most; next++) {
        size_t wanted = users->all[next].id != 0 ? users->all[next].length + 1 : 0;
        if (wanted > room)
            break;
        room -= wanted;
    }
    messenger_write_number(draft, next < users->most ? (uint32_t)next : 0);
    for (size_t i = from; i < next; i++) {
        if (users->all[i].id != 0)
            messenger_write_part(draft, messenger_user_name(&users->all[i]));
    }
}
