/* SPDX-License-Identifier: BSD-3-Clause */
/* Ends of connections; core lock held. */
#ifndef PORTSIDE_PS_ENDED_H
#define PORTSIDE_PS_ENDED_H

#include <stdbool.h>

struct netconn;
struct tcp_hdr;
struct tcp_pcb;

/* Before a shutdown(SHUT_WR) of a TCP netconn. */
void ps_watch_end(struct netconn *conn);

/* With each segment that comes in, before lwIP sees it. */
void ps_tell_end(struct tcp_pcb *pcb);

/* Whether a segment with payload, which may be the peer's last, finds a full mailbox: then lwIP
 * must not have it yet. */
bool ps_ends_too_early(const struct tcp_pcb *pcb, const struct tcp_hdr *header);

/* Whether the segment begins a new connection where the pcb was in TIME_WAIT; then the pcb is gone.
 */
bool ps_makes_room(struct tcp_pcb *pcb, const struct tcp_hdr *header);

#endif
