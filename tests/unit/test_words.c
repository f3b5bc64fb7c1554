/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit tests of the shell's splitter (port/cortex-m/words.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "words.h"

#define MAX 6

/* Splits a copy of `line` and compares with `expected`, which ends with NULL. */
static void check(const char *line, const char *const expected[])
{
    char text[100], *words[MAX];
    int count = 0;

    while (expected[count] != NULL) {
        count++;
    }
    strcpy(text, line);
    assert_int_equal(words_split(text, words, MAX), count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(words[i], expected[i]);
    }
    assert_null(words[count]);
}

#define CHECK(line, ...) check(line, (const char *const[]){__VA_ARGS__, NULL})

static int split(const char *line)
{
    char text[100], *words[MAX];

    strcpy(text, line);
    return words_split(text, words, MAX);
}

static void test_blanks(void **state)
{
    (void)state;
    assert_int_equal(split(""), 0);
    assert_int_equal(split(" \t \r\n"), 0);
    CHECK("one", "one");
    CHECK("  one\ttwo  three\r\n", "one", "two", "three");
}

static void test_quotes(void **state)
{
    (void)state;
    CHECK("-m 'two words'", "-m", "two words");
    CHECK("-m \"two words\"", "-m", "two words");
    CHECK("''", "");
    CHECK("a '' \"\" b", "a", "", "", "b");
    CHECK("it\"'\"s", "it's");
    CHECK("'say \"hi\"'", "say \"hi\"");
    CHECK("a'b c'd\"e f\"g", "ab cde fg");
}

static void test_backslash(void **state)
{
    (void)state;
    CHECK("a\\ b", "a b");
    CHECK("\\\"a\\'", "\"a'");
    CHECK("\\\\", "\\");
    CHECK("\"a\\\"b\\\\c\\n\"", "a\"b\\c\\n");
    CHECK("'a\\b'", "a\\b");
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(split("'open"), WORDS_OPEN_QUOTE);
    assert_int_equal(split("a \"open"), WORDS_OPEN_QUOTE);
    assert_int_equal(split("a 'b\" c"), WORDS_OPEN_QUOTE);
    assert_int_equal(split("end\\"), WORDS_OPEN_QUOTE);
    assert_int_equal(split("\"end\\"), WORDS_OPEN_QUOTE);
    assert_int_equal(split("\"end\\\""), WORDS_OPEN_QUOTE);
}

static void test_too_many(void **state)
{
    (void)state;
    assert_int_equal(split("1 2 3 4 5"), MAX - 1);
    assert_int_equal(split("1 2 3 4 5  "), MAX - 1);
    assert_int_equal(split("1 2 3 4 5 6"), WORDS_TOO_MANY);
}

/* The rest of the line when there was an ampersand, else NULL. */
static const char *without_ampersand(const char *line)
{
    static char text[100];

    strcpy(text, line);
    return words_take_ampersand(text) ? text : NULL;
}

static void test_ampersand(void **state)
{
    (void)state;
    assert_string_equal(without_ampersand("a b &"), "a b ");
    assert_string_equal(without_ampersand("a b&"), "a b");
    assert_string_equal(without_ampersand("a & \t"), "a ");
    assert_string_equal(without_ampersand("&"), "");
    assert_string_equal(without_ampersand("a \\\\&"), "a \\\\");
    assert_null(without_ampersand(""));
    assert_null(without_ampersand("  "));
    assert_null(without_ampersand("a & b"));
    assert_null(without_ampersand("a \\&"));
    assert_null(without_ampersand("a '&'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks),    cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_backslash), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_too_many),  cmocka_unit_test(test_ampersand),
    };

    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
