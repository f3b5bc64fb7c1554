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
    struct listener_options listener;
    enum mode mode;
    unsigned long wait_seconds;
    const char *reply; /* NULL: echo */
};

static int read_options(int argc, char **argv, struct options *options);
static int listen_at(int fd, const struct options *options);
static int serve_clients(int fd, struct clients *clients, const struct options *options);

int main(int argc, char **argv)
{
    struct options options = {.listener.backlog = 5, .mode = MODE_QUEUE};
    struct talk talk;
    struct clients clients = {.program = PROGRAM, .serve = talk_serve, .server = &talk};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status != STATUS_GO_ON)
        return report_end(PROGRAM, status);
    talk.reply = options.reply;
    talk.one_reply = options.mode == MODE_ONCE || options.mode == MODE_QUEUE;

    /* 1. Create the socket. */
    int fd = socket(options.listener.local.any.sa_family, SOCK_STREAM, 0);
    if (fd < 0)
        return report_failure(PROGRAM, "socket", NULL);

    /* 2. Bind it, so that clients find it. 3. Make it a listening socket. */
    status = listen_at(fd, &options);

    /* 4. Accept clients: each gets a socket of its own. */
    if (status == STATUS_GO_ON)
        status = serve_clients(fd, &clients, &options);

    /* 5. Close it: new clients are refused, conversations go on. */
    close(fd);
    if (status == STATUS_GO_ON) {
        clients_finish(&clients);
        clients_end(&clients);
        status = INTERRUPT_STATUS;
    }
    return report_end(PROGRAM, status);
}

static int listen_at(int fd, const struct options *options)
{
    char where[ADDRESS_TEXT_SIZE];
    int status = listener_open(PROGRAM, fd, &options->listener, where);

    if (status != STATUS_GO_ON)
        return status;
    printf("listening on %s backlog %lu\n", where, options->listener.backlog);
    if (options->wait_seconds > 0)
        printf("waiting %lu s before the first accept\n", options->wait_seconds);
    fflush(stdout);
    delay_ms(options->wait_seconds * 1000);
    return STATUS_GO_ON;
}

/* STATUS_GO_ON: it was told to stop, and threads may still serve clients. */
static int serve_clients(int fd, struct clients *clients, const struct options *options)
{
    struct address address;
    int client, status = STATUS_FAILED;

    if (!clients_init(clients))
        return STATUS_FAILED;
    if (options->mode == MODE_THREADS)
        interrupt_install_twice();
    while ((client = clients_accept(clients, fd, &address)) >= 0) {
        if (options->mode == MODE_THREADS)
            clients_serve_in_thread(clients, client, &address);
        else
            clients_serve(clients, client, &address);
        if (options->mode == MODE_ONCE) {
            status = STATUS_DONE;
            break;
        }
    }
    if (interrupt_came())
        return STATUS_GO_ON;
    clients_end(clients);
    return status;
}

static int show_help(void)
{
    printf("usage: tcp-server [-b ADDR] [-l BACKLOG] [-M once|queue|talk|threads] [-r TEXT]\n"
           "                  [-w SECONDS] PORT\n"
           "Listens at PORT (0: any free port), shows what clients send, and replies. The text is\n"
           "UTF-8; a client that takes nothing of its reply for %d seconds is dropped.\n"
           "%s"
           "  -M once     one client, one reply, then end\n"
           "  -M queue    one client after another, one reply each (default)\n"
           "  -M talk     one client after another, each until it closes\n"
           "  -M threads  many clients at once, each until it closes; the first SIGINT (Ctrl-C)\n"
           "              closes the listening socket alone, the second ends the rest\n"
           "  -r TEXT     reply TEXT (default: echo)\n"
           "  -w SECONDS  wait before the first accept (default 0)\n"
           "  -h          show this help\n",
           CLIENTS_STALL_SECONDS, listener_help);
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
    int option, status;

    while ((option = getopt(argc, argv, ":" LISTENER_OPTIONS "M:r:w:h")) != -1) {
        switch (option) {
        case 'b':
        case 'l':
            status = listener_option(PROGRAM, option, optarg, &options->listener);
            if (status != STATUS_GO_ON)
                return status;
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
    return listener_operands(PROGRAM, argc - optind, argv + optind, &options->listener);
}
