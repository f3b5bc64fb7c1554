/* SPDX-License-Identifier: BSD-3-Clause */
/* What `ifconfig IF WORD...` changes. */
#ifndef PORTSIDE_PS_IFCHANGE_H
#define PORTSIDE_PS_IFCHANGE_H

#include "lwip/netif.h"
#include "ps_out.h"

/* Does what argv[2] and its further words say to the interface; argv[0] names the command in
 * messages. Returns an exit status: 0, 1 for a change that failed, 2 for wrong words. Does not
 * wait. Threads, core lock not held. */
int ps_ifchange(struct ps_out *out, struct netif *netif, int argc, char **argv);

#endif
