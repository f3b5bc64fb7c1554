/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How file-server serves a client: it finds out which protocol the client speaks, and answers.
 *
 * Theory of operation: one block of heap for a client holds all that its thread works with. Bytes
 * of the socket come into `input` and stay there until they are wanted: a pipelined request waits
 * in it. `work` first collects a line of the request; when the request is known it holds the head
 * of the answer and then, piece by piece, the file. Whatever the client does, a request takes at
 * most FILE_SESSION_SECONDS to be whole, and each FILE_SESSION_PACE bytes of an answer as long to
 * be taken. Only a client that goes on asking may stay as long as it likes.
 */
#ifndef APPS_LIB_FILE_SESSION_H
#define APPS_LIB_FILE_SESSION_H

#include "clients.h"
#include "encoding.h"
#include "http_line.h"
#include "http_request.h"
#include "served_file.h"
#include "stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A client that has sent no complete request after so long is dropped. */
#define FILE_SESSION_SECONDS 10
/* So is one that takes less of an answer than this in so long. */
#define FILE_SESSION_PACE 4000
/* A bare name without an end is complete after so long a silence. */
#define FILE_SESSION_SILENCE_MS 300

/* What the C library thinks a good size for buffers on its system, if a line fits in. */
#define FILE_SESSION_WORK (BUFSIZ > HTTP_REQUEST_LINE_SIZE ? BUFSIZ : HTTP_REQUEST_LINE_SIZE)

/* The `server` of struct clients. */
struct file_server {
    char *root;                /* what realpath() made of the directory */
    struct encoding *encoding; /* UTF-8; used while a line is begun */
};

/* How a session ends. */
enum file_session_end {
    SESSION_CLOSED, /* by the client */
    SESSION_DONE,   /* the server has nothing more to say */
    SESSION_LATE,   /* no whole request in time */
    SESSION_FAILED, /* a call on the socket: `error` */
};

struct file_session {
    struct client *client;
    const struct file_server *server;
    enum file_session_end end; /* once one of the functions below has returned false */
    int error;
    uint64_t deadline;       /* of the request: a moment */
    struct stream_pace pace; /* of who reads the answer */
    size_t head;             /* bytes of its head so far */
    size_t input_at, input_length;
    struct http_line line; /* in `work` */
    struct http_request request;
    struct served_file file;
    char input[256];
    char work[FILE_SESSION_WORK];
};

/* The `serve` of struct clients. */
const char *file_session_serve(struct client *client);

/* What follows is for the two protocols. A function that returns false ends the session. */

/* Reads the next line of the request's head; a longer head than HTTP_REQUEST_HEAD_MOST ends in the
 * middle of one. With `first` it may also be a bare name, however that ends. */
bool file_session_line(struct file_session *session, bool first);

/* Sends the first bytes of `work`. */
bool file_session_send(struct file_session *session, size_t length);

/* Sends `length` bytes of the file from where it stands, and before them the first `filled` bytes
 * of `work`; *sent counts those of the file. When the file has become shorter meanwhile: a line on
 * stderr, and SESSION_DONE. */
bool file_session_send_file(struct file_session *session, size_t filled, uint64_t length,
                            uint64_t *sent);

/* A line on stderr: "file-server: client 192.168.77.1:40001: read "hello.txt": I/O error". */
void file_session_complain(struct file_session *session, const char *call, const char *why);

/* Begins the line of an event, "client 192.168.77.1:40001 GET "hello.txt": ", which the caller
 * ends with clients_end_line(). */
void file_session_event(struct file_session *session, const char *method, const char *name,
                        size_t length);

/* Reads and answers the HTTP request whose first line is in session->line. True: the next may
 * come. */
bool http_answer(struct file_session *session);

/* Answers the bare name in session->line, and ends the session. */
void raw_answer(struct file_session *session);

#endif
