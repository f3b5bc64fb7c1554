/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's hooks (LWIP_HOOK_FILENAME), implemented in port/common; all run with the core lock held.
 */
#ifndef PORTSIDE_LWIP_HOOKS_H
#define PORTSIDE_LWIP_HOOKS_H

#include "lwip/err.h"
#include "lwip/ip_addr.h"

struct dhcp;
struct netif;
struct pbuf;
struct tcp_hdr;
struct tcp_pcb;

/* RFC 6528: initial sequence numbers that an outsider cannot guess. */
u32_t ps_tcp_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
                 u16_t remote_port);
#define LWIP_HOOK_TCP_ISN ps_tcp_isn

/* Each segment for a connection or listener: whether lwIP shall see it (port/common/ps_admit.c). */
err_t ps_tcp_admit(struct tcp_pcb *pcb, const struct tcp_hdr *header, const struct pbuf *p);
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p) \
    ps_tcp_admit((pcb), (hdr), (p))

/* Each message of the DHCP client: the end of a lease that lwIP overlooks (ps_lease.c). */
void ps_dhcp_sends(struct netif *netif, const struct dhcp *dhcp, u8_t type);
#define LWIP_HOOK_DHCP_APPEND_OPTIONS(netif, dhcp, state, msg, type, length) \
    ps_dhcp_sends((netif), (dhcp), (type))

/* getaddrinfo that a signal can interrupt. Thread context, core lock not held. */
int ps_resolve(const char *name, ip_addr_t *address, u8_t type, err_t *result);
#define LWIP_HOOK_NETCONN_EXTERNAL_RESOLVE(name, addr, addrtype, err) \
    ps_resolve((name), (addr), (addrtype), (err))

#endif
