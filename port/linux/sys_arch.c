/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's sys_arch on pthreads.
 *
 * Theory of operation: a semaphore or mailbox is a mutex and a condition on the monotonic clock;
 * a signal is sent only when somebody waits. A mailbox holds the number of messages asked for,
 * so that a Linux process runs out of slots where a board does, and one more for the end of
 * stream (ps_mbox.h). Positions are kept below the size: nothing wraps, however long it runs.
 * App threads have a record (thread.h); their waits on mailboxes, and on semaphores for a finite
 * time, end when its interrupt flag is set. What is there is always taken first. A waiter leaves
 * in its record where it waits, so that sys_wake() finds it; order of locks: record, then object.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "lwip/sys.h"
#include "ps_mbox.h"
#include "sys_time.h"
#include "thread.h"

struct sys_sem {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned count, waiters;
};

struct sys_mutex {
    pthread_mutex_t lock;
};

struct sys_mbox {
    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    unsigned size, head, used; /* head < size + 1 */
    unsigned readers, writers;
    uint32_t refused;
    void *slots[]; /* size + 1 */
};

static void make_condition(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Tells sys_wake() where the calling app thread is about to wait. */
static void announce(struct linux_thread *t, pthread_mutex_t *lock, pthread_cond_t *cond)
{
    if (t != NULL) {
        pthread_mutex_lock(&t->wait_lock);
        t->waits_with = lock;
        t->waits_on = cond;
        pthread_mutex_unlock(&t->wait_lock);
    }
}

void sys_wake(struct linux_thread *t)
{
    pthread_mutex_lock(&t->wait_lock);
    if (t->waits_on != NULL) {
        pthread_mutex_lock(t->waits_with);
        pthread_cond_broadcast(t->waits_on);
        pthread_mutex_unlock(t->waits_with);
    }
    pthread_mutex_unlock(&t->wait_lock);
}

/* Waits until *amount is not 0, the deadline (NULL: never) or an interrupt; lock held. */
static bool wait_for(const unsigned *amount, pthread_cond_t *cond, pthread_mutex_t *lock,
                     const struct timespec *deadline, struct linux_thread *t)
{
    while (*amount == 0) {
        if (t != NULL && t->ps.interrupt) {
            t->ps.hit = true;
            return false;
        }
        if (deadline == NULL) {
            pthread_cond_wait(cond, lock);
        } else if (pthread_cond_timedwait(cond, lock, deadline) != 0) {
            return *amount != 0;
        }
    }
    return true;
}

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
    struct sys_sem *s = calloc(1, sizeof *s);

    *sem = s;
    if (s == NULL) {
        return ERR_MEM;
    }
    pthread_mutex_init(&s->lock, NULL);
    make_condition(&s->changed);
    s->count = count;
    return ERR_OK;
}

void sys_sem_free(sys_sem_t *sem)
{
    pthread_cond_destroy(&(*sem)->changed);
    pthread_mutex_destroy(&(*sem)->lock);
    free(*sem);
    *sem = NULL;
}

void sys_sem_signal(sys_sem_t *sem)
{
    struct sys_sem *s = *sem;

    pthread_mutex_lock(&s->lock);
    s->count++;
    if (s->waiters > 0) {
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout)
{
    struct sys_sem *s = *sem;
    struct linux_thread *t = timeout != 0 ? linux_thread_known() : NULL;
    struct timespec deadline;
    bool taken;

    if (timeout != 0) {
        deadline = sys_deadline(timeout);
    }
    announce(t, &s->lock, &s->changed);
    pthread_mutex_lock(&s->lock);
    s->waiters++;
    taken = wait_for(&s->count, &s->changed, &s->lock, timeout != 0 ? &deadline : NULL, t);
    s->waiters--;
    s->count -= taken;
    pthread_mutex_unlock(&s->lock);
    announce(t, NULL, NULL);
    return taken ? 0 : SYS_ARCH_TIMEOUT;
}

err_t sys_mutex_new(sys_mutex_t *mutex)
{
    *mutex = calloc(1, sizeof **mutex);
    if (*mutex == NULL) {
        return ERR_MEM;
    }
    pthread_mutex_init(&(*mutex)->lock, NULL);
    return ERR_OK;
}

void sys_mutex_free(sys_mutex_t *mutex)
{
    pthread_mutex_destroy(&(*mutex)->lock);
    free(*mutex);
    *mutex = NULL;
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
    pthread_mutex_lock(&(*mutex)->lock);
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
    pthread_mutex_unlock(&(*mutex)->lock);
}

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
    unsigned slots = size > 0 ? (unsigned)size : 1;
    struct sys_mbox *m = calloc(1, sizeof *m + (slots + 1) * sizeof m->slots[0]);

    *mbox = m;
    if (m == NULL) {
        return ERR_MEM;
    }
    pthread_mutex_init(&m->lock, NULL);
    make_condition(&m->filled);
    make_condition(&m->drained);
    m->size = slots;
    return ERR_OK;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
    pthread_cond_destroy(&(*mbox)->drained);
    pthread_cond_destroy(&(*mbox)->filled);
    pthread_mutex_destroy(&(*mbox)->lock);
    free(*mbox);
    *mbox = NULL;
}

static void *peek(const void *mbox, unsigned i)
{
    const struct sys_mbox *m = mbox;

    return m->slots[(m->head + i) % (m->size + 1)];
}

/* Lock held, and there is room. */
static void put(struct sys_mbox *m, void *message)
{
    m->slots[(m->head + m->used) % (m->size + 1)] = message;
    m->used++;
    if (m->readers > 0) {
        pthread_cond_signal(&m->filled);
    }
}

/* Lock held, and there is a message. */
static void *take(struct sys_mbox *m)
{
    void *message = m->slots[m->head];

    m->head = (m->head + 1) % (m->size + 1);
    m->used--;
    if (m->writers > 0) {
        pthread_cond_signal(&m->drained);
    }
    return message;
}

void sys_mbox_post(sys_mbox_t *mbox, void *message)
{
    struct sys_mbox *m = *mbox;

    pthread_mutex_lock(&m->lock);
    m->writers++;
    while (m->used >= m->size) {
        pthread_cond_wait(&m->drained, &m->lock);
    }
    m->writers--;
    put(m, message);
    pthread_mutex_unlock(&m->lock);
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *message)
{
    struct sys_mbox *m = *mbox;
    bool admitted;

    pthread_mutex_lock(&m->lock);
    admitted = ps_mbox_admits(m, m->used, m->size, message, peek);
    if (admitted) {
        put(m, message);
    } else {
        m->refused++;
    }
    pthread_mutex_unlock(&m->lock);
    return admitted ? ERR_OK : ERR_MEM;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *message)
{
    return sys_mbox_trypost(mbox, message);
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **message, u32_t timeout)
{
    struct sys_mbox *m = *mbox;
    struct linux_thread *t = linux_thread_known();
    struct timespec deadline;
    void *fetched = NULL;
    bool taken;

    if (timeout != 0) {
        deadline = sys_deadline(timeout);
    }
    announce(t, &m->lock, &m->filled);
    pthread_mutex_lock(&m->lock);
    m->readers++;
    taken = wait_for(&m->used, &m->filled, &m->lock, timeout != 0 ? &deadline : NULL, t);
    m->readers--;
    if (taken) {
        fetched = take(m);
    }
    pthread_mutex_unlock(&m->lock);
    announce(t, NULL, NULL);
    if (message != NULL) {
        *message = fetched;
    }
    return taken ? 0 : SYS_ARCH_TIMEOUT;
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **message)
{
    struct sys_mbox *m = *mbox;
    void *fetched = NULL;
    bool taken;

    pthread_mutex_lock(&m->lock);
    taken = m->used > 0;
    if (taken) {
        fetched = take(m);
    }
    pthread_mutex_unlock(&m->lock);
    if (message != NULL) {
        *message = fetched;
    }
    return taken ? 0 : SYS_MBOX_EMPTY;
}

void sys_mbox_each(sys_mbox_t *mbox, void (*visit)(void *message, void *argument), void *argument)
{
    struct sys_mbox *m = *mbox;

    pthread_mutex_lock(&m->lock);
    for (unsigned i = 0; i < m->used; i++) {
        visit(peek(m, i), argument);
    }
    pthread_mutex_unlock(&m->lock);
}

uint32_t sys_mbox_refused(sys_mbox_t *mbox)
{
    return (*mbox)->refused;
}
