/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's jobs: one in the foreground, which ^C ends, and others in the background. All but
 * shell_interrupt() and shell_interrupted() are for the shell's thread. */
#ifndef PORTSIDE_SHELL_JOBS_H
#define PORTSIDE_SHELL_JOBS_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct semaphore;

/* Posted when there is something to do for the shell: a byte, a ^C, a job that is over. */
extern struct semaphore shell_news;

/* Runs a program and waits for its end; reaps jobs in the background meanwhile. Returns its exit
 * status; 126 when it could not be started. */
int shell_jobs_run(const struct app *app, int argc, char *argv[]);

/* Starts a program in the background. Returns 0, or 126. */
int shell_jobs_start(const struct app *app, int argc, char *argv[]);

/* Reaps what is over in the background. Returns how long to wait for news, KERNEL_FOREVER when
 * nothing is about to end. */
uint32_t shell_jobs_reap(void);

/* Whether jobs of the background have ended that were not told of yet. */
bool shell_jobs_have_ended(void);

/* Tells of them, a line each. */
void shell_jobs_tell(void);

/* Ends all jobs as a signal would, and waits for that at most `ms` milliseconds. Returns whether
 * none is left. */
bool shell_jobs_end_all(uint32_t ms);

/* Builtins. */
int builtin_jobs(int argc, char **argv);
int builtin_kill(int argc, char **argv);
int builtin_fg(int argc, char **argv);

#endif
