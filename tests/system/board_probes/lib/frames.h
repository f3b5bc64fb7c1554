/* SPDX-License-Identifier: BSD-3-Clause */
/* What the probe `frames` asks of a board's Ethernet driver; drivers/NAME.c answers for the boards
 * with board/drivers/NAME.c. Both are weak: a driver may lack an answer. */
#ifndef PORTSIDE_FRAMES_H
#define PORTSIDE_FRAMES_H

#include <stdbool.h>

#include "lwip/netif.h"

/* Makes the chip return all that it is given to send, or not. Core lock held. Returns whether it
 * can. */
bool frames_loop_back(struct netif *netif, bool on) __attribute__((weak));

/* Prints a line on what the driver has counted. */
void frames_show_counters(const struct netif *netif) __attribute__((weak));

#endif
