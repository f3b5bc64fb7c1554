/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that cannot deadlock: who may pin receive buffers, and how many.
 *
 * Theory of operation: each received frame lies in buffers of PBUF_POOL until the app has read it.
 * An app that does not read would pin them all, and then the ACK, FIN or RST that would free them
 * cannot come in: the board is deaf for good. So a few buffers are kept for what frees memory.
 * With fewer than PS_RESERVE free, TCP segments with payload and IP fragments are dropped (the
 * sender repeats them), and UDP with fewer than half of that; ACK, ARP, ICMP always pass, and with
 * it the neighbours' messages of IPv6.
 * And each connection has a quota of PS_QUOTA buffers (in its mailbox, refused, out of order), so
 * that one silent reader cannot starve the others; the quota is looked at once fewer than
 * PS_QUOTA_WATCH buffers are free. Where that is always (boards) each connection's quota is backed:
 * what is free always covers the reserve and what each connection, also one that is yet to come,
 * may still pin of its quota. The surplus beyond that is for whoever needs it: UDP and fragments,
 * and a connection whose window came in segments so short that it takes more buffers than the
 * quota. Nobody eats into what is owed to another, so that a segment within the quota never finds
 * less than the reserve (tests/unit/test_quota.c). lwipopts.h sizes all this; the sum is asserted
 * below.
 * The slots of an accept mailbox are bounded, too: a SYN that would find none waits for one.
 * Everything here runs with the core lock held.
 */
#include "arch/lwip_hooks.h"
#include "lwip/api.h"
#include "lwip/memp.h"
#include "lwip/pbuf.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/stats.h"
#include "lwip/sys.h"
#include "netif/ethernet.h"
#include "ps_ended.h"
#include "ps_netif.h"

#define QUOTAS (MEMP_NUM_TCP_PCB * PS_QUOTA)
#define QUOTAS_ARE_BACKED (PS_QUOTA_WATCH >= PBUF_POOL_SIZE)
/* Buffers of a full frame, padding and headers included. */
#define FRAME_BUFFERS \
    ((ETH_PAD_SIZE + 54 + TCP_MSS + PBUF_POOL_BUFSIZE_ALIGNED - 1) / PBUF_POOL_BUFSIZE_ALIGNED)
#define PBUF_POOL_BUFSIZE_ALIGNED LWIP_MEM_ALIGN_SIZE(PBUF_POOL_BUFSIZE)

_Static_assert(
    !QUOTAS_ARE_BACKED ||
        QUOTAS + IP_REASS_MAX_PBUFS + FRAME_BUFFERS + PS_RESERVE <= PBUF_POOL_SIZE,
    "quotas of all connections, a datagram in pieces and one whole, and the reserve fit");
_Static_assert(PS_QUOTA >= TCP_WND / TCP_MSS * FRAME_BUFFERS,
               "a window of full segments fits the quota");
_Static_assert(DEFAULT_ACCEPTMBOX_SIZE >= MEMP_NUM_TCP_PCB || !QUOTAS_ARE_BACKED,
               "each connection that can complete has a slot in the accept mailbox");

struct ps_drops ps_drops;

static unsigned pool_free(void)
{
    const struct stats_mem *pool = lwip_stats.memp[MEMP_PBUF_POOL];

    return (unsigned)(pool->avail - pool->used);
}

/* sys_mbox_each(): how many buffers a message pins. */
static void add_message(void *message, void *sum)
{
    err_t err;

    if (message != NULL && !lwip_netconn_is_err_msg(message, &err)) {
        *(unsigned *)sum += pbuf_clen(message);
    }
}

static unsigned pinned_by(const struct tcp_pcb *pcb)
{
    /* Before that it is the listener's, which may have gone. */
    struct netconn *conn = pcb->state >= ESTABLISHED ? pcb->callback_arg : NULL;
    unsigned sum = 0;

    if (conn != NULL && sys_mbox_valid(&conn->recvmbox)) {
        sys_mbox_each(&conn->recvmbox, add_message, &sum);
    }
    if (pcb->refused_data != NULL) {
        sum += pbuf_clen(pcb->refused_data);
    }
    for (const struct tcp_seg *seg = pcb->ooseq; seg != NULL; seg = seg->next) {
        sum += pbuf_clen(seg->p);
    }
    return sum;
}

/* How many buffers must be free so that each connection, but for `except`, may still fill its
 * quota: those that are there and those that may come. */
static unsigned owed_to_tcp(const struct tcp_pcb *except)
{
    unsigned owed = except != NULL ? QUOTAS - PS_QUOTA : QUOTAS;

    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb != except) {
            owed -= LWIP_MIN(pinned_by(pcb), PS_QUOTA);
        }
    }
    return owed;
}

/* Whether pcb may pin p, too: by its quota, or of the surplus. */
static bool may_pin(const struct tcp_pcb *pcb, const struct pbuf *p, unsigned available)
{
    return available >= PS_QUOTA_WATCH || pinned_by(pcb) + pbuf_clen(p) <= PS_QUOTA ||
           (QUOTAS_ARE_BACKED && available >= PS_RESERVE + owed_to_tcp(pcb));
}

/* sys_mbox_each() */
static void count_client(void *message, void *count)
{
    err_t err;

    if (message != NULL && !lwip_netconn_is_err_msg(message, &err)) {
        ++*(unsigned *)count;
    }
}

/* Whether one more client that completes its handshake finds a slot of the accept mailbox. Those on
 * their way to it count; those that have left again keep theirs until they were accepted, and lwIP
 * would connect the newcomer and reset it. */
static bool has_slot(const struct tcp_pcb_listen *listener)
{
    struct netconn *conn = listener->callback_arg;
    unsigned taken = 0;

    if (conn == NULL || !sys_mbox_valid(&conn->acceptmbox)) {
        return true;
    }
    sys_mbox_each(&conn->acceptmbox, count_client, &taken);
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        taken += pcb->state == SYN_RCVD && pcb->listener == listener;
    }
    return taken < DEFAULT_ACCEPTMBOX_SIZE;
}

err_t ps_tcp_admit(struct tcp_pcb *pcb, const struct tcp_hdr *header, const struct pbuf *p)
{
    unsigned available;

    if (pcb->state == LISTEN) {
        bool is_syn = (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;

        /* The client repeats a SYN that was dropped. */
        return is_syn && !has_slot((const struct tcp_pcb_listen *)pcb) ? ERR_MEM : ERR_OK;
    }
    ps_tell_end(pcb);
    if (ps_makes_room(pcb, header)) {
        return ERR_ABRT;
    }
    if (p->tot_len == 0 || pcb->state == TIME_WAIT) {
        return ERR_OK;
    }
    available = pool_free();
    if (available < PS_RESERVE) {
        ps_drops.tcp_reserve++;
        return ERR_MEM;
    }
    if (!may_pin(pcb, p, available) || ps_ends_too_early(pcb, header)) {
        ps_drops.tcp_quota++;
        return ERR_MEM;
    }
    return ERR_OK;
}

/* As kind_of(), of the packet at `offset`, by its first header. Behind others (hop-by-hop options
 * come before MLD) may be UDP or a fragment, which must not get around the bound that way. */
static int kind_of_ipv6(const struct pbuf *p, size_t offset)
{
    const struct ip6_hdr *ip = (const void *)((const u8_t *)p->payload + offset);

    if (p->len < offset + sizeof *ip) {
        return 0;
    }
    switch (IP6H_NEXTH(ip)) {
    case IP6_NEXTH_TCP:
    case IP6_NEXTH_ICMP6:
        return 0;
    case IP6_NEXTH_FRAGMENT:
        return 1;
    default:
        return 2;
    }
}

/* Whether the frame is a fragment (1), UDP (2) or anything that always passes (0). */
static int kind_of(const struct pbuf *p)
{
    const struct eth_hdr *eth = p->payload;
    const struct ip_hdr *ip = (const struct ip_hdr *)(const void *)(eth + 1);

    if (LWIP_IPV6 && p->len >= sizeof *eth && eth->type == PP_HTONS(ETHTYPE_IPV6)) {
        return kind_of_ipv6(p, sizeof *eth);
    }
    if (p->len < sizeof *eth + sizeof *ip || eth->type != PP_HTONS(ETHTYPE_IP)) {
        return 0;
    }
    if ((IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0) {
        return 1;
    }
    return IPH_PROTO(ip) == IP_PROTO_UDP ? 2 : 0;
}

/* How many buffers must be free behind a frame of that kind. */
static unsigned kept_from(int kind)
{
    if (kind == 0) {
        return 0;
    }
    if (QUOTAS_ARE_BACKED) {
        return PS_RESERVE + owed_to_tcp(NULL);
    }
    return kind == 1 ? PS_RESERVE : PS_RESERVE / 2;
}

err_t ps_netif_input(struct pbuf *p, struct netif *netif)
{
    if (!netif_is_up(netif)) { /* lwIP itself would still answer ARP */
        ps_drops.down++;
        pbuf_free(p);
        return ERR_OK;
    }
    if (pool_free() < PS_RESERVE + QUOTAS_ARE_BACKED * QUOTAS) {
        int kind = kind_of(p);

        if (pool_free() < kept_from(kind)) {
            if (kind == 1) {
                ps_drops.fragments++;
            } else {
                ps_drops.udp_reserve++;
            }
            pbuf_free(p);
            return ERR_OK;
        }
    }
    return ethernet_input(p, netif);
}
