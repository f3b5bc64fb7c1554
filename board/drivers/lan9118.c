/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Driver of the SMSC LAN9118 Ethernet controller (data sheet revision 1.5; "3.12" etc. below are
 * its chapters), which MPS2 boards carry as a LAN9220 and QEMU models.
 *
 * Theory of operation: that of mac.h; here is what this chip adds. ETH_PAD_SIZE is had for nothing
 * by RX_CFG.RXDOFF. Each pbuf of a chain that is sent becomes one TX buffer, from any alignment,
 * without a copy; TX statuses are popped before the next frame. A sender busy-waits at most
 * TX_WAIT for room. The frames that the chip lost are counted when the link is polled. There is no
 * flow control by pause frames. Frames go out unpadded from QEMU; silicon pads them to 60 bytes
 * itself. Registers are accessed as 32-bit words only.
 */
#include "lan9118_chip.h"

#include "lwip/pbuf.h"
#include "lwip/stats.h"
#include "pack.h"

#define FREE_RUN_HZ 25000000u
#define TX_WAIT (FREE_RUN_HZ / 200u) /* 5 ms: four full frames at 10 Mbit/s */
#define TX_BUFFERS_MAX 32u           /* a frame; 86 small ones would fill the MAC (3.12.3.1) */
#define TX_BUFFER_MIN 4u /* bytes, of buffers between the first and the last (3.12.3.1) */

/* Each struct mac here is the head of a struct lan9118. */
static struct lan9118 *nic_of(struct mac *mac)
{
    return (struct lan9118 *)mac;
}

static const char *reset(struct mac *mac)
{
    return lan9118_chip_reset(nic_of(mac));
}

static void hwaddr(struct mac *mac, uint8_t address[6])
{
    lan9118_chip_hwaddr(nic_of(mac), address);
}

static void start(struct mac *mac)
{
    lan9118_chip_start(nic_of(mac));
}

static bool link_is_up(struct mac *mac)
{
    struct lan9118 *nic = nic_of(mac);
    mac->count.rx_overrun += lan9118_registers(nic)->rx_drop; /* cleared by reading */
    return lan9118_chip_link(nic);
}

static void interrupt(struct mac *mac, bool on)
{
    struct lan9118_registers *r = lan9118_registers(nic_of(mac));
    r->int_en = on ? INT_USED : 0;
    lan9118_settle(r, 1); /* the line is down before an ISR returns, or it would run again */
}

/* The last look at the FIFO comes after an acknowledgement, so that a frame which arrives later
 * raises RSFL anew. */
static unsigned waiting(struct mac *mac)
{
    struct lan9118 *nic = nic_of(mac);
    struct lan9118_registers *r = lan9118_registers(nic);
    uint32_t causes = r->int_sts & INT_USED;
    r->int_sts = causes;
    if (causes & INT_RXE) {
        mac->count.rx_restarts++;
        lan9118_chip_restart_receiver(nic);
    }
    mac->count.tx_error += (causes & INT_TXE) != 0;
    lan9118_settle(r, 3);
    return FIFO_INF_STATUSES(r->rx_fifo_inf);
}

static uint32_t begin(struct mac *mac, bool *bad)
{
    uint32_t status = lan9118_registers(nic_of(mac))->rx_status;
    uint32_t length = RX_STATUS_LENGTH(status);
    if (status & RX_STATUS_CRC) {
        *bad = true;
        mac->count.rx_crc++;
        LINK_STATS_INC(link.chkerr);
    } else if (status & (RX_STATUS_TOO_LONG | RX_STATUS_RUNT)) {
        *bad = true;
        mac->count.rx_length++;
        LINK_STATS_INC(link.lenerr);
    } else if (mac_length_is_bad(mac, length)) {
        *bad = true;
    } else if (status & RX_STATUS_ERRORS) {
        *bad = true;
        mac->count.rx_error++;
        LINK_STATS_INC(link.err);
    }
    return length;
}

static void read_words(struct mac *mac, uint32_t *to, uint32_t words)
{
    struct lan9118_registers *r = lan9118_registers(nic_of(mac));
    if (to != NULL) {
        lan9118_fifo_read(r, to, words);
        return;
    }
    while (words-- > 0) {
        (void)r->rx_data[0];
    }
}

static bool wait_for_room(struct lan9118 *nic, uint32_t bytes)
{
    struct lan9118_registers *r = lan9118_registers(nic);
    uint32_t begun = r->free_run;
    do {
        lan9118_settle(r, 3);
        uint32_t inf = r->tx_fifo_inf;
        for (uint32_t done = FIFO_INF_STATUSES(inf); done > 0; done--) {
            nic->mac.count.tx_error += (r->tx_status & TX_STATUS_ERROR) != 0;
        }
        if (TX_FIFO_INF_FREE(inf) >= bytes) {
            return true;
        }
    } while (r->free_run - begun < TX_WAIT);
    return false;
}

/* The whole chain as one TX buffer, packed on its way. */
static void write_gathered(struct lan9118_registers *r, const struct pbuf *frame, uint32_t length)
{
    struct pack pack = {r->tx_data, 0, 0};
    r->tx_data[0] = TX_CMD_A_FIRST | TX_CMD_A_LAST | length;
    r->tx_data[0] = length;
    for (const struct pbuf *q = frame; q != NULL; q = q->next) {
        uint32_t here;
        const uint8_t *from = mac_wire_part(frame, q, &here);
        pack_add(&pack, from, here);
    }
    pack_end(&pack);
}

/* One TX buffer for each pbuf. The words around a buffer's ends are read whole; the chip leaves out
 * what does not belong to it. */
static void write_buffers(struct lan9118_registers *r, const struct pbuf *frame, uint32_t length)
{
    uint32_t left = length, flags = TX_CMD_A_FIRST;
    for (const struct pbuf *q = frame; left > 0; q = q->next) {
        uint32_t here;
        uintptr_t from = (uintptr_t)mac_wire_part(frame, q, &here);
        left -= here;
        r->tx_data[0] = TX_CMD_A_OFFSET(from & 3) | flags | (left == 0 ? TX_CMD_A_LAST : 0) | here;
        r->tx_data[0] = length;
        lan9118_fifo_write(r, (const lan9118_word *)(from & ~(uintptr_t)3),
                           ((from & 3) + here + 3) / 4);
        flags = 0;
    }
}

static bool send(struct mac *mac, const struct pbuf *frame, uint32_t length)
{
    struct lan9118 *nic = nic_of(mac);
    uint32_t left = length, room = 0, buffers = 0;
    bool gather = false;
    for (const struct pbuf *q = frame; left > 0; q = q->next) {
        uint32_t here;
        (void)mac_wire_part(frame, q, &here);
        left -= here;
        gather |= here < (buffers > 0 && left > 0 ? TX_BUFFER_MIN : 1);
        buffers++;
        room += 2 * 4 + here + 2 * 3; /* the commands, the bytes, part words at both ends */
    }
    gather |= buffers > TX_BUFFERS_MAX;
    if (!wait_for_room(nic, gather ? 2 * 4 + length + 3 : room)) {
        return false;
    }
    if (gather) {
        write_gathered(lan9118_registers(nic), frame, length);
        mac->count.tx_gathered++;
    } else {
        write_buffers(lan9118_registers(nic), frame, length);
    }
    return true;
}

err_t lan9118_init(struct netif *netif)
{
    static const struct mac_chip chip = {
        .reset = reset,
        .hwaddr = hwaddr,
        .start = start,
        .link = link_is_up,
        .interrupt = interrupt,
        .waiting = waiting,
        .begin = begin,
        .read = read_words,
        .send = send,
    };
    return mac_init(netif, &chip);
}
