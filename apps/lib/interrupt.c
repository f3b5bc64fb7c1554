/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handler of SIGINT and SIGTERM.
 */
#include "interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* _exit() is one of the few calls that a handler may make; whoever owns the sockets (kernel or
 * port) closes them. */
static void interrupt_handler(int signal_number)
{
    _exit(128 + signal_number);
}

void interrupt_install(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt_handler;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
