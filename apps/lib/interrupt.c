/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What signals do.
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

static void set_handler(int signal_number, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void interrupt_install(void)
{
    set_handler(SIGINT, interrupt_handler);
    set_handler(SIGTERM, interrupt_handler);
}

void interrupt_ignore_pipe(void)
{
    set_handler(SIGPIPE, SIG_IGN);
}
