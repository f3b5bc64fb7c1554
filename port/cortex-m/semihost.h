/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Semihosting: the requests to the emulator or debugger that the port makes. One image serves
 * emulator and silicon: where nobody answers, the breakpoint ends in HardFault, whose handler
 * steps over it (fault.c), and every function here says so. A request stops the whole board,
 * interrupts included, until the host has answered it.
 */
#ifndef PORTSIDE_SEMIHOST_H
#define PORTSIDE_SEMIHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Files of the host. Only when semihost_present(); one thread at a time; names end with a NUL.
 * What each returns is what ARM's specification says ("Semihosting for AArch32 and AArch64",
 * release 2.0, section "Semihosting operations"). */

/* The modes of SYS_OPEN that are used, called as fopen() calls them. In QEMU 7.2 "ab" makes a file
 * that is not there, but does not write at its end. */
enum semihost_mode {
    SEMIHOST_RB = 1,
    SEMIHOST_R_PLUS_B = 3,
    SEMIHOST_W_PLUS_B = 7,
    SEMIHOST_AB = 9
};

/* A handle, or -1. */
int semihost_open(const char *name, enum semihost_mode mode);
int semihost_close(int handle);

/* How many of the bytes were NOT transferred: 0 is all, `size` the end of the file or an error, of
 * which QEMU 7.2 does not tell the number. */
size_t semihost_read(int handle, void *data, size_t size);
size_t semihost_write(int handle, const void *data, size_t size);

/* To a position in bytes from the beginning: 0, or negative. */
int semihost_seek(int handle, uint32_t position);

/* Bytes, or -1. QEMU 7.2 gives the low 32 bits of the length. */
int32_t semihost_length(int handle);

/* 0, or not. SYS_REMOVE may remove an empty directory. */
int semihost_remove(const char *name);
int semihost_rename(const char *from, const char *to);

/* The errno of the request that failed last, in the host's numbers. */
int semihost_errno(void);

/* For the HardFault handler: the breakpoint just skipped had no host. */
void semihost_skipped(void);

#endif
