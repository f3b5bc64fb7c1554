/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * udp-send: sends datagrams, from -m or typed, and waits for replies with -r.
 */
#include "lib/address.h"
#include "lib/datagram.h"
#include "lib/delay.h"
#include "lib/encoding.h"
#include "lib/interrupt.h"
#include "lib/messages.h"
#include "lib/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "udp-send"
#define REPLY_SECONDS 5

struct options {
    struct messages messages;
    struct encoding *encoding;
    struct address local; /* with has_local */
    struct address remote;
    bool has_local, wants_reply, broadcast;
    unsigned long interval_ms;
};

static int read_options(int argc, char **argv, struct options *options);
static int send_messages(int fd, struct options *options);
static int send_one(int fd, const struct options *options, struct address *from);
static int receive_reply(int fd, const struct options *options);

int main(int argc, char **argv)
{
    struct options options = {0};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status == STATUS_GO_ON) {
        /* 1. Create the socket. */
        int fd = socket(options.remote.any.sa_family, SOCK_DGRAM, 0);
        if (fd < 0) {
            status = report_failure(PROGRAM, "socket", NULL);
        } else {
            /* 2. Send on it, as often as there is something to say. */
            status = send_messages(fd, &options);
            /* 3. Close it. */
            close(fd);
        }
    }
    messages_free(&options.messages);
    encoding_close(options.encoding);
    return report_end(PROGRAM, status);
}

static int send_messages(int fd, struct options *options)
{
    char where[ADDRESS_TEXT_SIZE];
    struct address from = {.length = 0};
    int on = 1, found;

    if (options->broadcast && setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) < 0)
        return report_failure(PROGRAM, "setsockopt SO_BROADCAST", NULL);

    /* A socket may be bound to a port before it sends. One that is not gets a port with its
     * first datagram, and keeps it. */
    if (options->has_local && bind(fd, &options->local.any, options->local.length) < 0) {
        address_format(&options->local, where);
        return report_bind_failure(PROGRAM, where);
    }
    for (bool first = true; (found = messages_next(&options->messages)) > 0; first = false) {
        if (!first)
            delay_ms(options->interval_ms);
        int status = send_one(fd, options, &from);
        if (status == STATUS_GO_ON && options->wants_reply)
            status = receive_reply(fd, options);
        if (status != STATUS_GO_ON)
            return status;
    }
    return found < 0 ? STATUS_FAILED : STATUS_DONE;
}

/* `from` is found with the first datagram: it is the same for all that follow. */
static int send_one(int fd, const struct options *options, struct address *from)
{
    const struct messages *messages = &options->messages;
    char local[ADDRESS_TEXT_SIZE], remote[ADDRESS_TEXT_SIZE];

    address_format(&options->remote, remote);
    if (sendto(fd, messages->bytes, messages->length, MSG_NOSIGNAL, &options->remote.any,
               options->remote.length) < 0)
        return report_failure(PROGRAM, "sendto", remote);
    if (from->length == 0 && address_source(fd, &options->remote, from) < 0)
        return report_failure(PROGRAM, "getsockname", NULL);
    address_format(from, local);
    printf("sent %lu bytes %s -> %s\n", (unsigned long)messages->length, local, remote);
    fflush(stdout);
    return STATUS_GO_ON;
}

/* A socket is full duplex: the reply comes to the one that sent. */
static int receive_reply(int fd, const struct options *options)
{
    struct datagram reply;
    int status = STATUS_GO_ON;

    if (!datagram_allocate(&reply))
        return report_failure(PROGRAM, "malloc", NULL);
    int result = datagram_receive(fd, &reply, REPLY_SECONDS * 1000);
    if (result > 0)
        datagram_show(&reply, options->encoding);
    else if (result == 0)
        status = report_failed(PROGRAM, "no reply within %d s", REPLY_SECONDS);
    else
        status = report_failure(PROGRAM, "recvmsg", NULL);
    datagram_free(&reply);
    return status;
}

static int show_help(void)
{
    printf(
        "usage: udp-send [-b [ADDR:]PORT] [-n COUNT] [-i MS] [-m TEXT]... [-e ENCODING] [-r]\n"
        "                [-B] HOST PORT\n"
        "Sends datagrams to HOST PORT. Without -m each typed line is one, up to \"exit\" or the\n"
        "end of input.\n"
        "  -b [ADDR:]PORT  send from this address and port (default: any free port)\n"
        "  -n COUNT        send all -m texts, or each typed line, COUNT times (default 1)\n"
        "  -i MS           milliseconds between two datagrams (default 0)\n"
        "  -m TEXT         send TEXT, which may be empty; may be given several times\n"
        "  -e ENCODING     send and show text in ENCODING, by default utf-8:\n"
        "                  %s\n"
        "  -r              wait for a reply to each, at most %d seconds\n"
        "  -B              allow sending to a broadcast address\n"
        "  -h              show this help\n",
        encoding_help, REPLY_SECONDS);
    return STATUS_DONE;
}

/* A datagram goes to one address. */
static int find_remote(const char *host, uint16_t port, struct options *options)
{
    const struct address *local = options->has_local ? &options->local : NULL;
    struct address *list;
    size_t count;
    const char *wrong = address_resolve_all(host, port, SOCK_DGRAM, local, &list, &count);

    if (wrong)
        return report_failed(PROGRAM, "getaddrinfo %s: %s", host, wrong);
    options->remote = list[0];
    free(list);
    address_match(&options->local, &options->remote);
    return STATUS_GO_ON;
}

static int read_arguments(int argc, char **argv, struct options *options)
{
    const char *wrong;
    uint16_t port;

    if (argc != 2)
        return report_usage(PROGRAM, "needs HOST and PORT, got %d arguments (-h shows help)", argc);
    if ((wrong = address_parse_target_port(argv[1], &port)) != NULL)
        return report_usage(PROGRAM, "\"%s\" %s", argv[1], wrong);
    if (!messages_encode(&options->messages, options->encoding))
        return STATUS_USAGE;
    return find_remote(argv[0], port, options);
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *encoding = "utf-8", *wrong;
    int option;

    if (!messages_init(&options->messages, PROGRAM, (size_t)argc))
        return STATUS_FAILED;
    while ((option = getopt(argc, argv, ":b:n:i:m:e:rBh")) != -1) {
        switch (option) {
        case 'b':
            if ((wrong = address_parse_bind(optarg, &options->local)) != NULL)
                return report_usage(PROGRAM, "-b: \"%s\" %s", optarg, wrong);
            options->has_local = true;
            break;
        case 'n':
            if (!option_number(PROGRAM, option, optarg, 1, 0xffffffffUL, &options->messages.repeat))
                return STATUS_USAGE;
            break;
        case 'i':
            if (!option_number(PROGRAM, option, optarg, 0, 86400000UL, &options->interval_ms))
                return STATUS_USAGE;
            break;
        case 'm':
            messages_add(&options->messages, optarg);
            break;
        case 'e':
            encoding = optarg;
            break;
        case 'r':
            options->wants_reply = true;
            break;
        case 'B':
            options->broadcast = true;
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    options->encoding = encoding_open(encoding);
    if (!options->encoding)
        return report_usage(PROGRAM, "-e: \"%s\" is not an encoding known here: %s", encoding,
                            encoding_help);
    return read_arguments(argc - optind, argv + optind, options);
}
