/* SPDX-License-Identifier: BSD-3-Clause */
/* What the probe `frames` asks of a board with a LAN9118: see frames.h. */
#include "../lib/frames.h"

#include <stdio.h>

#include "lan9118_chip.h"

bool frames_loop_back(struct netif *netif, bool on)
{
    lan9118_chip_loop_back(netif->state, on);
    return true;
}

void frames_show_counters(const struct netif *netif)
{
    const struct lan9118 *nic = netif->state;

    printf(
        "chip: %lu no pbuf, %lu restarts, %lu bad, %lu sent gathered, %lu not sent\n",
        (unsigned long)nic->mac.count.rx_no_pbuf, (unsigned long)nic->mac.count.rx_restarts,
        (unsigned long)(nic->mac.count.rx_crc + nic->mac.count.rx_length + nic->mac.count.rx_error),
        (unsigned long)nic->mac.count.tx_gathered,
        (unsigned long)(nic->mac.count.tx_no_room + nic->mac.count.tx_error));
}
