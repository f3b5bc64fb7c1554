/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * messenger-server: users log in over TCP, and send each other messages over UDP, through it.
 *
 * One thread does it all: it waits for the sockets of both kinds at once. What is said on them is
 * written down in lib/messenger_protocol.h.
 */
#include "lib/interrupt.h"
#include "lib/interrupt_noted.h"
#include "lib/listener.h"
#include "lib/messenger_login.h"
#include "lib/messenger_relay.h"
#include "lib/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "messenger-server"
#define BACKLOG 16
#define SLICE_MS 200

struct options {
    struct listener_options listener;
    unsigned long silence_seconds, users;
};

static int read_options(int argc, char **argv, struct options *options);
static int open_sockets(struct messenger_logins *logins, const struct options *options);
static int serve(struct messenger_logins *logins);

int main(int argc, char **argv)
{
    struct options options = {.listener.backlog = BACKLOG, .silence_seconds = 10, .users = 16};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status != STATUS_GO_ON)
        return report_end(PROGRAM, status);

    struct messenger_relay relay = {
        .program = PROGRAM, .fd = -1, .silence_ms = options.silence_seconds * MESSENGER_MS};
    struct messenger_logins *logins = calloc(1, sizeof *logins);
    if (!logins)
        return report_failure(PROGRAM, "malloc", NULL);
    *logins = (struct messenger_logins){.program = PROGRAM, .fd = -1, .relay = &relay};
    messenger_logins_init(logins);
    status = messenger_relay_init(&relay, options.users) ? STATUS_GO_ON : STATUS_FAILED;

    /* 1. A TCP socket that listens, and a UDP socket bound to the same port. */
    if (status == STATUS_GO_ON)
        status = open_sockets(logins, &options);

    /* 2. Log users in, and pass on what they say. */
    if (status == STATUS_GO_ON) {
        interrupt_note();
        status = serve(logins);
        /* 3. Tell them that it is over. */
        messenger_relay_end(&relay);
    }
    messenger_logins_end(logins);
    if (relay.fd >= 0)
        close(relay.fd);
    if (logins->fd >= 0)
        close(logins->fd);
    messenger_relay_free(&relay);
    free(logins);
    return report_end(PROGRAM, status);
}

static int open_sockets(struct messenger_logins *logins, const struct options *options)
{
    const struct address *local = &options->listener.local;
    struct messenger_relay *relay = logins->relay;
    struct address bound;
    char where[ADDRESS_TEXT_SIZE];

    logins->fd = socket(local->any.sa_family, SOCK_STREAM, 0);
    relay->fd = socket(local->any.sa_family, SOCK_DGRAM, 0);
    if (logins->fd < 0 || relay->fd < 0)
        return report_failure(PROGRAM, "socket", NULL);
    int status = listener_open(PROGRAM, logins->fd, &options->listener, where);
    if (status != STATUS_GO_ON)
        return status;
    if (address_of_socket(logins->fd, &bound) < 0)
        return report_failure(PROGRAM, "getsockname", NULL);
    if (bind(relay->fd, &bound.any, bound.length) < 0)
        return report_failure(PROGRAM, "bind UDP", where);
    if (fcntl(logins->fd, F_SETFL, O_NONBLOCK) < 0)
        return report_failure(PROGRAM, "fcntl", NULL);
    printf("listening on %s for %lu users\n", where, options->users);
    fflush(stdout);
    return STATUS_GO_ON;
}

/* Until a signal comes. */
static int serve(struct messenger_logins *logins)
{
    struct pollfd polled[1 + MESSENGER_LOGINS_POLLED];
    int signal_number;

    while ((signal_number = interrupt_noted()) == 0) {
        polled[0] = (struct pollfd){.fd = logins->relay->fd, .events = POLLIN};
        messenger_logins_prepare(logins, &polled[1]);
        int ready = poll(polled, 1 + MESSENGER_LOGINS_POLLED, SLICE_MS);
        if (ready < 0 && errno != EINTR)
            return report_failure(PROGRAM, "poll", NULL);
        if (ready > 0 && polled[0].revents != 0 && !messenger_relay_receive(logins->relay))
            return STATUS_FAILED;
        if (ready > 0 && !messenger_logins_serve(logins, &polled[1]))
            return STATUS_FAILED;
        messenger_relay_expire(logins->relay);
    }
    return 128 + signal_number;
}

static int show_help(void)
{
    printf(
        "usage: messenger-server [-b ADDR] [-k SECONDS] [-u USERS] PORT\n"
        "Users of messenger log in over TCP at PORT (0: any free port); what they send to each\n"
        "other goes over UDP through the same PORT. A login that is not whole after %d seconds\n"
        "is dropped. Ctrl-C ends it, and tells the users so.\n"
        "  -b ADDR     listen at this address only (default: all of them)\n"
        "  -k SECONDS  drop a user who has been silent for so long; clients send a sign of life\n"
        "              five times in it (default 10)\n"
        "  -u USERS    users at once, 1 to %d (default 16)\n"
        "  -h          show this help\n",
        MESSENGER_LOGIN_SECONDS, MESSENGER_USERS_MOST);
    return STATUS_DONE;
}

static int read_options(int argc, char **argv, struct options *options)
{
    int option, status;

    while ((option = getopt(argc, argv, ":b:k:u:h")) != -1) {
        switch (option) {
        case 'b':
            status = listener_option(PROGRAM, option, optarg, &options->listener);
            if (status != STATUS_GO_ON)
                return status;
            break;
        case 'k':
            if (!option_number(PROGRAM, option, optarg, 1, 3600, &options->silence_seconds))
                return STATUS_USAGE;
            break;
        case 'u':
            if (!option_number(PROGRAM, option, optarg, 1, MESSENGER_USERS_MOST, &options->users))
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
