/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters: one line with what the stack below has counted since its start: frames by what became
 * of them, and what was dropped further up. On host there is nothing to be seen.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#if __has_include("lwip/stats.h")
#include "lwip/netif.h"
#include "lwip/stats.h"
#include "ps_netif.h"
#endif
#if __has_include("mac.h")
#include "mac.h"
#endif

#define SHOW(name, value) printf(" " name "=%lu", (unsigned long)(value))

#if __has_include("mac.h")
static void show_mac(void)
{
    const struct mac_counters *count = &((const struct mac *)netif_default->state)->count;

    SHOW("rx_frames", count->rx_frames);
    SHOW("rx_no_pbuf", count->rx_no_pbuf);
    SHOW("rx_refused", count->rx_refused);
    SHOW("rx_crc", count->rx_crc);
    SHOW("rx_length", count->rx_length);
    SHOW("rx_error", count->rx_error);
    SHOW("rx_overrun", count->rx_overrun);
    SHOW("rx_restarts", count->rx_restarts);
    SHOW("tx_frames", count->tx_frames);
    SHOW("tx_no_room", count->tx_no_room);
    SHOW("tx_error", count->tx_error);
    SHOW("link_changes", count->link_changes);
}
#else
static void show_mac(void)
{
}
#endif

#if __has_include("lwip/stats.h")
static void show_lwip(void)
{
    SHOW("link_drop", lwip_stats.link.drop);
    SHOW("link_memerr", lwip_stats.link.memerr);
    SHOW("link_lenerr", lwip_stats.link.lenerr);
    SHOW("fragments_drop", lwip_stats.ip_frag.drop);
    SHOW("fragments_memerr", lwip_stats.ip_frag.memerr);
    SHOW("quota", ps_drops.tcp_quota);
    SHOW("reserve", ps_drops.tcp_reserve);
    SHOW("reserve_fragments", ps_drops.fragments);
    SHOW("reserve_udp", ps_drops.udp_reserve);
}
#else
static void show_lwip(void)
{
}
#endif

int main(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0); /* the stack runs */

    if (fd < 0) {
        perror("counters: socket");
        return 1;
    }
    close(fd);
    printf("counted:");
    show_mac();
    show_lwip();
    printf("\n");
    return 0;
}
