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

/* Its being the handler of SIGINT is what tells that the first one came: programs of a board share
 * their variables, but each has handlers of its own. */
static void second_handler(int signal_number)
{
    interrupt_handler(signal_number);
}

static void first_handler(int signal_number)
{
    set_handler(signal_number, second_handler);
}

void interrupt_install_twice(void)
{
    set_handler(SIGINT, first_handler);
}

bool interrupt_came(void)
{
    struct sigaction now;

    return sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == second_handler;
}

void interrupt_ignore_pipe(void)
{
    set_handler(SIGPIPE, SIG_IGN);
}
