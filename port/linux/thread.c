/* SPDX-License-Identifier: BSD-3-Clause */
/* The linux port's record of each app thread that uses sockets: see thread.h and ps.h. */
#include <stdlib.h>
#include <unistd.h>
#include "lwip/sys.h"
#include "thread.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct linux_thread *list;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static _Thread_local struct linux_thread *known;
static struct linux_thread *volatile survivor; /* the one thread that goes on, once set */

static void forget(void *record)
{
    struct linux_thread *t = record;
    sys_sem_t *sem = t->ps.netconn_sem;

    pthread_mutex_lock(&list_lock);
    for (struct linux_thread **link = &list; *link != NULL; link = &(*link)->next) {
        if (*link == t) {
            *link = t->next;
            break;
        }
    }
    pthread_mutex_unlock(&list_lock);
    known = NULL;
    if (sem != NULL) {
        sys_sem_free(sem);
    }
    pthread_mutex_destroy(&t->wait_lock);
    free(t);
}

static void make_key(void)
{
    pthread_key_create(&key, forget);
}

struct linux_thread *linux_thread_known(void)
{
    return known;
}

struct linux_thread *linux_thread_self(void)
{
    struct linux_thread *t = known;
    sys_sem_t *sem;
    err_t error;

    if (t != NULL) {
        return t;
    }
    t = calloc(1, sizeof *t);
    LWIP_ASSERT("memory for a thread's record", t != NULL);
    t->id = pthread_self();
    pthread_mutex_init(&t->wait_lock, NULL);
    pthread_once(&key_once, make_key);
    pthread_setspecific(key, t);
    known = t;
    sem = (sys_sem_t *)t->ps.sem_room;
    error = sys_sem_new(sem, 0);
    LWIP_ASSERT("memory for a semaphore", error == ERR_OK);
    t->ps.netconn_sem = sem;
    pthread_mutex_lock(&list_lock);
    t->next = list;
    list = t;
    pthread_mutex_unlock(&list_lock);
    return t;
}

sys_sem_t *sys_netconn_sem(void)
{
    return linux_thread_self()->ps.netconn_sem;
}

void linux_thread_each(void (*visit)(struct linux_thread *t, void *argument), void *argument)
{
    pthread_mutex_lock(&list_lock);
    for (struct linux_thread *t = list; t != NULL; t = t->next) {
        visit(t, argument);
    }
    pthread_mutex_unlock(&list_lock);
}

void linux_thread_stop_others(void)
{
    survivor = linux_thread_self();
    __sync_synchronize();
}

struct ps_thread *ps_port_thread(void)
{
    return &linux_thread_self()->ps;
}

const void *ps_port_owner(void)
{
    return &list; /* one process, one owner */
}

void ps_port_wake(struct ps_thread *t)
{
    sys_wake((struct linux_thread *)t);
}

void ps_port_unwake(struct ps_thread *t)
{
    LWIP_UNUSED_ARG(t); /* the flag itself is all there is */
}

void ps_port_checkpoint(void)
{
    __sync_synchronize(); /* ->inside is seen before `survivor` is read */
    if (survivor != NULL && survivor != known) {
        known->ps.inside = false;
        for (;;) {
            pause();
        }
    }
}
