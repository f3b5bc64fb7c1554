/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's network interface on a Linux TAP device.
 *
 * Theory of operation: out, the pbuf chain goes to writev() as it is, on the thread that sends,
 * under the core lock. In, one thread keeps buffers of PBUF_POOL armed, as many as the largest
 * frame needs, and reads straight into them: it waits for the first frame, takes what else is there
 * without waiting, and hands the batch to lwIP under one core lock. When the pool is empty the rest
 * of the frame goes to a scratch area and the frame is dropped and counted. A second thread waits
 * for changes of the interface: down, up, MTU, removal. An interface that is removed takes the
 * link down; the program lives on.
 * Per frame there is one system call, no allocation but the pool's, and no copy but the kernel's.
 */
#include <errno.h>
#include <string.h>
#include "lwip/etharp.h"
#include "lwip/pbuf.h"
#include "lwip/stats.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "tapif.h"

#define BATCH 32
#define HEADER_SIZE (14 + 4) /* Ethernet, and a VLAN tag */
#define ARMED_MAX ((OS_FRAME_MAX + PBUF_POOL_BUFSIZE - 1) / PBUF_POOL_BUFSIZE)
#define TX_SLICES_MAX 64

static err_t tapif_output(struct netif *netif, struct pbuf *p)
{
    struct tapif *tapif = netif->state;
    struct os_slice slices[TX_SLICES_MAX];
    unsigned count = 0;

    for (struct pbuf *q = p; q != NULL; q = q->next) {
        if (count == TX_SLICES_MAX) {
            LINK_STATS_INC(link.drop);
            tapif->tx_cut++;
            return ERR_BUF;
        }
        slices[count].base = q->payload;
        slices[count++].length = q->len;
    }
    if (!netif_is_up(netif)) {
        return ERR_IF; /* lwIP asks routes, not DHCP and ARP, whether it is */
    }
    os_pcap_frame(slices, count);
    if (os_tap_write(&tapif->tap, slices, count) < 0) {
        LINK_STATS_INC(link.drop);
        tapif->tx_failed++;
        return errno == EAGAIN || errno == ENOBUFS ? ERR_MEM : ERR_IF;
    }
    LINK_STATS_INC(link.xmit);
    tapif->frames.out++;
    tapif->frames.out_bytes += p->tot_len;
    return ERR_OK;
}

err_t tapif_init(struct netif *netif)
{
    struct tapif *tapif = netif->state;

    tapif->netif = netif;
    netif->name[0] = 't';
    netif->name[1] = 'p';
    netif->hwaddr_len = sizeof tapif->mac;
    memcpy(netif->hwaddr, tapif->mac, sizeof tapif->mac);
    netif->mtu = (u16_t)LWIP_MIN(tapif->tap.mtu, OS_FRAME_MAX - HEADER_SIZE);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP;
    netif->output = etharp_output;
    netif->linkoutput = tapif_output;
    if (tapif->tap.up) {
        netif_set_link_up(netif);
    }
    return ERR_OK;
}

/* What is read into next. */
struct armed {
    struct pbuf *pbufs[ARMED_MAX]; /* NULL where the pool was empty */
    struct os_slice slices[ARMED_MAX];
    unsigned count;
    u8_t scratch[PBUF_POOL_BUFSIZE]; /* shared by all slices without a pbuf: what is there is
                                        dropped */
};

static void arm(struct armed *armed, unsigned frame_max)
{
    armed->count = LWIP_MIN((frame_max + PBUF_POOL_BUFSIZE - 1) / PBUF_POOL_BUFSIZE, ARMED_MAX);
    for (unsigned i = 0; i < armed->count; i++) {
        if (armed->pbufs[i] == NULL) {
            armed->pbufs[i] = pbuf_alloc(PBUF_RAW, PBUF_POOL_BUFSIZE, PBUF_POOL);
        }
        armed->slices[i].base = armed->pbufs[i] != NULL ? armed->pbufs[i]->payload : armed->scratch;
        armed->slices[i].length = PBUF_POOL_BUFSIZE;
    }
}

/* Makes one chain of the armed buffers that hold the frame of n bytes; NULL when one is missing. */
static struct pbuf *take_frame(struct armed *armed, size_t n)
{
    unsigned used = (unsigned)((n + PBUF_POOL_BUFSIZE - 1) / PBUF_POOL_BUFSIZE);
    struct pbuf *chain = NULL;

    for (unsigned i = 0; i < used; i++) {
        if (armed->pbufs[i] == NULL) {
            return NULL;
        }
    }
    for (unsigned i = used; i-- > 0;) {
        struct pbuf *p = armed->pbufs[i];

        p->len = (u16_t)(n - (size_t)i * PBUF_POOL_BUFSIZE);
        p->tot_len = (u16_t)(p->len + (chain != NULL ? chain->tot_len : 0));
        p->next = chain;
        chain = p;
        n = (size_t)i * PBUF_POOL_BUFSIZE;
        armed->pbufs[i] = NULL;
    }
    return chain;
}

static void capture(const struct pbuf *chain)
{
    struct os_slice slices[ARMED_MAX];
    unsigned count = 0;

    for (; chain != NULL; chain = chain->next) {
        slices[count].base = chain->payload;
        slices[count++].length = chain->len;
    }
    os_pcap_frame(slices, count);
}

static void deliver(struct tapif *tapif, struct pbuf **batch, unsigned count, unsigned dropped)
{
    LOCK_TCPIP_CORE();
    for (unsigned i = 0; i < count; i++) {
        LINK_STATS_INC(link.recv);
        tapif->frames.in++;
        tapif->frames.in_bytes += batch[i]->tot_len;
        if (tapif->netif->input(batch[i], tapif->netif) != ERR_OK) {
            pbuf_free(batch[i]);
            LINK_STATS_INC(link.drop);
            tapif->refused++;
        }
    }
    tapif->no_pbuf += dropped;
    lwip_stats.link.memerr += dropped;
    lwip_stats.link.drop += dropped;
    UNLOCK_TCPIP_CORE();
}

static void receive_thread(void *argument)
{
    static struct armed armed;
    struct tapif *tapif = argument;
    struct pbuf *batch[BATCH];
    bool nowait = false;

    for (;;) {
        unsigned count = 0, dropped = 0;
        ssize_t n;

        do {
            arm(&armed, tapif->tap.mtu + HEADER_SIZE);
            n = os_tap_read(&tapif->tap, armed.slices, armed.count, nowait);
            if (n <= 0) {
                break;
            }
            batch[count] = take_frame(&armed, (size_t)n);
            if (batch[count] != NULL) {
                capture(batch[count++]);
            } else {
                dropped++;
            }
            nowait = true;
        } while (count < BATCH && dropped < BATCH);
        if (count + dropped > 0) {
            deliver(tapif, batch, count, dropped);
        }
        if (n < 0) {
            break; /* removed: the watch thread says so */
        }
        nowait = n > 0;
    }
    for (unsigned i = 0; i < ARMED_MAX; i++) {
        if (armed.pbufs[i] != NULL) {
            pbuf_free(armed.pbufs[i]);
        }
    }
}

static void watch_thread(void *argument)
{
    struct tapif *tapif = argument;
    struct netif *netif = tapif->netif;
    int fd = os_watch_open();
    bool there;

    if (fd < 0) {
        port_diagnostic("portside: netlink: %s, changes of %s go unseen\n", strerror(errno),
                        tapif->tap.name);
        return;
    }
    do {
        there = os_watch_wait(fd, &tapif->tap);
        LOCK_TCPIP_CORE();
        netif->mtu = (u16_t)LWIP_MIN(tapif->tap.mtu, OS_FRAME_MAX - HEADER_SIZE);
        if (there && tapif->tap.up) {
            netif_set_link_up(netif);
        } else {
            netif_set_link_down(netif);
        }
        UNLOCK_TCPIP_CORE();
    } while (there);
    port_diagnostic("portside: interface %s is gone\n", tapif->tap.name);
}

void ps_port_frames(const struct netif *netif, struct ps_frames *frames)
{
    const struct tapif *tapif = netif->state;

    *frames = tapif->frames;
}

bool ps_port_drops(const struct netif *netif, unsigned number, const char **cause, u32_t *count)
{
    const struct tapif *tapif = netif->state;
    const struct {
        const char *cause;
        u32_t count;
    } drops[] = {
        {"no buffer free", tapif->no_pbuf},
        {"not taken", tapif->refused},
        {"not sent, the TAP refused", tapif->tx_failed},
        {"not sent, in too many pieces", tapif->tx_cut},
    };

    if (number >= LWIP_ARRAYSIZE(drops)) {
        return false;
    }
    *cause = drops[number].cause;
    *count = drops[number].count;
    return true;
}

void tapif_start(struct tapif *tapif)
{
    sys_thread_new("tap-watch", watch_thread, tapif, 0, 0);
    sys_thread_new("tap-receive", receive_thread, tapif, 0, 0);
}
