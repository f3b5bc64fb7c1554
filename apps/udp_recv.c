/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * udp-recv: shows the datagrams that come to a port, and echoes them with -E.
 */
#include "lib/address.h"
#include "lib/datagram.h"
#include "lib/encoding.h"
#include "lib/interrupt.h"
#include "lib/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "udp-recv"

struct options {
    struct encoding *encoding;
    struct address local;    /* what to bind */
    struct in_addr on, join; /* the address of -b, and the group of -g when has_group */
    bool has_group, echo;
    unsigned long count; /* 0: for ever */
};

static int read_options(int argc, char **argv, struct options *options);
static int receive_all(int fd, const struct options *options);
static int prepare(int fd, const struct options *options);
static void echo(int fd, const struct datagram *datagram);

int main(int argc, char **argv)
{
    struct options options = {0};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status == STATUS_GO_ON) {
        /* 1. Create the socket. */
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (fd < 0) {
            status = report_failure(PROGRAM, "socket", NULL);
        } else {
            /* 2. Bind it, so that others know where to send. */
            status = prepare(fd, &options);
            /* 3. Receive. */
            if (status == STATUS_GO_ON)
                status = receive_all(fd, &options);
            /* 4. Close it. */
            close(fd);
        }
    }
    encoding_close(options.encoding);
    return report_end(PROGRAM, status);
}

static int prepare(int fd, const struct options *options)
{
    struct address bound;
    char where[ADDRESS_TEXT_SIZE];
    int on = 1;

    /* Members of a group share its port. */
    if (options->has_group && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return report_failure(PROGRAM, "setsockopt SO_REUSEADDR", NULL);
    address_format(&options->local, where);
    if (bind(fd, &options->local.any, options->local.length) < 0)
        return report_bind_failure(PROGRAM, where);
    if (options->has_group) {
        struct ip_mreq membership = {.imr_multiaddr = options->join, .imr_interface = options->on};
        if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) < 0)
            return report_failure(PROGRAM, "setsockopt IP_ADD_MEMBERSHIP", NULL);
    }
    if (address_of_socket(fd, &bound) < 0)
        return report_failure(PROGRAM, "getsockname", NULL);
    address_format(&bound, where);
    printf("listening on %s\n", where);
    fflush(stdout);
    return STATUS_GO_ON;
}

static int receive_all(int fd, const struct options *options)
{
    struct datagram datagram;
    int status = STATUS_DONE;

    if (!datagram_allocate(&datagram))
        return report_failure(PROGRAM, "malloc", NULL);
    for (unsigned long left = options->count; options->count == 0 || left > 0; left--) {
        if (datagram_receive(fd, &datagram, -1) < 0) {
            status = report_failure(PROGRAM, "recvmsg", NULL);
            break;
        }
        datagram_show(&datagram, options->encoding);
        if (options->echo)
            echo(fd, &datagram);
    }
    datagram_free(&datagram);
    return status;
}

/* A reply that cannot be sent is one sender's trouble: the others are still served. */
static void echo(int fd, const struct datagram *datagram)
{
    char where[ADDRESS_TEXT_SIZE];

    address_format(&datagram->from, where);
    if (datagram->truncated)
        report_failed(PROGRAM, "no echo to %s: the datagram was truncated", where);
    else if (sendto(fd, datagram->bytes, datagram->length, MSG_NOSIGNAL, &datagram->from.any,
                    datagram->from.length) < 0)
        report_failure(PROGRAM, "sendto", where);
}

static int show_help(void)
{
    printf(
        "usage: udp-recv [-b ADDR] [-g GROUP] [-n COUNT] [-e ENCODING] [-E] PORT\n"
        "Shows each datagram that comes to PORT (0: any free port) as one line. What is no valid\n"
        "text, and what would control a terminal, is shown as \\xNN, newline as \\n and backslash\n"
        "as \\\\.\n"
        "  -b ADDR      only what comes to this address; with -g: join on the interface that has\n"
        "               it (default: all of them, and the stack's choice)\n"
        "  -g GROUP     also join this multicast group\n"
        "  -n COUNT     end after COUNT datagrams (default: never)\n"
        "  -e ENCODING  the text is in ENCODING, by default utf-8:\n"
        "               %s\n"
        "  -E           echo each datagram to its sender\n"
        "  -h           show this help\n",
        encoding_help);
    return STATUS_DONE;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *encoding = "utf-8", *wrong;
    struct address on, group;
    uint16_t port;
    int option;

    address_any(&on, 0);
    address_any(&group, 0);
    while ((option = getopt(argc, argv, ":b:g:n:e:Eh")) != -1) {
        switch (option) {
        case 'b':
            if ((wrong = address_parse_ip(optarg, 0, &on)) != NULL)
                return report_usage(PROGRAM, "-b: \"%s\" %s", optarg, wrong);
            break;
        case 'g':
            if ((wrong = address_parse_ip(optarg, 0, &group)) != NULL)
                return report_usage(PROGRAM, "-g: \"%s\" %s", optarg, wrong);
            if (!address_is_multicast(&group))
                return report_usage(PROGRAM, "-g: \"%s\" is not a multicast address", optarg);
            options->has_group = true;
            break;
        case 'n':
            if (!option_number(PROGRAM, option, optarg, 1, 0xffffffffUL, &options->count))
                return STATUS_USAGE;
            break;
        case 'e':
            encoding = optarg;
            break;
        case 'E':
            options->echo = true;
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
    options->on = on.ipv4.sin_addr;
    options->join = group.ipv4.sin_addr;
    address_any(&options->local, port);
    if (!options->has_group) /* a group's datagrams do not come to a unicast address */
        options->local.ipv4.sin_addr = options->on;
    options->encoding = encoding_open(encoding);
    if (!options->encoding)
        return report_usage(PROGRAM, "-e: \"%s\" is not an encoding known here: %s", encoding,
                            encoding_help);
    return STATUS_GO_ON;
}
