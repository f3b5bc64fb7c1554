/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of ps_kick(): it ends every call that blocks with EINTR, once, and leaves the socket, the
 * thread's semaphore and the data as they should be. Over lwIP's loopback, inside this process;
 * 10.0.0.9 is an address where nobody answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack_seam.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lwip/api.h"
#include "lwip/dns.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/tcp.h"
#include "thread.h"

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */
#define SILENT LWIP_MAKEU32(10, 0, 0, 9)
/* Messages that must survive being interrupted all the time; a mailbox holds them all. */
#define STORM 200
_Static_assert(STORM <= DEFAULT_UDP_RECVMBOX_SIZE, "none is dropped for want of room");

static err_t stack_sent(const struct pbuf *p)
{
    LWIP_UNUSED_ARG(p);
    return ERR_OK; /* into the void */
}

static uint16_t port = 7000; /* a new one for each, since the old one's connections linger */

static struct sockaddr_in address_of(uint32_t host)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
}

static int connect_to(int fd, uint32_t host)
{
    struct sockaddr_in address = address_of(host);

    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static int make(int type)
{
    int fd = socket(AF_INET, type, 0);

    assert_true(fd >= 0);
    return fd;
}

static int make_bound(int type)
{
    struct sockaddr_in address;
    int fd = make(type);

    port++;
    address = address_of(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int make_listening(void)
{
    int fd = make_bound(SOCK_STREAM);

    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

/* The other end is `*peer`. */
static int make_connected(int *peer)
{
    int listener = make_listening(), fd = make(SOCK_STREAM);

    assert_int_equal(connect_to(fd, INADDR_LOOPBACK), 0);
    *peer = accept(listener, NULL, NULL);
    assert_true(*peer >= 0);
    assert_int_equal(close(listener), 0);
    return fd;
}

/* --- A thread that makes one call --- */

struct caller {
    long (*call)(struct caller *c);
    int fd;
    long taken;
    pthread_t thread;
    struct linux_thread *volatile record;
    volatile bool done;
    volatile bool released; /* until then the thread and its record stay */
    bool clean;             /* its semaphore was not signalled when the call was over */
    bool pending;           /* its flag was still to be taken */
    long result;
    int error;
};

static void *run(void *argument)
{
    struct caller *c = argument;
    struct ps_thread *me = ps_port_thread();

    c->record = (struct linux_thread *)me;
    errno = 0;
    c->result = c->call(c);
    c->error = errno;
    c->pending = me->interrupt;
    me->interrupt = false;
    c->clean = sys_arch_sem_wait(me->netconn_sem, 1) == SYS_ARCH_TIMEOUT;
    c->done = true;
    while (!c->released) {
        stack_pause();
    }
    return NULL;
}

static void finish(struct caller *c)
{
    c->released = true;
    pthread_join(c->thread, NULL);
}

static void start(struct caller *c)
{
    assert_int_equal(pthread_create(&c->thread, NULL, run, c), 0);
}

/* In a wait that looks at the flag, or in one of lwIP's own for this socket. */
static bool is_blocked(struct caller *c)
{
    struct lwip_sock *sock = lwip_socket_dbg_get_socket(c->fd);
    bool blocked = false;

    if (c->record != NULL) {
        pthread_mutex_lock(&c->record->wait_lock);
        blocked = c->record->waits_on != NULL;
        pthread_mutex_unlock(&c->record->wait_lock);
    }
    LOCK_TCPIP_CORE();
    blocked = blocked || (sock != NULL && sock->conn != NULL && sock->conn->current_msg != NULL);
    UNLOCK_TCPIP_CORE();
    return blocked;
}

static void kick_until_done(struct caller *c)
{
    while (!is_blocked(c)) {
        stack_pause();
    }
    do { /* one kick may come too early, as ps.h says */
        ps_kick(&c->record->ps);
        stack_pause();
    } while (c->record->ps.interrupt && !c->done);
    finish(c);
}

static void assert_interrupted(long (*call)(struct caller *c), int fd)
{
    struct caller c = {.call = call, .fd = fd};

    start(&c);
    kick_until_done(&c);
    assert_int_equal(c.result, -1);
    assert_int_equal(c.error, EINTR);
    assert_true(c.clean);
    assert_false(c.pending);
}

static long call_recv(struct caller *c)
{
    char byte;

    return recv(c->fd, &byte, 1, 0);
}

static long call_recvfrom(struct caller *c)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    char byte;

    return recvfrom(c->fd, &byte, 1, 0, (struct sockaddr *)&from, &length);
}

static long call_recvmsg(struct caller *c)
{
    char byte;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    return recvmsg(c->fd, &message, 0);
}

static long call_accept(struct caller *c)
{
    return accept(c->fd, NULL, NULL);
}

static long call_connect(struct caller *c)
{
    return connect_to(c->fd, SILENT);
}

static long call_poll_without_end(struct caller *c)
{
    struct pollfd ready = {.fd = c->fd, .events = POLLIN};

    return poll(&ready, 1, -1);
}

static long call_poll(struct caller *c)
{
    struct pollfd ready = {.fd = c->fd, .events = POLLIN};

    return poll(&ready, 1, TEST_SECONDS * 1000);
}

static long call_select_without_end(struct caller *c)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(c->fd, &set);
    return select(c->fd + 1, &set, NULL, NULL, NULL);
}

static long call_select(struct caller *c)
{
    struct timeval time = {.tv_sec = TEST_SECONDS};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(c->fd, &set);
    return select(c->fd + 1, &set, NULL, NULL, &time);
}

static long call_sleep(struct caller *c)
{
    struct timeval time = {.tv_sec = TEST_SECONDS};

    LWIP_UNUSED_ARG(c);
    return select(0, NULL, NULL, NULL, &time);
}

/* --- Tests --- */

static int all_closed(void **state)
{
    (void)state;
    ps_close_all();
    return 0;
}

static void it_ends_what_receives(void **state)
{
    int peer, fd = make_connected(&peer), datagram = make_bound(SOCK_DGRAM);

    (void)state;
    assert_interrupted(call_recv, fd);
    assert_interrupted(call_recvfrom, fd);
    assert_interrupted(call_recvmsg, fd);
    assert_interrupted(call_recv, datagram);
    assert_interrupted(call_recvfrom, datagram);
    assert_interrupted(call_recvmsg, datagram);
}

static void it_ends_what_watches(void **state)
{
    int peer, fd = make_connected(&peer);

    (void)state;
    assert_interrupted(call_poll, fd);
    assert_interrupted(call_poll_without_end, fd);
    assert_interrupted(call_select, fd);
    assert_interrupted(call_select_without_end, fd);
    assert_interrupted(call_sleep, -1);
    assert_int_equal(lwip_socket_dbg_get_socket(fd)->select_waiting, 0);
}

static void it_ends_accept(void **state)
{
    int listener = make_listening(), fd = make(SOCK_STREAM);

    (void)state;
    assert_interrupted(call_accept, listener);
    assert_int_equal(connect_to(fd, INADDR_LOOPBACK), 0); /* who listens, listens still */
    assert_true(accept(listener, NULL, NULL) >= 0);
}

static void it_ends_connect(void **state)
{
    int fd = make(SOCK_STREAM);

    (void)state;
    assert_interrupted(call_connect, fd);
    assert_int_equal(close(fd), 0);
    assert_int_equal(ps_count(), 0);
}

static long call_getaddrinfo(struct caller *c)
{
    struct addrinfo *found;

    LWIP_UNUSED_ARG(c);
    return getaddrinfo("name.example", NULL, NULL, &found) == EAI_SYSTEM ? -1 : 0;
}

static void it_ends_getaddrinfo(void **state)
{
    ip_addr_t server = IPADDR4_INIT_BYTES(10, 0, 0, 9);
    struct addrinfo *found;

    (void)state;
    ps_port_start();
    LOCK_TCPIP_CORE();
    dns_setserver(0, &server);
    UNLOCK_TCPIP_CORE();
    assert_interrupted(call_getaddrinfo, -1);
    assert_int_equal(getaddrinfo("10.0.0.2", "80", NULL, &found), 0);
    freeaddrinfo(found);
}

static long call_send(struct caller *c)
{
    static char bytes[3 * (TCP_SND_BUF + TCP_WND)]; /* more than fits */

    return send(c->fd, bytes, sizeof bytes, 0);
}

/* Sends until neither the peer's window nor the send buffer takes more; returns how much went. */
static long send_till_full(int fd)
{
    static char bytes[TCP_SND_BUF];
    const struct tcp_pcb *pcb = lwip_socket_dbg_get_socket(fd)->conn->pcb.tcp;
    long total = 0, n;
    bool stuck;

    do {
        LOCK_TCPIP_CORE(); /* all that fits the window is there, and more waits behind it */
        stuck = pcb->unsent != NULL && pcb->unacked == NULL;
        UNLOCK_TCPIP_CORE();
        n = send(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        total += n > 0 ? n : 0;
        stack_pause();
    } while (!stuck || n > 0);
    return total;
}

static long call_read_all(struct caller *c)
{
    char bytes[4096];
    ssize_t n;

    while ((n = recv(c->fd, bytes, sizeof bytes, 0)) > 0) {
        c->taken += n;
    }
    return n;
}

static void it_ends_send_and_tells_what_went(void **state)
{
    struct timeval time = {-1, -1};
    socklen_t length = sizeof time;
    int peer, fd = make_connected(&peer);
    struct caller writer = {.call = call_send, .fd = fd};
    struct caller reader = {.call = call_read_all, .fd = peer};
    long taken;

    (void)state;
    start(&writer);
    kick_until_done(&writer);
    assert_true(writer.result >= TCP_WND); /* it tells what went, and the next call ends */
    assert_true(writer.clean);
    assert_true(writer.pending);
    taken = send_till_full(fd);
    assert_interrupted(call_send, fd);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, &length), 0);
    assert_int_equal(time.tv_sec + time.tv_usec, 0);
    start(&reader);
    assert_int_equal(send(fd, "end", 3, 0), 3);
    assert_int_equal(close(fd), 0);
    finish(&reader);
    assert_int_equal(reader.result, 0);
    assert_int_equal(reader.taken, writer.result + taken + 3);
}

static long call_close(struct caller *c)
{
    return close(c->fd);
}

static void it_cuts_a_lingering_close_short(void **state)
{
    const struct linger linger = {1, TEST_SECONDS * 2};
    int peer, fd = make_connected(&peer);

    (void)state;
    assert_true(send_till_full(fd) > TCP_WND);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    assert_interrupted(call_close, fd);
    assert_int_equal(ps_count(), 1); /* gone it is, as on Linux */
    assert_int_equal(close(fd), -1);
    assert_int_equal(errno, EBADF);
}

static void a_kick_before_the_call_ends_the_next_that_blocks(void **state)
{
    struct ps_thread *me = ps_port_thread();
    int fd = make_bound(SOCK_DGRAM), other;
    struct sockaddr_in address = address_of(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    char byte = 0;

    (void)state;
    assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof address), 1);
    me->interrupt = true;
    /* these do not block, and are no end of it */
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    other = make(SOCK_STREAM);
    assert_int_equal(close(other), 0);
    assert_true(me->interrupt);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, EINTR);
    assert_false(me->interrupt);
    assert_int_equal(recv(fd, &byte, 1, 0), 1); /* once, and nothing was lost */
    assert_int_equal(byte, 'x');
}

static void what_is_over_is_not_interrupted(void **state)
{
    struct ps_thread *me = ps_port_thread();
    struct pollfd ready = {.fd = make_bound(SOCK_DGRAM), .events = POLLIN};

    (void)state;
    assert_int_equal(poll(&ready, 1, 1), 0);
    me->hit = true; /* from a wait of another call */
    assert_int_equal(poll(&ready, 1, 1), 0);
    assert_false(me->hit);
}

/* Waits for a message in turn by recv, poll and select, and takes it; EINTR is not the end. */
static long call_storm(struct caller *c)
{
    char byte;

    for (int turn = 0; c->taken < STORM; turn++) {
        long n = turn % 3 == 0   ? call_recv(c)
                 : turn % 3 == 1 ? call_poll_without_end(c)
                                 : call_select(c);

        if (n < 0 && errno != EINTR) {
            return -1;
        }
        if (n > 0 && turn % 3 != 0) {
            n = recv(c->fd, &byte, 1, MSG_DONTWAIT);
        }
        c->taken += n > 0;
    }
    return 0;
}

static void a_storm_of_kicks_loses_nothing(void **state)
{
    struct caller c = {.call = call_storm, .fd = make_bound(SOCK_DGRAM)};
    struct sockaddr_in address = address_of(INADDR_LOOPBACK);
    int fd = make(SOCK_DGRAM);

    (void)state;
    start(&c);
    while (c.record == NULL) {
        stack_pause();
    }
    for (int i = 0; i < STORM; i++) {
        assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof address), 1);
        for (int kicks = 0; kicks < i % 5; kicks++) {
            ps_kick(&c.record->ps);
        }
    }
    finish(&c);
    assert_int_equal(c.result, 0);
    assert_true(c.clean);
}

static bool is_inside(const struct caller *c)
{
    __sync_synchronize();
    return c->record->ps.inside;
}

/* The last test: after it no other thread comes out of a call. */
static void stopped_threads_stay_out(void **state)
{
    struct caller c = {.call = call_recv, .fd = make_bound(SOCK_DGRAM)};

    (void)state;
    start(&c);
    while (!is_blocked(&c)) {
        stack_pause();
    }
    linux_thread_stop_others();
    do {
        ps_kick(&c.record->ps);
        stack_pause();
    } while (is_inside(&c));
    ps_close_all();
    assert_int_equal(ps_count(), 0);
    (void)ps_drain(0);
    /* this thread goes on */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(close(make(SOCK_DGRAM)), 0);
        stack_pause();
        assert_false(c.done);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(it_ends_what_receives, all_closed),
        cmocka_unit_test_teardown(it_ends_what_watches, all_closed),
        cmocka_unit_test_teardown(it_ends_accept, all_closed),
        cmocka_unit_test_teardown(it_ends_connect, all_closed),
        cmocka_unit_test_teardown(it_ends_getaddrinfo, all_closed),
        cmocka_unit_test_teardown(it_ends_send_and_tells_what_went, all_closed),
        cmocka_unit_test_teardown(it_cuts_a_lingering_close_short, all_closed),
        cmocka_unit_test_teardown(a_kick_before_the_call_ends_the_next_that_blocks, all_closed),
        cmocka_unit_test_teardown(what_is_over_is_not_interrupted, all_closed),
        cmocka_unit_test_teardown(a_storm_of_kicks_loses_nothing, all_closed),
        cmocka_unit_test(stopped_threads_stay_out),
    };

    alarm(TEST_SECONDS);
    return cmocka_run_group_tests_name("sockets interrupt", tests, NULL, NULL);
}
