/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of an Ethernet driver that is the same for every chip. How it works is told in mac.h.
 */
#include "mac.h"

#include <stddef.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/pbuf.h"
#include "lwip/stats.h"
#include "lwip/tcpip.h"

/* Frames that are held count as used buffers: with a small pool that would look like want. */
#define RX_BATCH LWIP_MAX(1, LWIP_MIN(8, PBUF_POOL_SIZE / 64))

_Static_assert(ETH_PAD_SIZE < 4 && MEM_ALIGNMENT % 4 == 0 && PBUF_POOL_BUFSIZE % 4 == 0,
               "pbufs are filled by whole words");

bool mac_length_is_bad(struct mac *mac, uint32_t length)
{
    if (length >= MAC_FRAME_MIN && length <= MAC_FRAME_MAX) {
        return false;
    }
    mac->count.rx_length++;
    LINK_STATS_INC(link.lenerr);
    return true;
}

static void poll_link(struct netif *netif, bool now)
{
    struct mac *mac = netif->state;
    if (!now && sys_now() - mac->polled < MAC_POLL_MS) {
        return;
    }
    mac->polled = sys_now();
    bool up = mac->chip->link(mac);
    if (up == (bool)netif_is_link_up(netif)) {
        return;
    }
    mac->count.link_changes++;
    LOCK_TCPIP_CORE();
    if (up) {
        netif_set_link_up(netif);
    } else {
        netif_set_link_down(netif);
    }
    UNLOCK_TCPIP_CORE();
}

static void hand_over(struct netif *netif, struct pbuf **batch, unsigned frames)
{
    struct mac *mac = netif->state;
    if (!netif_is_link_up(netif)) { /* a frame came: the link is back, and an answer needs it */
        poll_link(netif, true);
    }
    LOCK_TCPIP_CORE();
    for (unsigned i = 0; i < frames; i++) {
        LINK_STATS_INC(link.recv);
        mac->count.rx_bytes += batch[i]->tot_len - ETH_PAD_SIZE;
        if (netif->input(batch[i], netif) == ERR_OK) {
            mac->count.rx_frames++;
        } else {
            mac->count.rx_refused++;
            LINK_STATS_INC(link.drop);
            pbuf_free(batch[i]);
        }
    }
    UNLOCK_TCPIP_CORE();
}

/* Reads a frame of `length` bytes, with FCS: into p, and what p has no room for (the FCS, all of it
 * without a p) to nowhere. The tail of the last word may pass p->len: pool buffers end on a word.
 */
static void frame_read(struct mac *mac, struct pbuf *p, uint32_t length)
{
    uint32_t words = (ETH_PAD_SIZE + length + 3) / 4;
    for (; p != NULL; p = p->next) {
        uint32_t here = (p->len + 3u) / 4;
        mac->chip->read(mac, p->payload, here);
        words -= here;
    }
    mac->chip->read(mac, NULL, words);
}

static void receive(struct netif *netif)
{
    struct mac *mac = netif->state;
    struct pbuf *batch[RX_BATCH];
    unsigned held = 0, frames;
    while ((frames = mac->chip->waiting(mac)) > 0) {
        while (frames-- > 0) {
            bool bad = false;
            uint32_t length = mac->chip->begin(mac, &bad);
            struct pbuf *p = NULL;
            if (length == 0) {
                break;
            }
            if (!bad) {
                u16_t size = (u16_t)(ETH_PAD_SIZE + length - MAC_FCS_BYTES);
                p = pbuf_alloc(PBUF_RAW, size, PBUF_POOL);
                if (p == NULL && held > 0) { /* lwIP may free some of what we hold */
                    hand_over(netif, batch, held);
                    held = 0;
                    p = pbuf_alloc(PBUF_RAW, size, PBUF_POOL);
                }
                if (p == NULL) {
                    mac->count.rx_no_pbuf++;
                    LINK_STATS_INC(link.memerr);
                    LINK_STATS_INC(link.drop);
                }
            }
            frame_read(mac, p, length);
            if (p != NULL) {
                batch[held++] = p;
            }
            if (held == RX_BATCH) {
                hand_over(netif, batch, held);
                held = 0;
            }
        }
    }
    if (held > 0) {
        hand_over(netif, batch, held);
    }
}

static void receive_thread(void *arg)
{
    struct netif *netif = arg;
    struct mac *mac = netif->state;
    for (;;) {
        receive(netif);
        poll_link(netif, false);
        mac->chip->interrupt(mac, true);
        (void)sys_arch_sem_wait(&mac->wake, MAC_POLL_MS + 1);
    }
}

void mac_isr(struct mac *mac)
{
    mac->chip->interrupt(mac, false);
    sys_sem_signal(&mac->wake);
}

static err_t transmit(struct netif *netif, struct pbuf *frame)
{
    struct mac *mac = netif->state;
    uint32_t length = (uint32_t)frame->tot_len - ETH_PAD_SIZE;
    LWIP_ASSERT("a frame, not more", length <= MAC_FRAME_MAX - MAC_FCS_BYTES);
    if (!netif_is_up(netif)) {
        return ERR_IF; /* lwIP asks routes, not DHCP and ARP, whether it is */
    }
    if (!mac->chip->send(mac, frame, length)) {
        mac->count.tx_no_room++;
        LINK_STATS_INC(link.drop);
        return ERR_BUF;
    }
    mac->count.tx_frames++;
    LINK_STATS_INC(link.xmit);
    mac->count.tx_bytes += length;
    return ERR_OK;
}

bool mac_drops(const struct netif *netif, unsigned number, const char **cause, uint32_t *count)
{
    static const struct {
        const char *cause;
        size_t offset;
    } drops[] = {
        {"no buffer free", offsetof(struct mac_counters, rx_no_pbuf)},
        {"not taken", offsetof(struct mac_counters, rx_refused)},
        {"bad checksum", offsetof(struct mac_counters, rx_crc)},
        {"bad length", offsetof(struct mac_counters, rx_length)},
        {"receive error", offsetof(struct mac_counters, rx_error)},
        {"chip's FIFO full", offsetof(struct mac_counters, rx_overrun)},
        {"receiver restarted", offsetof(struct mac_counters, rx_restarts)},
        {"not sent, no room", offsetof(struct mac_counters, tx_no_room)},
        {"not sent, error", offsetof(struct mac_counters, tx_error)},
    };
    const struct mac *mac = netif->state;

    if (number >= LWIP_ARRAYSIZE(drops)) {
        return false;
    }
    *cause = drops[number].cause;
    memcpy(count, (const char *)&mac->count + drops[number].offset, sizeof *count);
    return true;
}

err_t mac_init(struct netif *netif, const struct mac_chip *chip)
{
    struct mac *mac = netif->state;
    memset(&mac->count, 0, sizeof mac->count);
    mac->chip = chip;
    mac->fault = chip->reset(mac);
    if (mac->fault != NULL) {
        return ERR_IF;
    }
    if (sys_sem_new(&mac->wake, 0) != ERR_OK) {
        return ERR_MEM;
    }
    chip->hwaddr(mac, netif->hwaddr);
    netif->hwaddr_len = 6;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->output = etharp_output;
    netif->linkoutput = transmit;
#if LWIP_IGMP
    netif->flags |= NETIF_FLAG_IGMP;
#endif
#if LWIP_IPV6
    netif->output_ip6 = ethip6_output;
    netif->flags |= NETIF_FLAG_MLD6;
#endif
    if (chip->link(mac)) { /* at once in QEMU; silicon negotiates for seconds */
        netif->flags |= NETIF_FLAG_LINK_UP;
    }
    mac->polled = sys_now();
    return ERR_OK;
}

void mac_start(struct netif *netif)
{
    struct mac *mac = netif->state;
    mac->chip->start(mac);
    mac->interrupt_enable();
    sys_thread_new(mac->thread_name, receive_thread, netif, mac->thread_stack,
                   mac->thread_priority);
}
