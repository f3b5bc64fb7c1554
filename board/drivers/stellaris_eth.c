/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Driver of the Stellaris Ethernet controller.
 *
 * Theory of operation: that of mac.h, and of stellaris_eth_chip.c for what this chip adds. The
 * length before a frame is taken for lwIP's padding, so that frames are read into pbufs as they
 * come. A chain is packed into one stream of words on its way out. A sender busy-waits until the
 * frame before it is out, 5 ms at most. QEMU's controller filters no addresses: lwIP drops what is
 * for others.
 */
#include "stellaris_eth.h"

#include "lwip/pbuf.h"
#include "lwip/stats.h"

_Static_assert(ETH_PAD_SIZE == 2, "a frame's length lies where lwIP's padding is");

/* Each struct mac here is the head of a struct stellaris_eth. */
static struct stellaris_eth_chip *chip_of(struct mac *mac)
{
    return &((struct stellaris_eth *)mac)->chip;
}

static const char *reset(struct mac *mac)
{
    return stellaris_eth_chip_reset(chip_of(mac));
}

static void hwaddr(struct mac *mac, uint8_t address[6])
{
    for (unsigned i = 0; i < 6; i++) {
        address[i] = mac->fallback_hwaddr[i];
    }
    stellaris_eth_chip_set_hwaddr(chip_of(mac), address);
}

static void start(struct mac *mac)
{
    stellaris_eth_chip_start(chip_of(mac));
}

static bool link_is_up(struct mac *mac)
{
    return stellaris_eth_chip_link(chip_of(mac));
}

static void interrupt(struct mac *mac, bool on)
{
    stellaris_eth_chip_interrupt(chip_of(mac), on);
}

static unsigned waiting(struct mac *mac)
{
    uint32_t errors = mac->count.rx_error, overruns = mac->count.rx_overrun;
    unsigned frames =
        stellaris_eth_chip_waiting(chip_of(mac), &mac->count.rx_overrun, &mac->count.rx_error);
    if (mac->count.rx_error != errors) {
        LINK_STATS_INC(link.err);
    }
    if (mac->count.rx_overrun != overruns) {
        mac->count.rx_restarts++;
        LINK_STATS_INC(link.drop);
    }
    return frames;
}

static uint32_t begin(struct mac *mac, bool *bad)
{
    uint32_t length = stellaris_eth_chip_begin(chip_of(mac));
    *bad = mac_length_is_bad(mac, length);
    mac->count.rx_restarts += length == 0;
    return length;
}

static void read_words(struct mac *mac, uint32_t *to, uint32_t words)
{
    stellaris_eth_chip_read(chip_of(mac), to, words);
}

static bool send(struct mac *mac, const struct pbuf *frame, uint32_t length)
{
    struct stellaris_eth_chip *chip = chip_of(mac);
    if (!stellaris_eth_chip_send_begin(chip, length, &mac->count.tx_error)) {
        return false;
    }
    for (const struct pbuf *q = frame; length > 0; q = q->next) {
        uint32_t here;
        const uint8_t *from = mac_wire_part(frame, q, &here);
        stellaris_eth_chip_send_add(chip, from, here);
        length -= here;
    }
    stellaris_eth_chip_send_end(chip);
    return true;
}

err_t stellaris_eth_init(struct netif *netif)
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
