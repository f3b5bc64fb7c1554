/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The logins of a messenger-server.
 *
 * Theory of operation: a connection is there for one line and its answer, so the few that a small
 * stack has are enough for many users. The client closes first: what lingers in TIME_WAIT then does
 * so on its side. Nothing here waits; a line is collected piece by piece. Who takes long is dropped
 * after MESSENGER_LOGIN_SECONDS, or as soon as another waits and all places are taken, though not
 * before CROWDED_MS.
 */
#include "messenger_login.h"

#include "moment.h"
#include "report.h"
#include "stream.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CROWDED_MS 1000
/* Without memory for a connection: accept() would fail again at once. */
#define PAUSE_MS 500

void messenger_logins_init(struct messenger_logins *logins)
{
    for (size_t i = 0; i < MESSENGER_LOGINS; i++)
        logins->all[i].fd = -1;
}

/* "login from 192.168.77.2:50000 " at the beginning of a line. */
static void begin_line(const struct messenger_login *login)
{
    char where[ADDRESS_TEXT_SIZE];

    address_format(&login->peer, where);
    printf("login from %s ", where);
}

static void drop(struct messenger_login *login, const char *how)
{
    if (!login->answered) {
        begin_line(login);
        puts(how);
        fflush(stdout);
    }
    stream_abort(login->fd);
    login->fd = -1;
}

/* The place that is free or, when all are taken, was taken first. */
static struct messenger_login *place_for_next(struct messenger_logins *logins)
{
    struct messenger_login *first = &logins->all[0];

    for (size_t i = 0; i < MESSENGER_LOGINS; i++) {
        if (logins->all[i].fd < 0)
            return &logins->all[i];
        if (logins->all[i].since < first->since)
            first = &logins->all[i];
    }
    return first;
}

void messenger_logins_prepare(struct messenger_logins *logins, struct pollfd *polled)
{
    uint64_t now = moment_ms();

    for (size_t i = 0; i < MESSENGER_LOGINS; i++) {
        struct messenger_login *login = &logins->all[i];
        if (login->fd >= 0 &&
            now - login->since >= (uint64_t)MESSENGER_LOGIN_SECONDS * MESSENGER_MS)
            drop(login, "dropped: nothing whole has come in time");
        polled[i + 1] = (struct pollfd){.fd = login->fd, .events = POLLIN};
    }
    const struct messenger_login *next = place_for_next(logins);
    bool wanted = now >= logins->pause && (next->fd < 0 || now - next->since >= CROWDED_MS);
    polled[0] = (struct pollfd){.fd = wanted ? logins->fd : -1, .events = POLLIN};
}

/* False after a line on stderr. */
static bool accept_next(struct messenger_logins *logins)
{
    struct messenger_login *login = place_for_next(logins);
    struct address peer;

    address_clear(&peer);
    int fd = accept(logins->fd, &peer.any, &peer.length);
    if (fd >= 0) {
        if (login->fd >= 0)
            drop(login, "dropped: another waits");
        *login = (struct messenger_login){.fd = fd, .since = moment_ms(), .peer = peer};
        return true;
    }
    switch (errno) {
    case EAGAIN:
    case EINTR:
        return true;
    case ECONNABORTED:
    case EPROTO:
    case ENOTCONN: /* the client has left */
        report_failure(logins->program, "accept", NULL);
        return true;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        report_failure(logins->program, "accept", NULL);
        logins->pause = moment_ms() + PAUSE_MS;
        return true;
    default:
        report_failure(logins->program, "accept", NULL);
        return false;
    }
}

/* Sends the line; a connection that has room for nothing yet has room for this. */
static void answer(struct messenger_login *login, struct draft *draft)
{
    draft_text(draft, "\n");
    if (stream_send_some(login->fd, draft->bytes, draft->length) != (ssize_t)draft->length)
        drop(login, "dropped: it takes no answer");
    login->answered = true;
}

static void refuse(struct messenger_login *login, struct draft *draft, const char *why)
{
    begin_line(login);
    printf("refused: %s\n", why);
    fflush(stdout);
    draft_text(draft, "NO ");
    draft_text(draft, why);
    answer(login, draft);
}

static void log_in(struct messenger_logins *logins, struct messenger_login *login)
{
    struct messenger_relay *relay = logins->relay;
    struct messenger_part name = {NULL, 0};
    struct draft draft = {.bytes = relay->answer, .size = MESSENGER_DATAGRAM_MOST};
    struct address address = login->peer;
    uint16_t port = 0;

    const char *why =
        messenger_read_login((struct messenger_part){login->line, login->length}, &name, &port);
    address_set_port(&address, port);
    const struct messenger_user *user =
        why ? NULL : messenger_users_add(&relay->users, name, &address, moment_ms(), &why);
    if (!user) {
        refuse(login, &draft, why);
        return;
    }
    char where[ADDRESS_TEXT_SIZE];
    address_format(&login->peer, where);
    messenger_relay_begin_line(relay, name);
    printf("logged in from %s, UDP port %u\n", where, (unsigned)port);
    fflush(stdout);
    draft_text(&draft, "OK ");
    messenger_write_token(&draft, user->token);
    messenger_write_number(&draft, (uint32_t)(relay->silence_ms / MESSENGER_MS));
    answer(login, &draft);
}

/* Takes a piece of the line. */
static void receive(struct messenger_logins *logins, struct messenger_login *login)
{
    struct draft draft = {.bytes = logins->relay->answer, .size = MESSENGER_DATAGRAM_MOST};
    size_t room = sizeof login->line - login->length;
    ssize_t length = recv(login->fd, login->line + login->length, room, MSG_DONTWAIT);

    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (length == 0 && login->answered) {
        close(login->fd);
        login->fd = -1;
        return;
    }
    if (length <= 0 || login->answered) {
        drop(login, length == 0 ? "closed: nothing whole has come" : "reset");
        return;
    }
    const char *end = memchr(login->line + login->length, '\n', (size_t)length);
    login->length += (size_t)length;
    if (end && end + 1 == login->line + login->length) {
        login->length--;
        log_in(logins, login);
        login->length = 0; /* room to see the end come */
    } else if (end || login->length == sizeof login->line) {
        refuse(login, &draft, end ? "that is more than a login" : "that line is too long");
        login->length = 0;
    }
}

bool messenger_logins_serve(struct messenger_logins *logins, const struct pollfd *polled)
{
    for (size_t i = 0; i < MESSENGER_LOGINS; i++) {
        if (polled[i + 1].fd >= 0 && polled[i + 1].revents != 0)
            receive(logins, &logins->all[i]);
    }
    return polled[0].fd < 0 || polled[0].revents == 0 || accept_next(logins);
}

void messenger_logins_end(struct messenger_logins *logins)
{
    for (size_t i = 0; i < MESSENGER_LOGINS; i++) {
        if (logins->all[i].fd >= 0)
            drop(&logins->all[i], "dropped: the server ends");
    }
}
