/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How tcp-server serves a client.
 */
#include "talk.h"

#include "encoding.h"
#include "stream.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GENTLE_MS 500

static void show_received(const struct client *client, struct encoding *encoding, const char *bytes,
                          size_t length)
{
    clients_begin_line(client->clients);
    printf("%s %lu bytes: ", client->name, (unsigned long)length);
    text_show(stdout, encoding, bytes, length);
    putchar('\n');
    clients_end_line(client->clients);
}

/* Replies to what was received. Returns 0, or -1 and errno. */
static int reply(struct client *client, const char *bytes, size_t length)
{
    const struct talk *talk = client->clients->server;

    if (talk->reply) {
        bytes = talk->reply;
        length = strlen(bytes);
    }
    if (stream_send_all(client->fd, bytes, length, CLIENTS_STALL_SECONDS * 1000,
                        &client->clients->stop) < 0)
        return -1;
    client->out += length;
    return 0;
}

/* Returns how it ended: NULL, with the reason in errno, when a call failed. */
static const char *converse(struct client *client, struct encoding *encoding, char *buffer)
{
    const struct talk *talk = client->clients->server;

    for (;;) {
        ssize_t length = stream_receive(client->fd, buffer, STREAM_CHUNK, &client->clients->stop);
        if (length < 0)
            return NULL;
        if (length == 0)
            return "closed";
        client->in += (size_t)length;
        show_received(client, encoding, buffer, (size_t)length);
        if (reply(client, buffer, (size_t)length) < 0)
            return NULL;
        if (talk->one_reply)
            return "served";
    }
}

const char *talk_serve(struct client *client)
{
    char *buffer = malloc(STREAM_CHUNK);
    struct encoding *encoding = encoding_open("utf-8");

    errno = ENOMEM;
    const char *end = buffer && encoding ? converse(client, encoding, buffer) : NULL;
    if (!end)
        end = clients_drop(client, errno);
    else if (strcmp(end, "served") == 0)
        stream_close_gently(client->fd, buffer, STREAM_CHUNK, GENTLE_MS);
    else
        close(client->fd);
    encoding_close(encoding);
    free(buffer);
    return end;
}
