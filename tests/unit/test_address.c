/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: addresses and numbers from the command line, and what the apps rely on when
 * they send and receive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/address.h"
#include "../../apps/lib/datagram.h"
#include "../../apps/lib/report.h"
#include "../../apps/lib/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void ports(void **state)
{
    static const struct {
        const char *text;
        uint16_t port;
    } good[] = {{"0", 0}, {"1", 1}, {"8080", 8080}, {"65535", 65535}, {"0080", 80}};
    static const char *const bad[] = {"",    "65536", "-1",   "+1",    " 80",
                                      "80 ", "0x50",  "http", "8080x", "99999999999999999999"};
    uint16_t port;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(address_parse_port(good[i].text, &port));
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(address_parse_port(bad[i], &port));
}

static void assert_text(const struct address *address, const char *expected)
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(address, text);
    assert_string_equal(text, expected);
    assert_int_equal(address->any.sa_family, AF_INET);
    assert_int_equal(address->length, sizeof(struct sockaddr_in));
}

static void bind_arguments(void **state)
{
    static const struct {
        const char *text, *address;
    } good[] = {
        {"8080", "0.0.0.0:8080"},
        {"0", "0.0.0.0:0"},
        {"10.0.0.1:8080", "10.0.0.1:8080"},
        {"0.0.0.0:1", "0.0.0.0:1"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
    };
    static const char *const bad[] = {
        "",
        ":",
        ":8080",
        "10.0.0.1",
        "10.0.0.1:",
        "10.0.0.1:x",
        "10.0.0.1:-1",
        "10.0.0.1:65536",
        "10.0.0:80",
        "10.0.0.256:80",
        "10.1:80",
        "0xa.0.0.1:1",
        "010.0.0.1:80",
        "10.0.0.1 :80",
        "host:80",
        "a:b:80",
        "::1",
        "[10.0.0.1]:80",
        "1000.1000.1000.1000:80",
    };
    struct address address;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(address_parse_bind(good[i].text, &address));
        assert_text(&address, good[i].address);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(address_parse_bind(bad[i], &address));
}

static void ip_arguments(void **state)
{
    static const char *const bad[] = {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.4 "};
    struct address address;

    (void)state;
    assert_null(address_parse_ip("192.168.77.1", 80, &address));
    assert_text(&address, "192.168.77.1:80");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(address_parse_ip(bad[i], 80, &address));
    address_any(&address, 7);
    assert_text(&address, "0.0.0.0:7");
}

static void multicast_is_224_to_239(void **state)
{
    static const struct {
        const char *text;
        bool multicast;
    } cases[] = {
        {"223.255.255.255", false}, {"224.0.0.0", true}, {"239.255.255.255", true},
        {"240.0.0.0", false},       {"0.0.0.0", false},  {"255.255.255.255", false},
    };
    struct address address;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(address_parse_ip(cases[i].text, 0, &address));
        assert_int_equal(address_is_multicast(&address), cases[i].multicast);
    }
}

static void numeric_hosts_resolve(void **state)
{
    struct address address;

    (void)state;
    assert_null(address_resolve("127.0.0.1", 8080, SOCK_DGRAM, &address));
    assert_text(&address, "127.0.0.1:8080");
    assert_null(address_resolve("255.255.255.255", 65535, SOCK_STREAM, &address));
    assert_text(&address, "255.255.255.255:65535");
    assert_non_null(address_resolve("", 1, SOCK_STREAM, &address));
}

static void source_of_an_unbound_socket(void **state)
{
    struct address to, from, own;
    char text[ADDRESS_TEXT_SIZE], expected[ADDRESS_TEXT_SIZE];
    int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    assert_null(address_parse_ip("127.0.0.1", 0, &to));
    assert_int_equal(bind(receiver, &to.any, to.length), 0);
    assert_int_equal(address_of_socket(receiver, &to), 0);
    assert_int_equal(sendto(sender, "", 0, 0, &to.any, to.length), 0);

    assert_int_equal(address_of_socket(sender, &own), 0);
    assert_int_equal(own.ipv4.sin_addr.s_addr, htonl(INADDR_ANY));
    assert_int_equal(address_source(sender, &to, &from), 0);
    address_format(&from, text);
    own.ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_format(&own, expected);
    assert_string_equal(text, expected);

    /* A bound one is asked itself. */
    assert_int_equal(address_source(receiver, &to, &from), 0);
    assert_int_equal(from.ipv4.sin_port, to.ipv4.sin_port);
    close(receiver);
    close(sender);
    assert_int_equal(address_source(sender, &to, &from), -1);
    assert_int_equal(errno, EBADF);
}

static void numbers(void **state)
{
    static const char *const bad[] = {
        "", " 5", "5 ", "-5", "+5", "0x5", "5.0", "five", "4", "11", "99999999999999999999999999"};
    unsigned long value = 0;

    (void)state;
    assert_true(number_parse("5", 5, 10, &value));
    assert_int_equal(value, 5);
    assert_true(number_parse("10", 5, 10, &value));
    assert_int_equal(value, 10);
    assert_true(number_parse("4294967295", 0, 0xffffffffUL, &value));
    assert_int_equal(value, 0xffffffffUL);
    assert_true(number_parse("0", 0, ULONG_MAX, &value));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(number_parse(bad[i], 5, 10, &value));
    assert_false(number_parse("99999999999999999999999999", 0, ULONG_MAX, &value));
}

/* Two UDP sockets on loopback; the second is connected to the first. */
static void make_udp_pair(int pair[2])
{
    struct address to;

    pair[0] = socket(AF_INET, SOCK_DGRAM, 0);
    pair[1] = socket(AF_INET, SOCK_DGRAM, 0);
    assert_null(address_parse_ip("127.0.0.1", 0, &to));
    assert_int_equal(bind(pair[0], &to.any, to.length), 0);
    assert_int_equal(address_of_socket(pair[0], &to), 0);
    assert_int_equal(connect(pair[1], &to.any, to.length), 0);
}

static void datagrams_are_whole_or_marked(void **state)
{
    struct address sender;
    struct datagram datagram;
    int pair[2];

    (void)state;
    make_udp_pair(pair);
    assert_int_equal(address_of_socket(pair[1], &sender), 0);
    assert_true(datagram_allocate(&datagram));
    assert_int_equal(datagram.size, 65507);
    datagram.size = 10; /* as if there had been no more memory */

    assert_int_equal(datagram_receive(pair[0], &datagram, 0), 0);
    static const struct {
        size_t sent, received;
        bool truncated;
    } cases[] = {{0, 0, false}, {9, 9, false}, {10, 10, false}, {11, 10, true}, {5000, 10, true}};
    static char bytes[5000];
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(send(pair[1], bytes, cases[i].sent, 0), cases[i].sent);
        assert_int_equal(datagram_receive(pair[0], &datagram, 5000), 1);
        assert_int_equal(datagram.length, cases[i].received);
        assert_int_equal(datagram.truncated, cases[i].truncated);
        assert_int_equal(datagram.from.ipv4.sin_port, sender.ipv4.sin_port);
        assert_memory_equal(datagram.bytes, bytes, datagram.length);
    }
    datagram_free(&datagram);
    close(pair[0]);
    close(pair[1]);
}

static void a_peer_that_takes_nothing_is_given_up(void **state)
{
    enum { SIZE = 8000000 }; /* more than the buffers between the two hold */
    char *bytes = calloc(1, SIZE);
    int pair[2];

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(stream_send_all(pair[0], bytes, SIZE, 300, NULL), -1);
    assert_int_equal(errno, ETIMEDOUT);
    atomic_bool stop = true;
    assert_int_equal(stream_send_all(pair[0], bytes, 1, 60000, &stop), -1);
    assert_int_equal(errno, ECANCELED);
    assert_int_equal(stream_send_some(pair[0], bytes, 1), 0);
    close(pair[1]);
    assert_int_equal(stream_send_some(pair[0], bytes, 1), -1); /* and no SIGPIPE */
    close(pair[0]);
    free(bytes);
}

struct receiver {
    int fd;
    atomic_bool stop;
    ssize_t result;
    int error;
};

static int receive_in_thread(void *argument)
{
    struct receiver *receiver = argument;
    char byte;

    receiver->result = stream_receive(receiver->fd, &byte, 1, &receiver->stop);
    receiver->error = errno;
    return 0;
}

static void a_receiver_can_be_told_to_stop(void **state)
{
    struct receiver receiver = {.result = 1};
    int pair[2];
    thrd_t thread;
    char byte;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    receiver.fd = pair[0];
    assert_int_equal(thrd_create(&thread, receive_in_thread, &receiver), thrd_success);
    atomic_store(&receiver.stop, true);
    assert_int_equal(thrd_join(thread, NULL), thrd_success);
    assert_int_equal(receiver.result, -1);
    assert_int_equal(receiver.error, ECANCELED);

    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_int_equal(stream_receive(pair[0], &byte, 1, NULL), 1);
    close(pair[1]);
    assert_int_equal(stream_receive(pair[0], &byte, 1, NULL), 0);
    close(pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports),
        cmocka_unit_test(bind_arguments),
        cmocka_unit_test(ip_arguments),
        cmocka_unit_test(multicast_is_224_to_239),
        cmocka_unit_test(numeric_hosts_resolve),
        cmocka_unit_test(source_of_an_unbound_socket),
        cmocka_unit_test(numbers),
        cmocka_unit_test(datagrams_are_whole_or_marked),
        cmocka_unit_test(a_peer_that_takes_nothing_is_given_up),
        cmocka_unit_test(a_receiver_can_be_told_to_stop),
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
