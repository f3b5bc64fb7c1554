/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Ethernet controller of Stellaris microcontrollers (LM3S6965 and its like) as an lwIP network
 * interface.
 *
 * The board opens the gates of MAC, PHY and pins, fills in what is the board's of a struct
 * stellaris_eth and of the structs in it, passes it to netif_add() as `state` with
 * stellaris_eth_init() (or a function of its own around it) as the init function, and calls
 * mac_start() once and mac_isr() at each interrupt.
 */
#ifndef PORTSIDE_STELLARIS_ETH_H
#define PORTSIDE_STELLARIS_ETH_H

#include "mac.h"
#include "stellaris_eth_chip.h"

struct stellaris_eth {
    struct mac mac; /* first; its fallback_hwaddr is what the chip gets: it has none of its own */
    struct stellaris_eth_chip chip;
};

/* For netif_add(), core lock held; netif->state is a struct stellaris_eth. As mac_init(). */
err_t stellaris_eth_init(struct netif *netif);

#endif
