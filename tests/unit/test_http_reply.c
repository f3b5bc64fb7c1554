/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: heads of HTTP answers, Content-Range, and bodies in chunks cut at every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/http_chunked.h"
#include "../../apps/lib/http_reply.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void status_lines(void **state)
{
    static const struct {
        const char *line;
        int status;
        const char *reason;
        bool is_1_0;
    } good[] = {
        {"HTTP/1.1 200 OK", 200, "OK", false},
        {"HTTP/1.0 404 Not Found", 404, "Not Found", true},
        {"HTTP/1.1 200 ", 200, "", false},
        {"HTTP/1.1 200", 200, "", false},
        {"HTTP/1.1 999 x", 999, "x", false},
        {"HTTP/1.1 500 01234567890123456789012345678901234567890123456789", 500,
         "012345678901234567890123456789012345678", false},
    };
    static const char *const bad[] = {"",
                                      "hello",
                                      "HTTP/1.1",
                                      "HTTP/1.1 20",
                                      "HTTP/1.1 2000",
                                      "HTTP/1.1 20x OK",
                                      "HTTP/1.1  200",
                                      "HTTP/2.0 200 OK",
                                      "HTTP/x.1 200 OK",
                                      "HTTP/1.x 200 OK",
                                      "HTTP/1.1 -20 OK",
                                      "HTTP/1.1 099 OK",
                                      "ICY 200 OK",
                                      "http/1.1 200 OK",
                                      " HTTP/1.1 200 OK"};
    struct http_reply reply;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(http_reply_line(&reply, good[i].line, strlen(good[i].line)));
        assert_int_equal(reply.status, good[i].status);
        assert_string_equal(reply.reason, good[i].reason);
        assert_int_equal(reply.is_1_0, good[i].is_1_0);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(http_reply_line(&reply, bad[i], strlen(bad[i])));
}

/* Reads a head with fields separated by '|'. */
static const char *read_fields(struct http_reply *reply, const char *version, const char *fields)
{
    char line[200];
    const char *wrong = http_reply_line(reply, version, strlen(version));

    assert_null(wrong);
    while (*fields && !wrong) {
        size_t length = strcspn(fields, "|");
        memcpy(line, fields, length);
        line[length] = '\0';
        wrong = http_reply_field(reply, line, length, false);
        fields += length + (fields[length] == '|');
    }
    return wrong ? wrong : http_reply_end(reply);
}

static void lengths(void **state)
{
    static const struct {
        const char *fields;
        bool has_length;
        uint64_t length;
    } good[] = {
        {"", false, 0},
        {"Content-Length: 0", true, 0},
        {"content-length:12", true, 12},
        {"Content-Length:   12  ", true, 12},
        {"Content-Length: 12|Content-Length: 12", true, 12},
        {"Content-Length: 0012|Content-Length: 12", true, 12},
        {"Content-Length: 4294967296", true, 4294967296},
        {"Content-Length: 18446744073709551615", true, UINT64_MAX},
        {"X: 1|Content-Length: 5|Content-Lengths: 6", true, 5},
    };
    static const struct {
        const char *fields, *wrong;
    } bad[] = {
        {"Content-Length: 12|Content-Length: 13", "two different"},
        {"Content-Length: -1", "no number"},
        {"Content-Length: +1", "no number"},
        {"Content-Length: 0x10", "no number"},
        {"Content-Length: 1.5", "no number"},
        {"Content-Length: 5, 5", "no number"},
        {"Content-Length:", "no number"},
        {"Content-Length: 18446744073709551616", "too large"},
        {"Content-Length: 99999999999999999999999999", "too large"},
        {"no field", "no field"},
        {" folded: x", "no field"},
        {"Transfer-Encoding: gzip", "another than chunked"},
        {"Transfer-Encoding: gzip, chunked", "another than chunked"},
        {"Transfer-Encoding: chunked|Transfer-Encoding: chunked", "another than chunked"},
        {"Content-Range: bytes 5-4/10", "makes no sense"},
        {"Content-Range: bytes 0-4/10|Content-Range: bytes 0-4/10", "makes no sense"},
    };
    struct http_reply reply;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(read_fields(&reply, "HTTP/1.1 200 OK", good[i].fields));
        assert_int_equal(reply.has_length, good[i].has_length);
        assert_int_equal(reply.length, good[i].length);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *wrong = read_fields(&reply, "HTTP/1.1 200 OK", bad[i].fields);
        assert_non_null(wrong);
        assert_non_null(strstr(wrong, bad[i].wrong));
    }
}

#define TAG_OF_62 "\"012345678901234567890123456789012345678901234567890123456789\""

static void tags_and_locations(void **state)
{
    static const struct {
        const char *fields, *tag, *location;
    } cases[] = {
        {"", "", ""},
        {"ETag: \"x\"", "\"x\"", ""},
        {"etag:\"\"", "\"\"", ""},
        {"ETag: " TAG_OF_62, TAG_OF_62, ""},
        {"ETag: \"" TAG_OF_62, "", ""},
        {"ETag: W/\"x\"", "", ""},
        {"ETag: x", "", ""},
        {"ETag: \"", "", ""},
        {"ETag: \"x\"y\"", "", ""},
        {"ETag: \"x y\"", "", ""},
        {"ETag: \"x\"|ETag: W/\"y\"", "", ""},
        {"Location: http://x/y", "", "http://x/y"},
        {"Location:", "", ""},
    };
    struct http_reply reply;
    char line[300];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(read_fields(&reply, "HTTP/1.1 301 Moved", cases[i].fields));
        assert_string_equal(reply.tag, cases[i].tag);
        assert_string_equal(reply.location, cases[i].location);
    }
    memset(line, 'x', sizeof line);
    memcpy(line, "Location: ", 10);
    line[sizeof line - 1] = '\0';
    assert_null(http_reply_field(&reply, line, strlen(line), false));
    assert_int_equal(strlen(reply.location), sizeof reply.location - 1);
}

static void chunks_belong_to_1_1(void **state)
{
    struct http_reply reply;

    (void)state;
    assert_null(read_fields(&reply, "HTTP/1.1 200 OK", "Transfer-Encoding: CHUNKED"));
    assert_true(reply.is_chunked);
    assert_non_null(read_fields(&reply, "HTTP/1.0 200 OK", "Transfer-Encoding: chunked"));
}

static void lines_that_were_cut(void **state)
{
    static const char *const known[] = {"Content-Length: 1", "Transfer-Encoding: chunked",
                                        "Content-Range: bytes 0-1/2"};
    struct http_reply reply;
    char line[100];

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_null(http_reply_line(&reply, "HTTP/1.1 200 OK", 15));
        memcpy(line, known[i], strlen(known[i]) + 1);
        assert_non_null(http_reply_field(&reply, line, strlen(line), true));
    }
    memcpy(line, "Cookie: x", 10);
    assert_null(http_reply_field(&reply, line, strlen(line), true));
}

static void content_ranges(void **state)
{
    static const struct {
        const char *value;
        struct http_content_range range;
    } good[] = {
        {"bytes 0-4/10", {.has_part = true, .has_size = true, .first = 0, .last = 4, .size = 10}},
        {"Bytes 9-9/10", {.has_part = true, .has_size = true, .first = 9, .last = 9, .size = 10}},
        {"bytes 3-4/*", {.has_part = true, .has_size = false, .first = 3, .last = 4}},
        {"bytes */10", {.has_part = false, .has_size = true, .size = 10}},
        {"bytes */0", {.has_part = false, .has_size = true, .size = 0}},
    };
    static const char *const bad[] = {
        "",
        "bytes",
        "bytes 0-4",
        "bytes 0-4/",
        "bytes */*",
        "bytes 4/10",
        "bytes 5-4/9",
        "bytes 0-10/10",
        "lines 0-4/9",
        "bytes=0-4/10",
        "bytes -4/9",
        "bytes 0-/9",
        "bytes a-4/9",
        "bytes 0-4/x",
        "bytes 0-18446744073709551616/*",
    };
    struct http_content_range range;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(http_content_range_read(good[i].value, &range));
        assert_memory_equal(&range, &good[i].range, sizeof range);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(http_content_range_read(bad[i], &range));
}

/* Decodes a body that comes in two pieces and then in steps; *length bytes of data. */
static enum http_chunked_result decode(const char *bytes, size_t count, size_t cut, size_t step,
                                       char *data, size_t *length, size_t *used)
{
    struct http_chunked chunked = {0};
    enum http_chunked_result result = CHUNKED_MORE;
    size_t at = 0;

    *length = 0;
    while (at < count) {
        size_t piece = at < cut ? cut - at : step, taken;
        result = http_chunked_take(&chunked, bytes + at, piece < count - at ? piece : count - at,
                                   &taken);
        assert_true(taken > 0);
        if (result == CHUNKED_DATA) {
            memcpy(data + *length, bytes + at, taken);
            *length += taken;
        }
        at += taken;
        if (result == CHUNKED_END || result == CHUNKED_BAD)
            break;
    }
    *used = at;
    return result;
}

static void chunked_bodies(void **state)
{
    static const struct {
        const char *body;
        enum http_chunked_result result; /* of the last piece */
        const char *data;
    } cases[] = {
        {"0\r\n\r\n", CHUNKED_END, ""},
        {"5\r\nhello\r\n0\r\n\r\n", CHUNKED_END, "hello"},
        {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", CHUNKED_END, "hello world"},
        {"a\r\n0123456789\r\n0\r\n\r\n", CHUNKED_END, "0123456789"},
        {"A\r\n0123456789\r\n000\r\n\r\n", CHUNKED_END, "0123456789"},
        {"00005;name=value\r\nhello\r\n0;last\r\n\r\n", CHUNKED_END, "hello"},
        {"5 ;x=\"y\"\r\nhello\r\n0\r\n\r\n", CHUNKED_END, "hello"},
        {"5\nhello\n0\n\n", CHUNKED_END, "hello"},
        {"2\r\n\r\n\r\n0\r\n\r\n", CHUNKED_END, "\r\n"},
        {"1\r\nx\r\n0\r\nField: y\r\nOther: z\r\n\r\n", CHUNKED_END, "x"},
        {"5\r\nhello\r\n0\r\n\r", CHUNKED_MORE, "hello"},
        {"5\r\nhello\r\n0\r\n", CHUNKED_MORE, "hello"},
        {"5\r\nhello\r\n", CHUNKED_MORE, "hello"},
        {"5\r\nhel", CHUNKED_DATA, "hel"},
        {"1\r\nx\r\n0\r\nField: y", CHUNKED_MORE, "x"},
        {"\r\n", CHUNKED_BAD, ""},
        {"x\r\n", CHUNKED_BAD, ""},
        {"-5\r\nhello", CHUNKED_BAD, ""},
        {";x\r\nhello", CHUNKED_BAD, ""},
        {"5\r\nhello!\r\n", CHUNKED_BAD, "hello"},
        {"5\r\nhello5\r\nhello\r\n", CHUNKED_BAD, "hello"},
        {"ffffffffffffffff0\r\n", CHUNKED_BAD, ""},
        {"10000000000000000\r\n", CHUNKED_BAD, ""},
        {"HTTP/1.1 200 OK", CHUNKED_BAD, ""},
    };
    char data[100];
    size_t length, used;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t count = strlen(cases[i].body);
        for (size_t cut = 0; cut <= count; cut++) {
            for (size_t step = 1; step <= count; step += count - 1 > 0 ? count - 1 : 1) {
                assert_int_equal(decode(cases[i].body, count, cut, step, data, &length, &used),
                                 cases[i].result);
                assert_int_equal(length, strlen(cases[i].data));
                assert_memory_equal(data, cases[i].data, length);
            }
        }
    }
}

static void nothing_is_taken_behind_the_end(void **state)
{
    char data[100];
    size_t length, used;

    (void)state;
    assert_int_equal(decode("1\r\nx\r\n0\r\n\r\nHTTP", 15, 15, 1, data, &length, &used),
                     CHUNKED_END);
    assert_int_equal(used, 11);
}

static void a_chunk_of_any_size(void **state)
{
    struct http_chunked chunked = {0};
    static const char head[] = "ffffffffffffffff\r\n";
    size_t taken;

    (void)state;
    for (size_t i = 0; i < sizeof head - 1; i++)
        assert_int_equal(http_chunked_take(&chunked, head + i, 1, &taken), CHUNKED_MORE);
    assert_int_equal(http_chunked_take(&chunked, "abc", 3, &taken), CHUNKED_DATA);
    assert_int_equal(taken, 3);
    assert_int_equal(chunked.left, UINT64_MAX - 3);
}

static void endless_extensions_are_refused(void **state)
{
    static const char *const beginnings[] = {"0000", "1;x", "1\r\nx\r\n0\r\nField: "};
    static const char fillers[] = {'0', 'x', 'y'};

    (void)state;
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        struct http_chunked chunked = {0};
        size_t taken, n = 0;
        enum http_chunked_result result = CHUNKED_MORE;
        for (size_t at = 0; at < strlen(beginnings[i]); at += taken)
            http_chunked_take(&chunked, beginnings[i] + at, 1, &taken);
        while (result == CHUNKED_MORE && n++ < 10000)
            result = http_chunked_take(&chunked, fillers + i, 1, &taken);
        assert_int_equal(result, CHUNKED_BAD);
        assert_in_range(n, 4000, 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_lines),        cmocka_unit_test(lengths),
        cmocka_unit_test(tags_and_locations),  cmocka_unit_test(chunks_belong_to_1_1),
        cmocka_unit_test(lines_that_were_cut), cmocka_unit_test(content_ranges),
        cmocka_unit_test(chunked_bodies),      cmocka_unit_test(nothing_is_taken_behind_the_end),
        cmocka_unit_test(a_chunk_of_any_size), cmocka_unit_test(endless_extensions_are_refused),
    };

    return cmocka_run_group_tests_name("http_reply", tests, NULL, NULL);
}
