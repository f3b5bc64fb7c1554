/* SPDX-License-Identifier: BSD-3-Clause */
/* The linux port's record of each app thread that uses sockets. */
#ifndef PORTSIDE_LINUX_THREAD_H
#define PORTSIDE_LINUX_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include "ps.h"

struct linux_thread {
    struct ps_thread ps; /* first: a ps_thread * is a linux_thread * */
    struct linux_thread *next;
    pthread_t id;
    pthread_mutex_t wait_lock; /* of the two below */
    pthread_mutex_t *waits_with;
    pthread_cond_t *waits_on;
};

/* The calling thread's record, made when it is missing; it goes when the thread ends. */
struct linux_thread *linux_thread_self(void);

/* The same, or NULL: lwIP's own threads have none. */
struct linux_thread *linux_thread_known(void);

/* Calls visit for each record; the list is locked meanwhile, so no thread ends. */
void linux_thread_each(void (*visit)(struct linux_thread *t, void *argument), void *argument);

/* From now on every thread but the calling one stops for good at its next checkpoint. */
void linux_thread_stop_others(void);

/* Ends the wait of t, if it is in one, so that it looks at its flag (sys_arch.c). */
void sys_wake(struct linux_thread *t);

#endif
