/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ping: asks a host for echoes (RFC 792) and says what came back, and when. A raw socket belongs to
 * the job as any socket does, so that nothing is left however the job ends. Times are those of the
 * kernel's clock, in microseconds; in QEMU that is as good as the emulator's timers.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../../apps/lib/address.h"
#include "../../../apps/lib/report.h"
#include "kernel_arch.h"
#include "lwip/inet_chksum.h"
#include "lwip/prot/icmp.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include <unistd.h>

#define PROGRAM "ping"
#define MOST_BYTES 8192
#define HEADER sizeof(struct icmp_echo_hdr)
#define IP_HEADER_MOST 60 /* with options */

struct options {
    unsigned long count, interval_ms, bytes, wait_ms;
    struct address to;
};

struct ping {
    struct options options;
    char host[INET_ADDRSTRLEN];
    int fd;
    uint8_t *packet; /* what is sent, and what comes with its IP header */
    size_t room;
    uint16_t id, seq;
    uint32_t sent_at;           /* microseconds, wrapping */
    uint32_t shortest, longest; /* of the times, microseconds */
    uint64_t sum;
    unsigned long sent, received;
};

/* Of the job that was interrupted last: two may run at once. The handler runs in its thread. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
    (void)sig;
    interrupted = getpid();
}

static bool is_interrupted(void)
{
    return interrupted == getpid();
}

static uint32_t now_us(void)
{
    uint32_t saved = kernel_arch_lock();
    uint32_t now = kernel_arch_now_us();

    kernel_arch_unlock(saved);
    return now;
}

/* The payload's bytes differ from each other and from packet to packet. */
static uint8_t payload_at(const struct ping *ping, size_t i)
{
    return (uint8_t)(ping->seq * 31u + i * 7u + (i >> 8));
}

static int send_request(struct ping *ping)
{
    struct icmp_echo_hdr *echo = (struct icmp_echo_hdr *)(void *)ping->packet;
    size_t length = HEADER + ping->options.bytes;

    ping->seq++;
    memset(echo, 0, HEADER);
    echo->type = ICMP_ECHO;
    echo->id = ping->id;
    echo->seqno = htons(ping->seq);
    for (size_t i = 0; i < ping->options.bytes; i++) {
        ping->packet[HEADER + i] = payload_at(ping, i);
    }
    echo->chksum = inet_chksum(echo, (u16_t)length);
    ping->sent_at = now_us();
    if (sendto(ping->fd, echo, length, 0, &ping->options.to.any, ping->options.to.length) < 0) {
        return -1;
    }
    ping->sent++;
    return 0;
}

/* Whether these bytes are the beginning of the request that was sent last. */
static bool is_of_request(const struct ping *ping, const uint8_t *bytes, uint8_t type)
{
    struct icmp_echo_hdr echo;

    memcpy(&echo, bytes, sizeof echo);
    return echo.type == type && echo.id == ping->id && echo.seqno == htons(ping->seq);
}

static bool is_whole(const struct ping *ping, const uint8_t *icmp, size_t length)
{
    bool same = length == HEADER + ping->options.bytes && inet_chksum(icmp, (u16_t)length) == 0;

    for (size_t i = 0; same && i < ping->options.bytes; i++) {
        same = icmp[HEADER + i] == payload_at(ping, i);
    }
    return same;
}

static void print_ms(uint32_t us)
{
    printf("%lu.%03lu", (unsigned long)(us / 1000), (unsigned long)(us % 1000));
}

static void take_reply(struct ping *ping, const uint8_t *icmp, size_t length, uint32_t at)
{
    uint32_t time = at - ping->sent_at;

    printf("%lu bytes from %s: seq=%u ", (unsigned long)length, ping->host, ping->seq);
    if (!is_whole(ping, icmp, length)) {
        printf("damaged\n");
        return;
    }
    ping->shortest = ping->received == 0 || time < ping->shortest ? time : ping->shortest;
    ping->longest = time > ping->longest ? time : ping->longest;
    ping->sum += time;
    ping->received++;
    printf("time=");
    print_ms(time);
    printf(" ms\n");
}

/* Somebody on the way says that the request got no further. `from` is network order. */
static void take_error(const struct ping *ping, const uint8_t *icmp, const void *from)
{
    static const char *const unreachable[] = {"net", "host", "protocol", "port"};
    char who[INET_ADDRSTRLEN];

    (void)inet_ntop(AF_INET, from, who, sizeof who);
    printf("from %s: seq=%u ", who, ping->seq);
    if (icmp[0] == ICMP_TE) {
        printf("time exceeded\n");
    } else if (icmp[1] < sizeof unreachable / sizeof unreachable[0]) {
        printf("destination %s unreachable\n", unreachable[icmp[1]]);
    } else {
        printf("destination unreachable, code %u\n", icmp[1]);
    }
}

/* What an error quotes: the request's IP header and 8 bytes of it. */
static bool quotes_request(const struct ping *ping, const uint8_t *quoted, size_t length)
{
    size_t header = length > 0 ? (quoted[0] & 15u) * 4u : 0;

    return header >= IP_HLEN && length >= header + HEADER && quoted[9] == IP_PROTO_ICMP &&
           memcmp(quoted + 16, &ping->options.to.ipv4.sin_addr, 4) == 0 &&
           is_of_request(ping, quoted + header, ICMP_ECHO);
}

/* A packet with its IP header; whether it settles what became of the request. */
static bool take_packet(struct ping *ping, size_t length, uint32_t at)
{
    const uint8_t *packet = ping->packet;
    size_t header = length > 0 ? (packet[0] & 15u) * 4u : 0;
    const uint8_t *icmp = packet + header;

    if (header < IP_HLEN || length < header + HEADER) {
        return false;
    }
    length -= header;
    if (is_of_request(ping, icmp, ICMP_ER) &&
        memcmp(packet + 12, &ping->options.to.ipv4.sin_addr, 4) == 0) {
        take_reply(ping, icmp, length, at);
        return true;
    }
    if ((icmp[0] == ICMP_DUR || icmp[0] == ICMP_TE) &&
        quotes_request(ping, icmp + HEADER, length - HEADER)) {
        take_error(ping, icmp, packet + 12);
        return true;
    }
    return false;
}

/* Reads what comes until the request is settled or the time since it was sent is over; a request
 * that is settled already has all the time. Returns whether it is settled, or -1 after a line that
 * says what failed. */
static int receive_until(struct ping *ping, unsigned long after_ms, bool settled)
{
    struct pollfd readable = {.fd = ping->fd, .events = POLLIN};
    bool was_settled = settled;

    while (!is_interrupted() && settled == was_settled) {
        unsigned long passed = (now_us() - ping->sent_at) / 1000;
        int ready = passed < after_ms ? poll(&readable, 1, (int)(after_ms - passed)) : 0;
        ssize_t length;

        if (ready == 0) {
            break;
        }
        length = ready > 0 ? recv(ping->fd, ping->packet, ping->room, MSG_DONTWAIT) : -1;
        if (length < 0 && errno != EINTR && errno != EAGAIN) {
            (void)report_failure(PROGRAM, ready > 0 ? "recv" : "poll", NULL);
            return -1;
        }
        if (length > 0 && (size_t)length <= ping->room && !settled) {
            settled = take_packet(ping, (size_t)length, now_us());
        }
    }
    return settled;
}

/* One request and what became of it; then the rest of the interval. */
static int ask(struct ping *ping, bool is_last)
{
    int settled;

    if (send_request(ping) != 0) {
        return is_interrupted() ? STATUS_GO_ON : report_failure(PROGRAM, "sendto", ping->host);
    }
    settled = receive_until(ping, ping->options.wait_ms, false);
    if (settled == 0 && !is_interrupted()) {
        printf("no answer from %s: seq=%u\n", ping->host, ping->seq);
    }
    fflush(stdout);
    if (settled > 0 && !is_last) {
        settled = receive_until(ping, ping->options.interval_ms, true);
    }
    return settled < 0 ? STATUS_FAILED : STATUS_GO_ON;
}

static void print_summary(const struct ping *ping)
{
    printf("%lu sent, %lu received", ping->sent, ping->received);
    if (ping->received > 0) {
        printf(", min/avg/max ");
        print_ms(ping->shortest);
        putchar('/');
        print_ms((uint32_t)(ping->sum / ping->received));
        putchar('/');
        print_ms(ping->longest);
        printf(" ms");
    }
    printf("\n");
}

static int run(struct ping *ping)
{
    const struct sigaction action = {.sa_handler = on_interrupt};
    int status = STATUS_GO_ON;

    interrupted = is_interrupted() ? 0 : interrupted; /* an earlier job's with this number */
    (void)sigaction(SIGINT, &action, NULL);
    ping->fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (ping->fd < 0) {
        return report_failure(PROGRAM, "socket", NULL);
    }
    for (unsigned long n = 1; status == STATUS_GO_ON && !is_interrupted(); n++) {
        bool is_last = n == ping->options.count;

        status = ask(ping, is_last);
        if (is_last) {
            break;
        }
    }
    close(ping->fd);
    print_summary(ping);
    if (is_interrupted()) {
        return 128 + SIGINT;
    }
    return status == STATUS_GO_ON && ping->received > 0 ? STATUS_DONE : STATUS_FAILED;
}

static int show_help(void)
{
    printf("usage: ping [-c COUNT] [-i MS] [-s BYTES] [-W MS] HOST\n"
           "Asks HOST, an IPv4 address or a name, for echoes. Ctrl-C ends it.\n"
           "  -c COUNT  how many (default 4; 0: until Ctrl-C)\n"
           "  -i MS     milliseconds between two (default 1000)\n"
           "  -s BYTES  bytes of payload (default 56)\n"
           "  -W MS     milliseconds to wait for an answer (default 1000)\n"
           "  -h        show this help\n"
           "Ends with 0 when at least one answer came.\n");
    return STATUS_DONE;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *wrong;
    bool good = true;
    int option;

    *options = (struct options){.count = 4, .interval_ms = 1000, .bytes = 56, .wait_ms = 1000};
    while (good && (option = getopt(argc, argv, ":c:i:s:W:h")) != -1) {
        switch (option) {
        case 'c':
            good = option_number(PROGRAM, option, optarg, 0, 0xffffffffUL, &options->count);
            break;
        case 'i':
            good = option_number(PROGRAM, option, optarg, 0, 3600000UL, &options->interval_ms);
            break;
        case 's':
            good = option_number(PROGRAM, option, optarg, 0, MOST_BYTES, &options->bytes);
            break;
        case 'W':
            good = option_number(PROGRAM, option, optarg, 1, 3600000UL, &options->wait_ms);
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    if (!good) {
        return STATUS_USAGE;
    }
    if (argc - optind != 1) {
        return report_usage(PROGRAM, "needs HOST, got %d arguments (-h shows help)", argc - optind);
    }
    if ((wrong = address_resolve(argv[optind], 0, SOCK_DGRAM, &options->to)) != NULL) {
        return report_failed(PROGRAM, "getaddrinfo %s: %s", argv[optind], wrong);
    }
    if (options->to.any.sa_family != AF_INET) {
        return report_failed(PROGRAM, "%s has no IPv4 address", argv[optind]);
    }
    return STATUS_GO_ON;
}

int main(int argc, char **argv)
{
    struct ping *ping = calloc(1, sizeof *ping); /* the stack is small */
    int status;

    if (ping == NULL) {
        return report_failure(PROGRAM, "calloc", NULL);
    }
    status = read_options(argc, argv, &ping->options);
    if (status == STATUS_GO_ON) {
        ping->room = IP_HEADER_MOST + HEADER + ping->options.bytes;
        ping->packet = malloc(ping->room);
        ping->id = (uint16_t)getpid();
        (void)inet_ntop(AF_INET, &ping->options.to.ipv4.sin_addr, ping->host, sizeof ping->host);
        status = ping->packet != NULL ? run(ping) : report_failure(PROGRAM, "malloc", NULL);
        free(ping->packet);
    }
    free(ping);
    return report_end(PROGRAM, status);
}
