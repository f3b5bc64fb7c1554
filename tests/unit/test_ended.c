/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of sockets that outlive their connection, over lwIP's loopback: nothing is freed twice and
 * nobody gets another's connection. Each case brings about at will what otherwise takes luck.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack_seam.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lwip/api.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */

static err_t stack_sent(const struct pbuf *p)
{
    LWIP_UNUSED_ARG(p);
    return ERR_OK;
}

struct pair {
    int near, far;
};

static struct pair connected(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct pair pair = {.far = socket(AF_INET, SOCK_STREAM, 0)};

    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(pair.far, (struct sockaddr *)&address, sizeof address), 0);
    pair.near = accept(listener, NULL, NULL);
    assert_true(pair.near >= 0);
    assert_int_equal(close(listener), 0);
    return pair;
}

/* The state of a socket's connection; CLOSED when it has none. */
static enum tcp_state state_of(int fd)
{
    const struct netconn *conn = lwip_socket_dbg_get_socket(fd)->conn;
    enum tcp_state state;

    LOCK_TCPIP_CORE();
    state = conn->pcb.tcp != NULL ? conn->pcb.tcp->state : CLOSED;
    UNLOCK_TCPIP_CORE();
    return state;
}

static void wait_for_state(int fd, enum tcp_state state)
{
    while (state_of(fd) != state) {
        usleep(1000);
    }
}

static unsigned connections(void)
{
    unsigned used;

    LOCK_TCPIP_CORE();
    used = (unsigned)lwip_stats.memp[MEMP_TCP_PCB]->used;
    UNLOCK_TCPIP_CORE();
    return used;
}

static void wait_for_connections(unsigned count)
{
    while (connections() != count) {
        usleep(1000);
    }
}

/* The thread that carries loopback's segments waits, so that none arrives. */
static sys_sem_t held, release;

static void hold(void *argument)
{
    LWIP_UNUSED_ARG(argument);
    UNLOCK_TCPIP_CORE();
    sys_sem_signal(&held);
    sys_arch_sem_wait(&release, 0);
    LOCK_TCPIP_CORE();
}

static void hold_segments(void)
{
    assert_int_equal(tcpip_callback(hold, NULL), ERR_OK);
    sys_arch_sem_wait(&held, 0);
}

static void reset_all(void)
{
    ps_close_all();
    LOCK_TCPIP_CORE();
    while (tcp_active_pcbs != NULL) {
        tcp_abort(tcp_active_pcbs);
    }
    while (tcp_tw_pcbs != NULL) {
        tcp_abort(tcp_tw_pcbs);
    }
    UNLOCK_TCPIP_CORE();
    assert_int_equal(connections(), 0);
}

static void assert_reads_the_end(int fd)
{
    char byte;

    assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

/* The far side closed first, the near one shuts its sending side and reads the end while its FIN
 * is under way. */
static void read_the_end_in_last_ack(int near)
{
    wait_for_state(near, CLOSE_WAIT);
    hold_segments();
    assert_int_equal(shutdown(near, SHUT_WR), 0);
    assert_int_equal(state_of(near), LAST_ACK);
    assert_reads_the_end(near);
    assert_int_equal(state_of(near), LAST_ACK);
    sys_sem_signal(&release);
}

static void last_ack_frees_once(void **state)
{
    struct pair pair = connected(7001);

    (void)state;
    assert_int_equal(close(pair.far), 0);
    read_the_end_in_last_ack(pair.near);
    wait_for_connections(1); /* the far side's, in TIME_WAIT */
    assert_int_equal(close(pair.near), 0);
    assert_int_equal(connections(), 1);
    reset_all();
}

static void last_ack_takes_nobody_elses(void **state)
{
    struct pair pair = connected(7002), next;
    char byte = 0;

    (void)state;
    assert_int_equal(close(pair.far), 0);
    read_the_end_in_last_ack(pair.near);
    wait_for_connections(1);
    next = connected(7003); /* one of them has the memory of the one that is gone */
    assert_int_equal(shutdown(pair.near, SHUT_RDWR), -1);
    assert_int_equal(close(pair.near), 0);
    assert_int_equal(send(next.near, "x", 1, 0), 1);
    assert_int_equal(recv(next.far, &byte, 1, 0), 1);
    assert_int_equal(send(next.far, "y", 1, 0), 1);
    assert_int_equal(recv(next.near, &byte, 1, 0), 1);
    assert_int_equal(byte, 'y');
    reset_all();
}

/* The near side closed first and reads nothing yet; `sent` came before the end. */
static struct pair in_time_wait(uint16_t port, const char *sent)
{
    struct pair pair = connected(port);

    assert_int_equal(shutdown(pair.near, SHUT_WR), 0);
    assert_int_equal(send(pair.far, sent, strlen(sent), 0), strlen(sent));
    assert_reads_the_end(pair.far);
    assert_int_equal(close(pair.far), 0);
    wait_for_state(pair.near, CLOSED); /* for its socket: it has let go */
    wait_for_connections(1);
    return pair;
}

/* What lwIP does when pcbs are short, and in the same way when the time is over. */
static void end_time_wait(void)
{
    LOCK_TCPIP_CORE();
    assert_non_null(tcp_tw_pcbs);
    tcp_abort(tcp_tw_pcbs);
    UNLOCK_TCPIP_CORE();
    assert_int_equal(connections(), 0);
}

static void assert_reads(int fd, const char *expected)
{
    char bytes[16];

    assert_int_equal(recv(fd, bytes, sizeof bytes, 0), strlen(expected));
    assert_memory_equal(bytes, expected, strlen(expected));
    assert_reads_the_end(fd);
}

static void time_wait_is_read_to_its_end(void **state)
{
    struct pair pair = in_time_wait(7004, "late");

    (void)state;
    assert_reads(pair.near, "late");
    assert_int_equal(close(pair.near), 0);
    assert_int_equal(connections(), 1); /* it waits on */
    reset_all();
}

static void time_wait_frees_once(void **state)
{
    struct pair pair = in_time_wait(7005, "late");

    (void)state;
    end_time_wait();
    assert_reads(pair.near, "late");
    assert_int_equal(send(pair.near, "x", 1, 0), -1);
    assert_int_equal(close(pair.near), 0);
    assert_int_equal(connections(), 0);
    reset_all();
}

static void time_wait_takes_nobody_elses(void **state)
{
    struct pair pair = in_time_wait(7006, "late"), next;
    char byte = 0;

    (void)state;
    end_time_wait();
    next = connected(7007);
    assert_int_equal(send(pair.near, "lost", 4, 0), -1);
    assert_int_equal(close(pair.near), 0);
    assert_int_equal(connections(), 2);
    assert_int_equal(send(next.far, "y", 1, 0), 1);
    assert_int_equal(recv(next.near, &byte, 1, 0), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(close(next.far), 0);
    assert_reads_the_end(next.near);
    reset_all();
}

static void time_wait_makes_room_for_the_same_client(void **state)
{
    struct pair pair = connected(7008);
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons(7008), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in client;
    socklen_t length = sizeof client;
    int listener = socket(AF_INET, SOCK_STREAM, 0), again = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    (void)state;
    assert_int_equal(getsockname(pair.far, (struct sockaddr *)&client, &length), 0);
    assert_int_equal(close(pair.near), 0);
    assert_reads_the_end(pair.far);
    assert_int_equal(close(pair.far), 0);
    wait_for_connections(3); /* the server's in TIME_WAIT, and the two new sockets' */
    /* Initial sequence numbers grow by the millisecond: the new one is to be beyond the old. */
    for (u32_t end = sys_now(); sys_now() == end;) {
        usleep(1000);
    }
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&server, sizeof server), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(bind(again, (struct sockaddr *)&client, length), 0);
    assert_int_equal(connect(again, (struct sockaddr *)&server, sizeof server), 0);
    pair = (struct pair){.near = accept(listener, NULL, NULL), .far = again};
    assert_true(pair.near >= 0);
    assert_int_equal(send(pair.far, "again", 5, 0), 5);
    assert_int_equal(shutdown(pair.far, SHUT_WR), 0);
    assert_reads(pair.near, "again");
    reset_all();
}

static void count_message(void *message, void *count)
{
    (void)message;
    ++*(unsigned *)count;
}

static void wait_for_messages(int fd, unsigned wanted)
{
    struct netconn *conn = lwip_socket_dbg_get_socket(fd)->conn;
    unsigned count;

    do {
        usleep(1000);
        count = 0;
        LOCK_TCPIP_CORE();
        sys_mbox_each(&conn->recvmbox, count_message, &count);
        UNLOCK_TCPIP_CORE();
    } while (count != wanted);
}

static void wait_for_refusal(void)
{
    u32_t refused;

    do {
        usleep(1000);
        LOCK_TCPIP_CORE();
        refused = ps_drops.tcp_quota;
        UNLOCK_TCPIP_CORE();
    } while (refused == 0);
}

/* The last data come with the FIN, and meet a full mailbox. */
static void time_wait_loses_nothing_behind_a_full_mailbox(void **state)
{
    struct pair pair = connected(7009);
    int at_once = 1;
    char byte;

    (void)state;
    assert_int_equal(setsockopt(pair.far, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once), 0);
    assert_int_equal(shutdown(pair.near, SHUT_WR), 0);
    assert_reads_the_end(pair.far);
    for (unsigned sent = 1; sent <= DEFAULT_TCP_RECVMBOX_SIZE; sent++) {
        assert_int_equal(send(pair.far, "x", 1, 0), 1);
        wait_for_messages(pair.near, sent);
    }
    at_once = 0;
    assert_int_equal(setsockopt(pair.far, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once), 0);
    hold_segments();
    assert_int_equal(send(pair.far, "y", 1, 0), 1);
    assert_int_equal(send(pair.far, "z", 1, 0), 1); /* waits for an ACK: goes with the FIN */
    assert_int_equal(close(pair.far), 0);
    sys_sem_signal(&release);
    wait_for_refusal();
    for (unsigned i = 1; i <= DEFAULT_TCP_RECVMBOX_SIZE + 2; i++) {
        assert_int_equal(recv(pair.near, &byte, 1, 0), 1);
        assert_int_equal(byte, i <= DEFAULT_TCP_RECVMBOX_SIZE       ? 'x'
                               : i == DEFAULT_TCP_RECVMBOX_SIZE + 1 ? 'y'
                                                                    : 'z');
    }
    assert_reads_the_end(pair.near);
    wait_for_state(pair.near, CLOSED);
    reset_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_ack_frees_once),
        cmocka_unit_test(last_ack_takes_nobody_elses),
        cmocka_unit_test(time_wait_is_read_to_its_end),
        cmocka_unit_test(time_wait_frees_once),
        cmocka_unit_test(time_wait_takes_nobody_elses),
        cmocka_unit_test(time_wait_loses_nothing_behind_a_full_mailbox),
        cmocka_unit_test(time_wait_makes_room_for_the_same_client),
    };

    alarm(TEST_SECONDS);
    ps_port_start();
    assert_int_equal(sys_sem_new(&held, 0), ERR_OK);
    assert_int_equal(sys_sem_new(&release, 0), ERR_OK);
    return cmocka_run_group_tests_name("ended", tests, NULL, NULL);
}
