/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board mps2-an385: ARM's MPS2 FPGA board with the Cortex-M3 image of application note AN385,
 * silicon or QEMU's machine of that name. What it has, and what the runtime may use of it.
 */
#ifndef PORTSIDE_BOARD_H
#define PORTSIDE_BOARD_H

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
#define BOARD_JOBS 8              /* programs at once */
#define BOARD_MAIN_THREADS 4      /* threads for main() alone, further ones are of the others */
#define BOARD_APP_THREADS 12      /* threads of all programs together */
#define BOARD_APP_STACK 4096      /* bytes, of each of them and of each main() */
#define BOARD_RAM_FILES 524288    /* bytes of /ram; its book-keeping takes less than 1 % of them */
#define BOARD_LINE_MAX 1024       /* bytes of a console line or a boot command line, with the NUL */
#define BOARD_CONSOLE_RX 1024u    /* bytes between the UART's interrupt and the console thread */
#define BOARD_CONSOLE_INPUT 8192u /* bytes of typed lines that wait for a reader */
#define BOARD_HISTORY 4096        /* bytes of lines that were typed at the prompt */
#define BOARD_MAIN_STACK 2048     /* bytes, of the main thread: boot, then the shell */
#define BOARD_CONSOLE_STACK 2048  /* of the console thread: a ^C aborts connections from here */
#define BOARD_HEAP_NETWORK 0      /* bytes of the heap that are lwIP's: it has its own */
#define BOARD_RX_STACK 2048 /* bytes, of the Ethernet receive thread: runs all of lwIP's input */
#define BOARD_RX_PRIORITY 5 /* of the same, in the kernel's numbers */

#include "board_api.h"

#endif
