/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIGUSR1 of a program on lwIP: netstat and stats on stderr, unless the program handles it itself.
 *
 * Theory of operation: the signal is blocked before main(), hence in all threads, and one thread
 * waits for it from then on: no call of the program ever notices. It needs nothing but the core
 * lock, so that it answers before the stack is up, while all threads are blocked, and until the
 * process has gone. A program that sets a handler, or ignores the signal, gets it as from the
 * kernel, in its main thread.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include "os_usr1.h"
#include "report.h"

static pthread_t main_thread;

static void block(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(how, &set, NULL);
}

static void *serve(void *argument)
{
    struct sigaction action;
    sigset_t set;
    int sig;

    (void)argument;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    for (;;) {
        if (sigwait(&set, &sig) != 0 || sigaction(SIGUSR1, NULL, &action) != 0) {
            continue;
        }
        if (action.sa_handler == SIG_DFL) {
            report_all();
        } else if (action.sa_handler != SIG_IGN) {
            pthread_kill(main_thread, SIGUSR1);
        }
    }
    return NULL;
}

void os_usr1_start(void)
{
    pthread_t thread;
    sigset_t all, before;

    main_thread = pthread_self();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, serve, NULL) != 0) {
        abort();
    }
    pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    block(SIG_BLOCK);
}

/* Before it is unblocked the handler is there, and it is blocked before the handler goes. The main
 * thread has it open from its own call alone: a handler is set before other threads are made. */
int os_usr1_sigaction(const struct sigaction *act, struct sigaction *old)
{
    int result;

    if (act == NULL) {
        return sigaction(SIGUSR1, NULL, old);
    }
    if (act->sa_handler == SIG_DFL) {
        block(SIG_BLOCK);
    }
    result = sigaction(SIGUSR1, act, old);
    if (result == 0 && act->sa_handler != SIG_DFL) {
        block(SIG_UNBLOCK);
    }
    return result;
}
