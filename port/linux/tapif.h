/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's network interface on a Linux TAP device. */
#ifndef PORTSIDE_LINUX_TAPIF_H
#define PORTSIDE_LINUX_TAPIF_H

#include "lwip/netif.h"
#include "os.h"

struct tapif {
    struct os_tap tap;
    u8_t mac[6];   /* ours; the caller's choice */
    u32_t no_pbuf; /* frames dropped because the pool was empty */
    struct netif *netif;
};

/* For netif_add(), with a struct tapif whose tap is open as the state. Core lock held. */
err_t tapif_init(struct netif *netif);

/* Starts receiving and watching the interface's state. Thread context, core lock not held. */
void tapif_start(struct tapif *tapif);

#endif
