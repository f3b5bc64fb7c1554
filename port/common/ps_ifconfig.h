/* SPDX-License-Identifier: BSD-3-Clause */
/* The command ifconfig of boards and of running programs: shows the network interfaces, changes
 * them. */
#ifndef PORTSIDE_PS_IFCONFIG_H
#define PORTSIDE_PS_IFCONFIG_H

#include <stdbool.h>
#include "lwip/netif.h"
#include "ps_out.h"

/* `ifconfig [IF [up|down|dhcp|ADDRESS/LENGTH [gw ADDRESS]]]`; argv as main() gets it. Returns an
 * exit status: 0, 1 for a change that failed, 2 for wrong words. It does not wait: of a lease is
 * told later (ps_lease.h). Threads, core lock not held. */
int ps_ifconfig(struct ps_out *out, int argc, char **argv);

/* What users call the interface: "lo" or "en0". Any thread. */
const char *ps_netif_name(const struct netif *netif);

/* Ethernet frames that went to lwIP and to the wire, and their bytes without FCS; they wrap. */
struct ps_frames {
    u32_t in, in_bytes, out, out_bytes;
};

/* Those of an interface that is not lo. The port supplies it. Core lock held. */
void ps_port_frames(const struct netif *netif, struct ps_frames *frames);

/* One cause for which the driver of `netif` has lost or dropped frames, by number from 0; false
 * when there is none of that number. The port supplies it. Threads, core lock not held. */
bool ps_port_drops(const struct netif *netif, unsigned number, const char **cause, u32_t *count);

#endif
