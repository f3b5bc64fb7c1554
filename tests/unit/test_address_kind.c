/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: IP addresses as numbers and what they are for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/address_kind.h"
#include "../../apps/lib/ip_number.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct ip_number number_of(const char *text)
{
    struct ip_number number;

    if (!ip_number_parse(text, &number))
        fail_msg("\"%s\" was not understood", text);
    return number;
}

/* As RFC 5952 wants them written, with what may also be typed. */
static void texts(void **state)
{
    static const struct {
        const char *typed, *shown, *full;
    } good[] = {
        {"0.0.0.0", "0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255", "255.255.255.255"},
        {"::", "::", "0000:0000:0000:0000:0000:0000:0000:0000"},
        {"::1", "::1", "0000:0000:0000:0000:0000:0000:0000:0001"},
        {"1::", "1::", "0001:0000:0000:0000:0000:0000:0000:0000"},
        {"0:0:0:0:0:0:0:1", "::1", "0000:0000:0000:0000:0000:0000:0000:0001"},
        {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:0db8:0000:0000:0001:0000:0000:0001"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:0db8:0000:0001:0001:0001:0001:0001"},
        {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:0db8:0000:0001:0001:0001:0001:0001"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "2001:0000:0000:0001:0000:0000:0000:0001"},
        {"1:0:0:2:0:0:3:0", "1::2:0:0:3:0", "0001:0000:0000:0002:0000:0000:0003:0000"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "0001:0002:0003:0004:0005:0006:0007:0000"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", "0000:0002:0003:0004:0005:0006:0007:0008"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1", "0000:0000:0000:0000:0000:ffff:c000:0201"},
        {"::FFFF:c000:0201", "::ffff:192.0.2.1", "0000:0000:0000:0000:0000:ffff:c000:0201"},
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201", "0064:ff9b:0000:0000:0000:0000:c000:0201"},
        {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a", "0001:0002:0003:0004:0005:0006:0708:090a"},
    };
    char text[IP_NUMBER_TEXT_SIZE];
    uint8_t expected[16];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct ip_number number = number_of(good[i].typed);
        assert_string_equal(ip_number_format(&number, text), good[i].shown);
        assert_string_equal(ip_number_format_full(&number, text), good[i].full);
        /* The C library reads the same out of it. */
        memset(expected, 0, sizeof expected);
        assert_int_equal(inet_pton(number.is_ipv6 ? AF_INET6 : AF_INET, good[i].shown, expected),
                         1);
        assert_memory_equal(number.bytes, expected, sizeof expected);
    }
}

static void no_addresses(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "x",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "256.1.1.1",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.4 ",
        " 1.2.3.4",
        "0x1.2.3.4",
        "1.2.3.-4",
        "1234.1.1.1",
        ":",
        ":::",
        "1:2:3:4",
        "::1::",
        "1::2::3",
        ":1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "12345::",
        "g::",
        "::%lo",
        "[::1]",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.256",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::-1",
        "fe80::1%eth0",
        "1:::2",
        "::1 ",
    };
    struct ip_number number;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (ip_number_parse(bad[i], &number))
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void prefixes(void **state)
{
    static const struct {
        const char *text, *first, *last;
        unsigned length;
    } good[] = {
        {"10.1.2.3/0", "0.0.0.0", "255.255.255.255", 0},
        {"10.1.2.3/8", "10.0.0.0", "10.255.255.255", 8},
        {"172.31.255.254/12", "172.16.0.0", "172.31.255.255", 12},
        {"192.168.77.200/25", "192.168.77.128", "192.168.77.255", 25},
        {"192.168.77.200/31", "192.168.77.200", "192.168.77.201", 31},
        {"192.168.77.200/32", "192.168.77.200", "192.168.77.200", 32},
        {"fe80::1/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 10},
        {"::1/128", "::1", "::1", 128},
        {"::1/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0},
    };
    static const char *const bad[] = {
        "10.0.0.1/",    "10.0.0.1/33",
        "10.0.0.1/-1",  "10.0.0.1/x",
        "10.0.0.1/8/8", "10.0.0.1/ 8",
        "/8",           "::1/129",
        "x/8",          "2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8/8"};
    struct ip_number number, end;
    char text[IP_NUMBER_TEXT_SIZE];
    unsigned length;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(ip_number_parse_prefix(good[i].text, &number, &length));
        assert_int_equal(length, good[i].length);
        end = ip_number_first(&number, length);
        assert_string_equal(ip_number_format(&end, text), good[i].first);
        assert_true(ip_number_is_in(&number, &end, length));
        end = ip_number_last(&number, length);
        assert_string_equal(ip_number_format(&end, text), good[i].last);
        assert_true(ip_number_is_in(&end, &number, length));
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(ip_number_parse_prefix(bad[i], &number, &length));
    assert_null(ip_number_parse_prefix("10.0.0.1", &number, &length));
    assert_int_equal(length, 33);
    assert_null(ip_number_parse_prefix("::1", &number, &length));
    assert_int_equal(length, 129);
}

/* The first and the last address of each block, and those beside it. */
static void kinds(void **state)
{
    static const struct {
        const char *address, *name, *source;
        enum cast cast;
    } expected[] = {
        {"0.0.0.0", "unspecified: this host", "RFC 1122", CAST_NONE},
        {"0.0.0.1", "this network", "RFC 1122", CAST_NONE},
        {"1.0.0.0", "public", "RFC 791", CAST_ONE},
        {"9.255.255.255", "public", "RFC 791", CAST_ONE},
        {"10.0.0.0", "private", "RFC 1918", CAST_ONE},
        {"10.255.255.255", "private", "RFC 1918", CAST_ONE},
        {"11.0.0.0", "public", "RFC 791", CAST_ONE},
        {"100.63.255.255", "public", "RFC 791", CAST_ONE},
        {"100.64.0.0", "shared by customers of a carrier", "RFC 6598", CAST_ONE},
        {"100.127.255.255", "shared by customers of a carrier", "RFC 6598", CAST_ONE},
        {"100.128.0.0", "public", "RFC 791", CAST_ONE},
        {"127.0.0.1", "loopback", "RFC 1122", CAST_ONE},
        {"128.0.0.0", "public", "RFC 791", CAST_ONE},
        {"169.254.0.1", "link-local", "RFC 3927", CAST_ONE},
        {"169.255.0.0", "public", "RFC 791", CAST_ONE},
        {"172.15.255.255", "public", "RFC 791", CAST_ONE},
        {"172.16.0.0", "private", "RFC 1918", CAST_ONE},
        {"172.31.255.255", "private", "RFC 1918", CAST_ONE},
        {"172.32.0.0", "public", "RFC 791", CAST_ONE},
        {"192.0.0.255", "IETF protocol assignments", "RFC 6890", CAST_ONE},
        {"192.0.2.1", "documentation", "RFC 5737", CAST_ONE},
        {"192.168.255.255", "private", "RFC 1918", CAST_ONE},
        {"192.169.0.0", "public", "RFC 791", CAST_ONE},
        {"198.19.255.255", "benchmarks", "RFC 2544", CAST_ONE},
        {"198.51.100.0", "documentation", "RFC 5737", CAST_ONE},
        {"203.0.113.255", "documentation", "RFC 5737", CAST_ONE},
        {"223.255.255.255", "public", "RFC 791", CAST_ONE},
        {"224.0.0.0", "multicast, link-local: never forwarded", "RFC 5771", CAST_MANY},
        {"224.0.1.0", "multicast, global", "RFC 5771", CAST_MANY},
        {"232.1.1.1", "multicast, source-specific", "RFC 4607", CAST_MANY},
        {"239.77.1.2", "multicast, administratively scoped", "RFC 2365", CAST_MANY},
        {"239.192.0.0", "multicast, organization-local", "RFC 2365", CAST_MANY},
        {"239.195.255.255", "multicast, organization-local", "RFC 2365", CAST_MANY},
        {"239.255.255.255", "multicast, local scope", "RFC 2365", CAST_MANY},
        {"240.0.0.0", "reserved", "RFC 1112", CAST_NONE},
        {"255.255.255.254", "reserved", "RFC 1112", CAST_NONE},
        {"255.255.255.255", "limited broadcast: never forwarded", "RFC 919", CAST_ALL},
        {"::", "unspecified: this host", "RFC 4291", CAST_NONE},
        {"::1", "loopback", "RFC 4291", CAST_ONE},
        {"::2", "reserved", "RFC 4291", CAST_NONE},
        {"::ffff:10.0.0.1", "IPv4-mapped", "RFC 4291", CAST_ONE},
        {"64:ff9b::a00:1", "IPv4 translated", "RFC 6052", CAST_ONE},
        {"100::1", "discarded", "RFC 6666", CAST_NONE},
        {"2000::", "global", "RFC 4291", CAST_ONE},
        {"2001:db8::1", "documentation", "RFC 3849", CAST_ONE},
        {"2001:db9::1", "global", "RFC 4291", CAST_ONE},
        {"2001::1", "Teredo tunnel", "RFC 4380", CAST_ONE},
        {"2002:c000:201::", "6to4 tunnel", "RFC 3056", CAST_ONE},
        {"3fff:fff::", "documentation", "RFC 9637", CAST_ONE},
        {"3fff:1000::", "global", "RFC 4291", CAST_ONE},
        {"4000::", "reserved", "RFC 4291", CAST_NONE},
        {"fbff::", "reserved", "RFC 4291", CAST_NONE},
        {"fc00::", "unique local: private", "RFC 4193", CAST_ONE},
        {"fdff:ffff::", "unique local: private", "RFC 4193", CAST_ONE},
        {"fe00::", "reserved", "RFC 4291", CAST_NONE},
        {"fe80::", "link-local", "RFC 4291", CAST_ONE},
        {"febf::1", "link-local", "RFC 4291", CAST_ONE},
        {"fec0::", "site-local, no longer used", "RFC 3879", CAST_ONE},
        {"ff02::1", "multicast", "RFC 4291", CAST_MANY},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        struct ip_number number = number_of(expected[i].address);
        const struct address_kind *kind = address_kind_of(&number);
        assert_string_equal(kind->name, expected[i].name);
        assert_string_equal(kind->source, expected[i].source);
        assert_int_equal(kind->cast, expected[i].cast);
    }
}

/* Every address of the ends of a class is in its class, and in no other. */
static void classes(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        struct ip_number number = {.bytes = {(uint8_t)first, 1, 2, 3}};
        char expected = first < 128   ? 'A'
                        : first < 192 ? 'B'
                        : first < 224 ? 'C'
                        : first < 240 ? 'D'
                                      : 'E';
        const struct address_class *class = address_class_of(&number);
        assert_int_equal(class->letter, expected);
        assert_true(number_of(class->first).bytes[0] <= first);
        assert_true(number_of(class->last).bytes[0] >= first);
    }
}

static void scopes(void **state)
{
    static const struct {
        const char *address, *scope;
    } expected[] = {
        {"ff00::1", "reserved"},    {"ff01::1", "interface-local"},    {"ff02::1", "link-local"},
        {"ff03::1", "realm-local"}, {"ff04::1", "admin-local"},        {"ff05::1", "site-local"},
        {"ff06::1", "unassigned"},  {"ff08::1", "organization-local"}, {"ff0e::1", "global"},
        {"ff0f::1", "reserved"},    {"ff12::1", "link-local"},
    };
    struct ip_number number;

    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        number = number_of(expected[i].address);
        assert_string_equal(address_multicast_scope(&number), expected[i].scope);
    }
    number = number_of("fe80::1");
    assert_null(address_multicast_scope(&number));
    number = number_of("255.2.0.1");
    assert_null(address_multicast_scope(&number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts), cmocka_unit_test(no_addresses), cmocka_unit_test(prefixes),
        cmocka_unit_test(kinds), cmocka_unit_test(classes),      cmocka_unit_test(scopes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
