/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp-server: listens, and serves its clients in one of four ways.
 */
#include "lib/address.h"
#include "lib/clients.h"
#include "lib/delay.h"
#include "lib/interrupt.h"
#include "lib/listener.h"
#include "lib/report.h"
#include "lib/talk.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "tcp-server"

enum mode { MODE_ONCE, MODE_QUEUE, MODE_TALK, MODE_THREADS };

struct options {
    struct address local;
    enum mode mode;
    unsigned long backlog, wait_seconds;
    const char *reply; /* NULL: echo */
};

static int read_options(int argc, char **argv, struct options *options);
static int listen_at(int fd, const struct options *options);
static int serve_clients(int fd, const struct options *options);

int main(int argc, char **argv)
{
    struct options options = {.mode = MODE_QUEUE, .backlog = 5};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status != STATUS_GO_ON)
        return report_end(PROGRAM, status);

    /* 1. Create the socket. */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return report_failure(PROGRAM, "socket", NULL);

    /* 2. Bind it, so that clients find it. 3. Make it a listening socket. */
    status = listen_at(fd, &options);

    /* 4. Accept clients: each gets a socket of its own. */
    if (status == STATUS_GO_ON)
        status = serve_clients(fd, &options);

    /* 5. Close it. */
    close(fd);
    return report_end(PROGRAM, status);
}

static int listen_at(int fd, const struct options *options)
{
    char where[ADDRESS_TEXT_SIZE];
    int status = listener_open(PROGRAM, fd, &options->local, options->backlog, where);

    if (status != STATUS_GO_ON)
        return status;
    printf("listening on %s backlog %lu\n", where, options->backlog);
    if (options->wait_seconds > 0)
        printf("waiting %lu s before the first accept\n", options->wait_seconds);
    fflush(stdout);
    delay_ms(options->wait_seconds * 1000);
    return STATUS_GO_ON;
}

static int serve_clients(int fd, const struct options *options)
{
    const struct talk talk = {
        .reply = options->reply,
        .one_reply = options->mode == MODE_ONCE || options->mode == MODE_QUEUE,
    };
    struct clients clients = {.program = PROGRAM, .serve = talk_serve, .server = &talk};
    struct address address;
    int client, status = STATUS_FAILED;

    if (!clients_init(&clients))
        return STATUS_FAILED;
    while ((client = listener_accept(PROGRAM, fd, &address)) >= 0) {
        if (options->mode == MODE_THREADS)
            clients_serve_in_thread(&clients, client, &address);
        else
            clients_serve(&clients, client, &address);
        if (options->mode == MODE_ONCE) {
            status = STATUS_DONE;
            break;
        }
    }
    clients_end(&clients);
    return status;
}

static int show_help(void)
{
    printf("usage: tcp-server [-b ADDR] [-l BACKLOG] [-M once|queue|talk|threads] [-r TEXT]\n"
           "                  [-w SECONDS] PORT\n"
           "Listens at PORT (0: any free port), shows what clients send, and replies. The text is\n"
           "UTF-8; a client that takes nothing of its reply for %d seconds is dropped.\n"
           "  -b ADDR     listen at this address only (default: all of them)\n"
           "  -l BACKLOG  how many clients may wait to be accepted, 0 to 65535 (default 5); the\n"
           "              stack may round it\n"
           "  -M once     one client, one reply, then end\n"
           "  -M queue    one client after another, one reply each (default)\n"
           "  -M talk     one client after another, each until it closes\n"
           "  -M threads  many clients at once, each until it closes\n"
           "  -r TEXT     reply TEXT (default: echo)\n"
           "  -w SECONDS  wait before the first accept (default 0)\n"
           "  -h          show this help\n",
           CLIENTS_STALL_SECONDS);
    return STATUS_DONE;
}

static bool parse_mode(const char *text, enum mode *mode)
{
    static const char *const names[] = {"once", "queue", "talk", "threads"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *mode = (enum mode)i;
            return true;
        }
    }
    report_usage(PROGRAM, "-M: \"%s\" is not once, queue, talk or threads", text);
    return false;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *wrong, *address = NULL;
    uint16_t port;
    int option;

    while ((option = getopt(argc, argv, ":b:l:M:r:w:h")) != -1) {
        switch (option) {
        case 'b':
            address = optarg;
            if ((wrong = address_parse_ip(optarg, 0, &options->local)) != NULL)
                return report_usage(PROGRAM, "-b: \"%s\" %s", optarg, wrong);
            break;
        case 'l':
            if (!option_number(PROGRAM, option, optarg, 0, 65535, &options->backlog))
                return STATUS_USAGE;
            break;
        case 'M':
            if (!parse_mode(optarg, &options->mode))
                return STATUS_USAGE;
            break;
        case 'r':
            options->reply = optarg;
            break;
        case 'w':
            if (!option_number(PROGRAM, option, optarg, 0, 86400, &options->wait_seconds))
                return STATUS_USAGE;
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    if (argc - optind != 1)
        return report_usage(PROGRAM, "needs PORT, got %d arguments (-h shows help)", argc - optind);
    if ((wrong = address_parse_port(argv[optind], &port)) != NULL)
        return report_usage(PROGRAM, "\"%s\" %s", argv[optind], wrong);
    if (address)
        address_parse_ip(address, port, &options->local);
    else
        address_any(&options->local, port);
    return STATUS_GO_ON;
}
