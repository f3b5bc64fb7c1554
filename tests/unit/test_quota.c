/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of who may pin receive buffers where every quota is backed: port/common/ps_admit.c with the
 * sizes of lm3s6965evb, over a pool that only counts. That of the linux port is in test_admit.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/lwip_hooks.h"
#include "lwip/memp.h"
#include "lwip/pbuf.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/stats.h"
#include "netif/ethernet.h"
#include "ps_ended.h"
#include "ps_netif.h"

#define CONNECTIONS MEMP_NUM_TCP_PCB
#define STEPS 200000
/* Buffers of a segment with so many bytes: Ethernet's, IP's and TCP's headers come before them. */
#define BUFFERS(bytes) \
    ((unsigned)((ETH_PAD_SIZE + 54 + (bytes) + PBUF_POOL_BUFSIZE - 1) / PBUF_POOL_BUFSIZE))

/* --- What ps_admit.c stands on; a pbuf's len is the number of buffers that it is made of. --- */

struct stats_ lwip_stats;
struct tcp_pcb *tcp_active_pcbs;

static struct stats_mem pool = {.avail = PBUF_POOL_SIZE};
static struct tcp_pcb pcbs[CONNECTIONS];
static struct pbuf unread[CONNECTIONS]; /* all that a connection has pinned */
static unsigned datagrams;              /* buffers of UDP and fragments */

u16_t pbuf_clen(const struct pbuf *p)
{
    return p->len;
}

u8_t pbuf_free(struct pbuf *p)
{
    pool.used -= p->tot_len;
    return 1;
}

err_t ethernet_input(struct pbuf *p, struct netif *netif)
{
    LWIP_UNUSED_ARG(netif);
    datagrams += p->tot_len;
    return ERR_OK;
}

void sys_mbox_each(sys_mbox_t *mbox, void (*visit)(void *, void *), void *argument)
{
    LWIP_UNUSED_ARG(mbox);
    LWIP_UNUSED_ARG(visit);
    LWIP_UNUSED_ARG(argument);
    fail();
}

u16_t lwip_htons(u16_t n)
{
    return __builtin_bswap16(n);
}

int lwip_netconn_is_err_msg(void *message, err_t *err)
{
    LWIP_UNUSED_ARG(message);
    LWIP_UNUSED_ARG(err);
    return 0;
}

void ps_tell_end(struct tcp_pcb *pcb)
{
    LWIP_UNUSED_ARG(pcb);
}

bool ps_makes_room(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    LWIP_UNUSED_ARG(pcb);
    LWIP_UNUSED_ARG(header);
    return false;
}

bool ps_ends_too_early(const struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    LWIP_UNUSED_ARG(pcb);
    LWIP_UNUSED_ARG(header);
    return false;
}

/* --- Events --- */

static unsigned pool_free(void)
{
    return (unsigned)(pool.avail - pool.used);
}

static void pins(int i, unsigned buffers)
{
    unread[i].len = (u16_t)buffers;
    pcbs[i].refused_data = buffers > 0 ? &unread[i] : NULL;
}

static bool is_open(int i)
{
    return pcbs[i].state == ESTABLISHED;
}

static void link_pcbs(void)
{
    tcp_active_pcbs = NULL;
    for (int i = 0; i < CONNECTIONS; i++) {
        if (is_open(i)) {
            pcbs[i].next = tcp_active_pcbs;
            tcp_active_pcbs = &pcbs[i];
        }
    }
}

static void reads(int i, unsigned buffers)
{
    pool.used -= buffers;
    pins(i, unread[i].len - buffers);
}

static void opens_or_closes(int i)
{
    if (is_open(i)) {
        reads(i, unread[i].len);
    }
    pcbs[i].state = is_open(i) ? CLOSED : ESTABLISHED;
    link_pcbs();
}

/* A segment with payload; whether it was let in. */
static bool segment(int i, unsigned buffers)
{
    struct pbuf p = {.len = (u16_t)buffers, .tot_len = (u16_t)buffers};

    pool.used += buffers;
    if (ps_tcp_admit(&pcbs[i], NULL, &p) != ERR_OK) {
        pool.used -= buffers;
        return false;
    }
    pins(i, unread[i].len + buffers);
    return true;
}

static void datagram(unsigned buffers, bool fragment)
{
    struct {
        struct eth_hdr eth;
        struct ip_hdr ip;
    } __attribute__((packed)) frame = {.eth.type = PP_HTONS(ETHTYPE_IP),
                                       .ip._proto = IP_PROTO_UDP,
                                       .ip._offset = fragment ? PP_HTONS(IP_MF) : 0};
    struct pbuf p = {.payload = &frame, .len = sizeof frame, .tot_len = (u16_t)buffers};
    struct netif netif = {.flags = NETIF_FLAG_UP};

    pool.used += buffers;
    assert_int_equal(ps_netif_input(&p, &netif), ERR_OK);
}

static void datagrams_are_read(unsigned buffers)
{
    pool.used -= buffers;
    datagrams -= buffers;
}

static int begin(void **state)
{
    (void)state;
    lwip_stats.memp[MEMP_PBUF_POOL] = &pool;
    memset(pcbs, 0, sizeof pcbs);
    pool.used = 0;
    datagrams = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        pins(i, 0);
        opens_or_closes(i);
    }
    return 0;
}

/* --- Tests --- */

static unsigned owed(void)
{
    unsigned sum = 0;

    for (int i = 0; i < CONNECTIONS; i++) {
        sum += unread[i].len < PS_QUOTA ? PS_QUOTA - unread[i].len : 0;
    }
    return sum;
}

/* Whatever comes, a segment within its connection's quota is let in, and the reserve is whole. */
static void nobody_eats_what_is_owed_to_another(void **state)
{
    unsigned beyond = 0;

    (void)state;
    srand(4);
    for (int step = 0; step < STEPS; step++) {
        int i = rand() % CONNECTIONS;
        unsigned buffers = 1 + (unsigned)rand() % 3;

        switch (rand() % 8) {
        case 0:
            datagram(buffers, rand() % 2 == 0);
            break;
        case 1:
            datagrams_are_read((unsigned)rand() % (datagrams + 1));
            break;
        case 2:
            if (rand() % 8 == 0) {
                opens_or_closes(i);
            }
            break;
        case 3:
            reads(i, (unsigned)rand() % (unread[i].len + 1u));
            break;
        default:
            if (is_open(i)) {
                bool within = unread[i].len + buffers <= PS_QUOTA;
                bool admitted = segment(i, buffers);

                assert_true(admitted || !within);
                beyond += admitted && !within;
            }
        }
        assert_true(pool_free() >= PS_RESERVE + owed());
    }
    assert_true(beyond > 0);
}

/* As Linux cuts it that answers a window which opens bit by bit. */
static void a_window_in_short_segments_fits(void **state)
{
    static const unsigned bytes[] = {212, 1460, TCP_WND - 212 - 1460};

    (void)state;
    for (int i = 0; i < CONNECTIONS; i++) {
        for (size_t n = 0; n < sizeof bytes / sizeof bytes[0]; n++) {
            assert_true(segment(i, BUFFERS(bytes[n])));
        }
        assert_true(unread[i].len > PS_QUOTA);
    }
}

/* The surplus is for who comes first, but no more than that. */
static void datagrams_leave_the_quotas(void **state)
{
    (void)state;
    while (pool_free() > PS_RESERVE) {
        unsigned before = datagrams;

        datagram(1, false);
        if (datagrams == before) {
            break;
        }
    }
    assert_int_equal(pool_free(), PS_RESERVE + CONNECTIONS * PS_QUOTA);
    for (int i = 0; i < CONNECTIONS; i++) {
        for (int n = 0; n < PS_QUOTA; n++) {
            assert_true(segment(i, 1));
        }
        assert_false(segment(i, 1));
    }
    assert_int_equal(pool_free(), PS_RESERVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_eats_what_is_owed_to_another, begin),
        cmocka_unit_test_setup(a_window_in_short_segments_fits, begin),
        cmocka_unit_test_setup(datagrams_leave_the_quotas, begin),
    };

    return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
