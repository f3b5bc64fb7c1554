/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of the socket wrappers over lwIP's loopback, inside this process: what they add to lwIP's
 * sockets. Ending blocked calls is in test_sockets_interrupt.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack_seam.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lwip/api.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/priv/tcp_priv.h"

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */
#define MANY 1200

static err_t link_answer = ERR_OK;

static err_t stack_sent(const struct pbuf *p)
{
    LWIP_UNUSED_ARG(p);
    return link_answer;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int make(int type)
{
    int fd = socket(AF_INET, type, 0);

    assert_true(fd >= LWIP_SOCKET_OFFSET);
    return fd;
}

static int bind_to(int fd, uint16_t port)
{
    struct sockaddr_in address = loopback(port);

    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static int connect_to(int fd, uint16_t port)
{
    struct sockaddr_in address = loopback(port);

    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

#define assert_fails(call, number)       \
    do {                                 \
        errno = 0;                       \
        assert_int_equal(call, -1);      \
        assert_int_equal(errno, number); \
    } while (0)

static void a_stream_binds_once(void **state)
{
    int first = make(SOCK_STREAM), second = make(SOCK_STREAM);

    (void)state;
    assert_int_equal(bind_to(first, 7001), 0);
    assert_fails(bind_to(first, 7001), EINVAL);
    assert_fails(bind_to(first, 7002), EINVAL);
    assert_int_equal(port_of(first), 7001);
    assert_fails(bind_to(second, 7001), EADDRINUSE);
    assert_int_equal(bind_to(second, 7002), 0); /* failed is not bound */
    assert_int_equal(listen(first, 1), 0);
    assert_fails(bind_to(first, 7003), EINVAL);
    assert_int_equal(close(first), 0);
    assert_int_equal(close(second), 0);
    first = make(SOCK_STREAM);
    assert_int_equal(bind_to(first, 0), 0); /* lwIP chose a port: bound all the same */
    assert_int_not_equal(port_of(first), 0);
    assert_fails(bind_to(first, 7001), EINVAL);
    assert_int_equal(close(first), 0);
}

static void no_address_is_a_fault(void **state)
{
    int fd = make(SOCK_STREAM);

    (void)state;
    assert_fails(bind(fd, NULL, sizeof(struct sockaddr_in)), EFAULT);
    assert_fails(connect(fd, NULL, sizeof(struct sockaddr_in)), EFAULT);
    assert_int_equal(close(fd), 0);
}

static void listen_clamps_its_backlog(void **state)
{
    static const struct {
        int asked, given;
    } cases[] = {{0, 1},
                 {1, 1},
                 {5, 5},
                 {SOMAXCONN, SOMAXCONN},
                 {SOMAXCONN + 1, SOMAXCONN},
                 {256, SOMAXCONN},
                 {INT_MAX, SOMAXCONN},
                 {-1, SOMAXCONN},
                 {INT_MIN, SOMAXCONN}};

    (void)state;
    assert_true(SOMAXCONN <= DEFAULT_ACCEPTMBOX_SIZE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = make(SOCK_STREAM);
        struct netconn *conn = lwip_socket_dbg_get_socket(fd)->conn;

        assert_int_equal(bind_to(fd, 7010), 0);
        assert_int_equal(listen(fd, cases[i].asked), 0);
        assert_int_equal(((struct tcp_pcb_listen *)(void *)conn->pcb.tcp)->backlog, cases[i].given);
        assert_int_equal(close(fd), 0);
    }
}

static void each_socket_knows_its_birth(void **state)
{
    const void *owner = NULL;
    uint32_t before, birth = 0;
    int fd;

    (void)state;
    ps_port_start();
    before = sys_now();
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(ps_socket_origin(fd, &owner, &birth));
    assert_ptr_equal(owner, ps_port_owner());
    assert_in_range(birth - before, 0, sys_now() - before);
    assert_int_equal(close(fd), 0);
    assert_false(ps_socket_origin(fd, &owner, &birth));
    assert_false(ps_socket_origin(0, &owner, &birth));
    assert_false(ps_socket_origin(LWIP_SOCKET_OFFSET + MEMP_NUM_NETCONN, &owner, &birth));
}

static void each_socket_has_its_owner(void **state)
{
    const void *mine = ps_port_owner();
    int listener = make(SOCK_STREAM), client = make(SOCK_STREAM), accepted;

    (void)state;
    assert_int_equal(ps_count(), 2);
    assert_int_equal(bind_to(listener, 7020), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect_to(client, 7020), 0);
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted >= 0);
    assert_int_equal(ps_count(), 3);
    assert_int_equal(ps_count_owned(mine), 3);
    assert_int_equal(ps_count_owned(state), 0);
    assert_int_equal(close(client), 0);
    assert_int_equal(ps_count(), 2);
    assert_fails(close(client), EBADF);
    assert_int_equal(ps_count(), 2);
    ps_close_owned(state);
    assert_int_equal(ps_count(), 2);
    ps_close_owned(mine);
    assert_int_equal(ps_count(), 0);
    assert_fails(close(accepted), EBADF);
    (void)make(SOCK_DGRAM);
    ps_close_all();
    assert_int_equal(ps_count(), 0);
}

static void assert_send_timeout(int fd, long seconds, long microseconds)
{
    struct timeval value = {-1, -1};
    socklen_t length = sizeof value;

    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, &length), 0);
    assert_int_equal(value.tv_sec, seconds);
    assert_int_equal(value.tv_usec, microseconds);
}

static void set_send_timeout(int fd, long seconds, long microseconds)
{
    const struct timeval value = {seconds, microseconds};

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value), 0);
}

static void the_send_timeout_is_the_apps(void **state)
{
    static char bytes[TCP_SND_BUF + 2 * TCP_WND];
    int listener = make(SOCK_STREAM), client = make(SOCK_STREAM), datagram = make(SOCK_DGRAM);
    int accepted;

    (void)state;
    assert_int_equal(bind_to(listener, 7030), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect_to(client, 7030), 0);
    accepted = accept(listener, NULL, NULL);
    assert_send_timeout(client, 0, 0);
    assert_send_timeout(accepted, 0, 0);
    assert_send_timeout(datagram, 0, 0);
    set_send_timeout(client, 1, 500000);
    assert_send_timeout(client, 1, 500000);
    set_send_timeout(client, 0, 0);
    assert_send_timeout(client, 0, 0);
    set_send_timeout(client, 0, 20000);
    /* nobody reads: all that fits goes, then the time runs out */
    assert_in_range(send(client, bytes, sizeof bytes, 0), TCP_WND, sizeof bytes - 1);
    assert_fails(send(client, bytes, sizeof bytes, 0), EWOULDBLOCK);
    assert_send_timeout(client, 0, 20000);
    ps_close_all();
}

static void what_is_no_socket_goes_to_the_library(void **state)
{
    struct pollfd ready;
    char bytes[8] = "";
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    ready = (struct pollfd){.fd = fds[0], .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    assert_int_equal(poll(&ready, 1, -1), 1);
    assert_int_equal(ready.revents, POLLIN);
    assert_int_equal(read(fds[0], bytes, sizeof bytes), 5);
    assert_string_equal(bytes, "hello");
    assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    assert_fails((int)read(fds[0], bytes, sizeof bytes), EAGAIN);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
    assert_fails(close(fds[1]), EBADF);
    assert_fails(close(-1), EBADF);
    assert_fails(close(LWIP_SOCKET_OFFSET), EBADF);
    assert_fails(close(LWIP_SOCKET_OFFSET + MEMP_NUM_NETCONN), EBADF);
    assert_fails(close(INT_MAX), EBADF);
    assert_fails((int)recv(0, bytes, 1, 0), EBADF);
}

static void read_and_write_are_recv_and_send(void **state)
{
    int a = make(SOCK_DGRAM), b = make(SOCK_DGRAM);
    char bytes[8] = "";

    (void)state;
    assert_int_equal(bind_to(a, 7040), 0);
    assert_int_equal(connect_to(b, 7040), 0);
    assert_int_equal(write(b, "hi", 2), 2);
    assert_int_equal(read(a, bytes, sizeof bytes), 2);
    assert_string_equal(bytes, "hi");
    assert_int_equal(fcntl(a, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(fcntl(a, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_fails((int)read(a, bytes, sizeof bytes), EWOULDBLOCK);
    assert_int_equal(close(a), 0);
    assert_int_equal(close(b), 0);
}

static int64_t ms_since(struct timespec start)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec) / 1000000;
}

static void poll_and_select_wait_their_time(void **state)
{
    struct timeval time = {.tv_usec = 15000}, none = {0};
    struct timespec start;
    struct pollfd ready;
    int fd = make(SOCK_DGRAM);
    fd_set set;

    (void)state;
    assert_int_equal(bind_to(fd, 7050), 0);
    ready = (struct pollfd){.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 0), 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(poll(&ready, 1, 15), 0);
    assert_true(ms_since(start) >= 15);
    FD_ZERO(&set);
    FD_SET(fd, &set);
    assert_int_equal(select(fd + 1, &set, NULL, NULL, &none), 0);
    assert_false(FD_ISSET(fd, &set));
    FD_SET(fd, &set);
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(select(fd + 1, &set, NULL, NULL, &time), 0);
    assert_true(ms_since(start) >= 15);
    assert_false(FD_ISSET(fd, &set));
    time.tv_usec = 1000;
    assert_int_equal(select(0, NULL, NULL, NULL, &time), 0); /* a sleep */
    assert_int_equal(poll(NULL, 0, 1), 0);
    ready.events = POLLOUT;
    assert_int_equal(poll(&ready, 1, -1), 1);
    assert_int_equal(ready.revents, POLLOUT);
    assert_int_equal(close(fd), 0);
}

static void *send_to_7060(void *is_waiting)
{
    struct sockaddr_in address = loopback(7060);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    u8_t waiting;

    do { /* until the other thread hangs on its socket */
        stack_pause();
        LOCK_TCPIP_CORE();
        waiting = ((struct lwip_sock *)is_waiting)->select_waiting;
        UNLOCK_TCPIP_CORE();
    } while (waiting == 0);
    if (sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof address) != 1 || close(fd) != 0) {
        abort(); /* cmocka's assertions are for its own thread */
    }
    return NULL;
}

static void poll_and_select_wait_without_end(void **state)
{
    int fd = make(SOCK_DGRAM);
    char byte;

    (void)state;
    assert_int_equal(bind_to(fd, 7060), 0);
    for (int way = 0; way < 2; way++) {
        pthread_t thread;

        assert_int_equal(
            pthread_create(&thread, NULL, send_to_7060, lwip_socket_dbg_get_socket(fd)), 0);
        if (way == 0) {
            struct pollfd ready = {.fd = fd, .events = POLLIN};

            assert_int_equal(poll(&ready, 1, -1), 1);
            assert_int_equal(ready.revents, POLLIN);
        } else {
            fd_set set;

            FD_ZERO(&set);
            FD_SET(fd, &set);
            assert_int_equal(select(fd + 1, &set, NULL, NULL, NULL), 1);
            assert_true(FD_ISSET(fd, &set));
        }
        assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 1);
        pthread_join(thread, NULL);
    }
    assert_int_equal(close(fd), 0);
}

static void select_knows_the_highest_of_many(void **state)
{
    static int fds[MANY];
    struct timeval time = {.tv_sec = TEST_SECONDS};
    struct sockaddr_in address = loopback(7070);
    int highest;
    fd_set set;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        fds[i] = make(SOCK_DGRAM);
    }
    highest = fds[MANY - 1];
    assert_true(highest >= LWIP_SOCKET_OFFSET + MANY - 1);
    assert_int_equal(ps_count(), MANY);
    assert_int_equal(bind_to(highest, 7070), 0);
    assert_int_equal(sendto(fds[0], "x", 1, 0, (struct sockaddr *)&address, sizeof address), 1);
    FD_ZERO(&set);
    for (int i = 0; i < MANY; i++) {
        FD_SET(fds[i], &set);
    }
    assert_int_equal(select(highest + 1, &set, NULL, NULL, &time), 1);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(FD_ISSET(fds[i], &set), fds[i] == highest);
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
    assert_int_equal(ps_count(), 0);
}

static void out_of_sockets_is_an_error_that_passes(void **state)
{
    int count = 0, fd;

    (void)state;
    do {
        errno = 0;
        fd = socket(AF_INET, SOCK_DGRAM, 0);
        count += fd >= 0;
    } while (fd >= 0);
    assert_true(errno == ENFILE || errno == ENOBUFS);
    assert_true(count >= MANY);
    assert_int_equal(ps_count(), count);
    ps_close_all();
    assert_int_equal(close(make(SOCK_DGRAM)), 0);
    assert_int_equal(ps_count(), 0);
}

static void assert_local(int fd, uint32_t address)
{
    struct sockaddr_in local;
    socklen_t length = sizeof local;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&local, &length), 0);
    assert_int_equal(length, sizeof local);
    assert_int_equal(ntohl(local.sin_addr.s_addr), address);
}

static void a_connected_datagram_socket_knows_its_address(void **state)
{
    struct sockaddr_in far = {.sin_family = AF_INET,
                              .sin_port = htons(9),
                              .sin_addr.s_addr = htonl(LWIP_MAKEU32(10, 0, 0, 2))};
    int fd = make(SOCK_DGRAM);

    (void)state;
    assert_local(fd, INADDR_ANY);
    assert_int_equal(connect_to(fd, 7080), 0);
    assert_local(fd, INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&far, sizeof far), 0);
    assert_local(fd, LWIP_MAKEU32(10, 0, 0, 1));
    assert_int_equal(close(fd), 0);
    fd = make(SOCK_DGRAM);
    assert_int_equal(bind_to(fd, 7081), 0); /* to 127.0.0.1: what was asked for stays */
    assert_int_equal(connect(fd, (struct sockaddr *)&far, sizeof far), 0);
    assert_local(fd, INADDR_LOOPBACK);
    assert_int_equal(close(fd), 0);
}

static void every_failure_has_an_errno(void **state)
{
    struct sockaddr_in all = {.sin_family = AF_INET,
                              .sin_port = htons(9),
                              .sin_addr.s_addr = htonl(LWIP_MAKEU32(10, 0, 0, 255))};
    int fd = make(SOCK_DGRAM), on = 1;

    (void)state;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
    link_answer = ERR_IF; /* lwIP has no errno for it: -1 */
    assert_fails((int)sendto(fd, "x", 1, 0, (struct sockaddr *)&all, sizeof all), ENETDOWN);
    link_answer = ERR_OK;
    assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&all, sizeof all), 1);
    assert_int_equal(close(fd), 0);
    assert_fails(socket(AF_INET, 99, 0), EINVAL);
}

static void draining_leaves_no_connection(void **state)
{
    static char bytes[TCP_SND_BUF + 2 * TCP_WND];
    int listener = make(SOCK_STREAM), client = make(SOCK_STREAM);
    bool active;

    (void)state;
    assert_int_equal(bind_to(listener, 7090), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect_to(client, 7090), 0);
    assert_true(accept(listener, NULL, NULL) >= 0);
    assert_false(ps_drain(0)); /* both ends still talk: they are reset */
    LOCK_TCPIP_CORE();
    active = tcp_active_pcbs != NULL;
    UNLOCK_TCPIP_CORE();
    assert_false(active);
    assert_fails((int)send(client, bytes, sizeof bytes, 0), ECONNABORTED);
    ps_close_all();
    assert_true(ps_drain(TEST_SECONDS * 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_binds_once),
        cmocka_unit_test(no_address_is_a_fault),
        cmocka_unit_test(listen_clamps_its_backlog),
        cmocka_unit_test(each_socket_has_its_owner),
        cmocka_unit_test(each_socket_knows_its_birth),
        cmocka_unit_test(the_send_timeout_is_the_apps),
        cmocka_unit_test(what_is_no_socket_goes_to_the_library),
        cmocka_unit_test(read_and_write_are_recv_and_send),
        cmocka_unit_test(poll_and_select_wait_their_time),
        cmocka_unit_test(poll_and_select_wait_without_end),
        cmocka_unit_test(select_knows_the_highest_of_many),
        cmocka_unit_test(out_of_sockets_is_an_error_that_passes),
        cmocka_unit_test(a_connected_datagram_socket_knows_its_address),
        cmocka_unit_test(every_failure_has_an_errno),
        cmocka_unit_test(draining_leaves_no_connection),
    };

    alarm(TEST_SECONDS);
    return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
