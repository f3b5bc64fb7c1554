/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running program tells whom asks it: build/linux/ifconfig, netstat and the like, which are
 * port/linux/tools/ask.c, talk to it. os_control.h has the protocol.
 */
#ifndef PORTSIDE_LINUX_CONTROL_H
#define PORTSIDE_LINUX_CONTROL_H

/* Starts the thread that answers. `tap` is the interface's name for the first line of answers and
 * must last. Without a socket for it the program goes on, with a line on stderr. Once, from a
 * thread; the core lock is not held. */
void control_start(const char *tap);

#endif
