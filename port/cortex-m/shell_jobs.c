/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's jobs, see shell_jobs.h. */
#include "shell_jobs.h"
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "board.h"
#include "builtins.h"
#include "console.h"
#include "files.h"
#include "heap.h"
#include "job_internal.h"
#include "kernel.h"
#include "shell.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2
#define STATUS_CANNOT_RUN 126
#define POLL_MS 1 /* job_reap() itself waits */
#define WORD_MAX 60

struct semaphore shell_news;

static struct job *volatile foreground;
static volatile bool interrupted; /* ^C came while there was none: it is the next job's */

/* Jobs of the background that have ended and were not told of, or that do not end. */
#define STUCK (-1) /* a status */
static struct {
    const char *name;
    int pid, status;
} ended[BOARD_JOBS];
static unsigned ended_count;

void shell_interrupt(void)
{
    struct job *job = foreground;

    if (job != NULL) {
        job_signal(job, SIGINT);
    } else {
        interrupted = true;
        semaphore_post(&shell_news);
    }
}

bool shell_interrupted(void)
{
    return interrupted;
}

void shell_clear_interrupt(void)
{
    interrupted = false;
}

static bool is_ours(const struct job *job)
{
    return job->app != NULL && job->news == &shell_news;
}

static void remember(const char *name, int pid, int status)
{
    if (ended_count == BOARD_JOBS) { /* a job can be started again before this is told */
        shell_jobs_tell();
    }
    ended[ended_count].name = name;
    ended[ended_count].pid = pid;
    ended[ended_count].status = status;
    ended_count++;
}

/* Whether the user has yet to be told that it does not end. */
static bool is_stuck(struct job *job)
{
    bool news = job->stuck && !job->told;

    job->told = job->stuck;
    return news;
}

uint32_t shell_jobs_reap(void)
{
    uint32_t wait = KERNEL_FOREVER;
    struct job *job;

    for (size_t i = 0; (job = job_at(i)) != NULL; i++) {
        const struct app *app = job->app;
        int pid = job->pid, status;

        if (!is_ours(job) || job == foreground) {
            continue;
        }
        if (job_reap(job, &status)) {
            remember(app->name, pid, status);
        } else if (job->over) {
            wait = POLL_MS;
            if (is_stuck(job)) {
                remember(app->name, pid, STUCK);
            }
        }
    }
    return wait;
}

bool shell_jobs_have_ended(void)
{
    return ended_count > 0;
}

static void tell_stuck(int pid, const char *name)
{
    console_printf("[%d] %s does not end: it makes no call in which it could\n", pid, name);
}

void shell_jobs_tell(void)
{
    for (unsigned i = 0; i < ended_count; i++) {
        if (ended[i].status == STUCK) {
            tell_stuck(ended[i].pid, ended[i].name);
        } else {
            console_printf("[%d] %s: exit status %d\n", ended[i].pid, ended[i].name,
                           ended[i].status);
        }
    }
    ended_count = 0;
}

/* Waits for the job in the foreground. */
static int attend(struct job *job)
{
    int status;

    foreground = job;
    if (interrupted) {
        interrupted = false;
        job_signal(job, SIGINT);
    }
    while (!job_reap(job, &status)) {
        uint32_t wait = shell_jobs_reap();

        if (is_stuck(job)) {
            tell_stuck(job->pid, job->app->name);
        }
        (void)semaphore_wait(&shell_news, job->over ? POLL_MS : wait, 0);
    }
    foreground = NULL;
    return status;
}

static struct job *start(const struct app *app, int argc, char *argv[], bool background)
{
    struct job_setup setup = {.news = &shell_news, .background = background};
    struct job *job = job_start(app, argc, argv, &setup);

    if (job == NULL) {
        console_printf("%s: %s is free: %u jobs and %u threads run\n", app->name, setup.lack,
                       job_count(), job_thread_count());
    }
    return job;
}

int shell_jobs_run(const struct app *app, int argc, char *argv[])
{
    struct job *job = start(app, argc, argv, false);

    return job != NULL ? attend(job) : STATUS_CANNOT_RUN;
}

int shell_jobs_start(const struct app *app, int argc, char *argv[])
{
    const struct job *job = start(app, argc, argv, true);

    if (job == NULL) {
        return STATUS_CANNOT_RUN;
    }
    console_printf("[%d] started\n", job->pid);
    return 0;
}

bool shell_jobs_end_all(uint32_t ms)
{
    uint32_t begin = kernel_now_ms();
    struct job *job;

    for (size_t i = 0; (job = job_at(i)) != NULL; i++) {
        if (is_ours(job)) {
            job_end(job, 128 + SIGTERM);
        }
    }
    while (shell_jobs_reap() != KERNEL_FOREVER && kernel_now_ms() - begin < ms) {
    }
    return job_count() == 0;
}

static void print_job(const struct job *job)
{
    console_printf("%5d %-7s %7u %7u %5u %6lu ", job->pid, job->over ? "ending" : "running",
                   job->live, ps_count_owned(job), files_count_owned(job),
                   (unsigned long)heap_used_by(job, NULL));
    for (int i = 0; i < job->argc; i++) {
        console_write(" ", 1);
        console_write(job->argv[i], strlen(job->argv[i]));
    }
    console_write("\n", 1);
}

int builtin_jobs(int argc, char **argv)
{
    const struct job *job;

    if (!builtin_no_operands(argc, argv)) {
        return STATUS_USAGE;
    }
    console_printf("  PID STATE   THREADS SOCKETS FILES   HEAP  COMMAND\n");
    for (size_t i = 0; (job = job_at(i)) != NULL; i++) {
        if (job->app != NULL) {
            print_job(job);
        }
    }
    return 0;
}

/* Reads a decimal number of at most `max`; -1 when it is none. */
static int number(const char *text, int max)
{
    char *end;
    long value = strtol(text, &end, 10);

    return *text >= '0' && *text <= '9' && *end == '\0' && value <= max ? (int)value : -1;
}

/* The job that a word names; NULL with a message. */
static struct job *job_named(const char *command, const char *word)
{
    int pid = number(word, INT16_MAX);
    struct job *job = pid > 0 ? job_find(pid) : NULL;

    if (pid <= 0) {
        console_printf("%s: '%.*s' is no PID; jobs lists them\n", command, WORD_MAX, word);
    } else if (job == NULL || !is_ours(job)) {
        console_printf("%s: no job %d; jobs lists them\n", command, pid);
        job = NULL;
    }
    return job;
}

/* The signal of "-TERM" or "-15"; -1 when there is none. */
static int signal_named(const char *option)
{
    static const struct {
        const char *name;
        int number;
    } names[] = {{"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"KILL", SIGKILL},
                 {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"TERM", SIGTERM}};
    const char *name = option + 1;
    int sig = number(name, NSIG - 1);

    if (strncmp(name, "SIG", 3) == 0) {
        name += 3;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].number;
        }
    }
    return sig > 0 ? sig : -1;
}

static void kill_all(int sig)
{
    struct job *job;

    for (size_t i = 0; (job = job_at(i)) != NULL; i++) {
        if (is_ours(job)) {
            job_signal(job, sig);
        }
    }
}

static int kill_jobs(int argc, char **argv, int sig)
{
    int status = 0;

    for (int i = 0; i < argc; i++) {
        struct job *job = NULL;

        if (strcmp(argv[i], "all") == 0) {
            kill_all(sig);
            continue;
        }
        job = job_named("kill", argv[i]);
        if (job == NULL) {
            status = STATUS_FAILED;
        } else {
            job_signal(job, sig);
        }
    }
    return status;
}

int builtin_kill(int argc, char **argv)
{
    int first = 1, sig = SIGTERM;

    if (argc > 1 && argv[1][0] == '-') {
        sig = signal_named(argv[1]);
        first++;
    }
    if (sig < 0) {
        console_printf("kill: no signal '%.*s'; -INT, -TERM, -KILL and numbers up to %d are\n",
                       WORD_MAX, argv[1], NSIG - 1);
        return STATUS_USAGE;
    }
    if (first == argc) {
        console_printf("kill: which job? a PID, or all; kill -h tells more\n");
        return STATUS_USAGE;
    }
    return kill_jobs(argc - first, argv + first, sig);
}

int builtin_fg(int argc, char **argv)
{
    struct job *job;

    if (argc != 2) {
        console_printf("fg: which job? one PID; jobs lists them\n");
        return STATUS_USAGE;
    }
    job = job_named("fg", argv[1]);
    return job != NULL ? attend(job) : STATUS_FAILED;
}
