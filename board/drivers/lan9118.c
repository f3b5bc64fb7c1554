/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Driver of the SMSC LAN9118 Ethernet controller (data sheet revision 1.5; "3.12" etc. below are
 * its chapters), which MPS2 boards carry as a LAN9220 and QEMU models.
 *
 * Theory of operation. Receiving: the interrupt handler masks the chip and posts a semaphore; the
 * receive thread acknowledges, reads frames from the FIFO into pool pbufs until the FIFO is empty,
 * and takes lwIP's core lock once for each batch of up to RX_BATCH frames, with which it calls
 * netif->input. Then it unmasks the chip. Under load this costs one interrupt a burst. Each
 * frame must be read to its last word, whether or not there is a pbuf for it: a word more or less
 * shifts all that follow. ETH_PAD_SIZE is had for nothing by RX_CFG.RXDOFF.
 * Sending: in the caller's context, core lock held. Each pbuf of a chain becomes one TX buffer,
 * from any alignment, without a copy; TX statuses are popped before the next frame. It
 * busy-waits at most TX_WAIT for room, then drops the frame and returns ERR_BUF (errno ENOBUFS).
 * The link is polled, by the receive thread, LINK_POLL_MS apart; so are the frames that the chip
 * lost. There is no flow control by pause frames. Frames go out unpadded from QEMU; silicon pads
 * them to 60 bytes itself. Registers are accessed as 32-bit words only. Memory: the struct lan9118
 * and one stack; nothing is allocated later.
 */
#include "lan9118_chip.h"

#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/pbuf.h"
#include "lwip/snmp.h"
#include "lwip/stats.h"
#include "lwip/tcpip.h"

#define RX_BATCH 8u
#define LINK_POLL_MS 500u
#define FREE_RUN_HZ 25000000u
#define TX_WAIT (FREE_RUN_HZ / 200u) /* 5 ms: four full frames at 10 Mbit/s */
#define TX_BUFFERS_MAX 32u           /* a frame; 86 small ones would fill the MAC (3.12.3.1) */
#define TX_BUFFER_MIN 4u /* bytes, of buffers between the first and the last (3.12.3.1) */

#define FCS_BYTES 4u
#define FRAME_MIN (SIZEOF_ETH_HDR - ETH_PAD_SIZE + FCS_BYTES)
#define FRAME_MAX 1522u /* with FCS and one VLAN tag */

static void poll_chip(struct netif *netif, bool now)
{
    struct lan9118 *nic = netif->state;
    struct lan9118_registers *r = lan9118_registers(nic);
    if (!now && r->free_run - nic->polled < FREE_RUN_HZ / 1000u * LINK_POLL_MS) {
        return;
    }
    nic->polled = r->free_run;
    nic->count.rx_overrun += r->rx_drop; /* cleared by reading */
    bool up = lan9118_chip_link(nic);
    if (up == (bool)netif_is_link_up(netif)) {
        return;
    }
    nic->count.link_changes++;
    LOCK_TCPIP_CORE();
    if (up) {
        netif_set_link_up(netif);
    } else {
        netif_set_link_down(netif);
    }
    UNLOCK_TCPIP_CORE();
}

/* Counts why a frame with this status cannot be used; false when it can. */
static bool frame_is_bad(struct lan9118 *nic, uint32_t status)
{
    uint32_t length = RX_STATUS_LENGTH(status);
    if (status & RX_STATUS_CRC) {
        nic->count.rx_crc++;
        LINK_STATS_INC(link.chkerr);
    } else if (status & (RX_STATUS_TOO_LONG | RX_STATUS_RUNT) || length < FRAME_MIN ||
               length > FRAME_MAX) {
        nic->count.rx_length++;
        LINK_STATS_INC(link.lenerr);
    } else if (status & RX_STATUS_ERRORS) {
        nic->count.rx_error++;
        LINK_STATS_INC(link.err);
    } else {
        return false;
    }
    return true;
}

/* Takes a frame of `length` bytes, with FCS, out of the FIFO: into p, and what p has no room for
 * (the FCS, all of it without a p) to nowhere. The tail of the last word may pass p->len: pool
 * buffers end on a word. */
static void frame_read(struct lan9118_registers *r, struct pbuf *p, uint32_t length)
{
    uint32_t words = (ETH_PAD_SIZE + length + 3) / 4;
    for (; p != NULL; p = p->next) {
        uint32_t here = (p->len + 3u) / 4;
        lan9118_fifo_read(r, p->payload, here);
        words -= here;
    }
    while (words-- > 0) {
        (void)r->rx_data[0];
    }
}

static void hand_over(struct netif *netif, struct pbuf **batch, unsigned frames)
{
    struct lan9118 *nic = netif->state;
    if (!netif_is_link_up(netif)) { /* a frame came: the link is back, and an answer needs it */
        poll_chip(netif, true);
    }
    LOCK_TCPIP_CORE();
    for (unsigned i = 0; i < frames; i++) {
        LINK_STATS_INC(link.recv);
        MIB2_STATS_NETIF_ADD(netif, ifinoctets, batch[i]->tot_len);
        if (netif->input(batch[i], netif) == ERR_OK) {
            nic->count.rx_frames++;
        } else {
            nic->count.rx_refused++;
            LINK_STATS_INC(link.drop);
            MIB2_STATS_NETIF_INC(netif, ifindiscards);
            pbuf_free(batch[i]);
        }
    }
    UNLOCK_TCPIP_CORE();
}

/* Reads the chip empty. The last look at the FIFO comes after an acknowledgement, so that a frame
 * which arrives later raises RSFL anew. */
static void receive(struct netif *netif)
{
    struct lan9118 *nic = netif->state;
    struct lan9118_registers *r = lan9118_registers(nic);
    struct pbuf *batch[RX_BATCH];
    unsigned held = 0;
    for (;;) {
        uint32_t causes = r->int_sts & INT_USED;
        r->int_sts = causes;
        if (causes & INT_RXE) {
            nic->count.rx_restarts++;
            lan9118_chip_restart_receiver(nic);
        }
        nic->count.tx_error += (causes & INT_TXE) != 0;
        lan9118_settle(r, 3);
        uint32_t frames = FIFO_INF_STATUSES(r->rx_fifo_inf);
        if (frames == 0) {
            break;
        }
        while (frames-- > 0) {
            uint32_t status = r->rx_status;
            uint32_t length = RX_STATUS_LENGTH(status);
            struct pbuf *p = NULL;
            if (!frame_is_bad(nic, status)) {
                u16_t size = (u16_t)(ETH_PAD_SIZE + length - FCS_BYTES);
                p = pbuf_alloc(PBUF_RAW, size, PBUF_POOL);
                if (p == NULL && held > 0) { /* lwIP may free some of what we hold */
                    hand_over(netif, batch, held);
                    held = 0;
                    p = pbuf_alloc(PBUF_RAW, size, PBUF_POOL);
                }
                if (p == NULL) {
                    nic->count.rx_no_pbuf++;
                    LINK_STATS_INC(link.memerr);
                    LINK_STATS_INC(link.drop);
                }
            }
            frame_read(r, p, length);
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
    struct lan9118 *nic = netif->state;
    for (;;) {
        receive(netif);
        poll_chip(netif, false);
        lan9118_registers(nic)->int_en = INT_USED;
        (void)sys_arch_sem_wait(&nic->wake, LINK_POLL_MS + 1);
    }
}

void lan9118_isr(struct lan9118 *nic)
{
    struct lan9118_registers *r = lan9118_registers(nic);
    r->int_en = 0;
    lan9118_settle(r, 1); /* the line is down before the return, or the handler would run again */
    sys_sem_signal(&nic->wake);
}

/* Where the bytes of q start that go on the wire; lwIP's padding before the header does not. */
static const uint8_t *wire_part(const struct pbuf *frame, const struct pbuf *q, uint32_t *length)
{
    uint32_t skip = q == frame ? ETH_PAD_SIZE : 0;
    *length = q->len - skip;
    return (const uint8_t *)q->payload + skip;
}

static bool wait_for_room(struct lan9118 *nic, uint32_t bytes)
{
    struct lan9118_registers *r = lan9118_registers(nic);
    uint32_t start = r->free_run;
    do {
        lan9118_settle(r, 3);
        uint32_t inf = r->tx_fifo_inf;
        for (uint32_t done = FIFO_INF_STATUSES(inf); done > 0; done--) {
            nic->count.tx_error += (r->tx_status & TX_STATUS_ERROR) != 0;
        }
        if (TX_FIFO_INF_FREE(inf) >= bytes) {
            return true;
        }
    } while (r->free_run - start < TX_WAIT);
    return false;
}

/* The whole chain as one TX buffer, packed on its way. */
static void write_gathered(struct lan9118_registers *r, const struct pbuf *frame, uint32_t length)
{
    uint32_t word = 0;
    unsigned filled = 0;
    r->tx_data[0] = TX_CMD_A_FIRST | TX_CMD_A_LAST | length;
    r->tx_data[0] = length;
    for (const struct pbuf *q = frame; q != NULL; q = q->next) {
        uint32_t here;
        const uint8_t *from = wire_part(frame, q, &here);
        while (here-- > 0) {
            word |= (uint32_t)*from++ << filled;
            filled += 8;
            if (filled == 32) {
                r->tx_data[0] = word;
                word = 0;
                filled = 0;
            }
        }
    }
    if (filled > 0) {
        r->tx_data[0] = word;
    }
}

/* One TX buffer for each pbuf. The words around a buffer's ends are read whole; the chip leaves out
 * what does not belong to it. */
static void write_buffers(struct lan9118_registers *r, const struct pbuf *frame, uint32_t length)
{
    uint32_t left = length, flags = TX_CMD_A_FIRST;
    for (const struct pbuf *q = frame; left > 0; q = q->next) {
        uint32_t here;
        uintptr_t from = (uintptr_t)wire_part(frame, q, &here);
        left -= here;
        r->tx_data[0] = TX_CMD_A_OFFSET(from & 3) | flags | (left == 0 ? TX_CMD_A_LAST : 0) | here;
        r->tx_data[0] = length;
        lan9118_fifo_write(r, (const lan9118_word *)(from & ~(uintptr_t)3),
                           ((from & 3) + here + 3) / 4);
        flags = 0;
    }
}

static err_t transmit(struct netif *netif, struct pbuf *frame)
{
    struct lan9118 *nic = netif->state;
    uint32_t length = (uint32_t)frame->tot_len - ETH_PAD_SIZE;
    uint32_t left = length, room = 0, buffers = 0;
    bool gather = false;
    LWIP_ASSERT("a frame, not more", length <= FRAME_MAX - FCS_BYTES);
    for (const struct pbuf *q = frame; left > 0; q = q->next) {
        uint32_t here;
        (void)wire_part(frame, q, &here);
        left -= here;
        gather |= here < (buffers > 0 && left > 0 ? TX_BUFFER_MIN : 1);
        buffers++;
        room += 2 * 4 + here + 2 * 3; /* the commands, the bytes, part words at both ends */
    }
    gather |= buffers > TX_BUFFERS_MAX;
    if (!wait_for_room(nic, gather ? 2 * 4 + length + 3 : room)) {
        nic->count.tx_no_room++;
        LINK_STATS_INC(link.drop);
        MIB2_STATS_NETIF_INC(netif, ifoutdiscards);
        return ERR_BUF;
    }
    if (gather) {
        write_gathered(lan9118_registers(nic), frame, length);
        nic->count.tx_gathered++;
    } else {
        write_buffers(lan9118_registers(nic), frame, length);
    }
    nic->count.tx_frames++;
    LINK_STATS_INC(link.xmit);
    MIB2_STATS_NETIF_ADD(netif, ifoutoctets, length);
    return ERR_OK;
}

err_t lan9118_init(struct netif *netif)
{
    struct lan9118 *nic = netif->state;
    memset(&nic->count, 0, sizeof nic->count);
    nic->fault = lan9118_chip_reset(nic);
    if (nic->fault != NULL) {
        return ERR_IF;
    }
    if (sys_sem_new(&nic->wake, 0) != ERR_OK) {
        return ERR_MEM;
    }
    lan9118_chip_hwaddr(nic, netif->hwaddr);
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
    MIB2_INIT_NETIF(netif, snmp_ifType_ethernet_csmacd, 100000000);
    if (lan9118_chip_link(nic)) { /* at once in QEMU; silicon negotiates for seconds */
        netif->flags |= NETIF_FLAG_LINK_UP;
    }
    nic->polled = lan9118_registers(nic)->free_run;
    return ERR_OK;
}

void lan9118_start(struct netif *netif)
{
    struct lan9118 *nic = netif->state;
    lan9118_chip_start(nic);
    nic->interrupt_enable();
    sys_thread_new(nic->thread_name, receive_thread, netif, nic->thread_stack,
                   nic->thread_priority);
}
