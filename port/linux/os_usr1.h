/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGUSR1 of a program on lwIP: netstat and stats on stderr, see os_usr1.c. */
#ifndef PORTSIDE_LINUX_OS_USR1_H
#define PORTSIDE_LINUX_OS_USR1_H

struct sigaction;

/* Once, before main(), by its thread. */
void os_usr1_start(void);

/* sigaction() for SIGUSR1. Any thread. */
int os_usr1_sigaction(const struct sigaction *act, struct sigaction *old);

#endif
