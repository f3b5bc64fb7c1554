/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's hooks (LWIP_HOOK_FILENAME), implemented in port/common; all run with the core lock held.
 */
#ifndef PORTSIDE_LWIP_HOOKS_H
#define PORTSIDE_LWIP_HOOKS_H

#include <stdbool.h>
#include "lwip/err.h"
#include "lwip/ip_addr.h"

struct pbuf;
struct tcp_hdr;
struct tcp_pcb;

/* RFC 6528: initial sequence numbers that an outsider cannot guess. */
u32_t ps_tcp_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
                 u16_t remote_port);
#define LWIP_HOOK_TCP_ISN ps_tcp_isn

/* The receive reserve and the quota of each connection: refuses a segment with payload. */
err_t ps_tcp_admit(struct tcp_pcb *pcb, const struct pbuf *p);

/* Before a segment that may end the connection: lwIP shall tell its socket. */
void ps_tcp_keep_told(struct tcp_pcb *pcb);

/* Whether the segment begins a new connection where the pcb was in TIME_WAIT; the pcb is gone. */
bool ps_tcp_makes_room(struct tcp_pcb *pcb, const struct tcp_hdr *header);
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p) \
    (ps_tcp_keep_told(pcb), ps_tcp_makes_room((pcb), (hdr)) ? ERR_ABRT : ps_tcp_admit((pcb), (p)))

/* getaddrinfo that a signal can interrupt. Thread context, core lock not held. */
int ps_resolve(const char *name, ip_addr_t *address, u8_t type, err_t *result);
#define LWIP_HOOK_NETCONN_EXTERNAL_RESOLVE(name, addr, addrtype, err) \
    ps_resolve((name), (addr), (addrtype), (err))

#endif
