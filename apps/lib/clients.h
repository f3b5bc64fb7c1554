/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clients of tcp-server: how one is served, and the threads that serve many at once.
 *
 * Each connected socket belongs to the thread that serves it, from accept() to close(). Threads
 * are told to stop, never closed under their feet. The events of all threads go out line by line
 * under one lock.
 */
#ifndef APPS_LIB_CLIENTS_H
#define APPS_LIB_CLIENTS_H

#include "address.h"
#include "encoding.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <threads.h>

/* A client that takes nothing of its reply for so long is dropped. */
#define CLIENTS_STALL_SECONDS 10

struct clients {
    const char *program;
    const char *reply; /* NULL: echo */
    bool one_reply;    /* close after the first reply; else when the client closes */
    atomic_bool stop;
    mtx_t print; /* held while a line is put on stdout or stderr */
    struct client *threads;
};

/* What is left zero in *clients is set up. False, with a line on stderr, without memory. */
bool clients_init(struct clients *clients);

/* Tells the threads to stop, and joins them. */
void clients_end(struct clients *clients);

/* Serves the client in the calling thread, and closes fd. */
void clients_serve(struct clients *clients, int fd, const struct address *address);

/* The same in a thread of its own. Without memory for one: a line on stderr, and fd is closed. */
void clients_serve_in_thread(struct clients *clients, int fd, const struct address *address);

#endif
