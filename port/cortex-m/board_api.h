/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a board supplies to the runtime, and the one thing that it gets. A board's board.h includes
 * this beside its sizes (BOARD_JOBS ...).
 */
#ifndef PORTSIDE_BOARD_API_H
#define PORTSIDE_BOARD_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/netif.h"

extern const char board_name[];

/* Clocks and console: the console's output works from here on, its input once interrupts are on.
 * The first thing that the runtime calls after memory is set up; interrupts off. */
void board_init(void);

/* The core's clock, Hz; the SysTick's, too. ISR. */
uint32_t board_core_hz(void);

/* Writes n bytes to the console as they are (no \r is added) and waits for each: usable with
 * interrupts off and in fault handlers. ISR. */
void board_console_write(const char *data, size_t n);

/* The best unpredictable word that the board has by itself: free-running counters read at this
 * moment. On silicon that is worth some bits, as the call's time depends on people, power and
 * cables; in QEMU it depends on the host's timing (with -icount: on nothing). It is no secret: what
 * must not be guessed needs the `seed=` of the boot arguments. Differs from call to call. ISR. */
uint32_t board_entropy(void);

/* For netif_add(), core lock held: sets the Ethernet controller up and fills netif in; it takes
 * netif->state for itself. ERR_IF when there is none, and board_netif_fault() says why. */
err_t board_netif_init(struct netif *netif);

/* Why board_netif_init() failed, in a few words; else NULL. */
const char *board_netif_fault(void);

/* Frames to lwIP and to the chip since start, and their bytes without FCS; they wrap. */
struct board_frames {
    uint32_t in, in_bytes, out, out_bytes;
};
void board_netif_frames(const struct netif *netif, struct board_frames *frames);

/* One cause for which the controller or its driver has lost frames, by number from 0; false when
 * there is none of that number. Any thread. */
bool board_netif_drops(const struct netif *netif, unsigned number, const char **cause,
                       uint32_t *count);

/* Starts reception: the receive thread and the interrupt. Once, after netif_add(), from a thread
 * or before the scheduler runs; core lock not held. The thread calls netif->input with the core
 * lock held. On silicon the link takes seconds to come up: wait for netif_is_link_up(). */
void board_netif_start(struct netif *netif);

/* The runtime's: takes a byte from the console. Called by the UART's interrupt handler. */
void console_rx(uint8_t byte);

#endif
