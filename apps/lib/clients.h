/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clients of a server: a thread for each, or one after another, and their events on stdout.
 *
 * Each connected socket belongs to the thread that serves it, from accept() to close(). Threads
 * are told to stop, never closed under their feet. The events of all threads go out line by line
 * under one lock.
 */
#ifndef APPS_LIB_CLIENTS_H
#define APPS_LIB_CLIENTS_H

#include "address.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <threads.h>

/* A client that takes nothing of what is sent to it for so long is dropped. */
#define CLIENTS_STALL_SECONDS 10

struct client {
    struct clients *clients;
    int fd;
    char name[ADDRESS_TEXT_SIZE];
    uint64_t in, out; /* bytes, counted by who serves it */
    /* The threads' list. */
    struct client *next;
    thrd_t thread;
    atomic_bool ended; /* the thread can be joined at once */
};

struct clients {
    const char *program;
    /* Serves a client and closes its socket. Returns how it ended, in words: "closed". */
    const char *(*serve)(struct client *client);
    const void *server; /* what `serve` wants to know */
    atomic_bool stop;
    mtx_t print;   /* held while a line is put on stdout or stderr */
    unsigned left; /* clients whose last line is still to come; under `print` */
    struct client *threads;
};

/* What is left zero in *clients is set up. False, with a line on stderr, without memory. */
bool clients_init(struct clients *clients);

/* Tells the threads to stop, and joins them. */
void clients_end(struct clients *clients);

/* Waits for the next client at the listening socket fd. Returns the client's socket, or -1: with a
 * line on stderr when fd is of no more use, without one when interrupt_came(). A client that died,
 * or a moment without resources, is no reason to leave the others alone: that costs a line on
 * stderr, and it goes on waiting. */
int clients_accept(struct clients *clients, int fd, struct address *address);

/* Serves the client in the calling thread, and closes fd. */
void clients_serve(struct clients *clients, int fd, const struct address *address);

/* The same in a thread of its own. Without memory for one it waits until there is some, after a
 * line on stderr: meanwhile nobody accepts, and who comes stays in the backlog. When
 * interrupt_came() fd is reset instead. */
void clients_serve_in_thread(struct clients *clients, int fd, const struct address *address);

/* After the last client was accepted: a line that says how many are left, then waits until the
 * last of them has ended, which clients_end() would not wait for. */
void clients_finish(struct clients *clients);

/* For `serve`: a call on the client's socket failed with this error. Resets the connection, and
 * returns the words for it. */
const char *clients_drop(const struct client *client, int error);

/* One line on stdout. */
void clients_event(struct clients *clients, const char *format, ...);

/* A line in pieces: what is printed on stdout (stderr) in between is one line. */
void clients_begin_line(struct clients *clients);
void clients_end_line(struct clients *clients);

#endif
