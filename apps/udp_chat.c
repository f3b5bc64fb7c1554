/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * udp-chat: sends what is typed and shows what comes, at the same time and on one socket.
 *
 * The main thread reads lines and sends them; a second one receives, in slices, until it is told
 * to stop. It is joined before the socket is closed, which nobody may be using then. The socket is
 * not connected: whatever comes to its port is shown, with its sender.
 */
#include "lib/address.h"
#include "lib/datagram.h"
#include "lib/delay.h"
#include "lib/encoding.h"
#include "lib/interrupt.h"
#include "lib/messages.h"
#include "lib/moment.h"
#include "lib/report.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <threads.h>
#include <unistd.h>

#define PROGRAM "udp-chat"
#define SLICE_MS 200
#define SILENCE_SECONDS 1

struct options {
    struct messages messages;
    struct encoding *encoding; /* of what is sent */
    struct encoding *shown;    /* the same, for the thread that receives */
    struct address local, remote;
    unsigned long silence_seconds;
};

enum state { RECEIVE, RECEIVE_UNTIL_SILENCE, STOP };

struct chat {
    int fd;
    struct options *options;
    struct datagram datagram; /* the receiving thread's */
    atomic_int state;         /* one of enum state, set by the main thread */
    atomic_bool failed;       /* the receiving thread has ended by itself */
    mtx_t print;
};

static int read_options(int argc, char **argv, struct options *options);
static int bind_socket(int fd, struct options *options);
static int chat_with_peer(int fd, struct options *options);
static int send_lines(struct chat *chat);
static int receive_all(void *argument);

int main(int argc, char **argv)
{
    struct options options = {.silence_seconds = SILENCE_SECONDS};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status == STATUS_GO_ON) {
        /* 1. Create the socket. */
        int fd = socket(options.remote.any.sa_family, SOCK_DGRAM, 0);
        if (fd < 0) {
            status = report_failure(PROGRAM, "socket", NULL);
        } else {
            /* 2. Bind it: without -b to any free port, so that one can be told which. */
            status = bind_socket(fd, &options);
            /* 3. Send and receive on it, at the same time. */
            if (status == STATUS_GO_ON)
                status = chat_with_peer(fd, &options);
            /* 4. Close it. */
            close(fd);
        }
    }
    messages_free(&options.messages);
    encoding_close(options.encoding);
    encoding_close(options.shown);
    return report_end(PROGRAM, status);
}

static int bind_socket(int fd, struct options *options)
{
    struct address bound;
    char where[ADDRESS_TEXT_SIZE];

    address_format(&options->local, where);
    if (bind(fd, &options->local.any, options->local.length) < 0)
        return report_bind_failure(PROGRAM, where);
    if (address_of_socket(fd, &bound) < 0)
        return report_failure(PROGRAM, "getsockname", NULL);
    address_format(&bound, where);
    printf("bound to %s\n", where);
    fflush(stdout);
    return STATUS_GO_ON;
}

static int converse(struct chat *chat)
{
    thrd_t receiver;

    if (thrd_create(&receiver, receive_all, chat) != thrd_success)
        return report_failed(PROGRAM, "thrd_create: no memory for a second thread");
    int status = send_lines(chat);
    thrd_join(receiver, NULL);
    return atomic_load(&chat->failed) ? STATUS_FAILED : status;
}

static int chat_with_peer(int fd, struct options *options)
{
    struct chat chat = {.fd = fd, .options = options};
    int status;

    atomic_init(&chat.state, RECEIVE);
    atomic_init(&chat.failed, false);
    if (mtx_init(&chat.print, mtx_plain) != thrd_success)
        return report_failed(PROGRAM, "mtx_init: no memory");
    options->messages.print = &chat.print;
    if (datagram_allocate(&chat.datagram))
        status = converse(&chat);
    else
        status = report_failure(PROGRAM, "malloc", NULL);
    datagram_free(&chat.datagram);
    options->messages.print = NULL;
    mtx_destroy(&chat.print);
    return status;
}

/* `from` is found with the first datagram: it is the same for all that follow. */
static int send_line(struct chat *chat, struct address *from)
{
    struct messages *messages = &chat->options->messages;
    const struct address *to = &chat->options->remote;
    char local[ADDRESS_TEXT_SIZE], remote[ADDRESS_TEXT_SIZE];

    address_format(to, remote);
    if (sendto(chat->fd, messages->bytes, messages->length, MSG_NOSIGNAL, &to->any, to->length) < 0)
        return report_failure(PROGRAM, "sendto", remote);
    if (from->length == 0 && address_source(chat->fd, to, from) < 0) {
        from->length = 0;
        return report_failure(PROGRAM, "getsockname", NULL);
    }
    address_format(from, local);
    messages_begin_print(messages);
    printf("sent %lu bytes %s -> %s\n", (unsigned long)messages->length, local, remote);
    fflush(stdout);
    messages_end_print(messages);
    return STATUS_DONE;
}

/* A line that cannot be sent ends no chat: the next may be shorter, or the network there again. */
static int send_lines(struct chat *chat)
{
    struct messages *messages = &chat->options->messages;
    struct address from = {.length = 0};
    int found, status = STATUS_DONE;

    while ((found = messages_next(messages)) > 0 && !atomic_load(&chat->failed)) {
        if (send_line(chat, &from) != STATUS_DONE)
            status = STATUS_FAILED;
    }
    /* After "exit" nobody waits for an answer; whose input has ended may. */
    atomic_store(&chat->state, found == 0 && feof(stdin) ? RECEIVE_UNTIL_SILENCE : STOP);
    return found < 0 ? STATUS_FAILED : status;
}

/* What a network may say of a datagram that was sent: the next ones may do better. */
static bool is_passing(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
           error == ENETDOWN || error == ENOBUFS || error == ENOMEM;
}

/* The second thread. */
static int receive_all(void *argument)
{
    struct chat *chat = argument;
    struct messages *messages = &chat->options->messages;
    uint64_t heard = moment_ms(); /* it may begin when the input has ended already */
    int state;

    while ((state = atomic_load(&chat->state)) != STOP) {
        if (state == RECEIVE)
            heard = moment_ms();
        else if (moment_ms() - heard >= chat->options->silence_seconds * 1000)
            break;
        int result = datagram_receive(chat->fd, &chat->datagram, SLICE_MS);
        if (result == 0)
            continue;
        int error = result < 0 ? errno : 0;
        heard = moment_ms();
        messages_begin_print(messages);
        if (result > 0)
            datagram_show(&chat->datagram, chat->options->shown);
        else
            report_failure(PROGRAM, "recvmsg", NULL);
        messages_end_print(messages);
        if (error == 0)
            continue;
        if (!is_passing(error)) {
            atomic_store(&chat->failed, true);
            break;
        }
        delay_ms(SLICE_MS);
    }
    return 0;
}

static int show_help(void)
{
    printf(
        "usage: udp-chat [-b [ADDR:]PORT] [-e ENCODING] [-w SECONDS] HOST PORT\n"
        "Sends each typed line to HOST PORT as one datagram, and at the same time shows each\n"
        "that comes, with its sender, whoever that is; both on one socket. Ends at \"exit\", or\n"
        "at the end of input as soon as nothing has come for some time. What is no valid text\n"
        "is shown as \\xNN.\n"
        "  -b [ADDR:]PORT  use this address and port (default: any free port)\n"
        "  -e ENCODING     send and show text in ENCODING, by default utf-8:\n"
        "                  %s\n"
        "  -w SECONDS      at the end of input: the silence to wait for (default %d)\n"
        "  -h              show this help\n",
        encoding_help, SILENCE_SECONDS);
    return STATUS_DONE;
}

static int read_arguments(int argc, char **argv, struct options *options)
{
    const char *wrong;
    uint16_t port;

    if (argc != 2)
        return report_usage(PROGRAM, "needs HOST and PORT, got %d arguments (-h shows help)", argc);
    if ((wrong = address_parse_target_port(argv[1], &port)) != NULL)
        return report_usage(PROGRAM, "\"%s\" %s", argv[1], wrong);
    if ((wrong = address_resolve(argv[0], port, SOCK_DGRAM, &options->remote)) != NULL)
        return report_failed(PROGRAM, "getaddrinfo %s: %s", argv[0], wrong);
    address_match(&options->local, &options->remote);
    return STATUS_GO_ON;
}

static int open_encodings(const char *name, struct options *options)
{
    options->encoding = encoding_open(name);
    options->shown = options->encoding ? encoding_open(name) : NULL;
    if (!options->shown && errno == ENOMEM)
        return report_failure(PROGRAM, "malloc", NULL);
    if (!options->shown)
        return report_usage(PROGRAM, "-e: \"%s\" is not an encoding known here: %s", name,
                            encoding_help);
    options->messages.encoding = options->encoding;
    return STATUS_GO_ON;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *encoding = "utf-8", *wrong;
    int option;

    address_any(&options->local, 0);
    if (!messages_init(&options->messages, PROGRAM, 0))
        return STATUS_FAILED;
    while ((option = getopt(argc, argv, ":b:e:w:h")) != -1) {
        switch (option) {
        case 'b':
            if ((wrong = address_parse_bind(optarg, &options->local)) != NULL)
                return report_usage(PROGRAM, "-b: \"%s\" %s", optarg, wrong);
            break;
        case 'e':
            encoding = optarg;
            break;
        case 'w':
            if (!option_number(PROGRAM, option, optarg, 0, 86400, &options->silence_seconds))
                return STATUS_USAGE;
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    int status = open_encodings(encoding, options);
    if (status != STATUS_GO_ON)
        return status;
    return read_arguments(argc - optind, argv + optind, options);
}
