/* SPDX-License-Identifier: BSD-3-Clause */
/* What the stack has in use and what it dropped, as text. */
#ifndef PORTSIDE_PS_STATS_H
#define PORTSIDE_PS_STATS_H

#include "ps_out.h"

/* Pools and heap of lwIP (in use, most ever, size, requests that found none), packets of each layer
 * and what was dropped there by cause, and what the receive reserve and the quotas refused. Since
 * start; a frame that is dropped for want of a buffer is the driver's to count (ifconfig). Threads,
 * core lock not held; before the stack is up, too. */
void ps_stats(struct ps_out *out);

/* The same as a command that takes no arguments: returns its exit status, 0, or 2 after a line that
 * says what was wrong. */
int ps_stats_command(struct ps_out *out, int argc, char **argv);

#endif
