/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clients of a server.
 */
#include "clients.h"

#include "delay.h"
#include "interrupt.h"
#include "number.h"
#include "report.h"
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_MS 200
#define PAUSE_MS 500
#define THREAD_PAUSE_MS 50
#define FINISH_PAUSE_MS 100

bool clients_init(struct clients *clients)
{
    atomic_init(&clients->stop, false);
    clients->threads = NULL;
    clients->left = 0;
    if (mtx_init(&clients->print, mtx_plain) == thrd_success)
        return true;
    report_failed(clients->program, "mtx_init: no memory");
    return false;
}

/* Joins the threads that have ended, or all. */
static void reap(struct clients *clients, bool all)
{
    struct client **link = &clients->threads;

    while (*link) {
        struct client *client = *link;
        if (all || atomic_load(&client->ended)) {
            thrd_join(client->thread, NULL);
            *link = client->next;
            free(client);
        } else {
            link = &client->next;
        }
    }
}

void clients_end(struct clients *clients)
{
    atomic_store(&clients->stop, true);
    reap(clients, true);
    mtx_destroy(&clients->print);
}

void clients_begin_line(struct clients *clients)
{
    mtx_lock(&clients->print);
}

void clients_end_line(struct clients *clients)
{
    fflush(stdout);
    mtx_unlock(&clients->print);
}

void clients_event(struct clients *clients, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    clients_begin_line(clients);
    vprintf(format, arguments);
    putchar('\n');
    clients_end_line(clients);
    va_end(arguments);
}

const char *clients_drop(const struct client *client, int error)
{
    stream_abort(client->fd);
    switch (error) {
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return "reset";
    case ETIMEDOUT:
        return "timed out";
    case ECANCELED:
        return "stopped";
    default:
        return strerror(error);
    }
}

static void serve(struct client *client)
{
    struct clients *clients = client->clients;

    clients_event(clients, "client %s connected", client->name);
    const char *end = clients->serve(client);
    clients_begin_line(clients);
    printf("client %s %s, ", client->name, end);
    number_print(stdout, client->in);
    fputs(" bytes in, ", stdout);
    number_print(stdout, client->out);
    puts(" bytes out");
    clients->left--;
    clients_end_line(clients);
}

static void prepare(struct client *client, struct clients *clients, int fd,
                    const struct address *address)
{
    memset(client, 0, sizeof *client);
    client->clients = clients;
    client->fd = fd;
    address_format(address, client->name);
    mtx_lock(&clients->print);
    clients->left++;
    mtx_unlock(&clients->print);
}

void clients_serve(struct clients *clients, int fd, const struct address *address)
{
    struct client client;

    prepare(&client, clients, fd, address);
    serve(&client);
}

static int serve_thread(void *argument)
{
    struct client *client = argument;

    serve(client);
    atomic_store(&client->ended, true);
    return 0;
}

/* False when there is no memory for it. */
static bool start_thread(struct clients *clients, int fd, const struct address *address)
{
    struct client *client = malloc(sizeof *client);

    if (!client)
        return false;
    prepare(client, clients, fd, address);
    if (thrd_create(&client->thread, serve_thread, client) != thrd_success) {
        mtx_lock(&clients->print);
        clients->left--;
        mtx_unlock(&clients->print);
        free(client);
        return false;
    }
    client->next = clients->threads;
    clients->threads = client;
    return true;
}

static void tell_that_it_waits(struct clients *clients, const struct address *address)
{
    char name[ADDRESS_TEXT_SIZE];

    address_format(address, name);
    clients_begin_line(clients);
    report_failed(clients->program, "client %s waits: no memory for another thread", name);
    clients_end_line(clients);
}

void clients_serve_in_thread(struct clients *clients, int fd, const struct address *address)
{
    /* Those that have ended first: what they had may be just what is needed. */
    reap(clients, false);
    if (start_thread(clients, fd, address))
        return;
    tell_that_it_waits(clients, address);
    while (!interrupt_came()) {
        delay_ms(THREAD_PAUSE_MS);
        reap(clients, false);
        if (start_thread(clients, fd, address))
            return;
    }
    stream_abort(fd);
}

void clients_finish(struct clients *clients)
{
    unsigned left;

    clients_begin_line(clients);
    left = clients->left;
    printf("listens no more, clients left: %u\n", left);
    clients_end_line(clients);
    while (left > 0) {
        delay_ms(FINISH_PAUSE_MS);
        mtx_lock(&clients->print);
        left = clients->left;
        mtx_unlock(&clients->print);
    }
}

/* The client that was to be accepted has left; some stacks say ENOTCONN. */
static bool has_left(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == ENOTCONN;
}

static bool lacks_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Whether to go on after a failure of that call on the listening socket. */
static bool goes_on(struct clients *clients, const char *call)
{
    int error = errno;

    if (error == EINTR || error == EAGAIN)
        return true;
    clients_begin_line(clients);
    report_failure(clients->program, call, NULL);
    clients_end_line(clients);
    if (has_left(error))
        return true;
    /* A client that waits for a descriptor makes accept() fail at once, again and again. */
    if (lacks_resources(error))
        delay_ms(PAUSE_MS);
    return lacks_resources(error);
}

/* It waits in slices, since a signal that comes just before a call does not end it. */
int clients_accept(struct clients *clients, int fd, struct address *address)
{
    struct pollfd incoming = {.fd = fd, .events = POLLIN};

    while (!interrupt_came()) {
        reap(clients, false);
        int ready = poll(&incoming, 1, SLICE_MS);
        if (ready < 0 && !goes_on(clients, "poll"))
            return -1;
        if (ready <= 0)
            continue;
        address_clear(address);
        int accepted = accept(fd, &address->any, &address->length);
        if (accepted >= 0)
            return accepted;
        if (!goes_on(clients, "accept"))
            return -1;
    }
    return -1;
}
