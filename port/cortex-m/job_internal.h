/* SPDX-License-Identifier: BSD-3-Clause */
/* What jobs, signals and <threads.h> share: the records of jobs and of their threads. */
#ifndef PORTSIDE_JOB_INTERNAL_H
#define PORTSIDE_JOB_INTERNAL_H

#include <getopt.h>
#include <reent.h>
#include "job.h"
#include "kernel.h"
#include "ps.h"

#define JOB_SIGNALS 32
#define JOB_TSS_KEYS 4

struct app_thread {
    struct thread thread; /* first: thread_self() is a pointer to the record */
    struct ps_thread ps;
    struct _reent reent;
    struct job *job; /* NULL: this slot is free */
    int (*start)(void *);
    void *arg;
    int result;
    bool detached;        /* nobody will join: the slot is free as soon as it has ended */
    volatile bool ending; /* no kill points any more */
    void *tss[JOB_TSS_KEYS];
};

struct job {
    const struct app *app; /* NULL: free */
    int pid;
    int argc;
    char **argv; /* a block of the job's heap */
    int status;
    volatile bool over;
    bool background;
    bool stuck;             /* it takes long to end */
    bool told;              /* its starter's: the user knows */
    uint32_t over_ms;       /* when it was over */
    struct semaphore *news; /* posted when `over` becomes true */
    unsigned live;          /* threads that have not ended */
    struct app_thread *main;
    struct getopt_data options;
    struct job_exit_handler *at_exit;
    volatile uint32_t pending; /* signals with a handler that has yet to run, a bit each */
    void (*handlers[JOB_SIGNALS])(int);
    void (*tss_destructors[JOB_TSS_KEYS])(void *);
    uint8_t tss_used; /* a bit for each key */
};

/* The calling thread's record, or NULL when it is none of a job. ISR. */
struct app_thread *app_thread_self(void);

/* The job with this number, or NULL. By who reaps it, or pool locked. */
struct job *job_find(int pid);

/* The records of jobs one after the other, NULL behind the last; ->app is NULL where there is no
 * job. As job_find(). */
struct job *job_at(size_t index);

/* Starts a thread of `job`. Returns NULL with errno EAGAIN when no stack is free or the job is
 * over, ENOMEM when there is no memory. */
struct app_thread *app_thread_start(struct job *job, int (*start)(void *), void *arg);

/* Ends the calling thread as thrd_exit() does. */
_Noreturn void app_thread_end(struct app_thread *t, int result);

/* Gives back the slot of a thread that thread_join() has seen end. Pool locked. */
void app_thread_release(struct app_thread *t);

/* The slots one after the other, NULL behind the last. */
struct app_thread *app_thread_at(size_t index);

/* Marks the job over, once; its threads end at their next kill point. ISR. */
void job_end(struct job *job, int status);

/* After an interruptible wait that returned `result`: a kill point. Takes the interrupt back and
 * returns true, with errno EINTR, when the wait was interrupted. */
bool job_interrupted(int result);

/* Runs the handlers that are due. In the job's main thread. */
void job_run_handlers(struct job *job);

/* Interrupts the main thread of the job with this pid until it has noticed, at most a second.
 * Threads without a job; the job may end meanwhile. */
void job_kick_main(struct job *job, int pid);

/* As before the first call of getopt(). */
void job_getopt_init(struct job *job);

/* Serialises what concerns the pools of jobs and threads. */
void jobs_lock(void);
void jobs_unlock(void);

#endif
