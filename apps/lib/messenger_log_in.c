/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A messenger's login, over TCP.
 */
#include "messenger_session.h"

#include "interrupt_noted.h"
#include "moment.h"
#include "report.h"
#include "stream.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLICE_MS 200

/* A signal while nothing else goes on. */
static int status_of(const struct messenger_session *session, const char *call)
{
    int error = errno, signal_number = interrupt_noted();

    errno = error;
    return signal_number ? 128 + signal_number
                         : report_failure(session->program, call, session->server);
}

/* Reads the answer's line into `line`, of MESSENGER_LINE_MOST bytes. Returns STATUS_GO_ON or a
 * status. */
static int read_answer(const struct messenger_session *session, int fd, char *line,
                       struct messenger_part *answer)
{
    uint64_t end = moment_ms() + (uint64_t)MESSENGER_LOGIN_SECONDS * MESSENGER_MS;
    size_t length = 0;
    const char *newline = NULL;

    while (!newline) {
        ssize_t got = stream_receive_until(fd, line + length, MESSENGER_LINE_MOST - length,
                                           moment_ms() + SLICE_MS, NULL);
        if (got < 0 && errno == ETIMEDOUT && interrupt_noted() == 0 && moment_ms() < end)
            continue;
        if (got < 0)
            return status_of(session, "recv");
        newline = memchr(line + length, '\n', (size_t)got);
        length += (size_t)got;
        if (got == 0 || (!newline && length == MESSENGER_LINE_MOST))
            return report_failed(session->program, "login at %s: it %s", session->server,
                                 got == 0 ? "closed the connection" : "is no messenger-server");
    }
    *answer = (struct messenger_part){line, (size_t)(newline - line)};
    return STATUS_GO_ON;
}

/* What the server said instead of OK. */
static int refused(const struct messenger_session *session, struct messenger_part answer)
{
    fprintf(stderr, "%s: login at %s: ", session->program, session->server);
    if (answer.length > 3 && memcmp(answer.bytes, "NO ", 3) == 0)
        text_show(stderr, session->encoding, answer.bytes + 3, answer.length - 3);
    else
        fputs("it is no messenger-server", stderr);
    fputc('\n', stderr);
    fflush(stderr);
    return STATUS_FAILED;
}

static int converse(struct messenger_session *session, int fd, struct messenger_part name,
                    unsigned port)
{
    char *line = session->datagram.bytes; /* no datagram comes before the login */
    struct draft draft = {.bytes = line, .size = MESSENGER_LINE_MOST};
    struct messenger_part answer = {NULL, 0};
    uint32_t seconds;

    draft_text(&draft, "LOGIN");
    messenger_write_part(&draft, name);
    messenger_write_number(&draft, port);
    draft_text(&draft, "\n");
    if (stream_send_some(fd, draft.bytes, draft.length) != (ssize_t)draft.length)
        return status_of(session, "send");
    int status = read_answer(session, fd, line, &answer);
    if (status != STATUS_GO_ON)
        return status;
    if (!messenger_read_welcome(answer, &session->token, &seconds))
        return refused(session, answer);
    session->silence_ms = (uint64_t)seconds * MESSENGER_MS;
    return STATUS_GO_ON;
}

int messenger_log_in(struct messenger_session *session, const struct address *local,
                     const struct address *server, struct messenger_part name, unsigned port)
{
    char where[ADDRESS_TEXT_SIZE];
    int status = STATUS_GO_ON;

    int fd = socket(server->any.sa_family, SOCK_STREAM, 0);
    if (fd < 0)
        return report_failure(session->program, "socket", NULL);
    /* The server takes this connection's address for that of the datagrams, too. */
    if (local) {
        struct address from = *local;
        address_set_port(&from, 0);
        address_format(&from, where);
        if (bind(fd, &from.any, from.length) < 0)
            status = report_bind_failure(session->program, where);
    }
    if (status == STATUS_GO_ON && connect(fd, &server->any, server->length) < 0)
        status = status_of(session, "connect");
    if (status == STATUS_GO_ON)
        status = converse(session, fd, name, port);
    close(fd);
    return status;
}
