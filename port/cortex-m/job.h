/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Jobs: what a process is on a board. An app is a main() in the image; a job is one run of it.
 *
 * Theory of operation: jobs and the threads that they use come from pools that the board sizes
 * (BOARD_JOBS, BOARD_APP_THREADS stacks of BOARD_APP_STACK bytes, a job's main thread included). A
 * job is over when its main() returns, a thread of it calls exit(), its last thread ends or a
 * signal ends it. From then on each of its threads ends at its next kill point: any call of the
 * socket layer, <threads.h>, console input or output, sleeping. job_reap() interrupts those that
 * are blocked until all have ended, then gives back sockets, FILEs, files, heap blocks
 * and stacks.
 * A handler set with sigaction() runs in the job's main thread at its next kill point, and the
 * blocking call under way returns EINTR. What has no kill point (an endless loop that only
 * computes) cannot be ended: after two seconds the shell says so.
 */
#ifndef PORTSIDE_JOB_H
#define PORTSIDE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job;
struct semaphore;

/* Priorities of what the port itself runs; lwIP's threads lie above them. */
enum {
    PRIORITY_APP = 2,
    PRIORITY_SHELL = 3, /* above apps, so that it can end them */
    PRIORITY_CONSOLE = 4,
};

struct app {
    const char *name;
    const char *does; /* what, in a line; empty when its source does not say */
    int (*main)(int argc, char **argv);
};

/* Made by app_table, one entry for each program of the image. */
extern const struct app apps[];
extern const size_t apps_count;

/* The app called `name`, or NULL. ISR. */
const struct app *app_find(const char *name);

struct job_setup {
    struct semaphore *news; /* posted when the job is over; not the job's alone, if you like */
    bool background;        /* its input is at its end, and it has no terminal */
    const char *lack;       /* out, when there is no job: what was missing, in a few words */
};

/* Runs an app with a copy of its arguments. Threads without a job. Returns NULL when something is
 * lacking. Each job must be reaped, or waited for. */
struct job *job_start(const struct app *app, int argc, char *const argv[], struct job_setup *setup);

/* When the job is over and all its threads have ended: gives back what it had, and the job is gone;
 * *status is its exit status, 128 + signal when a signal ended it. Else false; when it is over (see
 * job_is_ending()), its threads were interrupted, and this is to be called again. Waits for 20 ms
 * at most, and while its sockets close. One thread without a job for each job. */
bool job_reap(struct job *job, int *status);

/* Reaps the job when it is over, as soon as that is. Returns its exit status. As job_reap(). */
int job_wait(struct job *job);

/* Sends SIGINT, SIGTERM or another signal of <signal.h> to a job. Without a handler it ends the
 * job; with one this waits until a blocked main thread was reached, at most a second. Threads
 * without a job, never an ISR; the job may end meanwhile. */
void job_signal(struct job *job, int sig);

/* The calling thread's job, or NULL. ISR (the interrupted thread's). */
struct job *job_self(void);

/* Whether the calling thread's job is over: it will end at its next kill point. ISR. */
bool job_is_over(void);

/* Whether it was started in the background. False without a job. ISR (the interrupted thread's). */
bool job_is_background(void);

/* Its number, 0 without a job. ISR. */
int job_pid(void);

/* How many jobs run, and app threads. Threads. */
unsigned job_count(void);
unsigned job_thread_count(void);

#endif
