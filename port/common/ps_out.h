/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the texts of netstat, stats, ifconfig and their like go: a console, a stream, a socket. */
#ifndef PORTSIDE_PS_OUT_H
#define PORTSIDE_PS_OUT_H

#include <stddef.h>

/* The longest text of one ps_printf(); what is longer is cut. */
#define PS_OUT_MAX 120

struct ps_out {
    /* Takes all of it, and keeps nothing of it. May block: never called with the core lock held. */
    void (*write)(struct ps_out *out, const char *text, size_t length);
};

/* Formats at most PS_OUT_MAX bytes. Threads, core lock not held: what the lock guards is copied
 * first and printed then. */
void ps_printf(struct ps_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
