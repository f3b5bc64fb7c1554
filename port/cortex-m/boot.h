/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Boot arguments: what a process gets from its environment, a board gets in one line, from the
 * emulator's command line or from board.mk. Knows nothing of the system.
 *
 *     ip=192.168.77.10/24   the address with the prefix's length, or ip=dhcp
 *     gw=192.168.77.1       the gateway
 *     ip6=fd00::10/64       an address of IPv6, or ip6=auto to wait for a router's prefix, or off
 *     seed=0123abcd         for random numbers, 1 to 32 hexadecimal digits
 *     run=COMMAND           last, with the rest of the line: run this and end
 */
#ifndef PORTSIDE_BOOT_H
#define PORTSIDE_BOOT_H

#include <stddef.h>

struct boot_args {
    char ip[20];     /* "a.b.c.d/n" or "dhcp", checked; empty when not given */
    char gw[16];     /* "a.b.c.d", checked; empty when not given */
    char ip6[46];    /* "ADDRESS/64", "auto" or "off", its letters checked; empty when not given */
    char seed[33];   /* hexadecimal digits, checked; empty when not given */
    const char *run; /* in the line that was parsed, not empty; NULL when not given */
};

/* Reads a line into *args, which keeps what the line does not mention. A first word that is no
 * argument is skipped: emulators put the program's name there. Returns 0; -1 with a message of one
 * line in error[0..size - 1] when an argument is unknown, wrong or given twice. */
int boot_parse(const char *line, struct boot_args *args, char *error, size_t size);

#endif
