/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tutorial's file protocol: a bare name, answered by the bytes of the file and a close.
 *
 * A file that is missing or refused is answered by the close alone, and so is an empty one. No
 * length tells the client that it got all, so what goes wrong in the middle is told by a reset.
 */
#include "file_session.h"

#include "number.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Sends the file that is open. */
static void send_file(struct file_session *session)
{
    uint64_t sent = 0;
    bool whole = file_session_send_file(session, 0, session->file.size, &sent);

    if (!whole && session->end == SESSION_DONE) {
        session->end = SESSION_FAILED;
        session->error = ECONNRESET;
    } else if (whole) {
        session->end = SESSION_DONE;
    }
    file_session_event(session, "RAW", session->request.name, strlen(session->request.name));
    fputs("sent ", stdout);
    number_print(stdout, sent);
    puts(" bytes");
    clients_end_line(session->client->clients);
}

static void tell(struct file_session *session, const char *why)
{
    file_session_event(session, "RAW", session->line.bytes, session->line.length);
    puts(why);
    clients_end_line(session->client->clients);
    session->end = SESSION_DONE;
}

void raw_answer(struct file_session *session)
{
    const struct http_line *line = &session->line;
    char *name = session->request.name;

    if (!file_name_is_allowed(line->bytes, line->length)) {
        tell(session, "refused");
        return;
    }
    memcpy(name, line->bytes, line->length);
    name[line->length] = '\0';
    switch (served_file_open(&session->file, session->server->root, name)) {
    case SERVED_OPEN:
        send_file(session);
        close(session->file.fd);
        break;
    case SERVED_MISSING:
        tell(session, "not found");
        break;
    case SERVED_FAILED:
        tell(session, strerror(errno));
        break;
    default:
        tell(session, "refused");
        break;
    }
}
