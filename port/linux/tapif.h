/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's network interface on a Linux TAP device. */
#ifndef PORTSIDE_LINUX_TAPIF_H
#define PORTSIDE_LINUX_TAPIF_H

#include "lwip/netif.h"
#include "os.h"
#include "ps_ifconfig.h"

struct tapif {
    struct os_tap tap;
    u8_t mac[6];             /* ours; the caller's choice */
    struct ps_frames frames; /* core lock */
    /* Frames lost here, by cause; core lock. */
    u32_t no_pbuf;   /* the pool was empty */
    u32_t refused;   /* netif->input did not take it */
    u32_t tx_failed; /* the kernel did not take it */
    u32_t tx_cut;    /* a chain of more pieces than one writev() takes */
    struct netif *netif;
};

/* For netif_add(), with a struct tapif whose tap is open as the state. Core lock held. */
err_t tapif_init(struct netif *netif);

/* Starts receiving and watching the interface's state. Thread context, core lock not held. */
void tapif_start(struct tapif *tapif);

#endif
