/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clients of tcp-server.
 */
#include "clients.h"

#include "report.h"
#include "stream.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GENTLE_MS 500

struct client {
    struct client *next;
    struct clients *clients;
    struct address address;
    thrd_t thread;
    atomic_bool ended; /* the thread can be joined at once */
    int fd;
    char name[ADDRESS_TEXT_SIZE];
    struct encoding *encoding;
    char *buffer; /* STREAM_CHUNK bytes */
    unsigned long in, out;
};

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

/* One line on stdout. */
static void event(struct clients *clients, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    mtx_lock(&clients->print);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    mtx_unlock(&clients->print);
    va_end(arguments);
}

static void event_received(const struct client *client, size_t length)
{
    mtx_lock(&client->clients->print);
    printf("%s %lu bytes: ", client->name, (unsigned long)length);
    text_show(stdout, client->encoding, client->buffer, length);
    putchar('\n');
    fflush(stdout);
    mtx_unlock(&client->clients->print);
}

/* Replies to what was received. Returns 0, or -1 and errno. */
static int reply(struct client *client, size_t received)
{
    const struct clients *clients = client->clients;
    const char *bytes = clients->reply ? clients->reply : client->buffer;
    size_t length = clients->reply ? strlen(clients->reply) : received;

    if (stream_send_all(client->fd, bytes, length, CLIENTS_STALL_SECONDS * 1000, &clients->stop) <
        0)
        return -1;
    client->out += (unsigned long)length;
    return 0;
}

/* Returns how it ended: NULL, with the reason in errno, when a call failed. */
static const char *talk(struct client *client)
{
    struct clients *clients = client->clients;

    for (;;) {
        ssize_t length = stream_receive(client->fd, client->buffer, STREAM_CHUNK, &clients->stop);
        if (length < 0)
            return NULL;
        if (length == 0)
            return "closed";
        client->in += (unsigned long)length;
        event_received(client, (size_t)length);
        if (reply(client, (size_t)length) < 0)
            return NULL;
        if (clients->one_reply)
            return "served";
    }
}

static const char *name_failure(int error)
{
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

    client->buffer = malloc(STREAM_CHUNK);
    client->encoding = encoding_open("utf-8");
    event(clients, "client %s connected", client->name);
    errno = ENOMEM;
    const char *end = client->buffer && client->encoding ? talk(client) : NULL;
    int error = errno;
    if (!end)
        stream_abort(client->fd);
    else if (strcmp(end, "served") == 0)
        stream_close_gently(client->fd, client->buffer, STREAM_CHUNK, GENTLE_MS);
    else
        close(client->fd);
    event(clients, "client %s %s, %lu bytes in, %lu bytes out", client->name,
          end ? end : name_failure(error), client->in, client->out);
    encoding_close(client->encoding);
    free(client->buffer);
}

static void prepare(struct client *client, struct clients *clients, int fd,
                    const struct address *address)
{
    memset(client, 0, sizeof *client);
    client->clients = clients;
    client->fd = fd;
    client->address = *address;
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
    mtx_lock(&clients->print);
    report_failed(clients->program, "client %s refused: no memory for another thread", name);
    mtx_unlock(&clients->print);
    free(client);
    stream_abort(fd);
}
