/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board mps2-an385: ARM's MPS2 FPGA board with the Cortex-M3 image of application note AN385,
 * silicon or QEMU's machine of that name. What it has, what the runtime may use of it, and what the
 * runtime gives to it.
 */
#ifndef PORTSIDE_BOARD_H
#define PORTSIDE_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "lwip/netif.h"

/* Interrupts (AN385, interrupt map). */
#define BOARD_IRQ_UART0_RX 0
#define BOARD_IRQ_ETHERNET 13

/* Of the board's interrupts, as written to an 8-bit NVIC_IPR field: above PendSV and the timer,
 * below the faults. They may be masked by PRIMASK, or by a BASEPRI of this value or less. */
#define BOARD_IRQ_PRIORITY 0x80u

/* Addresses (AN385, memory map). */
#define BOARD_UART0_BASE 0x40004000u
#define BOARD_FPGAIO_BASE 0x40028000u
#define BOARD_ETHERNET_BASE 0x40200000u

/* Sizes of what the runtime keeps for programs. RAM is 4 MB: this board is generous, so that a
 * program, and not the board, is what an experiment meets first. A thread costs its stack. */
#define BOARD_JOBS 4              /* programs at once */
#define BOARD_APP_THREADS 12      /* threads of all programs together, besides each one's main() */
#define BOARD_APP_STACK 4096      /* bytes, of each of them and of each main() */
#define BOARD_RAM_FILES 524288    /* bytes of /ram; its book-keeping takes less than 1 % of them */
#define BOARD_LINE_MAX 1024       /* bytes of a console line or a boot command line, with the NUL */
#define BOARD_CONSOLE_RX 1024u    /* bytes between the UART's interrupt and the console thread */
#define BOARD_CONSOLE_INPUT 8192u /* bytes of typed lines that wait for a reader */
#define BOARD_RX_STACK 2048 /* bytes, of the Ethernet receive thread: runs all of lwIP's input */
#define BOARD_RX_PRIORITY 5 /* of the same, in the kernel's numbers */

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
 * netif->state for itself. ERR_IF, and a line on the console, when there is none. */
err_t board_netif_init(struct netif *netif);

/* Starts reception: the receive thread and the interrupt. Once, after netif_add(), from a thread
 * or before the scheduler runs; core lock not held. The thread calls netif->input with the core
 * lock held. On silicon the link takes seconds to come up: wait for netif_is_link_up(). */
void board_netif_start(struct netif *netif);

/* The runtime's: takes a byte from the console. Called by the UART's interrupt handler. */
void console_rx(uint8_t byte);

#endif
