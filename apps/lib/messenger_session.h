/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A messenger's session with its server: from the login to the end.
 *
 * Theory of operation: two threads. The caller's says something and waits for its answer; the
 * session's own receives, shows, acknowledges, repeats what was not answered, and gives signs of
 * life. It is also the one that ends the program, by _exit(), when the server is gone or a signal
 * was noted: the caller's may be blocked in a read of the console. One lock is held for all that
 * either does, but not while it waits; who prints has it, so that lines stay whole.
 */
#ifndef APPS_LIB_MESSENGER_SESSION_H
#define APPS_LIB_MESSENGER_SESSION_H

#include "address.h"
#include "datagram.h"
#include "encoding.h"
#include "messenger_protocol.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <threads.h>

enum messenger_result {
    MESSENGER_WAITING, /* for the answer */
    MESSENGER_ANSWERED,
    MESSENGER_REFUSED, /* after a line on stderr */
    MESSENGER_SILENCE, /* no answer came */
};

/* What has been shown last of a user. */
struct messenger_seen {
    uint32_t id, number;
};

struct messenger_session {
    const char *program;
    int fd; /* the UDP socket, connected to the server */
    char server[ADDRESS_TEXT_SIZE];
    uint64_t token;
    uint64_t silence_ms;
    struct encoding *encoding; /* UTF-8 */
    thrd_t thread;
    atomic_bool stop;
    mtx_t lock;
    cnd_t answered;
    /* The request under way. */
    enum messenger_result result;
    enum messenger_word expected; /* the word of its answer */
    uint32_t number;
    uint32_t next; /* of USERS */
    uint64_t until, again;
    struct draft request;
    /* The server's silence and one's own. */
    uint64_t heard, sent;
    struct datagram datagram;
    struct messenger_seen seen[MESSENGER_USERS_MOST];
};

/* Logs in at `server`, from the address of `local` unless that is NULL, telling the port of
 * session->fd, and begins the session. What is not set
 * above `token` must be; `session` is large, and zero elsewhere. Takes care of signals from there
 * on (interrupt_noted.h). Returns STATUS_GO_ON, or a status after a line on stderr. */
int messenger_session_begin(struct messenger_session *session, const struct address *local,
                            const struct address *server, struct messenger_part name);

/* Says it and waits for the answer. False after a line on stderr: it may not have arrived. */
bool messenger_session_say(struct messenger_session *session, struct messenger_part name,
                           struct messenger_part text);

/* Prints who is there. The same. */
bool messenger_session_who(struct messenger_session *session);

/* Logs out and ends the session; its socket stays the caller's. The same. */
bool messenger_session_end(struct messenger_session *session);

/* Frees what is left, also of a session that never began. */
void messenger_session_free(struct messenger_session *session);

/* A line in pieces: what is printed on stdout (stderr) in between is one line. */
void messenger_session_begin_line(struct messenger_session *session);
void messenger_session_end_line(struct messenger_session *session);

/* For messenger_session.c: the login itself, over TCP. It fills in the token and silence_ms. */
int messenger_log_in(struct messenger_session *session, const struct address *local,
                     const struct address *server, struct messenger_part name, unsigned port);

#endif
