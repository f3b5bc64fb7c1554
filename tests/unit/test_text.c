/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: text that is safe to print, encodings, lines, and messages. Linked with
 * encoding_iconv.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/encoding.h"
#include "../../apps/lib/line.h"
#include "../../apps/lib/messages.h"
#include "../../apps/lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1

/* What text_show() makes of bytes in that encoding; the caller frees it. */
static char *shown(const char *encoding_name, const char *bytes, size_t length)
{
    struct encoding *encoding = encoding_open(encoding_name);
    char *text = NULL;
    size_t size = 0;

    assert_non_null(encoding);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    text_show(out, encoding, bytes, length);
    fclose(out);
    encoding_close(encoding);
    return text;
}

static void assert_shown(const char *encoding, const char *bytes, size_t length,
                         const char *expected)
{
    char *text = shown(encoding, bytes, length);

    assert_string_equal(text, expected);
    free(text);
}

static void plain_text_is_itself(void **state)
{
    (void)state;
    assert_shown("utf-8", BYTES(""), "");
    assert_shown("utf-8", BYTES("hello, world! ~"), "hello, world! ~");
    assert_shown("UTF8", BYTES("\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80"), "é你😀");
}

static void controls_never_reach_the_terminal(void **state)
{
    (void)state;
    assert_shown("utf-8", BYTES("a\nb\r\t"), "a\\nb\\x0d\\x09");
    assert_shown("utf-8", BYTES("\0\x1b[2J\x7f"), "\\x00\\x1b[2J\\x7f");
    /* C1 controls U+0080, U+009B (CSI), U+009F; U+00A0 is none. */
    assert_shown("utf-8", BYTES("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"),
                 "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0");
    /* Line separator, right-to-left override, isolate. */
    assert_shown("utf-8", BYTES("\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6"),
                 "\\xe2\\x80\\xa8\\xe2\\x80\\xae\\xe2\\x81\\xa6");
}

static void a_quoted_text_ends_once(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } cases[] = {
        {BYTES(""), "\"\""},
        {BYTES("plain\\\n"), "\"plain\\\\\\n\""},
        {BYTES("\""), "\"\\\"\""},
        {BYTES("x\": 200, 9 bytes"), "\"x\\\": 200, 9 bytes\""},
        {BYTES("\"\xe4\"\xbd\xa0\""), "\"\\\"\\xe4\\\"\\xbd\\xa0\\\"\""},
    };
    struct encoding *encoding = encoding_open("utf-8");

    (void)state;
    assert_non_null(encoding);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        text_show_quoted(out, encoding, cases[i].bytes, cases[i].length);
        fclose(out);
        assert_string_equal(text, cases[i].expected);
        free(text);
    }
    encoding_close(encoding);
}

static void backslash_keeps_output_unambiguous(void **state)
{
    (void)state;
    assert_shown("utf-8", BYTES("\\x41"), "\\\\x41");
    assert_shown("utf-8", BYTES("\\n\n"), "\\\\n\\n");
}

static void every_single_byte_has_a_form_of_its_own(void **state)
{
    char *forms[256];

    (void)state;
    for (int i = 0; i < 256; i++) {
        char byte = (char)i;
        forms[i] = shown("utf-8", &byte, 1);
        assert_int_not_equal(strlen(forms[i]), 0);
        for (const char *c = forms[i]; *c; c++)
            assert_true(*c >= 0x20 && *c < 0x7f);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(forms[i], forms[j]);
    }
    for (int i = 0; i < 256; i++)
        free(forms[i]);
}

static void invalid_utf8_is_shown_byte_by_byte(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } cases[] = {
        {BYTES("\x80"), "\\x80"},                            /* a lone continuation */
        {BYTES("a\xff\xfe"), "a\\xff\\xfe"},                 /* never in UTF-8 */
        {BYTES("\xc0\xaf"), "\\xc0\\xaf"},                   /* overlong / */
        {BYTES("\xc1\xbf"), "\\xc1\\xbf"},                   /* overlong U+007F */
        {BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf"},          /* overlong U+07FF */
        {BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf"}, /* overlong U+FFFF */
        {BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80"},          /* surrogate U+D800 */
        {BYTES("\xed\xbf\xbf"), "\\xed\\xbf\\xbf"},          /* surrogate U+DFFF */
        {BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"}, /* U+110000 */
        {BYTES("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80"},
        {BYTES("\xc3"), "\\xc3"}, /* cut at the end */
        {BYTES("\xe4\xbd"), "\\xe4\\xbd"},
        {BYTES("\xf0\x9f\x98"), "\\xf0\\x9f\\x98"},
        {BYTES("\xe4\xbdx"), "\\xe4\\xbdx"},             /* cut in the middle */
        {BYTES("\xc3\xc3\xa9"), "\\xc3\xc3\xa9"},        /* what follows is read again */
        {BYTES("\xed\x9f\xbf"), "\xed\x9f\xbf"},         /* valid: U+D7FF */
        {BYTES("\xee\x80\x80"), "\xee\x80\x80"},         /* valid: U+E000 */
        {BYTES("\xdf\xbf"), "\xdf\xbf"},                 /* valid: U+07FF */
        {BYTES("\xe0\xa0\x80"), "\xe0\xa0\x80"},         /* valid: U+0800 */
        {BYTES("\xf0\x90\x80\x80"), "\xf0\x90\x80\x80"}, /* valid: U+10000 */
        {BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf"}, /* valid: U+10FFFF */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_shown("utf-8", cases[i].bytes, cases[i].length, cases[i].expected);
}

static void utf8_character_tells_its_code(void **state)
{
    uint32_t code = 0;

    (void)state;
    assert_int_equal(text_utf8_character("", 0, &code), 0);
    assert_int_equal(text_utf8_character("\0", 1, &code), 1);
    assert_int_equal(code, 0);
    assert_int_equal(text_utf8_character("\x7f", 1, &code), 1);
    assert_int_equal(code, 0x7f);
    assert_int_equal(text_utf8_character("\xc2\x80", 2, &code), 2);
    assert_int_equal(code, 0x80);
    assert_int_equal(text_utf8_character("\xe4\xbd\xa0!", 4, &code), 3);
    assert_int_equal(code, 0x4f60);
    assert_int_equal(text_utf8_character("\xf0\x9f\x98\x80", 4, &code), 4);
    assert_int_equal(code, 0x1f600);
    assert_int_equal(text_utf8_character("\xf0\x9f\x98\x80", 3, NULL), 0);
}

static void unknown_encodings_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "no-such", "gbk//IGNORE", "utf-8//TRANSLIT", "utf-88"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        errno = 0;
        assert_null(encoding_open(names[i]));
        assert_int_equal(errno, EINVAL);
    }
}

/* Encodes UTF-8 text, compares, and shows it again. */
static void assert_round_trip(const char *name, const char *text, const char *bytes, size_t length)
{
    struct encoding *encoding = encoding_open(name);
    size_t encoded_length = 0;

    assert_non_null(encoding);
    char *encoded = encoding_encode(encoding, text, strlen(text), &encoded_length);
    assert_non_null(encoded);
    assert_int_equal(encoded_length, length);
    assert_memory_equal(encoded, bytes, length);
    free(encoded);
    encoding_close(encoding);
    assert_shown(name, bytes, length, text);
}

static void encodings_round_trip(void **state)
{
    (void)state;
    assert_round_trip("utf-8", "\xe4\xbd\xa0", BYTES("\xe4\xbd\xa0"));
    assert_round_trip("gbk", "你好, x", BYTES("\xc4\xe3\xba\xc3, x"));
    assert_round_trip("latin1", "é", BYTES("\xe9"));
    assert_round_trip("utf-16be", "a😀", BYTES("\0a\xd8\x3d\xde\0"));
    assert_round_trip("iso-2022-jp", "a日b", BYTES("a\x1b$BF|\x1b(Bb"));
    /* These keep a character back, to see whether an accent follows. */
    assert_round_trip("cp1258", "abe", BYTES("abe"));
    assert_round_trip("big5-hkscs", "Ê", BYTES("\x88\x66"));
}

static void other_encodings_escape_what_is_invalid(void **state)
{
    (void)state;
    assert_shown("gbk", BYTES("a\xff\xc4\xe3\x1b\\"), "a\\xff你\\x1b\\\\");
    assert_shown("gbk", BYTES("\xc4"), "\\xc4");          /* cut */
    assert_shown("gbk", BYTES("\xc4\n"), "\\xc4\\n");     /* what follows is read again */
    assert_shown("latin1", BYTES("\x85\xe9"), "\\x85é");  /* C1, as it was received */
    assert_shown("cp1258", BYTES("a\xd2\x1b"), "ả\\x1b"); /* composed, then a control */
    assert_shown("ascii", BYTES("a\xc3\xa9z"), "a\\xc3\\xa9z");
}

static void text_that_cannot_be_encoded_is_refused(void **state)
{
    struct encoding *encoding = encoding_open("gbk");
    size_t length;

    (void)state;
    assert_non_null(encoding);
    assert_null(encoding_encode(encoding, BYTES("😀"), &length));
    assert_int_equal(errno, EILSEQ);
    assert_null(encoding_encode(encoding, BYTES("\xff"), &length));
    assert_int_equal(errno, EILSEQ);
    assert_null(encoding_encode(encoding, BYTES("\xe4\xbd"), &length));
    /* and the next text is not harmed */
    char *encoded = encoding_encode(encoding, BYTES("你"), &length);
    assert_non_null(encoded);
    assert_int_equal(length, 2);
    free(encoded);
    encoding_close(encoding);
}

static void lines_of_any_length(void **state)
{
    static char input[70000];
    struct line line = {0};

    (void)state;
    memset(input, 'x', sizeof input);
    memcpy(input, BYTES("one\n\n\0zero\n"));
    input[sizeof input - 10] = '\n';
    FILE *in = fmemopen(input, sizeof input, "r");
    assert_non_null(in);

    assert_int_equal(line_read(&line, in), 1);
    assert_int_equal(line.length, 3);
    assert_memory_equal(line.bytes, "one", 3);
    assert_int_equal(line_read(&line, in), 1);
    assert_int_equal(line.length, 0);
    assert_int_equal(line_read(&line, in), 1);
    assert_int_equal(line.length, 5);
    assert_memory_equal(line.bytes, "\0zero", 5);
    assert_int_equal(line_read(&line, in), 1);
    assert_int_equal(line.length, sizeof input - 10 - 11);
    assert_int_equal(line_read(&line, in), 1); /* without a newline */
    assert_int_equal(line.length, 9);
    assert_int_equal(line_read(&line, in), 0);
    assert_int_equal(line_read(&line, in), 0);
    line_free(&line);
    fclose(in);
}

static void a_directory_is_no_input(void **state)
{
    struct line line = {0};
    FILE *in = fopen("/", "r");

    (void)state;
    assert_non_null(in);
    assert_int_equal(line_read(&line, in), -1);
    assert_int_equal(errno, EISDIR);
    line_free(&line);
    fclose(in);
}

static void assert_next(struct messages *messages, const char *expected)
{
    assert_int_equal(messages_next(messages), 1);
    assert_int_equal(messages->length, strlen(expected));
    assert_memory_equal(messages->bytes, expected, messages->length);
}

static void messages_repeat_their_list(void **state)
{
    struct messages messages;
    struct encoding *encoding = encoding_open("gbk");
    char a[] = "a", empty[] = "", ni[] = "你";

    (void)state;
    assert_true(messages_init(&messages, "test", 3));
    messages_add(&messages, a);
    messages_add(&messages, empty);
    messages_add(&messages, ni);
    messages.repeat = 2;
    assert_true(messages_encode(&messages, encoding));
    for (int i = 0; i < 2; i++) {
        assert_next(&messages, "a");
        assert_next(&messages, "");
        assert_next(&messages, "\xc4\xe3");
    }
    assert_int_equal(messages_next(&messages), 0);
    assert_int_equal(messages_next(&messages), 0);
    messages_free(&messages);
    encoding_close(encoding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_itself),
        cmocka_unit_test(controls_never_reach_the_terminal),
        cmocka_unit_test(a_quoted_text_ends_once),
        cmocka_unit_test(backslash_keeps_output_unambiguous),
        cmocka_unit_test(every_single_byte_has_a_form_of_its_own),
        cmocka_unit_test(invalid_utf8_is_shown_byte_by_byte),
        cmocka_unit_test(utf8_character_tells_its_code),
        cmocka_unit_test(unknown_encodings_are_refused),
        cmocka_unit_test(encodings_round_trip),
        cmocka_unit_test(other_encodings_escape_what_is_invalid),
        cmocka_unit_test(text_that_cannot_be_encoded_is_refused),
        cmocka_unit_test(lines_of_any_length),
        cmocka_unit_test(a_directory_is_no_input),
        cmocka_unit_test(messages_repeat_their_list),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
