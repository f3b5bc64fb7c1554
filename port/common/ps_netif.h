/* SPDX-License-Identifier: BSD-3-Clause */
/* Between a port and its netif: the input gate, addresses, and what was dropped. */
#ifndef PORTSIDE_PS_NETIF_H
#define PORTSIDE_PS_NETIF_H

#include <stdbool.h>
#include "lwip/netif.h"

/* Frames and segments that the input gate refused, since start. Core lock. */
struct ps_drops {
    u32_t tcp_reserve, tcp_quota, fragments, udp_reserve;
    u32_t down; /* frames that came while the interface was down */
};
extern struct ps_drops ps_drops;

/* Give this to netif_add(): the drivers call it as netif->input with the core lock held. Takes p
 * whatever it returns ERR_OK for. */
err_t ps_netif_input(struct pbuf *p, struct netif *netif);

/* Reads "192.168.77.1": four numbers, none of the shorter forms. False when it is not that. */
bool ps_parse_ipv4(const char *text, ip4_addr_t *address);

/* Reads "192.168.77.2/24" into address and mask. False when it is not that, or no host can have
 * that address. */
bool ps_parse_cidr(const char *text, ip4_addr_t *address, ip4_addr_t *mask);

/* Makes the gateway the one name server, as a static set-up has it. Core lock held. */
void ps_set_name_server(const ip4_addr_t *gateway);

/* Sets address, mask and gateway (and the gateway as name server), brings the netif up and makes
 * it the default; with "dhcp" as the address asks for one and waits for it at most PS_DHCP_MS.
 * It ends early when give_up says so. Thread context, core lock not held. Returns NULL, or what was
 * wrong. */
const char *ps_netif_configure(struct netif *netif, const char *address, const char *gateway,
                               bool (*give_up)(void));

#define PS_DHCP_MS 20000u

#endif
