/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIGINT and SIGTERM of a program on lwIP.
 *
 * Theory of operation: a thread that waits inside lwIP waits on a condition, which no signal ends.
 * So the two signals are blocked everywhere and one thread sigwaits for them. It runs the
 * program's handler, then interrupts the main thread: a socket call through ps_kick(), a read of
 * the console or a sleep through WAKE_SIGNAL, whose handler does nothing but make the kernel
 * return EINTR. Both are repeated until the main thread has taken its flag, since it may have
 * been just about to block. Without a handler the signal ends the program: its threads are
 * stopped at their next checkpoint, the sockets closed, what was sent gets half a second to be
 * delivered, and the status is 128 plus the signal. Before the stack has started nothing of this
 * runs and a signal does what the kernel does.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "finish.h"
#include "os.h"
#include "os_usr1.h"
#include "thread.h"

#define WAKE_SIGNAL (SIGRTMIN + 7)
#define KICK_EVERY_MS 20
#define KICKS 50
#define KICKS_OUTSIDE 3 /* when it waits in none of lwIP's calls */

int ps_sigaction(int sig, const struct sigaction *act, struct sigaction *old);
_Noreturn void ps__exit(int status);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the two below */
static struct sigaction actions[2];
static bool started;
static pthread_t main_thread, signal_thread;

static struct sigaction *action_of(int sig)
{
    return sig == SIGINT ? &actions[0] : sig == SIGTERM ? &actions[1] : NULL;
}

static void do_nothing(int sig)
{
    (void)sig;
}

/* A thread made before the stack started may still take the signal: hand it over. */
static void forward(int sig)
{
    pthread_kill(signal_thread, sig);
}

int ps_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
    struct sigaction *mine = action_of(sig);
    int result = 0;

    if (sig == SIGUSR1) {
        return os_usr1_sigaction(act, old);
    }
    if (mine == NULL) {
        return sigaction(sig, act, old);
    }
    pthread_mutex_lock(&lock);
    if (old != NULL) {
        *old = *mine;
    }
    if (act != NULL) {
        *mine = *act;
        if (!started) {
            result = sigaction(sig, act, NULL);
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

struct attempt {
    int number;  /* 0 sets the flag; later ones only act while it is set */
    bool needed; /* the main thread still has to take it */
};

/* Under the list's lock, so that the main thread's record stays while this looks at it. */
static void interrupt_main(struct linux_thread *t, void *argument)
{
    struct attempt *attempt = argument;

    if (pthread_equal(t->id, main_thread) && (attempt->number == 0 || t->ps.interrupt) &&
        (attempt->number < KICKS_OUTSIDE || t->ps.inside)) {
        ps_kick(&t->ps);
        pthread_kill(main_thread, WAKE_SIGNAL);
        attempt->needed = true;
    }
}

/* Interrupts the main thread until it has noticed; returns early with the next signal, or 0. */
static int interrupt_until_taken(const sigset_t *set)
{
    const struct timespec step = {.tv_nsec = KICK_EVERY_MS * 1000000L};
    struct attempt attempt;
    int sig;

    for (attempt.number = 0; attempt.number < KICKS; attempt.number++) {
        attempt.needed = false;
        linux_thread_each(interrupt_main, &attempt);
        if (!attempt.needed) {
            break;
        }
        sig = sigtimedwait(set, NULL, &step);
        if (sig > 0) {
            return sig;
        }
    }
    return 0;
}

static void block_ours(sigset_t *ours)
{
    sigemptyset(ours);
    sigaddset(ours, SIGINT);
    sigaddset(ours, SIGTERM);
    pthread_sigmask(SIG_BLOCK, ours, NULL);
}

static void *serve_signals(void *argument)
{
    sigset_t set;
    int sig = 0;

    (void)argument;
    block_ours(&set);
    for (;;) {
        void (*handler)(int);

        if (sig == 0 && sigwait(&set, &sig) != 0) {
            continue;
        }
        pthread_mutex_lock(&lock);
        handler = action_of(sig)->sa_handler;
        pthread_mutex_unlock(&lock);
        if (handler == SIG_DFL) {
            finish_now(128 + sig);
        }
        if (handler == SIG_IGN) {
            sig = 0;
            continue;
        }
        handler(sig);
        sig = interrupt_until_taken(&set);
    }
    return NULL;
}

__attribute__((constructor)) static void note_main_thread(void)
{
    main_thread = pthread_self();
    os_usr1_start();
}

void os_signals_start(void)
{
    struct sigaction wake = {.sa_handler = do_nothing};
    struct sigaction hand_over = {.sa_handler = forward};
    sigset_t all, ours, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&lock); /* the thread waits for the actions */
    if (pthread_create(&signal_thread, NULL, serve_signals, NULL) != 0) {
        abort();
    }
    sigaction(SIGINT, &hand_over, &actions[0]);
    sigaction(SIGTERM, &hand_over, &actions[1]);
    started = true;
    pthread_mutex_unlock(&lock);
    sigaction(WAKE_SIGNAL, &wake, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    block_ours(&ours);
}

void ps__exit(int status)
{
    if (started) {
        finish_now(status);
    }
    _exit(status);
}
