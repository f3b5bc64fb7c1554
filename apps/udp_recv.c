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
    struct address local;     /* what to bind */
    struct address on, group; /* of -b, and of -g when has_group */
    bool has_on, has_group, echo;
    unsigned long count; /* 0: for ever */
};

static int read_options(int argc, char **argv, struct options *options);
static int receive_all(int fd, const struct options *options);
static int prepare(int fd, const struct options *options);
static int join(int fd, const struct options *options);
static void echo(int fd, const struct datagram *datagram);

int main(int argc, char **argv)
{
    struct options options = {0};

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status == STATUS_GO_ON) {
        /* 1. Create the socket. */
        int fd = socket(options.local.any.sa_family, SOCK_DGRAM, 0);
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
    if (options->has_group && join(fd, options) != STATUS_GO_ON)
        return STATUS_FAILED;
    if (address_of_socket(fd, &bound) < 0)
        return report_failure(PROGRAM, "getsockname", NULL);
    address_format(&bound, where);
    printf("listening on %s\n", where);
    fflush(stdout);
    return STATUS_GO_ON;
}

/* IPv4 names the interface by one of its addresses, IPv6 by its index. */
static int join(int fd, const struct options *options)
{
    const struct address *group = &options->group, *on = &options->on;

    if (group->any.sa_family == AF_INET) {
        struct ip_mreq membership = {.imr_multiaddr = group->ipv4.sin_addr,
                                     .imr_interface = on->ipv4.sin_addr};
        if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) < 0)
            return report_failure(PROGRAM, "setsockopt IP_ADD_MEMBERSHIP", NULL);
    } else {
        struct ipv6_mreq membership = {.ipv6mr_multiaddr = group->ipv6.sin6_addr,
                                       .ipv6mr_interface = group->ipv6.sin6_scope_id};
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof membership) < 0)
            return report_failure(PROGRAM, "setsockopt IPV6_JOIN_GROUP", NULL);
    }
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
        "               it (default: all of IPv4, and the stack's choice; \"::\": all addresses)\n"
        "  -g GROUP     also join this multicast group; with IPv6 ff02::1:2%%en0 joins on en0\n"
        "  -n COUNT     end after COUNT datagrams (default: never)\n"
        "  -e ENCODING  the text is in ENCODING, by default utf-8:\n"
        "               %s\n"
        "  -E           echo each datagram to its sender\n"
        "  -h           show this help\n",
        encoding_help);
    return STATUS_DONE;
}

static int read_port(int count, char **operands, struct options *options)
{
    const char *wrong;
    uint16_t port;

    if (count != 1)
        return report_usage(PROGRAM, "needs PORT, got %d arguments (-h shows help)", count);
    if ((wrong = address_parse_port(operands[0], &port)) != NULL)
        return report_usage(PROGRAM, "\"%s\" %s", operands[0], wrong);
    if (!options->has_group) {
        options->local = options->on;
    } else if (options->has_on && options->group.any.sa_family == AF_INET6) {
        return report_usage(PROGRAM, "-b and -g: with IPv6 the group names its interface: "
                                     "ff02::1:2%%NAME");
    } else if (options->on.any.sa_family != AF_INET) {
        return report_usage(PROGRAM, "-b and -g: one is IPv6, the other IPv4");
    } else { /* a group's datagrams do not come to a unicast address */
        address_any(&options->local, 0);
        address_match(&options->local, &options->group);
    }
    address_set_port(&options->local, port);
    return STATUS_GO_ON;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *encoding = "utf-8", *wrong;
    int option;

    address_any(&options->on, 0);
    while ((option = getopt(argc, argv, ":b:g:n:e:Eh")) != -1) {
        switch (option) {
        case 'b':
            if ((wrong = address_parse_ip(optarg, 0, &options->on)) != NULL)
                return report_usage(PROGRAM, "-b: \"%s\" %s", optarg, wrong);
            options->has_on = true;
            break;
        case 'g':
            if ((wrong = address_parse_ip(optarg, 0, &options->group)) != NULL)
                return report_usage(PROGRAM, "-g: \"%s\" %s", optarg, wrong);
            if (!address_is_multicast(&options->group))
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
    int status = read_port(argc - optind, argv + optind, options);
    if (status != STATUS_GO_ON)
        return status;
    options->encoding = encoding_open(encoding);
    if (!options->encoding)
        return report_usage(PROGRAM, "-e: \"%s\" is not an encoding known here: %s", encoding,
                            encoding_help);
    return STATUS_GO_ON;
}
