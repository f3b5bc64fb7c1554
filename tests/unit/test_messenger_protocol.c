/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: what messenger and messenger-server read and write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/messenger_protocol.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TOKEN "0123456789abcdef"
#define TOKEN_VALUE 0x0123456789abcdefULL

/* A copy on the heap, no byte longer: valgrind sees who reads on. */
static struct messenger_part part_of(const char *text, size_t length)
{
    char *copy = malloc(length ? length : 1);

    assert_non_null(copy);
    if (length > 0)
        memcpy(copy, text, length);
    return (struct messenger_part){copy, length};
}

static void part_free(struct messenger_part part)
{
    free((char *)part.bytes);
}

static bool allowed(const char *name, size_t length)
{
    struct messenger_part part = part_of(name, length);
    bool result = messenger_name_is_allowed(part);

    part_free(part);
    return result;
}

static void names(void **state)
{
    static const char *const good[] = {
        "a",
        "alice",
        "a/b",
        "-",
        "a\\b",
        "\"",
        "J\xc3\xb6rg",
        "\xe4\xbd\xa0\xe5\xa5\xbd",
        "~!#%",
        "\xf0\x9f\x98\x80",
        "1234567890123456789012345678901",
    };
    static const char *const bad[] = {
        "",
        " ",
        "a b",
        "a ",
        ":",
        "a:",
        "/",
        "/who",
        "a\tb",
        "a\n",
        "\x7f",
        "\x1b[1m",
        "\xff",
        "a\xc3",
        "\xc0\x80",
        "\xc2\x85",
        "\xc2\xa0",
        "\xed\xa0\x80",
        "12345678901234567890123456789012",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(allowed(good[i], strlen(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(allowed(bad[i], strlen(bad[i])));
    assert_false(allowed("a\0b", 3));
}

static void datagrams(void **state)
{
    static const struct {
        const char *text;
        bool good;
        enum messenger_word word;
        uint32_t number;
        const char *rest;
    } cases[] = {
        {"PING " TOKEN " 0", true, MESSENGER_PING, 0, ""},
        {"SAY " TOKEN " 1 bob a b", true, MESSENGER_SAY, 1, "bob a b"},
        {"SAY " TOKEN " 1 ", true, MESSENGER_SAY, 1, ""},
        {"MSG " TOKEN " 4294967295 128 bob  x", true, MESSENGER_MSG, UINT32_MAX, "128 bob  x"},
        {"END " TOKEN " 007", true, MESSENGER_END, 7, ""},
        {"USERS " TOKEN " 1 0", true, MESSENGER_USERS, 1, "0"},
        {"", false, 0, 0, ""},
        {" ", false, 0, 0, ""},
        {"PING", false, 0, 0, ""},
        {"PING ", false, 0, 0, ""},
        {"PING " TOKEN, false, 0, 0, ""},
        {"PING " TOKEN " ", false, 0, 0, ""},
        {"PING  " TOKEN " 1", false, 0, 0, ""},
        {" PING " TOKEN " 1", false, 0, 0, ""},
        {"ping " TOKEN " 1", false, 0, 0, ""},
        {"PIN " TOKEN " 1", false, 0, 0, ""},
        {"PINGS " TOKEN " 1", false, 0, 0, ""},
        {"LOGIN " TOKEN " 1", false, 0, 0, ""},
        {"PING " TOKEN " -1", false, 0, 0, ""},
        {"PING " TOKEN " +1", false, 0, 0, ""},
        {"PING " TOKEN " 1x", false, 0, 0, ""},
        {"PING " TOKEN " 4294967296", false, 0, 0, ""},
        {"PING " TOKEN " 99999999999999999999999", false, 0, 0, ""},
        {"PING " TOKEN "0 1", false, 0, 0, ""},
        {"PING 0123456789abcde 1", false, 0, 0, ""},
        {"PING 0123456789ABCDEF 1", false, 0, 0, ""},
        {"PING 0123456789abcdeg 1", false, 0, 0, ""},
        {"PING " TOKEN "\n1", false, 0, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct messenger_part part = part_of(cases[i].text, strlen(cases[i].text));
        struct messenger_datagram datagram;
        bool good = messenger_read(part.bytes, part.length, &datagram);

        assert_int_equal(good, cases[i].good);
        if (good) {
            assert_int_equal(datagram.word, cases[i].word);
            assert_int_equal(datagram.token, TOKEN_VALUE);
            assert_int_equal(datagram.number, cases[i].number);
            assert_int_equal(datagram.rest.length, strlen(cases[i].rest));
            assert_memory_equal(datagram.rest.bytes, cases[i].rest, datagram.rest.length);
        }
        part_free(part);
    }
}

/* What is written is read as what it was, for every word. */
static void there_and_back(void **state)
{
    char bytes[MESSENGER_DATAGRAM_MOST];
    struct draft draft = {.bytes = bytes, .size = sizeof bytes};
    struct messenger_part name = {"bob", 3}, text = {"a\0 b", 4}, part;
    struct messenger_datagram datagram;
    uint32_t id;

    (void)state;
    for (int word = MESSENGER_SAY; word <= MESSENGER_END; word++) {
        messenger_write(&draft, (enum messenger_word)word, 0xf00000000000000fULL, 4294967295U);
        messenger_write_number(&draft, 129);
        messenger_write_part(&draft, name);
        messenger_write_part(&draft, text);
        assert_false(draft.cut);
        assert_true(messenger_read(bytes, draft.length, &datagram));
        assert_int_equal(datagram.word, word);
        assert_true(datagram.token == 0xf00000000000000fULL);
        assert_int_equal(datagram.number, 4294967295U);
        assert_true(messenger_next_number(&datagram.rest, UINT32_MAX, &id));
        assert_int_equal(id, 129);
        part = messenger_next(&datagram.rest);
        assert_int_equal(part.length, 3);
        assert_memory_equal(part.bytes, "bob", 3);
        assert_int_equal(datagram.rest.length, 4);
        assert_memory_equal(datagram.rest.bytes, "a\0 b", 4);
    }
}

/* The longest of all fits: a message with the longest name, text and numbers. */
static void the_longest_datagram(void **state)
{
    char bytes[MESSENGER_DATAGRAM_MOST], text[MESSENGER_TEXT_MOST] = "";
    struct draft draft = {.bytes = bytes, .size = sizeof bytes};

    (void)state;
    messenger_write(&draft, MESSENGER_USERS, UINT64_MAX, UINT32_MAX);
    messenger_write_number(&draft, UINT32_MAX);
    messenger_write_part(&draft, (struct messenger_part){text, MESSENGER_NAME_MOST});
    messenger_write_part(&draft, (struct messenger_part){text, sizeof text});
    assert_false(draft.cut);
    /* END is never longer than what it answers. */
    size_t longest = draft.length;
    for (int word = MESSENGER_SAY; word < MESSENGER_MSG; word++) {
        messenger_write(&draft, (enum messenger_word)word, 1, 1);
        size_t request = draft.length;
        messenger_write(&draft, MESSENGER_END, 1, 1);
        assert_true(draft.length <= request && request < longest);
    }
}

static void logins(void **state)
{
    static const struct {
        const char *line, *name;
        uint16_t port;
    } cases[] = {
        {"LOGIN alice 5000", "alice", 5000},
        {"LOGIN a 1", "a", 1},
        {"LOGIN 1234567890123456789012345678901 65535", "1234567890123456789012345678901", 65535},
        {"", NULL, 0},
        {"LOGIN", NULL, 0},
        {"LOGIN ", NULL, 0},
        {"LOGIN alice", NULL, 0},
        {"LOGIN alice ", NULL, 0},
        {"LOGIN  alice 5000", NULL, 0},
        {"LOGIN alice  5000", NULL, 0},
        {"LOGIN alice 5000 ", NULL, 0},
        {"LOGIN alice 5000\r", NULL, 0},
        {"LOGIN alice 0", NULL, 0},
        {"LOGIN alice 65536", NULL, 0},
        {"LOGIN alice x", NULL, 0},
        {"LOGIN al:ce 5000", NULL, 0},
        {"LOGIN 12345678901234567890123456789012 5000", NULL, 0},
        {"login alice 5000", NULL, 0},
        {"HELLO alice 5000", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct messenger_part line = part_of(cases[i].line, strlen(cases[i].line)), name;
        uint16_t port = 0;
        const char *why = messenger_read_login(line, &name, &port);

        if (cases[i].name) {
            assert_null(why);
            assert_int_equal(name.length, strlen(cases[i].name));
            assert_memory_equal(name.bytes, cases[i].name, name.length);
            assert_int_equal(port, cases[i].port);
        } else {
            assert_non_null(why);
        }
        part_free(line);
    }
}

static void welcomes(void **state)
{
    static const char *const bad[] = {
        "",
        "OK",
        "OK " TOKEN,
        "OK " TOKEN " ",
        "OK " TOKEN " 0",
        "OK " TOKEN " x",
        "OK " TOKEN " 86401",
        "OK 0123 10",
        "NO " TOKEN " 10",
        "OK  " TOKEN " 10",
        "OK " TOKEN " 10 more",
        "ok " TOKEN " 10",
    };
    uint64_t token = 0;
    uint32_t seconds = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct messenger_part line = part_of(bad[i], strlen(bad[i]));
        assert_false(messenger_read_welcome(line, &token, &seconds));
        part_free(line);
    }
    struct messenger_part line = part_of("OK " TOKEN " 10", 22);
    assert_true(messenger_read_welcome(line, &token, &seconds));
    assert_true(token == TOKEN_VALUE && seconds == 10);
    part_free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),          cmocka_unit_test(datagrams),
        cmocka_unit_test(there_and_back), cmocka_unit_test(the_longest_datagram),
        cmocka_unit_test(logins),         cmocka_unit_test(welcomes),
    };

    return cmocka_run_group_tests_name("messenger_protocol", tests, NULL, NULL);
}
