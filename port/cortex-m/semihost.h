/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Semihosting: the few requests to the emulator or debugger that the port makes. One image serves
 * emulator and silicon: where nobody answers, the breakpoint ends in HardFault, whose handler
 * steps over it (fault.c), and every function here says so.
 */
#ifndef PORTSIDE_SEMIHOST_H
#define PORTSIDE_SEMIHOST_H

#include <stdbool.h>
#include <stddef.h>

/* The breakpoint that makes a request (ARM semihosting specification, Thumb): BKPT 0xAB. */
#define SEMIHOST_BKPT 0xBEABu

/* Asks once whether a host answers. From reset, when the fault handlers stand. */
void semihost_probe(void);

/* Whether one answered. ISR. */
bool semihost_present(void);

/* The command line given to the emulator, ended by NUL. Returns 0; -1 without a host, or when it
 * is longer than size - 1. */
int semihost_command_line(char *line, size_t size);

/* Ends the emulator with `status` (0-255) as its exit status. Returns when there is no host.
 * ISR. */
void semihost_exit(int status);

/* For the HardFault handler: the breakpoint just skipped had no host. */
void semihost_skipped(void);

#endif
