/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The datagrams of a messenger-server.
 *
 * Theory of operation: nothing waits here. A message goes on to its user at once and is forgotten;
 * that user's GOT becomes the sender's DONE; who hears nothing repeats (messenger_protocol.h). So
 * a server costs a record for each user and two datagrams of memory, however much is said. What
 * comes from elsewhere than a user's own address, or is no datagram of ours, is counted.
 */
#include "messenger_relay.h"

#include "moment.h"
#include "report.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Datagrams in a row, before logins have their turn. */
#define IN_A_ROW 16

bool messenger_relay_init(struct messenger_relay *relay, size_t users)
{
    relay->encoding = encoding_open("utf-8");
    relay->answer = malloc(MESSENGER_DATAGRAM_MOST);
    relay->datagram.size = MESSENGER_DATAGRAM_MOST;
    relay->datagram.grows = false;
    relay->datagram.bytes = malloc(relay->datagram.size);
    if (messenger_users_init(&relay->users, users) && relay->encoding && relay->answer &&
        relay->datagram.bytes)
        return true;
    errno = ENOMEM;
    report_failure(relay->program, "malloc", NULL);
    return false;
}

void messenger_relay_free(struct messenger_relay *relay)
{
    messenger_users_free(&relay->users);
    encoding_close(relay->encoding);
    free(relay->answer);
    datagram_free(&relay->datagram);
}

static void show(const struct messenger_relay *relay, struct messenger_part text)
{
    text_show(stdout, relay->encoding, text.bytes, text.length);
}

void messenger_relay_begin_line(struct messenger_relay *relay, struct messenger_part name)
{
    fputs("user ", stdout);
    show(relay, name);
    putchar(' ');
}

static void end_line(const char *text)
{
    puts(text);
    fflush(stdout);
}

/* Sends it. What is lost on the way, or finds no memory here, is repeated by who waits for it; what
 * a signal cut short is not: it may be the END that the signal is the reason for. */
static void send_to(const struct messenger_relay *relay, const struct address *to,
                    const struct draft *draft)
{
    while (sendto(relay->fd, draft->bytes, draft->length, MSG_NOSIGNAL | MSG_DONTWAIT, &to->any,
                  to->length) < 0 &&
           errno == EINTR) {
    }
}

static struct draft begin(const struct messenger_relay *relay, enum messenger_word word,
                          uint64_t token, uint32_t number)
{
    struct draft draft = {.bytes = relay->answer, .size = MESSENGER_DATAGRAM_MOST};

    messenger_write(&draft, word, token, number);
    return draft;
}

static void answer(const struct messenger_relay *relay, const struct messenger_user *user,
                   enum messenger_word word, uint32_t number)
{
    struct draft draft = begin(relay, word, user->token, number);

    send_to(relay, &user->address, &draft);
}

static void refuse(const struct messenger_relay *relay, const struct messenger_user *user,
                   const char *reason)
{
    struct draft draft = begin(relay, MESSENGER_NOT, user->token, user->number);

    messenger_write_part(&draft, (struct messenger_part){reason, strlen(reason)});
    send_to(relay, &user->address, &draft);
}

/* The line for a message that comes for the first time. */
static void show_message(const struct messenger_relay *relay, const struct messenger_user *user,
                         struct messenger_part name, size_t length, bool found)
{
    show(relay, messenger_user_name(user));
    fputs(" -> ", stdout);
    show(relay, name);
    printf(" %lu bytes%s\n", (unsigned long)length, found ? "" : ", no such user");
    fflush(stdout);
}

/* Finds out who a SAY is for. NULL after a NOT. */
static struct messenger_user *find_receiver(const struct messenger_relay *relay,
                                            struct messenger_user *user, uint32_t number,
                                            struct messenger_part name, size_t length)
{
    struct messenger_user *to;

    if (number == user->number && user->to != 0) {
        to = messenger_users_by_id(&relay->users, user->to);
        if (!to)
            refuse(relay, user, "the user has left meanwhile");
        return to;
    }
    to = messenger_users_by_name(&relay->users, name);
    if (number != user->number || to)
        show_message(relay, user, name, length, to != NULL);
    user->number = number;
    user->to = to ? to->id : 0;
    if (!to)
        refuse(relay, user, "no such user");
    return to;
}

/* False when it makes no sense. */
static bool take_say(const struct messenger_relay *relay, struct messenger_user *user,
                     uint32_t number, struct messenger_part text)
{
    struct messenger_part name = messenger_next(&text);

    if (!messenger_name_is_allowed(name) || text.length == 0 || number == 0 ||
        text.length > MESSENGER_TEXT_MOST)
        return false;
    if (number < user->number)
        return true; /* it was answered long ago */
    struct messenger_user *to = find_receiver(relay, user, number, name, text.length);
    if (to) {
        struct draft draft = begin(relay, MESSENGER_MSG, to->token, number);
        messenger_write_number(&draft, user->id);
        messenger_write_part(&draft, messenger_user_name(user));
        messenger_write_part(&draft, text);
        send_to(relay, &to->address, &draft);
    }
    return true;
}

static bool take_got(const struct messenger_relay *relay, const struct messenger_user *user,
                     uint32_t number, struct messenger_part rest)
{
    uint32_t id;

    if (!messenger_next_number(&rest, UINT32_MAX, &id))
        return false;
    const struct messenger_user *sender = messenger_users_by_id(&relay->users, id);
    /* One that has given up, or has left, needs no answer. */
    if (sender && sender->number == number && sender->to == user->id)
        answer(relay, sender, MESSENGER_DONE, number);
    return true;
}

static bool take_who(const struct messenger_relay *relay, const struct messenger_user *user,
                     uint32_t number, struct messenger_part rest)
{
    uint32_t from;

    if (!messenger_next_number(&rest, MESSENGER_USERS_MOST, &from))
        return false;
    struct draft draft = begin(relay, MESSENGER_USERS, user->token, number);
    messenger_users_write(&relay->users, from, &draft);
    send_to(relay, &user->address, &draft);
    return true;
}

static bool take(struct messenger_relay *relay, struct messenger_user *user,
                 const struct messenger_datagram *datagram)
{
    switch (datagram->word) {
    case MESSENGER_SAY:
        return take_say(relay, user, datagram->number, datagram->rest);
    case MESSENGER_GOT:
        return take_got(relay, user, datagram->number, datagram->rest);
    case MESSENGER_WHO:
        return take_who(relay, user, datagram->number, datagram->rest);
    case MESSENGER_PING:
        answer(relay, user, MESSENGER_PONG, datagram->number);
        return true;
    case MESSENGER_OUT:
        answer(relay, user, MESSENGER_BYE, datagram->number);
        messenger_relay_begin_line(relay, messenger_user_name(user));
        end_line("logged out");
        messenger_users_remove(&relay->users, user);
        return true;
    default:
        return false;
    }
}

/* A user that has been dropped, or one of an earlier run, shall know; nobody else learns anything
 * from what is no longer than what was sent. */
static void answer_stranger(const struct messenger_relay *relay,
                            const struct messenger_datagram *datagram)
{
    struct draft draft = begin(relay, MESSENGER_END, datagram->token, datagram->number);

    send_to(relay, &relay->datagram.from, &draft);
}

static bool take_any(struct messenger_relay *relay)
{
    struct messenger_datagram datagram;

    if (relay->datagram.truncated ||
        !messenger_read(relay->datagram.bytes, relay->datagram.length, &datagram) ||
        datagram.word >= MESSENGER_MSG)
        return false;
    struct messenger_user *user = messenger_users_by_token(&relay->users, datagram.token);
    if (!user) {
        answer_stranger(relay, &datagram);
        return false;
    }
    if (!address_equal(&relay->datagram.from, &user->address))
        return false;
    user->heard = moment_ms();
    return take(relay, user, &datagram);
}

static void ignore(struct messenger_relay *relay)
{
    char where[ADDRESS_TEXT_SIZE];

    if (relay->ignored++ > 0)
        return;
    address_format(&relay->datagram.from, where);
    printf("datagram from %s ignored, and others will be\n", where);
    fflush(stdout);
}

bool messenger_relay_receive(struct messenger_relay *relay)
{
    for (int i = 0; i < IN_A_ROW; i++) {
        int result = datagram_receive(relay->fd, &relay->datagram, 0);
        if (result == 0)
            return true;
        if (result > 0) {
            if (!take_any(relay))
                ignore(relay);
        } else if (errno != ECONNREFUSED && errno != ECONNRESET) {
            /* Those are what some stacks say of a user who has gone. */
            report_failure(relay->program, "recvmsg", NULL);
            return false;
        }
    }
    return true;
}

void messenger_relay_expire(struct messenger_relay *relay)
{
    struct messenger_user *user;
    uint64_t now = moment_ms();

    while (now >= relay->silence_ms &&
           (user = messenger_users_silent(&relay->users, now - relay->silence_ms)) != NULL) {
        messenger_relay_begin_line(relay, messenger_user_name(user));
        end_line("vanished");
        messenger_users_remove(&relay->users, user);
    }
}

void messenger_relay_end(struct messenger_relay *relay)
{
    for (size_t i = 0; i < relay->users.most; i++) {
        if (relay->users.all[i].id != 0)
            answer(relay, &relay->users.all[i], MESSENGER_END, 0);
    }
    printf("ended with %lu users, %lu datagrams ignored\n", (unsigned long)relay->users.count,
           relay->ignored);
    fflush(stdout);
}
