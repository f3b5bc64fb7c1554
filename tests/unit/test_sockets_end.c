/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of port/common/ps_ended.c: connections that come to their end while a socket that was only
 * shut down still holds them. Over lwIP's loopback, inside this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack_seam.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lwip/api.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/priv/tcp_priv.h"

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */
#define PORT 7200
#define MANY 200

static int listener, client, server;

static err_t stack_sent(const struct pbuf *p)
{
    LWIP_UNUSED_ARG(p);
    return ERR_OK;
}

static struct netconn *conn_of(int fd)
{
    return lwip_socket_dbg_get_socket(fd)->conn;
}

/* Waits until the socket has let go of its connection, or has state `state`. */
static void await(int fd, bool (*reached)(const struct tcp_pcb *))
{
    bool done;

    do {
        LOCK_TCPIP_CORE();
        done = reached(conn_of(fd)->pcb.tcp);
        UNLOCK_TCPIP_CORE();
        sys_msleep(1);
    } while (!done);
}

static bool is_gone(const struct tcp_pcb *pcb)
{
    return pcb == NULL;
}

static bool is_half_closed(const struct tcp_pcb *pcb)
{
    return pcb->state == CLOSE_WAIT;
}

/* How many connections are in TIME_WAIT; all of them must be there in truth. */
static unsigned waiting(void)
{
    unsigned count = 0;

    LOCK_TCPIP_CORE();
    for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
        assert_int_equal(pcb->state, TIME_WAIT);
        assert_true(++count <= MEMP_NUM_TCP_PCB);
    }
    UNLOCK_TCPIP_CORE();
    return count;
}

static unsigned pcbs_used(void)
{
    return (unsigned)lwip_stats.memp[MEMP_TCP_PCB]->used;
}

static void let_time_waits_go(void)
{
    LOCK_TCPIP_CORE();
    while (tcp_tw_pcbs != NULL) {
        tcp_abort(tcp_tw_pcbs);
    }
    UNLOCK_TCPIP_CORE();
}

static int connect_both(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(PORT),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    (void)state;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    server = accept(listener, NULL, NULL);
    assert_true(server >= 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    ps_close_all();
    assert_true(ps_drain(TEST_SECONDS * 1000));
    let_time_waits_go();
    assert_int_equal(pcbs_used(), 0);
    return 0;
}

/* After what was received comes the end of the stream, and then what lwIP says of a second end. */
static void assert_reads(int fd, const char *text)
{
    char bytes[16];

    if (*text != '\0') {
        assert_int_equal(recv(fd, bytes, sizeof bytes, 0), strlen(text));
        assert_memory_equal(bytes, text, strlen(text));
    }
    assert_int_equal(recv(fd, bytes, sizeof bytes, 0), 0);
    assert_int_equal(recv(fd, bytes, sizeof bytes, 0), -1);
    assert_int_equal(errno, ENOTCONN);
}

static void a_socket_lets_go_of_a_time_wait(void **state)
{
    struct pollfd event = {.fd = client, .events = POLLIN};

    (void)state;
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    assert_int_equal(send(server, "bye", 3, 0), 3);
    assert_int_equal(close(server), 0);
    await(client, is_gone);
    while (waiting() == 0) {
        sys_msleep(1); /* CLOSING comes before */
    }
    assert_int_equal(poll(&event, 1, -1), 1);
    assert_int_equal(event.revents, POLLIN); /* an end is no error */
    assert_reads(client, "bye");
    assert_int_equal(close(client), 0);
    assert_int_not_equal(waiting(), 0);
}

static void a_time_wait_may_go_before_its_socket(void **state)
{
    (void)state;
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    assert_int_equal(close(server), 0);
    await(client, is_gone);
    let_time_waits_go(); /* as tcp_alloc() does when there are no more pcbs */
    assert_int_equal(pcbs_used(), 0);
    assert_reads(client, "");
    assert_int_equal(shutdown(client, SHUT_RD), -1);
    assert_int_equal(errno, ENOTCONN);
    assert_int_equal(close(client), 0);
    assert_int_equal(pcbs_used(), 0);
}

/* The last ACK is on its way while the app reads the end of the stream: many times, so that it comes
 * before, between and after. */
static void a_socket_hears_that_its_last_ack_came(void **state)
{
    char byte;

    for (int i = 0; i < MANY; i++) {
        assert_int_equal(close(client), 0);
        await(server, is_half_closed);
        assert_int_equal(shutdown(server, SHUT_WR), 0);
        assert_int_equal(recv(server, &byte, 1, 0), 0);
        await(server, is_gone);
        assert_int_equal(close(server), 0);
        close_all(state);
        connect_both(state);
    }
}

static void both_ends_shut_down_at_once(void **state)
{
    char byte;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(shutdown(client, SHUT_WR), 0);
        assert_int_equal(shutdown(server, SHUT_WR), 0);
        assert_int_equal(recv(client, &byte, 1, 0), 0);
        assert_int_equal(recv(server, &byte, 1, 0), 0);
        close_all(state);
        connect_both(state);
    }
}

int main(void)
{
#define END_TEST(test) cmocka_unit_test_setup_teardown(test, connect_both, close_all)
    const struct CMUnitTest tests[] = {
        END_TEST(a_socket_lets_go_of_a_time_wait),
        END_TEST(a_time_wait_may_go_before_its_socket),
        END_TEST(a_socket_hears_that_its_last_ack_came),
        END_TEST(both_ends_shut_down_at_once),
    };

    alarm(TEST_SECONDS);
    return cmocka_run_group_tests_name("sockets' ends", tests, NULL, NULL);
}
