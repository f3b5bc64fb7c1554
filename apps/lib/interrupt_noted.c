/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals that are noted.
 *
 * Where all programs are in one image this note is one for all of them: it says whose it is.
 */
#include "interrupt_noted.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A note is a process id above the number of the signal. */
#define SIGNAL_BITS 5

static volatile sig_atomic_t interrupt_last;

static void note_handler(int signal_number)
{
    interrupt_last = (sig_atomic_t)((getpid() << SIGNAL_BITS) | signal_number);
}

void interrupt_note(void)
{
    struct sigaction action;

    if (interrupt_noted() != 0)
        interrupt_last = 0;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_handler;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int interrupt_noted(void)
{
    int last = interrupt_last;

    return last >> SIGNAL_BITS == getpid() ? last & ((1 << SIGNAL_BITS) - 1) : 0;
}
