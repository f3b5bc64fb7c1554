/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a job, from its arguments to giving all back. How it works is told in job.h. */
#include "job.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board.h"
#include "files.h"
#include "heap.h"
#include "job_internal.h"
#include "kernel_arch.h"
#include "main.h"
#include "stdio_streams.h"

#define KICK_MS 20      /* between two attempts to wake a thread: the first may come too early */
#define STUCK_MS 2000   /* that a job may take to end */
#define SIGNAL_KICKS 50 /* attempts to bring a signal to a job's main thread */
#define MAX_PID 30000

struct job_exit_handler {
    struct job_exit_handler *next;
    void (*function)(void);
};

/* Also the owner of sockets and heap blocks: an address stands for one job at a time. */
static struct job jobs[BOARD_JOBS];
static struct mutex pool_lock;

void jobs_lock(void)
{
    mutex_lock(&pool_lock);
}

void jobs_unlock(void)
{
    mutex_unlock(&pool_lock);
}

const struct app *app_find(const char *name)
{
    for (size_t i = 0; i < apps_count; i++) {
        if (strcmp(apps[i].name, name) == 0) {
            return &apps[i];
        }
    }
    return NULL;
}

struct job *job_self(void)
{
    const struct app_thread *t = app_thread_self();

    return t != NULL ? t->job : NULL;
}

bool job_is_over(void)
{
    const struct job *job = job_self();

    return job != NULL && job->over;
}

bool job_is_background(void)
{
    const struct job *job = job_self();

    return job != NULL && job->background;
}

int job_pid(void)
{
    const struct job *job = job_self();

    return job != NULL ? job->pid : 0;
}

unsigned job_count(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < BOARD_JOBS; i++) {
        count += jobs[i].app != NULL;
    }
    return count;
}

/* One block: the pointers, NULL at their end, then the strings. */
static char **copy_arguments(int argc, char *const argv[], const struct job *owner)
{
    size_t size = ((size_t)argc + 1) * sizeof(char *);
    char **copy;
    char *text;

    for (int i = 0; i < argc; i++) {
        size += strlen(argv[i]) + 1;
    }
    copy = heap_alloc(size, owner);
    if (copy == NULL) {
        return NULL;
    }
    text = (char *)&copy[argc + 1];
    for (int i = 0; i < argc; i++) {
        copy[i] = text;
        text = stpcpy(text, argv[i]) + 1;
    }
    copy[argc] = NULL;
    return copy;
}

static int run_main(void *arg)
{
    struct job *job = arg;

    exit(job->app->main(job->argc, job->argv));
}

/* A number that no job has. Pool locked. */
static int next_pid(void)
{
    static int last_pid = 1;

    do {
        last_pid = last_pid % MAX_PID + 1;
    } while (job_find(last_pid) != NULL);
    return last_pid;
}

/* Finds a free job and makes it `app`'s. Pool locked. */
static struct job *claim(const struct app *app, const struct job_setup *setup)
{

    for (size_t i = 0; i < BOARD_JOBS; i++) {
        struct job *job = &jobs[i];

        if (job->app == NULL) {
            memset(job, 0, sizeof *job);
            job->pid = next_pid();
            job->app = app;
            job->news = setup->news;
            job->background = setup->background;
            job_getopt_init(job);
            return job;
        }
    }
    return NULL;
}

static void discard(struct job *job)
{
    heap_free_owned(job);
    job->app = NULL;
}

struct job *job_start(const struct app *app, int argc, char *const argv[], struct job_setup *setup)
{
    struct job *job;

    jobs_lock();
    job = claim(app, setup);
    jobs_unlock();
    if (job == NULL) {
        setup->lack = "no job";
        return NULL;
    }
    job->argc = argc;
    job->argv = copy_arguments(argc, argv, job);
    if (job->argv == NULL) {
        discard(job);
        setup->lack = "not enough memory";
        return NULL;
    }
    if (app_thread_start(job, run_main, job) == NULL) {
        setup->lack = errno == ENOMEM ? "not enough memory" : "no thread";
        discard(job);
        return NULL;
    }
    return job;
}

void job_end(struct job *job, int status)
{
    uint32_t saved = kernel_arch_lock();
    bool first = !job->over;

    if (first) {
        job->status = status;
        job->over_ms = kernel_arch_now_ms();
        job->over = true;
    }
    kernel_arch_unlock(saved);
    if (first) {
        semaphore_post(job->news);
    }
}

/* Wakes what is blocked; returns a thread that still lives, NULL when all have ended. Their stacks
 * are kept till then: one thread may use what lies on another's. */
static struct app_thread *kick(const struct job *job)
{
    struct app_thread *next, *live = NULL;

    jobs_lock();
    for (size_t i = 0; (next = app_thread_at(i)) != NULL; i++) {
        if (next->job == job && thread_join(&next->thread, 0, 0) != KERNEL_OK) {
            live = next;
            if (!next->ending) {
                ps_kick(&next->ps);
            }
        }
    }
    jobs_unlock();
    return live;
}

static void release_threads(const struct job *job)
{
    struct app_thread *t;

    jobs_lock();
    for (size_t i = 0; (t = app_thread_at(i)) != NULL; i++) {
        if (t->job == job) {
            app_thread_release(t);
        }
    }
    jobs_unlock();
}

bool job_reap(struct job *job, int *status)
{
    struct app_thread *live;

    if (!job->over) {
        return false;
    }
    live = kick(job);
    if (live != NULL && (thread_join(&live->thread, KICK_MS, 0) != KERNEL_OK || kick(job))) {
        job->stuck = kernel_now_ms() - job->over_ms > STUCK_MS;
        return false;
    }
    release_threads(job);
    ps_close_owned(job);
    stdio_disown(job);
    files_close_owned(job);
    heap_free_owned(job);
    *status = job->status;
    job->app = NULL;
    return true;
}

int job_wait(struct job *job)
{
    int status;

    while (!job_reap(job, &status)) {
        (void)semaphore_wait(job->news, job->over ? 0 : KERNEL_FOREVER, 0);
    }
    return status;
}

struct job *job_find(int pid)
{
    for (size_t i = 0; i < BOARD_JOBS; i++) {
        if (jobs[i].app != NULL && jobs[i].pid == pid) {
            return &jobs[i];
        }
    }
    return NULL;
}

struct job *job_at(size_t index)
{
    return index < BOARD_JOBS ? &jobs[index] : NULL;
}

/* Whether the job's main thread has yet to notice signals. Pool locked. */
static bool is_waiting(const struct job *job, int pid)
{
    return job->app != NULL && job->pid == pid && !job->over && job->main->job == job &&
           !job->main->ending && (job->pending != 0 || job->main->ps.interrupt);
}

void job_kick_main(struct job *job, int pid)
{
    for (unsigned kicks = 0; kicks < SIGNAL_KICKS; kicks++) {
        bool waiting;

        jobs_lock();
        waiting = is_waiting(job, pid);
        if (waiting) {
            ps_kick(&job->main->ps);
        }
        jobs_unlock();
        if (!waiting) {
            break;
        }
        (void)thread_sleep(KICK_MS, 0);
    }
}

int atexit(void (*func)(void))
{
    struct job *job = job_self();
    struct job_exit_handler *handler = job != NULL ? malloc(sizeof *handler) : NULL;
    uint32_t saved;

    if (handler == NULL) {
        return -1;
    }
    handler->function = func;
    saved = kernel_arch_lock();
    handler->next = job->at_exit;
    job->at_exit = handler;
    kernel_arch_unlock(saved);
    return 0;
}

_Noreturn void ps__exit(int status)
{
    struct app_thread *t = app_thread_self();

    if (t != NULL) {
        job_end(t->job, status & 0xff);
        app_thread_end(t, status);
    }
    main_end(status);
    kernel_panic("a thread of the system called exit()");
}

/* newlib's would flush the FILEs of every thread there is. */
_Noreturn void exit(int status)
{
    struct job *job = job_self();

    while (job != NULL && job->at_exit != NULL) {
        struct job_exit_handler *handler = job->at_exit;

        job->at_exit = handler->next;
        handler->function();
    }
    (void)fflush(NULL); /* the job's own, see stdio_streams.h */
    ps__exit(status);
}

#undef _exit
_Noreturn void _exit(int status)
{
    ps__exit(status);
}

const void *ps_port_owner(void)
{
    return job_self();
}
