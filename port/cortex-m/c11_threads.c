/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * C11's threads, mutexes, conditions, thread-specific storage and call_once on the kernel's
 * semaphores.
 *
 * Theory of operation: who waits for a mutex or a condition puts a record of its own stack, with a
 * semaphore in it, on the object's queue, and waits on the semaphore, which unlike a kernel mutex
 * can be interrupted: so every wait is a kill point. The queues change with interrupts off. An
 * mtx_t lends no priority; app threads all have the same.
 */
#include <threads.h>
#include <errno.h>
#include <stddef.h>
#include "job_internal.h"
#include "kernel_arch.h"

struct threads_waiter {
    struct threads_waiter *next;
    struct semaphore wake;
    bool woken; /* taken off the queue by who woke it */
};

enum { ONCE_NEW, ONCE_RUNNING, ONCE_DONE };

/* Interrupts off. */
static void enqueue(struct threads_queue *q, struct threads_waiter *w)
{
    struct threads_waiter **at = &q->head;

    while (*at != NULL) {
        at = &(*at)->next;
    }
    *w = (struct threads_waiter){.next = NULL};
    *at = w;
}

/* Interrupts off. False when nobody waits. */
static bool wake_first(struct threads_queue *q)
{
    struct threads_waiter *w = q->head;

    if (w == NULL) {
        return false;
    }
    q->head = w->next;
    w->woken = true;
    semaphore_post(&w->wake);
    return true;
}

/* Waits until *w is woken, a time or an interrupt; afterwards it is off the queue. */
static int wait_on(struct threads_queue *q, struct threads_waiter *w, uint32_t ms)
{
    int result = semaphore_wait(&w->wake, ms, KERNEL_INTERRUPTIBLE);
    uint32_t saved = kernel_arch_lock();

    if (!w->woken) {
        struct threads_waiter **at = &q->head;

        while (*at != w) {
            at = &(*at)->next;
        }
        *at = w->next;
    }
    kernel_arch_unlock(saved);
    return w->woken ? KERNEL_OK : result;
}

/* Milliseconds until a moment of TIME_UTC, rounded up. */
static uint32_t ms_until(const struct timespec *moment)
{
    struct timespec now;
    int64_t ms;

    (void)timespec_get(&now, TIME_UTC);
    ms = ((int64_t)moment->tv_sec - now.tv_sec) * 1000 +
         (moment->tv_nsec - now.tv_nsec + 999999) / 1000000;
    if (ms < 0) {
        return 0;
    }
    return ms < INT32_MAX ? (uint32_t)ms : INT32_MAX;
}

int thrd_create(thrd_t *thread, thrd_start_t start, void *arg)
{
    struct app_thread *t;

    ps_port_checkpoint();
    t = app_thread_start(job_self(), start, arg);
    if (t == NULL) {
        return thrd_nomem;
    }
    *thread = t;
    return thrd_success;
}

thrd_t thrd_current(void)
{
    return app_thread_self();
}

int thrd_detach(thrd_t thread)
{
    thread->detached = true;
    return thrd_success;
}

int thrd_equal(thrd_t a, thrd_t b)
{
    return a == b;
}

_Noreturn void thrd_exit(int result)
{
    app_thread_end(app_thread_self(), result);
}

int thrd_join(thrd_t thread, int *result)
{
    if (thread == app_thread_self()) {
        return thrd_error;
    }
    ps_port_checkpoint();
    while (job_interrupted(thread_join(&thread->thread, KERNEL_FOREVER, KERNEL_INTERRUPTIBLE))) {
    }
    if (result != NULL) {
        *result = thread->result;
    }
    jobs_lock();
    if (thread->job == job_self()) { /* else job_reap() was first */
        app_thread_release(thread);
    }
    jobs_unlock();
    return thrd_success;
}

int thrd_sleep(const struct timespec *time, struct timespec *left)
{
    if (nanosleep(time, left) == 0) {
        return 0;
    }
    return errno == EINTR ? -1 : -2;
}

void thrd_yield(void)
{
    ps_port_checkpoint();
    thread_yield();
}

int mtx_init(mtx_t *mutex, int type)
{
    *mutex = (mtx_t){.type = type};
    return thrd_success;
}

void mtx_destroy(mtx_t *mutex)
{
    (void)mutex;
}

/* Interrupts off. Takes the mutex if it can be had. */
static bool take(mtx_t *mutex, const void *self)
{
    if (mutex->owner != NULL && (mutex->owner != self || (mutex->type & mtx_recursive) == 0)) {
        return false;
    }
    mutex->owner = self;
    mutex->depth++;
    return true;
}

int mtx_trylock(mtx_t *mutex)
{
    uint32_t saved;
    bool taken;

    ps_port_checkpoint();
    saved = kernel_arch_lock();
    taken = take(mutex, thread_self());
    kernel_arch_unlock(saved);
    return taken ? thrd_success : thrd_busy;
}

/* Takes the mutex or waits for it to become free, once. A kill point. */
static int take_or_wait(mtx_t *mutex, uint32_t ms)
{
    struct threads_waiter w;
    uint32_t saved;
    bool taken;
    int result;

    ps_port_checkpoint(); /* also when it is free: a loop around it must be able to end */
    saved = kernel_arch_lock();
    taken = take(mutex, thread_self());
    if (!taken) {
        enqueue(&mutex->waiters, &w);
    }
    kernel_arch_unlock(saved);
    if (taken) {
        return thrd_success;
    }
    result = wait_on(&mutex->waiters, &w, ms);
    (void)job_interrupted(result);
    return result == KERNEL_TIMEOUT ? thrd_timedout : thrd_busy;
}

int mtx_timedlock(mtx_t *mutex, const struct timespec *until)
{
    int result;

    while ((result = take_or_wait(mutex, ms_until(until))) == thrd_busy) {
    }
    return result;
}

int mtx_lock(mtx_t *mutex)
{
    while (take_or_wait(mutex, KERNEL_FOREVER) != thrd_success) {
    }
    return thrd_success;
}

/* Interrupts off. */
static bool give(mtx_t *mutex)
{
    if (mutex->owner != thread_self()) {
        return false;
    }
    if (--mutex->depth == 0) {
        mutex->owner = NULL;
        (void)wake_first(&mutex->waiters);
    }
    return true;
}

int mtx_unlock(mtx_t *mutex)
{
    uint32_t saved = kernel_arch_lock();
    bool given = give(mutex);

    kernel_arch_unlock(saved);
    return given ? thrd_success : thrd_error;
}

int cnd_init(cnd_t *condition)
{
    *condition = (cnd_t){.waiters = {NULL}};
    return thrd_success;
}

void cnd_destroy(cnd_t *condition)
{
    (void)condition;
}

static int wait_for(cnd_t *condition, mtx_t *mutex, uint32_t ms)
{
    struct threads_waiter w;
    uint32_t saved;
    int result;

    ps_port_checkpoint();
    saved = kernel_arch_lock();
    enqueue(&condition->waiters, &w);
    (void)give(mutex);
    kernel_arch_unlock(saved);
    result = wait_on(&condition->waiters, &w, ms);
    (void)job_interrupted(result);
    (void)mtx_lock(mutex);
    return result == KERNEL_TIMEOUT ? thrd_timedout : thrd_success;
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return wait_for(condition, mutex, KERNEL_FOREVER);
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
    return wait_for(condition, mutex, ms_until(until));
}

int cnd_signal(cnd_t *condition)
{
    uint32_t saved = kernel_arch_lock();

    (void)wake_first(&condition->waiters);
    kernel_arch_unlock(saved);
    return thrd_success;
}

int cnd_broadcast(cnd_t *condition)
{
    uint32_t saved = kernel_arch_lock();

    while (wake_first(&condition->waiters)) {
    }
    kernel_arch_unlock(saved);
    return thrd_success;
}

int tss_create(tss_t *key, tss_dtor_t destructor)
{
    struct job *job = job_self();

    for (unsigned i = 0; i < JOB_TSS_KEYS; i++) {
        uint32_t saved = kernel_arch_lock();
        bool was_free = (job->tss_used & 1u << i) == 0;

        job->tss_used = (uint8_t)(job->tss_used | 1u << i);
        kernel_arch_unlock(saved);
        if (was_free) {
            job->tss_destructors[i] = destructor;
            *key = i;
            return thrd_success;
        }
    }
    return thrd_error;
}

/* The values that threads have under the key are forgotten, as the standard has it. */
void tss_delete(tss_t key)
{
    struct job *job = job_self();
    struct app_thread *t;
    uint32_t saved = kernel_arch_lock();

    for (size_t i = 0; (t = app_thread_at(i)) != NULL; i++) {
        if (t->job == job) {
            t->tss[key] = NULL;
        }
    }
    job->tss_used = (uint8_t)(job->tss_used & ~(1u << key));
    kernel_arch_unlock(saved);
}

void *tss_get(tss_t key)
{
    return app_thread_self()->tss[key];
}

int tss_set(tss_t key, void *value)
{
    app_thread_self()->tss[key] = value;
    return thrd_success;
}

void call_once(once_flag *flag, void (*function)(void))
{
    uint32_t saved = kernel_arch_lock();
    bool first = flag->state == ONCE_NEW;

    if (first) {
        flag->state = ONCE_RUNNING;
    }
    kernel_arch_unlock(saved);
    if (first) {
        function();
        flag->state = ONCE_DONE;
    }
    while (flag->state != ONCE_DONE) {
        (void)job_interrupted(thread_sleep(1, KERNEL_INTERRUPTIBLE));
    }
}
