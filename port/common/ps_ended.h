/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that end while a socket still holds them; core lock held. */
#ifndef PORTSIDE_PS_ENDED_H
#define PORTSIDE_PS_ENDED_H

struct netconn;
struct tcp_pcb;

/* Before a shutdown(SHUT_WR) of a TCP netconn. */
void ps_watch_end(struct netconn *conn);

/* With each segment that comes in, before lwIP sees it. */
void ps_tell_end(struct tcp_pcb *pcb);

#endif
