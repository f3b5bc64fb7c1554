/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A messenger's session with its server.
 */
#include "messenger_session.h"

#include "interrupt_noted.h"
#include "moment.h"
#include "report.h"
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLICE_MS 100
#define REPEAT_MS 400
/* How long a log-out may take when a signal has come. */
#define HASTE_MS 300

void messenger_session_begin_line(struct messenger_session *session)
{
    mtx_lock(&session->lock);
}

void messenger_session_end_line(struct messenger_session *session)
{
    fflush(stdout);
    mtx_unlock(&session->lock);
}

/* --- The session's thread; the lock is held. --- */

static void transmit(struct messenger_session *session, const struct draft *draft)
{
    /* What finds no memory is repeated like what is lost; a server that is not there is found out
     * by its silence. */
    while (send(session->fd, draft->bytes, draft->length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
           errno == EINTR) {
    }
    session->sent = moment_ms();
}

/* Sends a word with no more to it than a number, and one after it unless that is 0. */
static void transmit_short(struct messenger_session *session, enum messenger_word word,
                           uint32_t number, uint32_t id)
{
    char bytes[60];
    struct draft draft = {.bytes = bytes, .size = sizeof bytes};

    messenger_write(&draft, word, session->token, number);
    if (id != 0)
        messenger_write_number(&draft, id);
    transmit(session, &draft);
}

static void show(const struct messenger_session *session, FILE *out, struct messenger_part part)
{
    text_show(out, session->encoding, part.bytes, part.length);
}

static void take_message(struct messenger_session *session, uint32_t number,
                         struct messenger_part text)
{
    uint32_t id;

    if (!messenger_next_number(&text, UINT32_MAX, &id))
        return;
    struct messenger_part name = messenger_next(&text);
    struct messenger_seen *seen = &session->seen[id % MESSENGER_USERS_MOST];
    if (id != seen->id || number > seen->number) {
        *seen = (struct messenger_seen){id, number};
        show(session, stdout, name);
        fputs(": ", stdout);
        show(session, stdout, text);
        putchar('\n');
        fflush(stdout);
    }
    transmit_short(session, MESSENGER_GOT, number, id);
}

static void show_users(struct messenger_session *session, struct messenger_part names)
{
    fputs("users:", stdout);
    while (names.length > 0) {
        putchar(' ');
        show(session, stdout, messenger_next(&names));
    }
    putchar('\n');
    fflush(stdout);
}

static void finish(struct messenger_session *session, enum messenger_result result)
{
    session->result = result;
    cnd_signal(&session->answered);
}

/* Ends the program, from a thread that is not main()'s. */
static _Noreturn void leave(int status)
{
    fflush(stdout);
    fflush(stderr);
    _exit(status);
}

static _Noreturn void lose(const struct messenger_session *session, const char *how)
{
    leave(report_failed(session->program, "server %s %s", session->server, how));
}

static void take_answer(struct messenger_session *session,
                        const struct messenger_datagram *datagram)
{
    if (session->result != MESSENGER_WAITING || datagram->number != session->number)
        return;
    if (datagram->word == MESSENGER_NOT && session->expected == MESSENGER_DONE) {
        fprintf(stderr, "%s: not delivered: ", session->program);
        show(session, stderr, datagram->rest);
        fputc('\n', stderr);
        fflush(stderr);
        finish(session, MESSENGER_REFUSED);
    } else if (datagram->word == session->expected) {
        struct messenger_part rest = datagram->rest;
        if (datagram->word == MESSENGER_USERS) {
            if (!messenger_next_number(&rest, MESSENGER_USERS_MOST, &session->next))
                return;
            show_users(session, rest);
        }
        finish(session, MESSENGER_ANSWERED);
    }
}

static void take(struct messenger_session *session)
{
    struct messenger_datagram datagram;

    if (session->datagram.truncated ||
        !messenger_read(session->datagram.bytes, session->datagram.length, &datagram) ||
        datagram.token != session->token || datagram.word < MESSENGER_MSG)
        return;
    session->heard = moment_ms();
    if (datagram.word == MESSENGER_MSG)
        take_message(session, datagram.number, datagram.rest);
    else if (datagram.word != MESSENGER_END)
        take_answer(session, &datagram);
    else if (session->expected == MESSENGER_BYE && session->result == MESSENGER_WAITING)
        finish(session, MESSENGER_ANSWERED); /* gone is gone */
    else
        lose(session, "has ended the session");
}

static void look_at_the_clock(struct messenger_session *session)
{
    uint64_t now = moment_ms();

    if (session->result == MESSENGER_WAITING) {
        if (now >= session->until) {
            finish(session, MESSENGER_SILENCE);
        } else if (now >= session->again) {
            session->again = now + REPEAT_MS;
            transmit(session, &session->request);
        }
    }
    if (now - session->heard >= session->silence_ms)
        lose(session, "does not answer any more");
    if (now - session->sent >= session->silence_ms / MESSENGER_PINGS)
        transmit_short(session, MESSENGER_PING, 0, 0);
}

/* Nobody repeats this for long: a signal ends a program within a second. */
static _Noreturn void log_out_in_haste(struct messenger_session *session, int signal_number)
{
    uint64_t end = moment_ms() + HASTE_MS;
    struct messenger_datagram datagram;

    session->number++;
    do {
        transmit_short(session, MESSENGER_OUT, session->number, 0);
        int result = datagram_receive(session->fd, &session->datagram, HASTE_MS / 3);
        if (result > 0 &&
            messenger_read(session->datagram.bytes, session->datagram.length, &datagram) &&
            datagram.token == session->token && datagram.number == session->number &&
            (datagram.word == MESSENGER_BYE || datagram.word == MESSENGER_END))
            break;
    } while (moment_ms() < end);
    leave(128 + signal_number);
}

static int run(void *argument)
{
    struct messenger_session *session = argument;

    while (!atomic_load(&session->stop)) {
        int result = datagram_receive(session->fd, &session->datagram, SLICE_MS);
        int error = errno, signal_number = interrupt_noted();

        mtx_lock(&session->lock);
        if (signal_number != 0)
            log_out_in_haste(session, signal_number);
        if (result > 0)
            take(session);
        else if (result < 0 && error == ECONNREFUSED)
            lose(session, "is not there any more");
        else if (result < 0)
            leave(report_failed(session->program, "recvmsg %s: %s", session->server,
                                strerror(error)));
        look_at_the_clock(session);
        mtx_unlock(&session->lock);
    }
    return 0;
}

/* --- The caller's thread. --- */

static void begin_request(struct messenger_session *session, enum messenger_word word,
                          enum messenger_word expected)
{
    mtx_lock(&session->lock);
    session->number++;
    session->expected = expected;
    messenger_write(&session->request, word, session->token, session->number);
}

/* Sends what has been written, and waits. Gives the lock back. */
static enum messenger_result ask(struct messenger_session *session)
{
    uint64_t now = moment_ms();

    session->until = now + (uint64_t)MESSENGER_REQUEST_SECONDS * MESSENGER_MS;
    session->again = now + REPEAT_MS;
    session->result = MESSENGER_WAITING;
    transmit(session, &session->request);
    while (session->result == MESSENGER_WAITING)
        cnd_wait(&session->answered, &session->lock);
    enum messenger_result result = session->result;
    if (result == MESSENGER_SILENCE)
        report_failed(session->program, "no answer within %d s", MESSENGER_REQUEST_SECONDS);
    mtx_unlock(&session->lock);
    return result;
}

bool messenger_session_say(struct messenger_session *session, struct messenger_part name,
                           struct messenger_part text)
{
    begin_request(session, MESSENGER_SAY, MESSENGER_DONE);
    messenger_write_part(&session->request, name);
    messenger_write_part(&session->request, text);
    return ask(session) == MESSENGER_ANSWERED;
}

bool messenger_session_who(struct messenger_session *session)
{
    session->next = 0;
    do {
        begin_request(session, MESSENGER_WHO, MESSENGER_USERS);
        messenger_write_number(&session->request, session->next);
        if (ask(session) != MESSENGER_ANSWERED)
            return false;
    } while (session->next != 0);
    return true;
}

bool messenger_session_end(struct messenger_session *session)
{
    begin_request(session, MESSENGER_OUT, MESSENGER_BYE);
    bool answered = ask(session) == MESSENGER_ANSWERED;

    atomic_store(&session->stop, true);
    thrd_join(session->thread, NULL);
    return answered;
}

int messenger_session_begin(struct messenger_session *session, const struct address *local,
                            const struct address *server, struct messenger_part name)
{
    struct address bound;

    session->datagram.size = MESSENGER_DATAGRAM_MOST;
    session->datagram.grows = false;
    session->datagram.bytes = malloc(session->datagram.size);
    session->request =
        (struct draft){.bytes = malloc(MESSENGER_DATAGRAM_MOST), .size = MESSENGER_DATAGRAM_MOST};
    if (!session->datagram.bytes || !session->request.bytes)
        return report_failure(session->program, "malloc", NULL);
    if (address_of_socket(session->fd, &bound) < 0)
        return report_failure(session->program, "getsockname", NULL);
    unsigned port = address_port(&bound);
    interrupt_note();
    int status = messenger_log_in(session, local, server, name, port);
    if (status != STATUS_GO_ON)
        return status;

    session->heard = session->sent = moment_ms();
    session->result = MESSENGER_ANSWERED;
    atomic_init(&session->stop, false);
    bool has_lock = mtx_init(&session->lock, mtx_plain) == thrd_success;
    if (!has_lock || cnd_init(&session->answered) != thrd_success ||
        thrd_create(&session->thread, run, session) != thrd_success) {
        transmit_short(session, MESSENGER_OUT, 1, 0);
        return report_failed(session->program, "no memory for another thread");
    }
    messenger_session_begin_line(session);
    fputs("logged in as ", stdout);
    show(session, stdout, name);
    printf(", UDP port %u\n", port);
    messenger_session_end_line(session);
    return STATUS_GO_ON;
}

void messenger_session_free(struct messenger_session *session)
{
    datagram_free(&session->datagram);
    free(session->request.bytes);
}
