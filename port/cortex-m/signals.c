/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals of jobs: sigaction, raise and kill, and how one reaches a job. See job.h. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "job_internal.h"
#include "kernel_arch.h"

_Static_assert(NSIG <= JOB_SIGNALS, "a bit and a handler for each signal");

typedef void (*handler)(int);

int _kill(int pid, int sig);

static bool is_signal(int sig)
{
    return sig > 0 && sig < NSIG;
}

static bool is_ignored(const struct job *job, int sig)
{
    if (job->handlers[sig] == SIG_DFL) {
        return sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH;
    }
    return job->handlers[sig] == SIG_IGN;
}

int ps_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
    struct job *job = job_self();

    if (job == NULL || !is_signal(sig) || (act != NULL && (sig == SIGKILL || sig == SIGSTOP))) {
        errno = EINVAL;
        return -1;
    }
    if (old != NULL) {
        *old = (struct sigaction){.sa_handler = job->handlers[sig]};
    }
    if (act != NULL) {
        job->handlers[sig] = act->sa_handler;
    }
    return 0;
}

handler signal(int sig, handler function)
{
    const struct sigaction act = {.sa_handler = function};
    struct sigaction old;

    return ps_sigaction(sig, &act, &old) == 0 ? old.sa_handler : SIG_ERR;
}

/* Takes the lowest pending signal; 0 when there is none. */
static int take_pending(struct job *job)
{
    uint32_t saved = kernel_arch_lock();
    int sig = job->pending != 0 ? __builtin_ctz(job->pending) : 0;

    job->pending &= ~(1u << sig);
    kernel_arch_unlock(saved);
    return sig;
}

static void set_pending(struct job *job, int sig)
{
    uint32_t saved = kernel_arch_lock();

    job->pending |= 1u << sig;
    kernel_arch_unlock(saved);
}

/* What a signal does at once, in a thread of the job. */
static void act_on(struct job *job, int sig)
{
    int saved = errno;

    if (!is_ignored(job, sig)) {
        if (job->handlers[sig] == SIG_DFL) {
            job_end(job, 128 + sig);
        } else {
            job->handlers[sig](sig);
        }
    }
    errno = saved;
}

void job_run_handlers(struct job *job)
{
    int sig;

    while ((sig = take_pending(job)) != 0) {
        act_on(job, sig);
    }
}

void job_signal(struct job *job, int sig)
{
    int pid = job->pid;

    if (!is_signal(sig) || is_ignored(job, sig)) {
        return;
    }
    /* A handler runs in the main thread; without one there is nobody to run it. */
    if (job->handlers[sig] == SIG_DFL || job->main->job != job || job->main->ending) {
        job_end(job, 128 + sig);
        return;
    }
    set_pending(job, sig);
    job_kick_main(job, pid);
}

int raise(int sig)
{
    struct job *job = job_self();

    if (job == NULL || !is_signal(sig)) {
        errno = EINVAL;
        return -1;
    }
    act_on(job, sig);
    ps_port_checkpoint();
    return 0;
}

/* A job may signal itself alone; the shell has job_signal(). */
int _kill(int pid, int sig)
{
    if (pid != getpid()) {
        errno = ESRCH;
        return -1;
    }
    return sig == 0 ? 0 : raise(sig);
}
