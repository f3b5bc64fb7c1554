/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: addresses and numbers from the command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/address.h"
#include "../../apps/lib/report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
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
        "",           ":",           ":8080",          "10.0.0.1",      "10.0.0.1:",
        "10.0.0.1:x", "10.0.0.1:-1", "10.0.0.1:65536", "10.0.0:80",     "10.0.0.256:80",
        "10.1:80",    "0xa.0.0.1:1", "010.0.0.1:80",   "10.0.0.1 :80",  "host:80",
        "a:b:80",     "::1",         "[::1]:8080",     "[10.0.0.1]:80", "1000.1000.1000.1000:80",
    };
    struct address address;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(address_parse_bind(good[i].text, &address));
        assert_text(&address, good[i].address);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(address_parse_bind(bad[i], &address));
    assert_non_null(strstr(address_parse_bind("[::1]:8080", &address), "IPv6"));
}

static void ip_arguments(void **state)
{
    static const char *const bad[] = {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", "::"};
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
    assert_non_null(address_resolve("::1", 1, SOCK_STREAM, &address));
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
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
