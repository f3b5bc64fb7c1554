/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: names of files from the wire, their percent-encoding, numbers and drafts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/draft.h"
#include "../../apps/lib/file_name.h"
#include "../../apps/lib/number.h"
#include "../../apps/lib/percent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void names(void **state)
{
    static const char *const good[] = {
        "x",       "hello.txt", "a/b/c", "...",   ".hidden", "..x",         "x..",      "a/..b",
        "a/b../c", "a/.../b",   "a\\b",  "..\\x", "a b",     "caf\xc3\xa9", "\xff\x80", "a//b",
        "./a",     "a/.",       "a/",    "~",     "%2e%2e",  "-x",          "C:x",
    };
    static const char *const bad[] = {
        "",
        "..",
        "../x",
        "a/..",
        "a/../b",
        "a/b/..",
        "/",
        "/etc/passwd",
        "//x",
        "a\nb",
        "a\rb",
        "a\tb",
        "\x01",
        "a\x1f",
        "a\x7f"
        "b",
        "./..",
        "../",
        "a//..",
        "/..",
        "x/../../y",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(file_name_is_allowed(good[i], strlen(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(file_name_is_allowed(bad[i], strlen(bad[i])));
    assert_false(file_name_is_allowed("a\0b", 3));
    assert_false(file_name_is_allowed("a\0", 2));
}

static void lengths_of_names(void **state)
{
    char name[FILE_NAME_MOST + 2];

    (void)state;
    memset(name, 'a', sizeof name);
    assert_true(file_name_is_allowed(name, FILE_NAME_MOST - 1));
    assert_true(file_name_is_allowed(name, FILE_NAME_MOST));
    assert_false(file_name_is_allowed(name, FILE_NAME_MOST + 1));
    assert_false(file_name_is_allowed(name, sizeof name));
}

/* A control character or ".." is found at every place. */
static void every_place_is_looked_at(void **state)
{
    char name[40];

    (void)state;
    for (size_t length = 1; length <= sizeof name; length++) {
        for (size_t at = 0; at < length; at++) {
            memset(name, 'a', sizeof name);
            name[at] = '\x1b';
            assert_false(file_name_is_allowed(name, length));
            name[at] = '.';
            assert_true(file_name_is_allowed(name, length));
        }
        for (size_t at = 0; at + 2 <= length; at++) {
            memset(name, 'a', sizeof name);
            name[at] = name[at + 1] = '.';
            if (at > 0)
                name[at - 1] = '/';
            if (at + 2 < length)
                name[at + 2] = '/';
            assert_false(file_name_is_allowed(name, length));
        }
    }
}

static void types(void **state)
{
    static const char *const cases[][2] = {
        {"x.txt", "text/plain; charset=utf-8"},
        {"x.TXT", "text/plain; charset=utf-8"},
        {"a.b/x.html", "text/html"},
        {"x.tar.json", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
        {"x.PnG", "image/png"},
        {"x.htmlx", NULL},
        {"txt", NULL},
        {"x.", NULL},
        {"a.txt/b", NULL},
        {"", NULL},
        {"x.tx", NULL},
        {"x.txt~", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(file_name_type(cases[i][0]),
                            cases[i][1] ? cases[i][1] : "application/octet-stream");
}

static void last_components(void **state)
{
    (void)state;
    assert_string_equal(file_name_last("x"), "x");
    assert_string_equal(file_name_last("a/b/x"), "x");
    assert_string_equal(file_name_last("a/"), "");
    assert_string_equal(file_name_last("/"), "");
    assert_string_equal(file_name_last(""), "");
    assert_string_equal(file_name_last("a/.."), "..");
}

static void assert_decoded(const char *text, const char *expected)
{
    char bytes[40];
    struct draft decoded = {.bytes = bytes, .size = sizeof bytes};
    bool good = percent_decode(text, strlen(text), &decoded);

    assert_int_equal(good, expected != NULL);
    if (expected) {
        assert_int_equal(decoded.length, strlen(expected));
        assert_memory_equal(bytes, expected, decoded.length);
    }
}

static void percent_decoding(void **state)
{
    static const char *const bad[] = {"%",    "%4",  "x%",   "x%4", "%zz", "%4z",  "%z4",
                                      "%%41", "%00", "a%00", "%-1", "% 1", "%0x41"};

    (void)state;
    assert_decoded("", "");
    assert_decoded("plain", "plain");
    assert_decoded("%41%62%2F%2f", "Ab//");
    assert_decoded("%25", "%");
    assert_decoded("%2541", "%41");
    assert_decoded("a+b", "a+b");
    assert_decoded("%ff%80%01", "\xff\x80\x01");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_decoded(bad[i], NULL);
}

/* What is encoded comes back as it was, and is fit for a request line. */
static void percent_encoding(void **state)
{
    char name[256], encoded[1024] = "", decoded[256];
    struct draft to = {.bytes = encoded, .size = sizeof encoded};
    struct draft back = {.bytes = decoded, .size = sizeof decoded};

    (void)state;
    for (int i = 1; i < 256; i++)
        name[i - 1] = (char)i;
    name[255] = '\0';
    percent_encode(name, &to);
    assert_false(to.cut);
    for (size_t i = 0; i < to.length; i++)
        assert_true(encoded[i] > ' ' && encoded[i] < 0x7f && !strchr("?#\"<>", encoded[i]));
    assert_true(percent_decode(encoded, to.length, &back));
    assert_int_equal(back.length, 255);
    assert_memory_equal(decoded, name, 255);
    to.length = 0;
    percent_encode("a/b-._~0Z", &to);
    assert_memory_equal(encoded, "a/b-._~0Z", to.length);
    assert_int_equal(to.length, 9);
    to.length = 0;
    percent_encode("\x01 \xc3\xa9", &to);
    assert_int_equal(to.length, 12);
    assert_memory_equal(encoded, "%01%20%c3%a9", 12);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        unsigned base;
        enum number_result result;
        uint64_t value;
    } cases[] = {
        {"0", 10, NUMBER_GOOD, 0},
        {"007", 10, NUMBER_GOOD, 7},
        {"1234567890", 10, NUMBER_GOOD, 1234567890},
        {"18446744073709551615", 10, NUMBER_GOOD, UINT64_MAX},
        {"18446744073709551616", 10, NUMBER_TOO_LARGE, UINT64_MAX},
        {"184467440737095516150", 10, NUMBER_TOO_LARGE, UINT64_MAX},
        {"99999999999999999999999999999", 10, NUMBER_TOO_LARGE, UINT64_MAX},
        {"ff", 16, NUMBER_GOOD, 255},
        {"FfFf", 16, NUMBER_GOOD, 65535},
        {"ffffffffffffffff", 16, NUMBER_GOOD, UINT64_MAX},
        {"10000000000000000", 16, NUMBER_TOO_LARGE, UINT64_MAX},
        {"", 10, NUMBER_BAD, 0},
        {"a", 10, NUMBER_BAD, 0},
        {"g", 16, NUMBER_BAD, 0},
        {"-1", 10, NUMBER_BAD, 0},
        {"+1", 10, NUMBER_BAD, 0},
        {" 1", 10, NUMBER_BAD, 0},
        {"1 ", 10, NUMBER_BAD, 0},
        {"0x1", 16, NUMBER_BAD, 0},
        {"99999999999999999999999999999x", 10, NUMBER_BAD, 0},
    };
    char text[NUMBER_SIZE], expected[NUMBER_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t value = 1;
        assert_int_equal(number_read(cases[i].text, strlen(cases[i].text), cases[i].base, &value),
                         cases[i].result);
        if (cases[i].result != NUMBER_BAD)
            assert_int_equal(value, cases[i].value);
    }
    for (uint64_t value = UINT64_MAX;; value /= 3) {
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)value);
        assert_string_equal(number_write(value, 10, text), expected);
        snprintf(expected, sizeof expected, "%llx", (unsigned long long)value);
        assert_string_equal(number_write(value, 16, text), expected);
        if (value == 0)
            break;
    }
}

/* What does not fit is left out whole, and so is all that comes behind it. */
static void drafts(void **state)
{
    char bytes[5];
    struct draft draft = {.bytes = bytes, .size = sizeof bytes};

    (void)state;
    draft_text(&draft, "ab");
    draft_number(&draft, 12, 10);
    assert_false(draft.cut);
    draft_text(&draft, "xy");
    assert_true(draft.cut);
    draft_text(&draft, "z");
    assert_int_equal(draft.length, 4);
    assert_memory_equal(bytes, "ab12", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(lengths_of_names),
        cmocka_unit_test(every_place_is_looked_at),
        cmocka_unit_test(types),
        cmocka_unit_test(last_components),
        cmocka_unit_test(percent_decoding),
        cmocka_unit_test(percent_encoding),
        cmocka_unit_test(numbers),
        cmocka_unit_test(drafts),
    };

    return cmocka_run_group_tests_name("file_name", tests, NULL, NULL);
}
