/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: addresses of IPv6 from the command line and as text, and both kinds together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void assert_text(const struct address *address, const char *expected)
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(address, text);
    assert_string_equal(text, expected);
}

static void bind_arguments(void **state)
{
    static const struct {
        const char *text, *address;
    } good[] = {
        {"[::1]:8080", "[::1]:8080"},
        {"[::]:0", "[::]:0"},
        {"[FD00:0:0::0AB]:65535", "[fd00::ab]:65535"},
        {"[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:8]:1"},
        {"[fe80::1%lo]:80", "[fe80::1%lo]:80"},
        {"[fe80::1%1]:80", "[fe80::1%lo]:80"},
        {"[fe80::1%65000]:80", "[fe80::1%65000]:80"},
        {"[ff02::1:2%lo]:80", "[ff02::1:2%lo]:80"},
        {"[ff05::1:3%lo]:80", "[ff05::1:3%lo]:80"},
    };
    static const char *const bad[] = {
        "[::1]",
        "[::1]:",
        "[::1]:x",
        "[::1]:65536",
        "[]:80",
        "[:80",
        "]:80",
        "::1:80",
        "fd00::1:80",
        "[::1:80",
        "::1]:80",
        "[[::1]]:80",
        "[::1]x:80",
        "[:::1]:80",
        "[12345::1]:80",
        "[fe80::1%]:80",
        "[fe80::1%nowhere]:80",
        "[fe80::1%0]:80",
        "[fe80::1%an-interface-with-a-name-that-is-too-long]:80",
        "[fd00::1%lo]:80",
        "[host]:80",
        "[1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21]:80",
    };
    struct address address;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(address_parse_bind(good[i].text, &address));
        assert_text(&address, good[i].address);
        assert_int_equal(address.any.sa_family, AF_INET6);
        assert_int_equal(address.length, sizeof(struct sockaddr_in6));
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(address_parse_bind(bad[i], &address));
}

static void ip_arguments(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"fd00::1%lo", "is not link-local, but names an interface"},
        {"fe80::1%nowhere", "names no interface behind its %"},
        {"fd00:::1", "is not an IPv4 or IPv6 address"},
        {"[::1]", "is not an IPv4 or IPv6 address"},
    };
    struct address address;

    (void)state;
    assert_null(address_parse_ip("fd00::1", 80, &address));
    assert_text(&address, "[fd00::1]:80");
    assert_null(address_parse_ip("::", 80, &address));
    assert_text(&address, "[::]:80");
    assert_true(address_is_wildcard(&address));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_string_equal(address_parse_ip(bad[i].text, 80, &address), bad[i].why);
}

/* The longest there is fits. */
static void the_longest_text(void **state)
{
    struct address address;
    char text[ADDRESS_TEXT_SIZE];

    (void)state;
    assert_null(address_parse_ip("ff02:1111:2222:3333:4444:5555:6666:7777", 65535, &address));
    address.ipv6.sin6_scope_id = UINT32_MAX;
    address_format(&address, text);
    assert_string_equal(text, "[ff02:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
    assert_true(strlen(text) + IF_NAMESIZE - 1 - strlen("4294967295") < ADDRESS_TEXT_SIZE);
}

static void kinds_of_addresses(void **state)
{
    static const struct {
        const char *text;
        bool multicast, wildcard;
    } cases[] = {
        {"::", false, true},       {"::1", false, false},
        {"ff02::1", true, false},  {"feff::1", false, false},
        {"fd00::1", false, false}, {"::ffff:224.0.0.1", true, false},
        {"0.0.0.0", false, true},  {"::ffff:0.0.0.0", false, true},
    };
    struct address address;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(address_parse_ip(cases[i].text, 0, &address));
        assert_int_equal(address_is_multicast(&address), cases[i].multicast);
        assert_int_equal(address_is_wildcard(&address), cases[i].wildcard);
    }
}

static void an_ipv4_peer_is_shown_as_what_it_is(void **state)
{
    struct address mapped, plain, other;

    (void)state;
    assert_null(address_parse_ip("::ffff:192.168.77.1", 80, &mapped));
    assert_text(&mapped, "192.168.77.1:80");
    assert_null(address_parse_ip("192.168.77.1", 80, &plain));
    assert_true(address_equal(&mapped, &plain));
    assert_true(address_equal(&plain, &mapped));
    address_set_port(&plain, 81);
    assert_int_equal(address_port(&plain), 81);
    assert_false(address_equal(&mapped, &plain));
    address_set_port(&mapped, 81);
    assert_int_equal(address_port(&mapped), 81);
    assert_true(address_equal(&mapped, &plain));
    assert_null(address_parse_ip("192.168.77.2", 81, &other));
    assert_false(address_equal(&mapped, &other));
    assert_null(address_parse_ip("fd00::1", 81, &other));
    assert_false(address_equal(&mapped, &other));
    assert_false(address_equal(&other, &plain));
    assert_true(address_equal(&other, &other));

    struct address near_lo, near_other;
    assert_null(address_parse_ip("fe80::1%lo", 81, &near_lo));
    assert_null(address_parse_ip("fe80::1%77", 81, &near_other));
    assert_false(address_equal(&near_lo, &near_other));
}

/* -b PORT takes the family of HOST; -b ADDR:PORT stays as it is. */
static void a_wildcard_takes_the_family(void **state)
{
    struct address local, remote4, remote6;

    (void)state;
    assert_null(address_parse_ip("fd00::1", 80, &remote6));
    assert_null(address_parse_ip("192.168.77.1", 80, &remote4));
    assert_null(address_parse_bind("5000", &local));
    address_match(&local, &remote4);
    assert_text(&local, "0.0.0.0:5000");
    address_match(&local, &remote6);
    assert_text(&local, "[::]:5000");
    address_match(&local, &remote4);
    assert_text(&local, "0.0.0.0:5000");
    assert_null(address_parse_bind("192.168.77.2:5000", &local));
    address_match(&local, &remote6);
    assert_text(&local, "192.168.77.2:5000");
}

static void numbers_resolve_to_what_they_are(void **state)
{
    struct address address, *list, local;
    size_t count;

    (void)state;
    assert_null(address_resolve("::1", 8080, SOCK_DGRAM, &address));
    assert_text(&address, "[::1]:8080");
    assert_int_equal(address.length, sizeof(struct sockaddr_in6));
    assert_null(address_resolve("fe80::1%lo", 1, SOCK_STREAM, &address));
    assert_text(&address, "[fe80::1%lo]:1");
    assert_non_null(address_resolve("fe80::1%nowhere", 1, SOCK_STREAM, &address));
    assert_non_null(address_resolve("12345::1", 1, SOCK_STREAM, &address));

    assert_null(address_resolve_all("::1", 8080, SOCK_STREAM, NULL, &list, &count));
    assert_int_equal(count, 1);
    assert_text(&list[0], "[::1]:8080");
    free(list);

    /* Only where the socket can send to. */
    assert_null(address_parse_bind("5000", &local));
    assert_null(address_resolve_all("::1", 8080, SOCK_STREAM, &local, &list, &count));
    assert_int_equal(count, 1);
    free(list);
    assert_null(address_parse_bind("127.0.0.1:5000", &local));
    assert_string_equal(address_resolve_all("::1", 8080, SOCK_STREAM, &local, &list, &count),
                        "none of its addresses is of the kind of -b's");
    assert_int_equal(count, 0);
}

static void source_of_an_unbound_socket(void **state)
{
    struct address to, from, own;
    int receiver = socket(AF_INET6, SOCK_DGRAM, 0), sender = socket(AF_INET6, SOCK_DGRAM, 0);

    (void)state;
    if (receiver < 0)
        skip(); /* the machine has no IPv6 */
    assert_null(address_parse_ip("::1", 0, &to));
    if (bind(receiver, &to.any, to.length) < 0)
        skip(); /* or no address of it */
    assert_int_equal(address_of_socket(receiver, &to), 0);
    assert_int_equal(sendto(sender, "", 0, 0, &to.any, to.length), 0);
    assert_int_equal(address_of_socket(sender, &own), 0);
    assert_true(address_is_wildcard(&own));
    assert_int_equal(address_source(sender, &to, &from), 0);
    assert_memory_equal(&from.ipv6.sin6_addr, &to.ipv6.sin6_addr, sizeof(struct in6_addr));
    assert_int_equal(address_port(&from), address_port(&own));
    close(receiver);
    close(sender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bind_arguments),
        cmocka_unit_test(ip_arguments),
        cmocka_unit_test(the_longest_text),
        cmocka_unit_test(kinds_of_addresses),
        cmocka_unit_test(an_ipv4_peer_is_shown_as_what_it_is),
        cmocka_unit_test(a_wildcard_takes_the_family),
        cmocka_unit_test(numbers_resolve_to_what_they_are),
        cmocka_unit_test(source_of_an_unbound_socket),
    };

    return cmocka_run_group_tests_name("address6", tests, NULL, NULL);
}
