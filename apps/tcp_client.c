/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp-client: connects, sends messages, from -m or typed, and shows what comes back.
 *
 * TCP has no messages, so when is a reply complete? Without -s the client takes as the reply to a
 * message what comes until a silence of QUIET_MS, and gives up waiting for it after REPLY_SECONDS
 * (after TYPED_MS for a typed line, so that one can type to a peer that only listens). With -s it
 * waits for nothing: it sends all, ends its sending side, and reads until the server closes.
 */
#include "lib/address.h"
#include "lib/encoding.h"
#include "lib/interrupt.h"
#include "lib/messages.h"
#include "lib/report.h"
#include "lib/stream.h"
#include "lib/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "tcp-client"
#define REPLY_SECONDS 5
#define TYPED_MS 1000
#define QUIET_MS 300
#define STALL_SECONDS 30

struct options {
    struct messages messages;
    struct encoding *encoding;
    struct address local;    /* with has_local */
    struct address *remotes; /* all that HOST has */
    size_t remote_count;
    bool has_local, half_close;
};

struct connection {
    int fd;
    struct encoding *encoding;
    char *buffer; /* STREAM_CHUNK bytes */
    unsigned long received, sent;
    bool ended; /* by the server: nothing more will come */
    char remote[ADDRESS_TEXT_SIZE];
};

static int read_options(int argc, char **argv, struct options *options);
static int connect_to_server(struct connection *connection, const struct options *options);
static int connect_to(struct connection *connection, const struct options *options,
                      const struct address *remote);
static int converse(struct connection *connection, struct options *options);
static int exchange(struct connection *connection, const char *bytes, size_t length, int reply_ms);
static int receive(struct connection *connection);

int main(int argc, char **argv)
{
    struct options options = {0};
    struct connection connection = {.fd = -1};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    /* 1. Create the socket. 2. Connect to the server. */
    if (status == STATUS_GO_ON)
        status = connect_to_server(&connection, &options);
    /* 3. Send and receive. */
    if (status == STATUS_GO_ON)
        status = converse(&connection, &options);
    /* 4. Close the socket. */
    if (connection.fd >= 0)
        close(connection.fd);
    free(connection.buffer);
    free(options.remotes);
    messages_free(&options.messages);
    encoding_close(options.encoding);
    return report_end(PROGRAM, status);
}

static int connect_to_server(struct connection *connection, const struct options *options)
{
    int status = STATUS_FAILED;

    connection->encoding = options->encoding;
    connection->buffer = malloc(STREAM_CHUNK);
    if (!connection->buffer)
        return report_failure(PROGRAM, "malloc", NULL);
    /* A name may have several addresses: the first one that answers is as good as the others. */
    for (size_t i = 0; status != STATUS_GO_ON && i < options->remote_count; i++)
        status = connect_to(connection, options, &options->remotes[i]);
    return status;
}

static int connect_to(struct connection *connection, const struct options *options,
                      const struct address *remote)
{
    struct address local = options->local;
    char where[ADDRESS_TEXT_SIZE];

    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = socket(remote->any.sa_family, SOCK_STREAM, 0);
    if (connection->fd < 0)
        return report_failure(PROGRAM, "socket", NULL);
    address_match(&local, remote);
    if (options->has_local && bind(connection->fd, &local.any, local.length) < 0) {
        address_format(&local, where);
        return report_bind_failure(PROGRAM, where);
    }
    address_format(remote, connection->remote);
    if (connect(connection->fd, &remote->any, remote->length) < 0)
        return report_failure(PROGRAM, "connect", connection->remote);
    if (address_of_socket(connection->fd, &local) < 0)
        return report_failure(PROGRAM, "getsockname", NULL);
    address_format(&local, where);
    printf("connected %s -> %s\n", where, connection->remote);
    fflush(stdout);
    return STATUS_GO_ON;
}

static int converse(struct connection *connection, struct options *options)
{
    struct messages *messages = &options->messages;
    int reply_ms = options->half_close ? 0 : messages->count == 0 ? TYPED_MS : REPLY_SECONDS * 1000;
    int found, status = STATUS_GO_ON;

    while ((found = messages_next(messages)) > 0) {
        if (connection->ended)
            return report_failed(PROGRAM, "send %s: the server has closed the connection",
                                 connection->remote);
        status = exchange(connection, messages->bytes, messages->length, reply_ms);
        if (status != STATUS_GO_ON)
            return status;
    }
    if (found < 0)
        return STATUS_FAILED;
    if (options->half_close && !connection->ended) {
        if (shutdown(connection->fd, SHUT_WR) < 0)
            return report_failure(PROGRAM, "shutdown", connection->remote);
        while (status == STATUS_GO_ON && !connection->ended)
            status = receive(connection);
        if (status != STATUS_GO_ON)
            return status;
    }
    printf("%s %s, %lu bytes out, %lu bytes in\n", connection->ended ? "closed by" : "closing",
           connection->remote, connection->sent, connection->received);
    fflush(stdout);
    return STATUS_DONE;
}

/* Sends what the stack takes of the last `*left` of `length` bytes. False and errno on failure. */
static bool send_more(struct connection *connection, const char *bytes, size_t length, size_t *left)
{
    ssize_t sent = stream_send_some(connection->fd, bytes + (length - *left), *left);

    if (sent < 0)
        return false;
    *left -= (size_t)sent;
    connection->sent += (unsigned long)sent;
    if (sent > 0 && *left == 0) {
        printf("sent %lu bytes\n", (unsigned long)length);
        fflush(stdout);
    }
    return true;
}

/* Sends all of it, then waits for the reply, at most reply_ms (0: not at all). Shows what arrives
 * while it sends, too: two sides that only send would wait for each other once the buffers between
 * them are full. */
static int exchange(struct connection *connection, const char *bytes, size_t length, int reply_ms)
{
    struct pollfd ready = {.fd = connection->fd};
    size_t left = length;
    bool answered = false;

    while (length > 0 && !connection->ended) {
        bool quiet = reply_ms > 0 && answered;
        ready.events = (short)(left > 0 ? POLLIN | POLLOUT : POLLIN);
        int result = poll(&ready, 1, left > 0 ? STALL_SECONDS * 1000 : quiet ? QUIET_MS : reply_ms);
        if (result < 0 && errno == EINTR)
            continue;
        if (result == 0 && left == 0)
            break;
        if (result <= 0) {
            errno = result == 0 ? ETIMEDOUT : errno;
            return report_failure(PROGRAM, "send", connection->remote);
        }
        if (ready.revents & ~POLLOUT) {
            answered = true;
            if (receive(connection) != STATUS_GO_ON)
                return STATUS_FAILED;
        }
        if (!(ready.revents & POLLOUT) || connection->ended)
            continue;
        if (!send_more(connection, bytes, length, &left))
            return report_failure(PROGRAM, "send", connection->remote);
    }
    if (left > 0)
        return report_failed(PROGRAM, "send %s: the server closed the connection, %lu bytes unsent",
                             connection->remote, (unsigned long)left);
    if (length > 0 && reply_ms > 0 && !answered) {
        printf("no reply within %d ms\n", reply_ms);
        fflush(stdout);
    }
    return STATUS_GO_ON;
}

/* Shows what is there, or waits for it. */
static int receive(struct connection *connection)
{
    ssize_t length = stream_receive(connection->fd, connection->buffer, STREAM_CHUNK, NULL);

    if (length < 0)
        return report_failure(PROGRAM, "recv", connection->remote);
    connection->ended = length == 0;
    if (connection->ended)
        return STATUS_GO_ON;
    connection->received += (unsigned long)length;
    printf("received %lu bytes: ", (unsigned long)length);
    text_show(stdout, connection->encoding, connection->buffer, (size_t)length);
    putchar('\n');
    fflush(stdout);
    return STATUS_GO_ON;
}

static int show_help(void)
{
    printf(
        "usage: tcp-client [-b [ADDR:]PORT] [-m TEXT]... [-s] HOST PORT\n"
        "Connects to HOST PORT, sends, and shows what comes back. Without -m it sends each typed\n"
        "line, up to \"exit\" or the end of input. After each message it waits for a reply: at\n"
        "most %d seconds, %d ms after a typed line; a reply ends with %d ms of silence. Then it\n"
        "closes. The text is UTF-8.\n"
        "  -b [ADDR:]PORT  connect from this address and port (default: any free port)\n"
        "  -m TEXT         send TEXT; may be given several times\n"
        "  -s              wait for no replies: shut the sending side down after the last\n"
        "                  message, and read until the server closes\n"
        "  -h              show this help\n",
        REPLY_SECONDS, TYPED_MS, QUIET_MS);
    return STATUS_DONE;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *wrong;
    uint16_t port;
    int option;

    options->encoding = encoding_open("utf-8");
    if (!options->encoding)
        return report_failure(PROGRAM, "malloc", NULL);
    if (!messages_init(&options->messages, PROGRAM, (size_t)argc))
        return STATUS_FAILED;
    while ((option = getopt(argc, argv, ":b:m:sh")) != -1) {
        switch (option) {
        case 'b':
            if ((wrong = address_parse_bind(optarg, &options->local)) != NULL)
                return report_usage(PROGRAM, "-b: \"%s\" %s", optarg, wrong);
            options->has_local = true;
            break;
        case 'm':
            messages_add(&options->messages, optarg);
            break;
        case 's':
            options->half_close = true;
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    argc -= optind;
    argv += optind;
    if (argc != 2)
        return report_usage(PROGRAM, "needs HOST and PORT, got %d arguments (-h shows help)", argc);
    if ((wrong = address_parse_target_port(argv[1], &port)) != NULL)
        return report_usage(PROGRAM, "\"%s\" %s", argv[1], wrong);
    if (!messages_encode(&options->messages, options->encoding))
        return STATUS_USAGE;
    if ((wrong = address_resolve_all(argv[0], port, SOCK_STREAM,
                                     options->has_local ? &options->local : NULL, &options->remotes,
                                     &options->remote_count)) != NULL)
        return report_failed(PROGRAM, "getaddrinfo %s: %s", argv[0], wrong);
    return STATUS_GO_ON;
}
