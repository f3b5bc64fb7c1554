/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SMSC LAN9118 and its family (LAN9220 ...) as an lwIP network interface.
 *
 * The board fills in what is the board's of a struct lan9118 and of the struct mac in it, passes it
 * to netif_add() as `state` with lan9118_init() (or a function of its own around it) as the init
 * function, and calls mac_start() once and mac_isr() at each interrupt.
 */
#ifndef PORTSIDE_LAN9118_H
#define PORTSIDE_LAN9118_H

#include "mac.h"

/* Received data that the chip holds; a frame takes its words of 4 bytes, FCS and ETH_PAD_SIZE too.
 */
#define LAN9118_RX_FIFO_BYTES 10560

struct lan9118 {
    struct mac mac; /* first */

    /* The board's, before netif_add(): */
    uintptr_t base; /* of the chip's registers */

    /* The driver's: */
    uint32_t id;     /* ID_REV as read */
    uint32_t mac_cr; /* MAC_CR as it should be */
};

/* For netif_add(), core lock held; netif->state is a struct lan9118. As mac_init(); it takes the
 * chip from any state. */
err_t lan9118_init(struct netif *netif);

#endif
