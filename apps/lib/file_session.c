/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How file-server serves a client.
 */
#include "file_session.h"

#include "delay.h"
#include "moment.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GENTLE_MS 500
#define MEMORY_PAUSE_MS 50

static bool end(struct file_session *session, enum file_session_end how, int error)
{
    session->end = how;
    session->error = error;
    return false;
}

/* The client has time for a request, and then for the answer. */
static void start_clock(struct file_session *session)
{
    const int ms = FILE_SESSION_SECONDS * 1000;

    session->deadline = moment_ms() + (uint64_t)ms;
    session->pace = (struct stream_pace){.bytes = FILE_SESSION_PACE, .period_ms = ms};
}

/* Whether what there is of the first line may be a whole name of the tutorial's protocol; after an
 * empty line also none. */
static bool may_be_name(const struct file_session *session)
{
    const struct http_line *line = &session->line;

    return session->head > 0 && !http_request_begins(line->bytes, line->length);
}

/* Receives into `input`, which is empty. A name has SESSION_DONE when it ends with silence. */
static bool fill_input(struct file_session *session, bool is_name)
{
    struct client *client = session->client;
    uint64_t silence = moment_ms() + FILE_SESSION_SILENCE_MS;
    bool is_soon = is_name && silence < session->deadline;
    ssize_t length =
        stream_receive_until(client->fd, session->input, sizeof session->input,
                             is_soon ? silence : session->deadline, &client->clients->stop);

    session->input_at = 0;
    session->input_length = length > 0 ? (size_t)length : 0;
    client->in += session->input_length;
    if (length > 0)
        return true;
    if (length == 0)
        return end(session, SESSION_CLOSED, 0);
    if (errno == ETIMEDOUT && is_soon)
        return end(session, SESSION_DONE, 0);
    return end(session, errno == ETIMEDOUT ? SESSION_LATE : SESSION_FAILED, errno);
}

/* Takes from `input` what belongs to the line; true when that is all. In a first line a NUL ends a
 * name. */
static bool take_input(struct file_session *session, bool first)
{
    const char *bytes = session->input + session->input_at;
    size_t count = session->input_length - session->input_at;
    const char *nul = first ? memchr(bytes, '\0', count) : NULL;
    bool complete;
    size_t taken =
        http_line_take(&session->line, bytes, nul ? (size_t)(nul - bytes) : count, &complete);

    session->input_at += taken;
    session->head += taken;
    return complete || nul || session->head > HTTP_REQUEST_HEAD_MOST;
}

bool file_session_line(struct file_session *session, bool first)
{
    http_line_start(&session->line);
    for (;;) {
        if (session->input_at < session->input_length && take_input(session, first))
            return true;
        bool is_name = first && may_be_name(session);
        if (!fill_input(session, is_name))
            return is_name && (session->end == SESSION_DONE || session->end == SESSION_CLOSED);
    }
}

bool file_session_send(struct file_session *session, size_t length)
{
    struct client *client = session->client;

    if (stream_send_paced(client->fd, session->work, length, &session->pace,
                          &client->clients->stop) < 0)
        return end(session, SESSION_FAILED, errno);
    client->out += length;
    return true;
}

void file_session_complain(struct file_session *session, const char *call, const char *why)
{
    struct clients *clients = session->client->clients;

    clients_begin_line(clients);
    fprintf(stderr, "%s: client %s: %s ", clients->program, session->client->name, call);
    text_show_quoted(stderr, session->server->encoding, session->request.name,
                     strlen(session->request.name));
    fprintf(stderr, ": %s\n", why);
    clients_end_line(clients);
}

bool file_session_send_file(struct file_session *session, size_t filled, uint64_t length,
                            uint64_t *sent)
{
    do {
        size_t room = sizeof session->work - filled;
        ssize_t n =
            read(session->file.fd, session->work + filled, length < room ? (size_t)length : room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || (n == 0 && length > 0)) {
            file_session_complain(session, "read",
                                  n < 0 ? strerror(errno) : "it has become shorter");
            return end(session, SESSION_DONE, 0);
        }
        if (!file_session_send(session, filled + (size_t)n))
            return false;
        filled = 0;
        length -= (uint64_t)n;
        *sent += (uint64_t)n;
    } while (length > 0);
    return true;
}

void file_session_event(struct file_session *session, const char *method, const char *name,
                        size_t length)
{
    clients_begin_line(session->client->clients);
    printf("client %s %s ", session->client->name, method);
    text_show_quoted(stdout, session->server->encoding, name, length);
    fputs(": ", stdout);
}

/* Reads the line of the next request; empty ones before it mean nothing (RFC 9112, 2.2). */
static bool next_request(struct file_session *session)
{
    start_clock(session);
    session->head = 0;
    do {
        if (!file_session_line(session, false))
            return false;
    } while (session->line.length == 0 && session->head <= HTTP_REQUEST_HEAD_MOST);
    return true;
}

/* Whether the client speaks HTTP. A line without an end that begins like a request is none that
 * could be a name. */
static bool is_http(const struct http_line *line)
{
    return http_request_is(line->bytes, line->length) ||
           (line->cut && http_request_begins(line->bytes, line->length));
}

static void converse(struct file_session *session)
{
    start_clock(session);
    if (!file_session_line(session, true))
        return;
    /* An empty line is an empty name, unless a request comes behind it. */
    if (session->line.length == 0 && !file_session_line(session, true))
        return;
    if (!is_http(&session->line)) {
        raw_answer(session);
        return;
    }
    while (http_answer(session) && next_request(session))
        continue;
}

/* Without memory the client waits for another one's end, as long as one that is silent. */
static struct file_session *wait_for_memory(const struct client *client)
{
    const uint64_t until = moment_ms() + FILE_SESSION_SECONDS * UINT64_C(1000);
    struct file_session *session;

    while ((session = malloc(sizeof *session)) == NULL && moment_ms() < until &&
           !atomic_load(&client->clients->stop))
        delay_ms(MEMORY_PAUSE_MS);
    return session;
}

const char *file_session_serve(struct client *client)
{
    struct file_session *session = wait_for_memory(client);
    const char *words = "closed";

    if (!session)
        return clients_drop(client, ENOMEM);
    session->client = client;
    session->server = client->clients->server;
    session->head = session->input_at = session->input_length = 0;
    session->line = (struct http_line){.bytes = session->work, .size = HTTP_REQUEST_LINE_SIZE};
    converse(session);
    switch (session->end) {
    case SESSION_LATE: /* it may still read what it got before: no reset */
        words = "timed out";
        close(client->fd);
        break;
    case SESSION_CLOSED:
        close(client->fd);
        break;
    case SESSION_FAILED:
        words = clients_drop(client, session->error);
        break;
    default:
        stream_close_gently(client->fd, session->work, sizeof session->work, GENTLE_MS);
        break;
    }
    free(session);
    return words;
}
