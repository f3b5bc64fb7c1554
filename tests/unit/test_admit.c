/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of the receive reserve, the quota of each connection and the slot for the end of stream.
 * A peer made of hand-made frames, 10.0.0.2, talks to lwIP in this process, while the test holds as
 * many buffers of the pool as leaves it short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack_seam.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lwip/inet_chksum.h"
#include "lwip/memp.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/icmp.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/udp.h"
#include "lwip/stats.h"

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */
#define PORT 8080
#define ISN 1000 /* the peer's */
#define RUN 40   /* segments that come before the first one of theirs */

struct frame {
    struct eth_hdr eth;
    struct ip_hdr ip;
    union {
        struct tcp_hdr tcp;
        struct udp_hdr udp;
        struct icmp_echo_hdr icmp;
        u8_t bytes[1480];
    } u;
} __attribute__((packed));

static const struct eth_addr peer_mac = {{0x02, 0, 0, 0, 0, 2}};

/* What came out of the stack; core lock. */
static struct {
    unsigned arp_replies, echo_replies;
    u32_t seqno; /* of the last TCP segment */
    u8_t flags;
} seen;

static err_t stack_sent(const struct pbuf *p)
{
    struct frame f;
    u16_t length = pbuf_copy_partial(p, &f, sizeof f, 0);
    const struct etharp_hdr *arp = (const struct etharp_hdr *)(const void *)&f.ip;

    if (f.eth.type == PP_HTONS(ETHTYPE_ARP)) {
        seen.arp_replies += arp->opcode == PP_HTONS(ARP_REPLY);
    } else if (f.ip._proto == IP_PROTO_ICMP) {
        seen.echo_replies += f.u.icmp.type == ICMP_ER;
    } else if (f.ip._proto == IP_PROTO_TCP && length >= sizeof f.eth + sizeof f.ip + 20) {
        seen.seqno = lwip_ntohl(f.u.tcp.seqno);
        seen.flags = TCPH_FLAGS(&f.u.tcp);
    }
    return ERR_OK;
}

/* --- The pool --- */

static struct pbuf *held; /* chained by next */

static unsigned pool_used(void)
{
    return (unsigned)lwip_stats.memp[MEMP_PBUF_POOL]->used;
}

static void release_pool(void)
{
    while (held != NULL) {
        struct pbuf *next = held->next;

        held->next = NULL;
        pbuf_free(held);
        held = next;
    }
}

/* So that `count` buffers are free while a frame of one buffer is looked at. */
static void leave_free_for_a_frame(unsigned count)
{
    release_pool();
    while (PBUF_POOL_SIZE - pool_used() > count + 1) {
        struct pbuf *p = pbuf_alloc(PBUF_RAW, 1, PBUF_POOL);

        assert_non_null(p);
        p->next = held;
        held = p;
    }
}

/* --- The peer --- */

static void feed(const void *frame, size_t length)
{
    struct pbuf *p;

    LOCK_TCPIP_CORE();
    p = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);
    if (p != NULL) {
        pbuf_take(p, frame, (u16_t)length);
        (void)stack_netif.input(p, &stack_netif);
    }
    UNLOCK_TCPIP_CORE();
    assert_non_null(p);
}

static void feed_ip(struct frame *f, u8_t protocol, u16_t offset, size_t length)
{
    memcpy(&f->eth.dest, stack_netif.hwaddr, sizeof f->eth.dest);
    f->eth.src = peer_mac;
    f->eth.type = PP_HTONS(ETHTYPE_IP);
    IPH_VHL_SET(&f->ip, 4, 5);
    IPH_TOS_SET(&f->ip, 0);
    IPH_LEN_SET(&f->ip, lwip_htons((u16_t)(sizeof f->ip + length)));
    IPH_ID_SET(&f->ip, PP_HTONS(77));
    IPH_OFFSET_SET(&f->ip, lwip_htons(offset));
    IPH_TTL_SET(&f->ip, 64);
    IPH_PROTO_SET(&f->ip, protocol);
    f->ip.src.addr = PP_HTONL(LWIP_MAKEU32(10, 0, 0, 2));
    f->ip.dest.addr = PP_HTONL(LWIP_MAKEU32(10, 0, 0, 1));
    IPH_CHKSUM_SET(&f->ip, 0);
    IPH_CHKSUM_SET(&f->ip, inet_chksum(&f->ip, sizeof f->ip));
    feed(f, sizeof f->eth + sizeof f->ip + length);
}

static u16_t pseudo_checksum(const void *data, size_t length)
{
    const ip4_addr_t from = {PP_HTONL(LWIP_MAKEU32(10, 0, 0, 2))};
    const ip4_addr_t to = {PP_HTONL(LWIP_MAKEU32(10, 0, 0, 1))};
    struct pbuf p = {.payload = (void *)(uintptr_t)data,
                     .len = (u16_t)length,
                     .tot_len = (u16_t)length,
                     .ref = 1};

    return inet_chksum_pseudo(&p, IP_PROTO_TCP, (u16_t)length, &from, &to);
}

struct peer {
    int fd; /* the stack's side */
    u16_t port;
    u32_t ours, theirs; /* next sequence numbers */
};

static void feed_tcp(const struct peer *peer, u32_t seqno, u8_t flags, const void *data, size_t n)
{
    struct frame f;

    f.u.tcp.src = lwip_htons(peer->port);
    f.u.tcp.dest = PP_HTONS(PORT);
    f.u.tcp.seqno = lwip_htonl(seqno);
    f.u.tcp.ackno = lwip_htonl(peer->theirs);
    TCPH_HDRLEN_FLAGS_SET(&f.u.tcp, 5, flags);
    f.u.tcp.wnd = PP_HTONS(60000);
    f.u.tcp.chksum = 0;
    f.u.tcp.urgp = 0;
    if (n > 0) {
        memcpy(&f.u.bytes[20], data, n);
    }
    f.u.tcp.chksum = pseudo_checksum(&f.u, 20 + n);
    feed_ip(&f, IP_PROTO_TCP, 0, 20 + n);
}

/* The stream's byte at each sequence number, so that what comes out can be checked. */
static u8_t byte_at(u32_t seqno)
{
    return (u8_t)(seqno * 7 + (seqno >> 8));
}

static void feed_byte(const struct peer *peer, u32_t seqno)
{
    u8_t byte = byte_at(seqno);

    feed_tcp(peer, seqno, TCP_ACK | TCP_PSH, &byte, 1);
}

static void feed_arp_request(void)
{
    struct {
        struct eth_hdr eth;
        struct etharp_hdr arp;
    } __attribute__((packed)) f = {0};
    const ip4_addr_t from = {PP_HTONL(LWIP_MAKEU32(10, 0, 0, 2))};
    const ip4_addr_t to = {PP_HTONL(LWIP_MAKEU32(10, 0, 0, 1))};

    memset(&f.eth.dest, 0xff, sizeof f.eth.dest);
    f.eth.src = f.arp.shwaddr = peer_mac;
    f.eth.type = PP_HTONS(ETHTYPE_ARP);
    f.arp.hwtype = PP_HTONS(1);
    f.arp.proto = PP_HTONS(ETHTYPE_IP);
    f.arp.hwlen = 6;
    f.arp.protolen = 4;
    f.arp.opcode = PP_HTONS(ARP_REQUEST);
    memcpy(&f.arp.sipaddr, &from, sizeof from);
    memcpy(&f.arp.dipaddr, &to, sizeof to);
    feed(&f, sizeof f);
}

static void feed_echo_request(void)
{
    struct frame f;

    memset(&f.u, 0, 64);
    f.u.icmp.type = ICMP_ECHO;
    f.u.icmp.chksum = inet_chksum(&f.u, 64);
    feed_ip(&f, IP_PROTO_ICMP, 0, 64);
}

/* Piece of a datagram of 1480 + 20 bytes, or with `whole` a datagram of its own; no checksum. */
static void feed_udp(bool whole, u16_t offset)
{
    struct frame f;
    size_t length = whole || offset != 0 ? 20 : 1480;

    memset(&f.u, 'u', sizeof f.u);
    if (offset == 0) {
        f.u.udp.src = PP_HTONS(9);
        f.u.udp.dest = PP_HTONS(PORT);
        f.u.udp.len = lwip_htons(whole ? 20 : 1500);
        f.u.udp.chksum = 0;
    }
    feed_ip(&f, IP_PROTO_UDP, whole ? 0 : (u16_t)(offset / 8 | (offset == 0 ? IP_MF : 0)), length);
}

/* --- What every test stands on --- */

static int listener, datagrams;
static u16_t next_port = 20000;

static int bound(int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, type, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int open_sockets(void **state)
{
    (void)state;
    listener = bound(SOCK_STREAM);
    datagrams = bound(SOCK_DGRAM);
    assert_int_equal(listen(listener, 8), 0);
    feed_arp_request(); /* lwIP learns the peer's address from it */
    assert_int_equal(seen.arp_replies, 1);
    return 0;
}

static int close_sockets(void **state)
{
    (void)state;
    close(listener);
    close(datagrams);
    return 0;
}

static struct peer handshake(void)
{
    struct peer peer = {.port = next_port++, .ours = ISN};

    feed_tcp(&peer, ISN, TCP_SYN, NULL, 0);
    LOCK_TCPIP_CORE();
    assert_int_equal(seen.flags & (TCP_SYN | TCP_ACK), TCP_SYN | TCP_ACK);
    peer.theirs = seen.seqno + 1;
    UNLOCK_TCPIP_CORE();
    peer.ours++;
    feed_tcp(&peer, peer.ours, TCP_ACK, NULL, 0);
    peer.fd = accept(listener, NULL, NULL);
    assert_true(peer.fd >= 0);
    return peer;
}

static int give_back(void **state)
{
    (void)state;
    release_pool();
    memset(&ps_drops, 0, sizeof ps_drops);
    return 0;
}

static void hang_up(struct peer *peer)
{
    feed_tcp(peer, peer->ours, TCP_RST | TCP_ACK, NULL, 0);
    close(peer->fd);
}

static struct tcp_pcb *pcb_of(const struct peer *peer)
{
    struct tcp_pcb *pcb = tcp_active_pcbs;

    while (pcb != NULL && pcb->remote_port != peer->port) {
        pcb = pcb->next;
    }
    return pcb;
}

/* What lwIP waits for next: it can lag behind when a segment was refused. */
static void follow(struct peer *peer)
{
    LOCK_TCPIP_CORE();
    peer->ours = pcb_of(peer)->rcv_nxt;
    UNLOCK_TCPIP_CORE();
}

/* RUN segments of one byte, the first one last: lwIP makes one message of them all. */
static void feed_run(struct peer *peer)
{
    for (u32_t i = 1; i < RUN; i++) {
        feed_byte(peer, peer->ours + i);
    }
    feed_byte(peer, peer->ours);
    follow(peer);
}

static void assert_read(const struct peer *peer, u32_t from, size_t length)
{
    u8_t bytes[4096];

    assert_in_range(length, 1, sizeof bytes);
    for (size_t done = 0; done < length;) {
        ssize_t n = recv(peer->fd, bytes, length - done, 0);

        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++) {
            assert_int_equal(bytes[i], byte_at(from + (u32_t)done));
            done++;
        }
    }
}

/* --- Tests --- */

static void a_silent_reader_pins_its_quota_at_most(void **state)
{
    struct peer peer = handshake();
    unsigned before, most = 0;

    (void)state;
    leave_free_for_a_frame(PS_QUOTA_WATCH - 1);
    before = pool_used();
    for (int i = 0; i < 40; i++) {
        feed_run(&peer);
        most = LWIP_MAX(most, pool_used() - before);
    }
    assert_in_range(most, PS_QUOTA - RUN, PS_QUOTA);
    assert_true(ps_drops.tcp_quota > 0);
    assert_int_equal(ps_drops.tcp_reserve, 0);
    /* nothing is lost to the reader but time */
    assert_read(&peer, ISN + 1, peer.ours - (ISN + 1));
    feed_run(&peer);
    assert_read(&peer, peer.ours - RUN, RUN);
    hang_up(&peer);
    assert_int_equal(pool_used(), before);
}

static void a_silent_reader_leaves_the_others_theirs(void **state)
{
    struct peer silent = handshake(), other = handshake();

    (void)state;
    leave_free_for_a_frame(PS_QUOTA_WATCH - 1);
    for (int i = 0; i < 10; i++) {
        feed_run(&silent);
    }
    assert_true(ps_drops.tcp_quota > 0);
    for (int i = 0; i < 10; i++) {
        feed_run(&other);
        assert_read(&other, other.ours - RUN, RUN);
    }
    hang_up(&silent);
    hang_up(&other);
}

static void the_quota_sleeps_while_there_is_plenty(void **state)
{
    struct peer peer = handshake();
    unsigned before = pool_used();

    (void)state;
    for (int i = 0; i < 10; i++) {
        feed_run(&peer);
    }
    assert_int_equal(pool_used() - before, 10 * RUN);
    assert_int_equal(ps_drops.tcp_quota, 0);
    assert_read(&peer, ISN + 1, 10 * RUN);
    hang_up(&peer);
}

static void payload_stops_at_the_reserve(void **state)
{
    struct peer peer = handshake();
    char byte;

    (void)state;
    leave_free_for_a_frame(PS_RESERVE);
    feed_byte(&peer, peer.ours++);
    assert_int_equal(ps_drops.tcp_reserve, 0);
    assert_read(&peer, ISN + 1, 1);
    leave_free_for_a_frame(PS_RESERVE - 1);
    feed_byte(&peer, peer.ours);
    feed_byte(&peer, peer.ours + 1);
    assert_int_equal(ps_drops.tcp_reserve, 2);
    assert_int_equal(recv(peer.fd, &byte, 1, MSG_DONTWAIT), -1);
    release_pool();
    feed_byte(&peer, peer.ours++); /* repeated, it gets in */
    assert_read(&peer, ISN + 2, 1);
    hang_up(&peer);
}

static void what_frees_memory_passes_the_reserve(void **state)
{
    struct peer acks = handshake(), ends = handshake(), resets = handshake(), newcomer;
    unsigned arp_replies = seen.arp_replies, echo_replies = seen.echo_replies;
    bool unacked;
    char byte;

    (void)state;
    assert_int_equal(send(acks.fd, "x", 1, 0), 1);
    leave_free_for_a_frame(1);
    acks.theirs++;
    feed_tcp(&acks, acks.ours, TCP_ACK, NULL, 0);
    LOCK_TCPIP_CORE();
    unacked = pcb_of(&acks)->unacked != NULL || pcb_of(&acks)->unsent != NULL;
    UNLOCK_TCPIP_CORE();
    assert_false(unacked);
    feed_tcp(&ends, ends.ours++, TCP_FIN | TCP_ACK, NULL, 0);
    assert_int_equal(recv(ends.fd, &byte, 1, 0), 0);
    feed_tcp(&resets, resets.ours, TCP_RST | TCP_ACK, NULL, 0);
    assert_int_equal(recv(resets.fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    feed_arp_request();
    assert_int_equal(seen.arp_replies, arp_replies + 1);
    feed_echo_request();
    assert_int_equal(seen.echo_replies, echo_replies + 1);
    newcomer = handshake();
    release_pool();
    assert_int_equal(ps_drops.tcp_reserve + ps_drops.tcp_quota, 0);
    hang_up(&acks);
    hang_up(&ends);
    close(resets.fd);
    hang_up(&newcomer);
}

static void fragments_stop_at_the_reserve(void **state)
{
    static char bytes[2000];

    (void)state;
    leave_free_for_a_frame(PS_RESERVE + 1); /* for the piece that waits */
    feed_udp(false, 0);
    feed_udp(false, 1480);
    assert_int_equal(recv(datagrams, bytes, sizeof bytes, MSG_DONTWAIT), 1500 - UDP_HLEN);
    assert_int_equal(ps_drops.fragments, 0);
    leave_free_for_a_frame(PS_RESERVE - 1);
    feed_udp(false, 0);    /* by its flag */
    feed_udp(false, 1480); /* by its offset */
    assert_int_equal(ps_drops.fragments, 2);
    assert_int_equal(recv(datagrams, bytes, sizeof bytes, MSG_DONTWAIT), -1);
}

static void datagrams_stop_at_half_the_reserve(void **state)
{
    char bytes[100];

    (void)state;
    leave_free_for_a_frame(PS_RESERVE / 2);
    feed_udp(true, 0);
    assert_int_equal(recv(datagrams, bytes, sizeof bytes, MSG_DONTWAIT), 20 - UDP_HLEN);
    assert_int_equal(ps_drops.udp_reserve, 0);
    leave_free_for_a_frame(PS_RESERVE / 2 - 1);
    feed_udp(true, 0);
    assert_int_equal(ps_drops.udp_reserve, 1);
    assert_int_equal(recv(datagrams, bytes, sizeof bytes, MSG_DONTWAIT), -1);
}

static void assert_end(const struct peer *peer)
{
    char byte;

    assert_int_equal(recv(peer->fd, &byte, 1, 0), 0);
}

static void the_end_comes_through_a_full_mailbox(void **state)
{
    struct peer peer = handshake();

    (void)state;
    for (int i = 0; i < DEFAULT_TCP_RECVMBOX_SIZE; i++) {
        feed_byte(&peer, peer.ours++);
    }
    feed_tcp(&peer, peer.ours++, TCP_FIN | TCP_ACK, NULL, 0);
    assert_read(&peer, ISN + 1, DEFAULT_TCP_RECVMBOX_SIZE);
    assert_end(&peer);
    hang_up(&peer);
}

/* One segment more than there are slots waits in the pcb; the end comes with it or after it. */
static void the_end_comes_after_refused_data(void **state)
{
    (void)state;
    for (int together = 0; together < 2; together++) {
        struct peer peer = handshake();
        u8_t last;

        for (int i = 0; i < DEFAULT_TCP_RECVMBOX_SIZE; i++) {
            feed_byte(&peer, peer.ours++);
        }
        last = byte_at(peer.ours);
        feed_tcp(&peer, peer.ours++, TCP_ACK | (together ? TCP_FIN : 0), &last, 1);
        feed_tcp(&peer, peer.ours, TCP_FIN | TCP_ACK, NULL, 0);
        assert_read(&peer, ISN + 1, DEFAULT_TCP_RECVMBOX_SIZE);
        feed_tcp(&peer, peer.ours, TCP_FIN | TCP_ACK, NULL, 0); /* as a peer repeats it */
        assert_read(&peer, peer.ours - 1, 1);
        assert_end(&peer);
        peer.ours++;
        hang_up(&peer);
    }
}

static void a_reset_comes_through_a_full_mailbox(void **state)
{
    struct peer peer = handshake();
    char byte;

    (void)state;
    for (int i = 0; i < DEFAULT_TCP_RECVMBOX_SIZE; i++) {
        feed_byte(&peer, peer.ours++);
    }
    feed_tcp(&peer, peer.ours, TCP_RST | TCP_ACK, NULL, 0);
    assert_read(&peer, ISN + 1, DEFAULT_TCP_RECVMBOX_SIZE);
    assert_int_equal(recv(peer.fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(peer.fd);
}

/* Clients that have left again keep their slots of the accept mailbox until they were accepted: a
 * SYN that would find none is dropped, and not answered by a connection that is reset at once. */
static void a_syn_waits_for_a_slot(void **state)
{
    struct peer newcomer = {.ours = ISN};

    (void)state;
    for (int i = 0; i < DEFAULT_ACCEPTMBOX_SIZE; i++) {
        struct peer peer = {.port = next_port++};

        feed_tcp(&peer, ISN, TCP_SYN, NULL, 0);
        LOCK_TCPIP_CORE();
        peer.theirs = seen.seqno + 1;
        UNLOCK_TCPIP_CORE();
        feed_tcp(&peer, ISN + 1, TCP_ACK, NULL, 0);
        feed_tcp(&peer, ISN + 1, TCP_RST | TCP_ACK, NULL, 0);
    }
    LOCK_TCPIP_CORE();
    seen.flags = 0;
    UNLOCK_TCPIP_CORE();
    newcomer.port = next_port++;
    feed_tcp(&newcomer, ISN, TCP_SYN, NULL, 0);
    assert_int_equal(seen.flags, 0);
    close(accept(listener, NULL, NULL));
    feed_tcp(&newcomer, ISN, TCP_SYN, NULL, 0);
    LOCK_TCPIP_CORE();
    assert_int_equal(seen.flags & (TCP_SYN | TCP_ACK), TCP_SYN | TCP_ACK);
    newcomer.theirs = seen.seqno + 1;
    UNLOCK_TCPIP_CORE();
    feed_tcp(&newcomer, ISN + 1, TCP_RST | TCP_ACK, NULL, 0);
    for (int i = 1; i < DEFAULT_ACCEPTMBOX_SIZE; i++) {
        close(accept(listener, NULL, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_silent_reader_pins_its_quota_at_most, give_back),
        cmocka_unit_test_teardown(a_silent_reader_leaves_the_others_theirs, give_back),
        cmocka_unit_test_teardown(the_quota_sleeps_while_there_is_plenty, give_back),
        cmocka_unit_test_teardown(payload_stops_at_the_reserve, give_back),
        cmocka_unit_test_teardown(what_frees_memory_passes_the_reserve, give_back),
        cmocka_unit_test_teardown(fragments_stop_at_the_reserve, give_back),
        cmocka_unit_test_teardown(datagrams_stop_at_half_the_reserve, give_back),
        cmocka_unit_test_teardown(the_end_comes_through_a_full_mailbox, give_back),
        cmocka_unit_test_teardown(the_end_comes_after_refused_data, give_back),
        cmocka_unit_test_teardown(a_reset_comes_through_a_full_mailbox, give_back),
        cmocka_unit_test_teardown(a_syn_waits_for_a_slot, give_back),
    };

    alarm(TEST_SECONDS);
    return cmocka_run_group_tests_name("admit", tests, open_sockets, close_sockets);
}
