/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clients of a server.
 */
#include "clients.h"

#include "number.h"
#include "report.h"
#include "stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool clients_init(struct clients *clients)
{
    atomic_init(&clients->stop, false);
    clients->threads = NULL;
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
    clients_end_line(clients);
}

static void prepare(struct client *client, struct clients *clients, int fd,
                    const struct address *address)
{
    memset(client, 0, sizeof *client);
    client->clients = clients;
    client->fd = fd;
    address_format(address, client->name);
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

void clients_serve_in_thread(struct clients *clients, int fd, const struct address *address)
{
    struct client *client = malloc(sizeof *client);
    char name[ADDRESS_TEXT_SIZE];

    reap(clients, false);
    if (client) {
        prepare(client, clients, fd, address);
        if (thrd_create(&client->thread, serve_thread, client) == thrd_success) {
            client->next = clients->threads;
            clients->threads = client;
            return;
        }
    }
    address_format(address, name);
    clients_begin_line(clients);
    report_failed(clients->program, "client %s refused: no memory for another thread", name);
    clients_end_line(clients);
    free(client);
    stream_abort(fd);
}
