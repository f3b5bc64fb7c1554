/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of port/common/ps_inet.c and ps_ifname.c: text forms of addresses are those of the C
 * library, for texts and addresses of every shape.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The C library's, whose families have lwIP's numbers. */
#undef inet_pton
#undef inet_ntop
int inet_pton(int family, const char *text, void *address);
const char *inet_ntop(int family, const void *address, char *text, socklen_t size);

static uint32_t random_state = 12345;

static unsigned random_below(unsigned bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 16) % bound;
}

static void assert_same_parse(int family, const char *text)
{
    uint8_t ours[16], theirs[16];
    size_t length = family == AF_INET ? 4 : 16;
    int result = ps_inet_pton(family, text, ours);

    if (result != inet_pton(family, text, theirs))
        fail_msg("%s: %d", text, result);
    if (result == 1)
        assert_memory_equal(ours, theirs, length);
}

static void texts(void **state)
{
    static const char *const cases[] = {
        "",
        ":",
        "::",
        ":::",
        "::::",
        "::1",
        "1::",
        "1:",
        ":1",
        "1",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8",
        "1::8",
        "1::2::3",
        "12345::",
        "0001::",
        "00001::",
        "g::",
        "::1 ",
        " ::1",
        "::1%lo",
        "FD00::Ab",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1.2.3.4",
        "::ffff:1.2.3.4",
        "1.2.3.4",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3.",
        "::1.2.3",
        "::1.2.3.04",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "0x1.2.3.4",
        "1..2.3",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:1.2.3.4",
        "255.255.255.255",
        "0.0.0.0",
        "-1.2.3.4",
        "1.2.3.4 ",
        "::1.2.3.400",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_same_parse(AF_INET6, cases[i]);
        assert_same_parse(AF_INET, cases[i]);
    }
}

/* Of the letters that addresses are made of. */
static void random_texts(void **state)
{
    static const char letters[] = "::::01fF.2a";
    char text[24];

    (void)state;
    for (unsigned n = 0; n < 300000; n++) {
        unsigned length = random_below(sizeof text);

        for (unsigned i = 0; i < length; i++)
            text[i] = letters[random_below(sizeof letters - 1)];
        text[length] = '\0';
        assert_same_parse(AF_INET6, text);
        assert_same_parse(AF_INET, text);
    }
}

/* With groups of 0 at every place; what is written is read back. */
static void addresses(void **state)
{
    char ours[INET6_ADDRSTRLEN], theirs[INET6_ADDRSTRLEN];
    uint8_t bytes[16], back[16];

    (void)state;
    for (unsigned n = 0; n < 100000; n++) {
        unsigned zeros = n < 256 ? n : random_below(256);

        for (unsigned i = 0; i < 8; i++) {
            unsigned value = zeros >> i & 1 ? 0 : 1u << random_below(17);

            value = value > 0xffff ? 0xffff : value;
            bytes[2 * i] = (uint8_t)(value >> 8);
            bytes[2 * i + 1] = (uint8_t)value;
        }
        assert_non_null(ps_inet_ntop(AF_INET6, bytes, ours, sizeof ours));
        assert_non_null(inet_ntop(AF_INET6, bytes, theirs, sizeof theirs));
        assert_string_equal(ours, theirs);
        assert_int_equal(ps_inet_pton(AF_INET6, ours, back), 1);
        assert_memory_equal(bytes, back, sizeof bytes);
        assert_non_null(ps_inet_ntop(AF_INET, bytes, ours, sizeof ours));
        assert_non_null(inet_ntop(AF_INET, bytes, theirs, sizeof theirs));
        assert_string_equal(ours, theirs);
    }
}

static void room_and_families(void **state)
{
    static const uint8_t bytes[16] = {0xfd, [15] = 1};
    char text[8];
    uint8_t address[16];

    (void)state;
    errno = 0;
    assert_null(ps_inet_ntop(AF_INET6, bytes, text, 7)); /* "fd00::1" and the NUL */
    assert_int_equal(errno, ENOSPC);
    assert_string_equal(ps_inet_ntop(AF_INET6, bytes, text, 8), "fd00::1");
    errno = 0;
    assert_null(ps_inet_ntop(99, bytes, text, sizeof text));
    assert_int_equal(errno, EAFNOSUPPORT);
    errno = 0;
    assert_int_equal(ps_inet_pton(99, "::1", address), -1);
    assert_int_equal(errno, EAFNOSUPPORT);
}

static void interfaces(void **state)
{
    char name[IF_NAMESIZE];

    (void)state;
    assert_int_equal(if_nametoindex("lo"), 1);
    assert_int_equal(if_nametoindex("en0"), 2);
    assert_int_equal(if_nametoindex("en1"), 0);
    assert_int_equal(if_nametoindex(""), 0);
    assert_string_equal(if_indextoname(1, name), "lo");
    assert_string_equal(if_indextoname(2, name), "en0");
    errno = 0;
    assert_null(if_indextoname(0, name));
    assert_int_equal(errno, ENXIO);
    errno = 0;
    assert_null(if_indextoname(3, name));
    assert_int_equal(errno, ENXIO);
}

static void kinds(void **state)
{
    static const struct {
        const char *text;
        const char *kinds; /* U L M l s 4 c and the scope of a group */
    } cases[] = {
        {"::", "U"},        {"::1", "L"},      {"fe80::1", "l"},    {"febf::1", "l"},
        {"fec0::1", "s"},   {"fd00::1", ""},   {"ff01::1", "M1"},   {"ff02::1", "M2"},
        {"ff05::1", "M5"},  {"ff08::1", "M8"}, {"ff0e::1", "Me"},   {"::ffff:1.2.3.4", "4"},
        {"::1.2.3.4", "c"}, {"::2", "c"},      {"2001:db8::1", ""},
    };
    struct in6_addr a;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char found[16] = "", *end = found;

        assert_int_equal(ps_inet_pton(AF_INET6, cases[i].text, &a), 1);
        *end = 'U', end += IN6_IS_ADDR_UNSPECIFIED(&a);
        *end = 'L', end += IN6_IS_ADDR_LOOPBACK(&a);
        *end = 'M', end += IN6_IS_ADDR_MULTICAST(&a);
        *end = 'l', end += IN6_IS_ADDR_LINKLOCAL(&a);
        *end = 's', end += IN6_IS_ADDR_SITELOCAL(&a);
        *end = '4', end += IN6_IS_ADDR_V4MAPPED(&a);
        *end = 'c', end += IN6_IS_ADDR_V4COMPAT(&a);
        *end = '1', end += IN6_IS_ADDR_MC_NODELOCAL(&a);
        *end = '2', end += IN6_IS_ADDR_MC_LINKLOCAL(&a);
        *end = '5', end += IN6_IS_ADDR_MC_SITELOCAL(&a);
        *end = '8', end += IN6_IS_ADDR_MC_ORGLOCAL(&a);
        *end = 'e', end += IN6_IS_ADDR_MC_GLOBAL(&a);
        *end = '\0';
        assert_string_equal(found, cases[i].kinds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),      cmocka_unit_test(random_texts),
        cmocka_unit_test(addresses),  cmocka_unit_test(room_and_families),
        cmocka_unit_test(interfaces), cmocka_unit_test(kinds),
    };

    return cmocka_run_group_tests_name("inet", tests, NULL, NULL);
}
