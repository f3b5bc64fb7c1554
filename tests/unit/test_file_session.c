/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: what file-server says to a client whose bytes come in pieces, whatever the
 * pieces; and the bounds that keep a client from holding a thread for ever.
 *
 * A pair of SOCK_SEQPACKET sockets hands over one piece with each recv(), so that no test has to
 * wait for a piece to have arrived.
 */
#define _GNU_SOURCE /* memmem() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/file_session.h"
#include "../../apps/lib/moment.h"
#include "../../apps/lib/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HELLO "hello, world\n"

struct place {
    char root[100];
    struct file_server server;
    struct clients clients;
    int output; /* the real standard output */
};

/* A directory with a file in it. The events of the server are not what is tested here. */
static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    const char *tmp = getenv("TMPDIR");
    char path[120];

    assert_non_null(place);
    snprintf(place->root, sizeof place->root, "%s/portside-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(place->root));
    snprintf(path, sizeof path, "%s/hello.txt", place->root);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(HELLO, file);
    assert_int_equal(fclose(file), 0);
    place->server.root = realpath(place->root, NULL);
    place->server.encoding = encoding_open("utf-8");
    assert_non_null(place->server.encoding);
    place->clients =
        (struct clients){.program = "test", .serve = file_session_serve, .server = &place->server};
    assert_true(clients_init(&place->clients));
    fflush(stdout);
    place->output = dup(STDOUT_FILENO);
    int null = open("/dev/null", O_WRONLY);
    assert_int_equal(dup2(null, STDOUT_FILENO), STDOUT_FILENO);
    close(null);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    char path[120];

    fflush(stdout);
    dup2(place->output, STDOUT_FILENO);
    close(place->output);
    clients_end(&place->clients);
    encoding_close(place->server.encoding);
    free(place->server.root);
    snprintf(path, sizeof path, "%s/hello.txt", place->root);
    unlink(path);
    int result = rmdir(place->root);
    free(place);
    return result;
}

/* Sends the pieces and the end of the stream, serves, and returns what came back. */
static size_t answer_to(struct place *place, const char *bytes, size_t length, size_t cut,
                        size_t step, char *answer, size_t size)
{
    struct address nobody;
    int pair[2];
    size_t count = 0;
    ssize_t n;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    for (size_t at = 0; at < length;) {
        size_t most = at < cut ? cut - at : step;
        most = most < length - at ? most : length - at;
        assert_int_equal(send(pair[1], bytes + at, most, 0), most);
        at += most;
    }
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    address_any(&nobody, 0);
    clients_serve(&place->clients, pair[0], &nobody);
    while ((n = recv(pair[1], answer + count, size - count, 0)) > 0)
        count += (size_t)n;
    close(pair[1]);
    return count;
}

static void assert_answer(struct place *place, const char *bytes, size_t length,
                          const char *expected, size_t expected_length)
{
    static char answer[4096];

    for (size_t cut = 0; cut <= length; cut++) {
        size_t n = answer_to(place, bytes, length, cut, 250, answer, sizeof answer);
        assert_int_equal(n, expected_length);
        assert_memory_equal(answer, expected, n);
    }
    size_t n = answer_to(place, bytes, length, 0, 1, answer, sizeof answer);
    assert_int_equal(n, expected_length);
    assert_memory_equal(answer, expected, n);
}

static void bare_names(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *answer;
    } cases[] = {
#define CASE(request, reply) {request, sizeof(request) - 1, reply}
        CASE("hello.txt", HELLO),
        CASE("hello.txt\n", HELLO),
        CASE("hello.txt\r\n", HELLO),
        CASE("hello.txt\0", HELLO),
        CASE("hello.txt\nother", HELLO),
        CASE("hello.txt\0other", HELLO),
        CASE("hello.txt\n\nGET /hello.txt HTTP/1.0\r\n\r\n", HELLO),
        CASE("\nhello.txt\n", HELLO),
        CASE("./hello.txt\n", HELLO),
        CASE("", ""),
        CASE("\n", ""),
        CASE("\0", ""),
        CASE("\r\n\r\n", ""),
        CASE("hello.tx", ""),
        CASE("hello.txt\r", ""),
        CASE("/hello.txt\n", ""),
        CASE("GET /hello.txt\n", ""),
        CASE("../hello.txt\n", ""),
#undef CASE
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_answer(*state, cases[i].bytes, cases[i].length, cases[i].answer,
                      strlen(cases[i].answer));
}

/* Three requests in a row and a broken one, cut anywhere, have the same four answers. */
static void pipelined_requests(void **state)
{
    static const char requests[] = "GET /hello.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=3-5\r\n\r\n"
                                   "\r\n"
                                   "HEAD /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"
                                   "GET /no%20such HTTP/1.1\nHost: x\n\n"
                                   "GET /hello.txt HTTP/1.1\r\n\r\n"
                                   "GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char *const expected[] = {
        "HTTP/1.1 206 Partial Content\r\n", "Content-Length: 3\r\n",
        "Content-Range: bytes 3-5/13\r\n",  "\r\n\r\nlo,HTTP/1.1 200 OK\r\n",
        "Content-Length: 13\r\n",           "\r\n\r\nHTTP/1.1 404 Not Found\r\n",
        "Content-Length: 14\r\n",           "\r\n\r\n404 Not Found\nHTTP/1.1 400 Bad Request\r\n",
        "Content-Length: 16\r\n",           "Connection: close\r\n",
        "\r\n\r\n400 Bad Request\n",
    };
    static char answer[4096];
    const size_t length = sizeof requests - 1;
    size_t count = answer_to(*state, requests, length, 0, 250, answer, sizeof answer);
    const char *at = answer;

    for (size_t i = 0; i < COUNT(expected); i++) {
        at = memmem(at, count - (size_t)(at - answer), expected[i], strlen(expected[i]));
        assert_non_null(at);
        /* The end of one head may be the beginning of what comes next. */
        at += strlen(expected[i]) - (strncmp(expected[i], "\r\n", 2) == 0 ? 0 : 2);
    }
    assert_int_equal(at - answer, count);
    assert_answer(*state, requests, length, answer, count);
}

static void heads_of_every_length(void **state)
{
    static char request[3000], answer[4096];
    static const char begin[] = "GET /hello.txt HTTP/1.0\r\nX: ";

    for (size_t length = sizeof begin + 4; length < sizeof request; length += 13) {
        memset(request, 'x', sizeof request);
        memcpy(request, begin, sizeof begin - 1);
        memcpy(request + length - 4, "\r\n\r\n", 4);
        size_t n = answer_to(*state, request, length, 0, 250, answer, sizeof answer - 1);
        answer[n] = '\0';
        const char *status = length <= HTTP_REQUEST_HEAD_MOST ? "200 OK" : "431 Request Header";
        assert_memory_equal(answer, "HTTP/1.1 ", 9);
        assert_memory_equal(answer + 9, status, strlen(status));
    }
}

static void a_moment_that_has_passed(void **state)
{
    char byte;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], "xy", 2), 2);
    assert_int_equal(stream_receive_until(pair[0], &byte, 1, moment_ms() + 60000, NULL), 1);
    /* Even though something is there. */
    assert_int_equal(stream_receive_until(pair[0], &byte, 1, moment_ms(), NULL), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_int_equal(stream_receive_until(pair[0], &byte, 1, moment_ms() + 60000, NULL), 1);
    uint64_t until = moment_ms() + 50;
    assert_int_equal(stream_receive_until(pair[0], &byte, 1, until, NULL), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_true(moment_ms() >= until);
    close(pair[0]);
    close(pair[1]);
}

/* Sends until nobody is there. */
static int send_for_ever(void *argument)
{
    static const char bytes[1000];

    while (stream_send_all(*(int *)argument, bytes, sizeof bytes, 60000, NULL) == 0)
        continue;
    return 0;
}

static void a_peer_that_never_stops_sending(void **state)
{
    char buffer[100];
    int pair[2];
    thrd_t thread;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(thrd_create(&thread, send_for_ever, &pair[1]), thrd_success);
    stream_close_gently(pair[0], buffer, sizeof buffer, 1000); /* returns */
    assert_int_equal(thrd_join(thread, NULL), thrd_success);
    close(pair[1]);
}

/* Takes so many bytes every 20 ms, until it is told to stop. */
struct sipper {
    int fd;
    size_t bytes;
    atomic_bool over;
};

static int sip(void *argument)
{
    struct sipper *sipper = argument;
    char buffer[1000];

    while (!atomic_load(&sipper->over) && recv(sipper->fd, buffer, sipper->bytes, 0) > 0)
        thrd_sleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    return 0;
}

/* Whether 40 000 bytes in pieces go to a peer that reads so, when it must take so many bytes in
 * two seconds. */
static int send_to_sipper(size_t sips, size_t bytes)
{
    struct stream_pace pace = {.bytes = bytes, .period_ms = 2000};
    static const char piece[500];
    int pair[2], result = 0, size = 4096;
    thrd_t thread;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    struct sipper sipper = {.fd = pair[1], .bytes = sips};
    assert_int_equal(thrd_create(&thread, sip, &sipper), thrd_success);
    for (int i = 0; i < 80 && result == 0; i++)
        result = stream_send_paced(pair[0], piece, sizeof piece, &pace, NULL);
    int error = errno;
    atomic_store(&sipper.over, true);
    stream_abort(pair[0]);
    assert_int_equal(thrd_join(thread, NULL), thrd_success);
    close(pair[1]);
    errno = error;
    return result;
}

static void a_peer_must_keep_up_a_pace(void **state)
{
    (void)state;
    assert_int_equal(send_to_sipper(1000, 20000), 0);
    /* It takes something all the time: 25 000 bytes in two seconds at most, and what lies between.
     */
    assert_int_equal(send_to_sipper(250, 1), 0);
    assert_int_equal(send_to_sipper(250, 39000), -1);
    assert_int_equal(errno, ETIMEDOUT);
}

/* A listener at a port of this machine that nobody accepts at. */
static int listen_somewhere(struct address *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_null(address_parse_ip("127.0.0.1", 0, address));
    assert_int_equal(bind(fd, &address->any, address->length), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(address_of_socket(fd, address), 0);
    return fd;
}

static int try_connect(const struct address *address, int most_ms)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (stream_connect(fd, &address->any, address->length, most_ms) == 0) {
        assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0); /* as it was */
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void connecting_has_an_end(void **state)
{
    struct address address;
    int listener = listen_somewhere(&address), clients[10], count = 0;

    (void)state;
    /* When its queue is full it answers nobody any more. */
    uint64_t begin = moment_ms();
    while (count < 10 && (clients[count] = try_connect(&address, count == 0 ? 60000 : 300)) >= 0)
        count++;
    assert_int_equal(errno, ETIMEDOUT);
    assert_in_range(count, 1, 9);
    assert_true(moment_ms() >= begin + 300);
    while (count > 0)
        close(clients[--count]);
    close(listener);
    assert_int_equal(try_connect(&address, 60000), -1);
    assert_int_equal(errno, ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bare_names, make_place, remove_place),
        cmocka_unit_test_setup_teardown(pipelined_requests, make_place, remove_place),
        cmocka_unit_test_setup_teardown(heads_of_every_length, make_place, remove_place),
        cmocka_unit_test(a_moment_that_has_passed),
        cmocka_unit_test(a_peer_that_never_stops_sending),
        cmocka_unit_test(a_peer_must_keep_up_a_pace),
        cmocka_unit_test(connecting_has_an_end),
    };

    return cmocka_run_group_tests_name("file_session", tests, NULL, NULL);
}
