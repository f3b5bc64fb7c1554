/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: heads of HTTP requests, in one piece and cut at every place, and ranges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/http_line.h"
#include "../../apps/lib/http_range.h"
#include "../../apps/lib/http_request.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Reads a head that comes in pieces: up to `cut`, then in steps. Returns the status that refuses
 * it, 0 when it was read to its end, -1 when it has none. *taken counts its bytes. */
static int read_pieces(struct http_request *request, const char *head, size_t length, size_t cut,
                       size_t step, size_t *taken)
{
    char room[HTTP_REQUEST_LINE_SIZE];
    struct http_line line = {.bytes = room, .size = sizeof room};
    bool is_first = true;
    size_t at = 0;

    http_line_start(&line);
    while (at < length) {
        size_t most = at < cut ? cut - at : step;
        bool complete;
        at += http_line_take(&line, head + at, most < length - at ? most : length - at, &complete);
        *taken = at;
        if (!complete)
            continue;
        if (!is_first && line.length == 0)
            return http_request_end(request);
        int status = is_first ? http_request_line(request, room, line.length, line.cut)
                              : http_request_field(request, room, line.length, line.cut);
        if (status != 0)
            return status;
        is_first = false;
        http_line_start(&line);
    }
    return -1;
}

/* The same head, cut at every place, and byte by byte, must be the same request. */
static int read_head(struct http_request *request, const char *head, size_t length)
{
    struct http_request other;
    size_t taken, other_taken;
    int status = read_pieces(request, head, length, length, 1, &taken);

    for (size_t cut = 0; cut < length; cut++) {
        assert_int_equal(read_pieces(&other, head, length, cut, length, &other_taken), status);
        assert_memory_equal(&other, request, sizeof other);
        assert_int_equal(other_taken, taken);
    }
    assert_int_equal(read_pieces(&other, head, length, 0, 1, &other_taken), status);
    assert_memory_equal(&other, request, sizeof other);
    return status;
}

static int status_of(const char *head)
{
    struct http_request request;

    return read_head(&request, head, strlen(head));
}

static void targets(void **state)
{
    static const struct {
        const char *target, *name;
    } good[] = {
        {"/", ""},
        {"/hello.txt", "hello.txt"},
        {"/a/b/c", "a/b/c"},
        {"/a%20b%2fc", "a b/c"},
        {"/%41%6a%6A", "Ajj"},
        {"/x?query", "x"},
        {"/?", ""},
        {"/x%3Fy?z", "x?y"},
        {"/caf\xc3\xa9", "caf\xc3\xa9"},
        {"/caf%C3%A9", "caf\xc3\xa9"},
        {"//etc/passwd", "/etc/passwd"},
        {"/%2Fetc", "/etc"},
        {"/../x", "../x"},
        {"/%2e%2e/x", "../x"},
        {"/a\\b", "a\\b"},
        {"/%01", "\x01"},
        {"http://host/name", "name"},
        {"HTTP://host:80/a/b?c", "a/b"},
        {"http://host", ""},
        {"http://host?q", ""},
        {"/+", "+"},
    };
    static const char *const bad[] = {"x",    "*",     "host:80",    "/%",       "/%4",
                                      "/%zz", "/%4g",  "/%00",       "/a%00b",   "http://",
                                      "/a b", "/a\tb", "/a\x7f",     "http:///", "ftp://h/x",
                                      "/%-1", "/%+1",  "https://h/", "?x"};
    struct http_request request;
    char head[200];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", good[i].target);
        assert_int_equal(read_head(&request, head, strlen(head)), 0);
        assert_string_equal(request.method, "GET");
        assert_string_equal(request.name, good[i].name);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", bad[i]);
        assert_int_equal(read_head(&request, head, strlen(head)), 400);
        assert_string_equal(request.name, bad[i]);
    }
    /* Other methods have other targets: they are refused for their own sake. */
    assert_int_equal(status_of("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
    assert_int_equal(status_of("CONNECT host:80 HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
}

static void longest_names(void **state)
{
    struct http_request request;
    char head[HTTP_REQUEST_LINE_SIZE + 100], letters[FILE_NAME_MOST * 3 + 10];

    (void)state;
    for (int length = FILE_NAME_MOST - 1; length <= FILE_NAME_MOST + 3; length++) {
        memset(letters, 'a', sizeof letters);
        snprintf(head, sizeof head, "GET /%.*s HTTP/1.1\r\nHost: x\r\n\r\n", length, letters);
        assert_int_equal(read_head(&request, head, strlen(head)), 0);
        assert_int_equal(strlen(request.name),
                         length < FILE_NAME_MOST + 1 ? length : FILE_NAME_MOST + 1);
        assert_int_equal(file_name_is_allowed(request.name, strlen(request.name)),
                         length <= FILE_NAME_MOST);
    }
    for (size_t i = 0; i < sizeof letters; i++)
        letters[i] = "%61"[i % 3];
    snprintf(head, sizeof head, "GET /%.*s HTTP/1.1\r\nHost: x\r\n\r\n", FILE_NAME_MOST * 3,
             letters);
    assert_int_equal(read_head(&request, head, strlen(head)), 0);
    assert_int_equal(strlen(request.name), FILE_NAME_MOST);
}

static void versions(void **state)
{
    static const struct {
        const char *head;
        int status;
        bool keep_alive;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, true},
        {"GET / HTTP/1.0\r\n\r\n", 0, false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0, true},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive, x\r\n\r\n", 0, true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", 0, false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 0, false},
        {"GET / HTTP/1.1\r\nHost: x\r\nconnection:x , CLOSE\r\n\r\n", 0, false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", 0, true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nConnection: x\r\n\r\n", 0, false},
        {"GET / HTTP/1.7\r\nHost: x\r\n\r\n", 0, true},
        {"GET / HTTP/1.1\nHost: x\n\n", 0, true},
        {"GET / HTTP/1.1\r\n\r\n", 400, true},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, false},
        {"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505, false},
        {"PRI * HTTP/2.0\r\n\r\n", 505, false},
        {"GET / HTTP/11\r\nHost: x\r\n\r\n", 400, false},
        {"GET / HTTP/1.\r\nHost: x\r\n\r\n", 400, false},
        {"GET / HTTP/1.1x\r\nHost: x\r\n\r\n", 400, false},
        {"GET / HTTP/x.1\r\nHost: x\r\n\r\n", 400, false},
        {"GET / http/1.1\r\nHost: x\r\n\r\n", 400, false},
        {"GET /\r\nHost: x\r\n\r\n", 400, false},
        {"\r\n", 400, false},
        {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400, true},
        {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_request request;
        assert_int_equal(read_head(&request, cases[i].head, strlen(cases[i].head)),
                         cases[i].status);
        assert_int_equal(request.keep_alive, cases[i].keep_alive);
    }
}

static void fields(void **state)
{
    static const struct {
        const char *fields;
        int status;
    } cases[] = {
        {"Host: x\r\n", 0},
        {"hOST:x\r\n", 0},
        {"Host:\r\n", 0},
        {"Host: x\r\nX-Other: y\r\nEmpty:\r\n", 0},
        {"Host: x\r\nHost: x\r\n", 400},
        {"Host : x\r\n", 400},
        {"Host\r\n", 400},
        {": x\r\n", 400},
        {"Host: x\r\n continued\r\n", 400},
        {"Host: x\r\nA B: c\r\n", 400},
        {"Host: x\r\nA: b\rc\r\n", 400},
        {"Host: x\r\nA: b\x01\r\n", 400},
        {"Host: x\r\nA: b\tc\r\n", 0},
        {"Host: x\r\nContent-Length: 0\r\n", 0},
        {"Host: x\r\nContent-Length: x\r\n", 400},
        {"Host: x\r\nContent-Length: -1\r\n", 400},
        {"Host: x\r\nContent-Length: +1\r\n", 400},
        {"Host: x\r\nContent-Length:\r\n", 400},
        {"Host: x\r\nContent-Length: 1, 1\r\n", 400},
        {"Host: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n", 0},
        {"Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400},
        {"Host: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n", 400},
    };
    char head[200];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\n%s\r\n", cases[i].fields);
        assert_int_equal(status_of(head), cases[i].status);
    }
    static const char with_nul[] = "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n";
    struct http_request request;
    assert_int_equal(read_head(&request, with_nul, sizeof with_nul - 1), 400);
    /* A head without its end is none. */
    assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: x\r\n"), -1);
}

static void bodies_end_the_connection(void **state)
{
    static const char *const with_body[] = {
        "Content-Length: 1", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked",
        "Content-Length: 0\r\nTransfer-Encoding: x"};
    struct http_request request;
    char head[200];

    (void)state;
    for (size_t i = 0; i < COUNT(with_body); i++) {
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", with_body[i]);
        assert_int_equal(read_head(&request, head, strlen(head)), 0);
        assert_true(request.has_body);
        assert_false(request.keep_alive);
    }
    static const char without[] = "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(read_head(&request, without, strlen(without)), 0);
    assert_false(request.has_body);
    assert_true(request.keep_alive);
}

static void lines_that_are_too_long(void **state)
{
    struct http_request request;
    char head[3 * HTTP_REQUEST_LINE_SIZE], filler[2 * HTTP_REQUEST_LINE_SIZE];
    static const char *const known[] = {"Host",       "Range",          "If-Range",
                                        "Connection", "Content-Length", "Transfer-Encoding"};

    (void)state;
    memset(filler, '1', sizeof filler);
    snprintf(head, sizeof head, "GET /%.1100s HTTP/1.1\r\nHost: x\r\n\r\n", filler);
    assert_int_equal(read_head(&request, head, strlen(head)), 414);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.name, "");
    snprintf(head, sizeof head, "%.1100s\r\n", filler);
    assert_int_equal(read_head(&request, head, strlen(head)), 414);
    /* One that nobody wants is skipped; the others cannot be. */
    snprintf(head, sizeof head, "GET /x HTTP/1.1\r\nHost: x\r\nCookie: %.1500s\r\n\r\n", filler);
    assert_int_equal(read_head(&request, head, strlen(head)), 0);
    for (size_t i = 0; i < COUNT(known); i++) {
        snprintf(head, sizeof head, "GET /x HTTP/1.1\r\n%s: %.1500s\r\n\r\n", known[i], filler);
        assert_int_equal(read_head(&request, head, strlen(head)), 431);
    }
    /* The longest line that is not too long: with its CR it fills the room but for the NUL. */
    size_t longest = HTTP_REQUEST_LINE_SIZE - 2;
    snprintf(head, sizeof head, "GET /?%.*s HTTP/1.1\r\nHost: x\r\n\r\n",
             (int)(longest - strlen("GET /? HTTP/1.1")), filler);
    assert_int_equal(read_head(&request, head, strlen(head)), 0);
}

static void ranges_of_a_request(void **state)
{
    struct http_request request;
    char head[300];
    static const struct {
        const char *fields;
        int kind;
        const char *if_range; /* NULL: none */
    } cases[] = {
        {"", RANGE_NONE, NULL},
        {"Range: bytes=1-2\r\n", RANGE_FROM, NULL},
        {"Range: bytes=1-2\r\nRange: bytes=3-4\r\n", RANGE_NONE, NULL},
        {"Range: bytes=1-2,3-4\r\n", RANGE_NONE, NULL},
        {"Range: bytes=-5\r\nIf-Range: \"x\"\r\n", RANGE_LAST, "\"x\""},
        {"If-Range: W/\"x\"\r\n", RANGE_NONE, "W/\"x\""},
        {"If-Range: "
         "\"012345678901234567890123456789012345678901234567890123456789012345678901234567890\""
         "\r\n",
         RANGE_NONE, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", cases[i].fields);
        assert_int_equal(read_head(&request, head, strlen(head)), 0);
        assert_int_equal(request.range.kind, cases[i].kind);
        assert_int_equal(request.has_if_range, cases[i].if_range != NULL);
        if (cases[i].if_range)
            assert_string_equal(request.if_range, cases[i].if_range);
    }
}

static void range_values(void **state)
{
    static const struct {
        const char *value;
        uint64_t size;
        enum http_range_result result;
        uint64_t first, length;
    } cases[] = {
        {"bytes=0-0", 10, RANGE_PART, 0, 1},
        {"bytes=0-9", 10, RANGE_PART, 0, 10},
        {"bytes=0-", 10, RANGE_PART, 0, 10},
        {"bytes=3-5", 10, RANGE_PART, 3, 3},
        {"bytes=9-", 10, RANGE_PART, 9, 1},
        {"bytes=9-100", 10, RANGE_PART, 9, 1},
        {"bytes=10-", 10, RANGE_OUTSIDE, 0, 10},
        {"bytes=10-20", 10, RANGE_OUTSIDE, 0, 10},
        {"bytes=-1", 10, RANGE_PART, 9, 1},
        {"bytes=-10", 10, RANGE_PART, 0, 10},
        {"bytes=-100", 10, RANGE_PART, 0, 10},
        {"bytes=-0", 10, RANGE_OUTSIDE, 0, 10},
        {"bytes=0-", 0, RANGE_OUTSIDE, 0, 0},
        {"bytes=-5", 0, RANGE_WHOLE, 0, 0},
        {"bytes=-0", 0, RANGE_OUTSIDE, 0, 0},
        {"BYTES=3-5", 10, RANGE_PART, 3, 3},
        {"bytes=5-3", 10, RANGE_WHOLE, 0, 10},
        {"bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 10},
        {"bytes=0-1, ", 10, RANGE_WHOLE, 0, 10},
        {"bytes=-", 10, RANGE_WHOLE, 0, 10},
        {"bytes=", 10, RANGE_WHOLE, 0, 10},
        {"bytes=5", 10, RANGE_WHOLE, 0, 10},
        {"bytes=a-b", 10, RANGE_WHOLE, 0, 10},
        {"bytes=1-b", 10, RANGE_WHOLE, 0, 10},
        {"bytes=1--2", 10, RANGE_WHOLE, 0, 10},
        {"bytes= 1-2", 10, RANGE_WHOLE, 0, 10},
        {"bytes 1-2", 10, RANGE_WHOLE, 0, 10},
        {"lines=1-2", 10, RANGE_WHOLE, 0, 10},
        {"", 10, RANGE_WHOLE, 0, 10},
        {"bytes=4294967296-4294967297", 5000000000, RANGE_PART, 4294967296, 2},
        {"bytes=18446744073709551615-", 10, RANGE_OUTSIDE, 0, 10},
        {"bytes=18446744073709551616-", 10, RANGE_OUTSIDE, 0, 10},
        {"bytes=1-99999999999999999999999", 10, RANGE_PART, 1, 9},
        {"bytes=-99999999999999999999999", 10, RANGE_PART, 0, 10},
        {"bytes=0-", UINT64_MAX, RANGE_PART, 0, UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_range range;
        uint64_t first, length;
        http_range_read(cases[i].value, &range);
        assert_int_equal(http_range_apply(&range, cases[i].size, &first, &length), cases[i].result);
        assert_int_equal(first, cases[i].first);
        assert_int_equal(length, cases[i].length);
    }
}

static void first_lines(void **state)
{
    static const struct {
        const char *line;
        bool is_http, begins;
    } cases[] = {
        {"GET / HTTP/1.1", true, true},
        {"GET /x HTTP/2.0", true, true},
        {"HEAD http://h/ HTTP/1.0", true, true},
        {"get / HTTP/1.1", true, false},
        {"M-SEARCH * HTTP/1.1", true, false},
        {"GET a b HTTP/1.1", true, false},
        {"OPTIONS * HTTP/1.1", true, false},
        {"GET /", false, true},
        {"GET /a b", false, true},
        {"GET ht", false, false},
        {"GET http", false, true},
        {"GET ", false, false},
        {"GET", false, false},
        {"G", false, false},
        {"", false, false},
        {"GO /", false, false},
        {"hello.txt", false, false},
        {"a name with blanks", false, false},
        {"GET HTTP/1.1", false, false},
        {" / HTTP/1.1", false, false},
        {"GET / HTTP", false, true},
        {"GET / HTTP/1.1 ", false, true},
        {"(x) / HTTP/1.1", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(http_request_is(cases[i].line, strlen(cases[i].line)), cases[i].is_http);
        assert_int_equal(http_request_begins(cases[i].line, strlen(cases[i].line)),
                         cases[i].begins);
    }
}

/* The end of a line, and no byte more. */
static void a_line_ends_where_it_ends(void **state)
{
    char room[8];
    struct http_line line = {.bytes = room, .size = sizeof room};
    bool complete;

    (void)state;
    http_line_start(&line);
    assert_int_equal(http_line_take(&line, "ab\r\ncd", 6, &complete), 4);
    assert_true(complete);
    assert_string_equal(room, "ab");
    assert_int_equal(line.length, 2);
    http_line_start(&line);
    assert_int_equal(http_line_take(&line, "cd", 2, &complete), 2);
    assert_false(complete);
    assert_int_equal(http_line_take(&line, "", 0, &complete), 0);
    assert_false(complete);
    assert_int_equal(http_line_take(&line, "\r\r", 2, &complete), 2);
    assert_int_equal(http_line_take(&line, "\n", 1, &complete), 1);
    assert_true(complete);
    assert_string_equal(room, "cd\r");
    http_line_start(&line);
    http_line_take(&line, "1234567\n", 8, &complete);
    assert_true(complete);
    assert_false(line.cut);
    assert_string_equal(room, "1234567");
    http_line_start(&line);
    http_line_take(&line, "12345678\n", 9, &complete);
    assert_true(complete);
    assert_true(line.cut);
    assert_string_equal(room, "1234567");
}

static void words_of_lists(void **state)
{
    (void)state;
    assert_true(http_list_has("close", "close"));
    assert_true(http_list_has(" , Close ,x", "close"));
    assert_true(http_list_has("x,\tclose", "close"));
    assert_false(http_list_has("", "close"));
    assert_false(http_list_has(",,", "close"));
    assert_false(http_list_has("closed", "close"));
    assert_false(http_list_has("clos", "close"));
    assert_false(http_list_has("not close", "close"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets),
        cmocka_unit_test(longest_names),
        cmocka_unit_test(versions),
        cmocka_unit_test(fields),
        cmocka_unit_test(bodies_end_the_connection),
        cmocka_unit_test(lines_that_are_too_long),
        cmocka_unit_test(ranges_of_a_request),
        cmocka_unit_test(range_values),
        cmocka_unit_test(first_lines),
        cmocka_unit_test(a_line_ends_where_it_ends),
        cmocka_unit_test(words_of_lists),
    };

    return cmocka_run_group_tests_name("http_request", tests, NULL, NULL);
}
