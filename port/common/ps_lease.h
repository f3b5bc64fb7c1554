/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The address that a DHCP server lends: asking, giving back, and one line on the console or stderr
 * when it comes, changes or is lost.
 *
 * Theory of operation: lwIP's client runs by itself. It calls a status callback when the address
 * changes, and a hook before each message that it sends, both with the core lock held; they only
 * note what there is to say. It is said by lwIP's own thread, which lets go of the core lock for
 * that, between two of its messages.
 */
#ifndef PORTSIDE_PS_LEASE_H
#define PORTSIDE_PS_LEASE_H

#include "lwip/netif.h"

/* Watches the interface from now on. Core lock held. */
void ps_lease_watch(struct netif *netif);

/* Brings the interface up and asks a server for an address; the present one stays until a lease is
 * there. ERR_MEM when it cannot. Core lock held. */
err_t ps_lease_ask(struct netif *netif);

/* Gives the lease back, if there is one, and asks no more. Core lock held. */
void ps_lease_give_up(struct netif *netif);

/* What the port supplies: writes the text to the console or stderr. Threads, core lock not held. */
void ps_port_say(const char *text);

#endif
