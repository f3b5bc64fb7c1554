/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board lm3s6965evb: TI's Stellaris LM3S6965 evaluation board, silicon or QEMU's machine of
 * that name. What it has, and what the runtime may use of it.
 */
#ifndef PORTSIDE_BOARD_H
#define PORTSIDE_BOARD_H

/* Interrupts (DS-LM3S6965, table "Interrupts"). */
#define BOARD_IRQ_UART0 5
#define BOARD_IRQ_ETHERNET 42

/* Of the board's interrupts, as written to an 8-bit NVIC_IPR field: above PendSV and the timer,
 * below the faults. They may be masked by PRIMASK, or by a BASEPRI of this value or less. */
#define BOARD_IRQ_PRIORITY 0x80u

/* Addresses (DS-LM3S6965, memory map). */
#define BOARD_GPIOA_BASE 0x40004000u
#define BOARD_UART0_BASE 0x4000c000u
#define BOARD_GPIOF_BASE 0x40025000u
#define BOARD_ETHERNET_BASE 0x40048000u

/* Sizes of what the runtime keeps for programs, in 64 KB of RAM. */
#define BOARD_JOBS 4             /* programs at once, 224 bytes each */
#define BOARD_MAIN_THREADS 2     /* threads for main() alone, further ones are of the others */
#define BOARD_APP_THREADS 4      /* threads of all programs together */
#define BOARD_LINE_MAX 256       /* bytes of a console line or a boot command line, with the NUL */
#define BOARD_CONSOLE_RX 128u    /* bytes between the UART's interrupt and the console thread */
#define BOARD_CONSOLE_INPUT 512u /* bytes of typed lines that wait for a reader */
#define BOARD_HISTORY 512        /* bytes of lines that were typed at the prompt */
#define BOARD_MAIN_STACK 1216    /* bytes, of the main thread: boot, then the shell */
#define BOARD_CONSOLE_STACK 640  /* of the console thread: a ^C aborts connections from here */
#define BOARD_HEAP_NETWORK 8704  /* bytes of the heap that no program gets: lwIP's */
#define BOARD_RX_STACK 768  /* bytes, of the Ethernet receive thread: runs all of lwIP's input */
#define BOARD_RX_PRIORITY 5 /* of the same, in the kernel's numbers */

/* IPv6 goes deeper, with addresses that are five times as long; /ram pays for it. */
#include "lwipopts.h"
#if !LWIP_IPV6
#define BOARD_APP_STACK 1344 /* bytes, of each program's thread and of each main() */
#define BOARD_RAM_FILES 4096 /* bytes of /ram, its book-keeping among them */
#else
#define BOARD_APP_STACK 1472
#define BOARD_RAM_FILES 3072
#endif

#include "board_api.h"

#endif
