/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * messenger: logs in at a messenger-server, and sends and receives messages through it.
 *
 * Its UDP socket need not be bound: any free port will do, for the server is told which it is. So
 * any number of users can be on one machine.
 */
#include "lib/address.h"
#include "lib/interrupt.h"
#include "lib/line.h"
#include "lib/messenger_session.h"
#include "lib/report.h"
#include "lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "messenger"

struct options {
    struct address local, server;
    bool has_local;
    struct messenger_part name;
};

static int read_options(int argc, char **argv, struct options *options);
static int open_socket(struct messenger_session *session, struct options *options);
static int converse(struct messenger_session *session);

int main(int argc, char **argv)
{
    struct options options = {.has_local = false};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status != STATUS_GO_ON)
        return report_end(PROGRAM, status);

    struct messenger_session *session = calloc(1, sizeof *session);
    if (!session)
        return report_failure(PROGRAM, "malloc", NULL);
    session->program = PROGRAM;
    session->encoding = encoding_open("utf-8");
    if (!session->encoding)
        status = report_failure(PROGRAM, "malloc", NULL);

    /* 1. A UDP socket: connecting it gives it a port, and keeps all but the server's out. */
    session->fd = -1;
    if (status == STATUS_GO_ON)
        status = open_socket(session, &options);

    /* 2. Log in over TCP, telling that port; a thread receives from now on. */
    if (status == STATUS_GO_ON)
        status = messenger_session_begin(session, options.has_local ? &options.local : NULL,
                                         &options.server, options.name);

    /* 3. Send what is typed. */
    if (status == STATUS_GO_ON) {
        status = converse(session);
        /* 4. Log out. The thread has ended then, and the socket is nobody else's. */
        if (!messenger_session_end(session))
            status = STATUS_FAILED;
    }
    if (session->fd >= 0)
        close(session->fd);
    messenger_session_free(session);
    encoding_close(session->encoding);
    free(session);
    return report_end(PROGRAM, status);
}

static int open_socket(struct messenger_session *session, struct options *options)
{
    struct address *local = &options->local, *server = &options->server;
    char where[ADDRESS_TEXT_SIZE];

    address_format(server, session->server);
    session->fd = socket(server->any.sa_family, SOCK_DGRAM, 0);
    if (session->fd < 0)
        return report_failure(PROGRAM, "socket", NULL);
    address_format(local, where);
    if (options->has_local && bind(session->fd, &local->any, local->length) < 0)
        return report_bind_failure(PROGRAM, where);
    if (connect(session->fd, &server->any, server->length) < 0)
        return report_failure(PROGRAM, "connect UDP", session->server);
    return STATUS_GO_ON;
}

/* Says why a line was not sent. */
static bool complain(struct messenger_session *session, const char *why)
{
    messenger_session_begin_line(session);
    report_failed(PROGRAM, "not sent: %s", why);
    messenger_session_end_line(session);
    return false;
}

/* "bob: text". False when it has not arrived. */
static bool say(struct messenger_session *session, struct messenger_part line)
{
    const char *colon = memchr(line.bytes, ':', line.length);
    struct messenger_part name = {line.bytes, colon ? (size_t)(colon - line.bytes) : 0};

    if (!colon || !messenger_name_is_allowed(name))
        return complain(session, "a line is NAME: TEXT, /who or exit");
    struct messenger_part text = {colon + 1, line.length - name.length - 1};
    if (text.length > 0 && text.bytes[0] == ' ') {
        text.bytes++;
        text.length--;
    }
    if (text.length == 0)
        return complain(session, "there is no text");
    if (text.length > MESSENGER_TEXT_MOST) {
        messenger_session_begin_line(session);
        report_failed(PROGRAM, "not sent: the text has %lu bytes, %d are the most",
                      (unsigned long)text.length, MESSENGER_TEXT_MOST);
        messenger_session_end_line(session);
        return false;
    }
    if (!messenger_session_say(session, name, text))
        return false;
    messenger_session_begin_line(session);
    fputs("delivered to ", stdout);
    text_show(stdout, session->encoding, name.bytes, name.length);
    putchar('\n');
    messenger_session_end_line(session);
    return true;
}

static bool is(const struct line *line, const char *text)
{
    return line->length == strlen(text) && memcmp(line->bytes, text, line->length) == 0;
}

/* Until "exit" or the end of input. STATUS_FAILED when something has not arrived. */
static int converse(struct messenger_session *session)
{
    struct line line = {.size = 0};
    int result, status = STATUS_DONE;

    while ((result = line_read(&line, stdin)) > 0 && !is(&line, "exit")) {
        bool good = line.length == 0 ? true
                    : is(&line, "/who")
                        ? messenger_session_who(session)
                        : say(session, (struct messenger_part){line.bytes, line.length});
        if (!good)
            status = STATUS_FAILED;
    }
    if (result < 0)
        status = report_failure(PROGRAM, "standard input", NULL);
    line_free(&line);
    return status;
}

static int show_help(void)
{
    printf(
        "usage: messenger [-b [ADDR:]PORT] NAME HOST PORT\n"
        "Logs in as NAME at the messenger-server HOST PORT: over TCP, telling it the UDP port\n"
        "over which messages go. A typed line \"bob: text\" goes to bob, \"/who\" lists the\n"
        "users, \"exit\" or the end of input logs out. Names have 1 to %d bytes, texts 1 to %d,\n"
        "in UTF-8; control characters are shown as \\xNN. What is not delivered within %d\n"
        "seconds is told, and makes the exit status 1.\n"
        "  -b [ADDR:]PORT  receive at this address and UDP port (default: any free port)\n"
        "  -h              show this help\n",
        MESSENGER_NAME_MOST, MESSENGER_TEXT_MOST, MESSENGER_REQUEST_SECONDS);
    return STATUS_DONE;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *wrong;
    uint16_t port;
    int option;

    address_any(&options->local, 0);
    while ((option = getopt(argc, argv, ":b:h")) != -1) {
        switch (option) {
        case 'b':
            if ((wrong = address_parse_bind(optarg, &options->local)) != NULL)
                return report_usage(PROGRAM, "-b: \"%s\" %s", optarg, wrong);
            options->has_local = true;
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    argc -= optind;
    argv += optind;
    if (argc != 3)
        return report_usage(PROGRAM, "needs NAME, HOST and PORT, got %d arguments (-h shows help)",
                            argc);
    options->name = (struct messenger_part){argv[0], strlen(argv[0])};
    if (!messenger_name_is_allowed(options->name))
        return report_usage(PROGRAM,
                            "that NAME cannot be: 1 to %d bytes of UTF-8, no blank, control "
                            "character or colon, no / at its beginning",
                            MESSENGER_NAME_MOST);
    if ((wrong = address_parse_target_port(argv[2], &port)) != NULL)
        return report_usage(PROGRAM, "\"%s\" %s", argv[2], wrong);
    if ((wrong = address_resolve(argv[1], port, SOCK_DGRAM, &options->server)) != NULL)
        return report_failed(PROGRAM, "getaddrinfo %s: %s", argv[1], wrong);
    address_match(&options->local, &options->server);
    return STATUS_GO_ON;
}
