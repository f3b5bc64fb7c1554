/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The threads of jobs: their pool, their beginning and their end, and the kill points between.
 *
 * Theory of operation: a slot is a kernel thread, a stack, newlib's struct _reent and the socket
 * layer's record. Its three standard streams are opened before it starts and closed by itself, so
 * that it alone ever uses them; the slot is free again when somebody has seen the thread end: who
 * joins it, job_reap(), or, for a detached one, the next that looks for a slot. A thread ends only
 * by its own hand, at a kill point, when it holds no mutex of the port.
 */
#include <errno.h>
#include <string.h>
#include "board.h"
#include "job_internal.h"
#include "kernel_arch.h"
#include "stdio_streams.h"

#define SLOTS (BOARD_MAIN_THREADS + BOARD_APP_THREADS)

/* The first are for main threads alone, so that a program with many threads does not keep others
 * from being started. */
static struct app_thread slots[SLOTS];
static uint8_t stacks[SLOTS][BOARD_APP_STACK] __attribute__((aligned(8)));

_Static_assert(BOARD_APP_STACK % 8 == 0, "each stack of the pool is aligned to 8");
_Static_assert(offsetof(struct app_thread, thread) == 0, "a thread is the head of its record");

struct app_thread *app_thread_self(void)
{
    uintptr_t self = (uintptr_t)thread_self();

    /* Threads of the system lie elsewhere. */
    return self - (uintptr_t)slots < sizeof slots ? (struct app_thread *)self : NULL;
}

struct app_thread *app_thread_at(size_t index)
{
    return index < SLOTS ? &slots[index] : NULL;
}

unsigned job_thread_count(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        count += slots[i].job != NULL;
    }
    return count;
}

void app_thread_release(struct app_thread *t)
{
    _reclaim_reent(&t->reent);
    t->job = NULL;
}

/* Looks in [from, to). Pool locked. */
static struct app_thread *free_slot(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct app_thread *t = &slots[i];

        /* Others of a job that is over may still use what lies on this stack. */
        if (t->job != NULL && t->detached && !t->job->over &&
            thread_join(&t->thread, 0, 0) == KERNEL_OK) {
            app_thread_release(t);
        }
        if (t->job == NULL) {
            return t;
        }
    }
    return NULL;
}

static void thread_main(void *arg)
{
    struct app_thread *t = arg;

    ps_port_checkpoint();
    app_thread_end(t, t->start(t->arg));
}

static void prepare(struct app_thread *t, struct job *job, int (*start)(void *), void *arg)
{
    memset(t, 0, sizeof *t);
    _REENT_INIT_PTR_ZEROED(&t->reent);
    t->thread.reent = &t->reent;
    t->start = start;
    t->arg = arg;
    t->job = job;
}

struct app_thread *app_thread_start(struct job *job, int (*start)(void *), void *arg)
{
    struct app_thread *t = NULL;

    jobs_lock();
    if (!job->over) {
        t = free_slot(job->main == NULL ? 0 : BOARD_MAIN_THREADS, SLOTS);
    }
    errno = EAGAIN;
    if (t != NULL) {
        prepare(t, job, start, arg);
        if (!stdio_open(&t->reent)) {
            app_thread_release(t);
            errno = ENOMEM;
            t = NULL;
        }
    }
    if (t != NULL) {
        size_t index = (size_t)(t - slots);

        if (job->main == NULL) {
            job->main = t;
        }
        job->live++;
        if (thread_start(&t->thread, job->app->name, PRIORITY_APP, thread_main, t, stacks[index],
                         sizeof stacks[index]) != 0) {
            kernel_panic("BOARD_APP_STACK is too small");
        }
    }
    jobs_unlock();
    return t;
}

static void run_tss_destructors(struct app_thread *t)
{
    for (unsigned i = 0; i < JOB_TSS_KEYS; i++) {
        void *value = t->tss[i];

        t->tss[i] = NULL;
        if (value != NULL && t->job->tss_destructors[i] != NULL) {
            t->job->tss_destructors[i](value);
        }
    }
}

_Noreturn void app_thread_end(struct app_thread *t, int result)
{
    bool last;

    t->result = result;
    if (!t->job->over) { /* a destructor may block, and then the job's end cuts it short */
        run_tss_destructors(t);
    }
    t->ending = true;
    stdio_close();
    jobs_lock();
    last = --t->job->live == 0;
    jobs_unlock();
    if (last) {
        job_end(t->job, 0);
    }
    thread_exit();
}

bool job_interrupted(int result)
{
    struct app_thread *t = app_thread_self();
    bool interrupted = result == KERNEL_INTERRUPTED;

    if (interrupted && t != NULL) {
        t->ps.interrupt = false;
    }
    ps_port_checkpoint();
    if (interrupted) {
        errno = EINTR;
    }
    return interrupted;
}

void ps_port_checkpoint(void)
{
    struct app_thread *t = app_thread_self();

    if (t == NULL || t->ending) {
        return;
    }
    if (!t->job->over && t == t->job->main && t->job->pending != 0) {
        job_run_handlers(t->job);
    }
    if (t->job->over) {
        app_thread_end(t, 0);
    }
}

struct ps_thread *ps_port_thread(void)
{
    struct app_thread *t = app_thread_self();

    return t != NULL ? &t->ps : NULL;
}

void ps_port_wake(struct ps_thread *t)
{
    uintptr_t record = (uintptr_t)t - offsetof(struct app_thread, ps);

    thread_interrupt(&((struct app_thread *)record)->thread);
}

void ps_port_unwake(struct ps_thread *t)
{
    (void)t;
    (void)thread_clear_interrupt(thread_self());
}
