/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's threads, core lock and short critical sections on pthreads. */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include "lwip/sys.h"
#include "lwip/tcpip.h"

struct start {
    lwip_thread_fn entry;
    void *argument;
    char name[16];
    sem_t taken; /* by the new thread: the rest is needed no longer */
};

static void *run_thread(void *p)
{
    struct start *start = p;
    lwip_thread_fn entry = start->entry;
    void *argument = start->argument;

    prctl(PR_SET_NAME, start->name);
    sem_post(&start->taken);
    entry(argument);
    return NULL;
}

/* The stack's threads take no signals: those are the signal thread's and the app's. */
sys_thread_t sys_thread_new(const char *name, lwip_thread_fn entry, void *argument, int stack_size,
                            int priority)
{
    struct start start = {.entry = entry, .argument = argument};
    sigset_t all, before;
    pthread_t thread;
    int error;

    LWIP_UNUSED_ARG(stack_size);
    LWIP_UNUSED_ARG(priority);
    strncpy(start.name, name, sizeof start.name - 1);
    sem_init(&start.taken, 0, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, NULL, run_thread, &start);
    LWIP_ASSERT("a thread can be started", error == 0);
    pthread_detach(thread);
    while (sem_wait(&start.taken) != 0) {
    }
    sem_destroy(&start.taken);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return (sys_thread_t)thread;
}

static pthread_mutex_t core = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t protection = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local char self; /* its address tells threads apart */
static _Thread_local int protection_depth;
static char *volatile core_owner;
static volatile bool tcpip_runs;

void sys_lock_core(void)
{
    pthread_mutex_lock(&core);
    core_owner = &self;
}

void sys_unlock_core(void)
{
    core_owner = NULL;
    pthread_mutex_unlock(&core);
}

void sys_mark_tcpip_thread(void)
{
    tcpip_runs = true;
}

/* Until the tcpip thread runs there is one thread only, which initialises lwIP. */
void sys_assert_core_locked(void)
{
    if (tcpip_runs && core_owner != &self) {
        port_assert_failed("the core lock is held", __FILE__, __LINE__);
    }
}

sys_prot_t sys_arch_protect(void)
{
    if (protection_depth++ == 0) {
        pthread_mutex_lock(&protection);
    }
    return 0;
}

void sys_arch_unprotect(sys_prot_t level)
{
    LWIP_UNUSED_ARG(level);
    if (--protection_depth == 0) {
        pthread_mutex_unlock(&protection);
    }
}

void sys_init(void)
{
}
