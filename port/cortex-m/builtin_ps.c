/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's ps: the threads there are, and the high water of their stacks. */
#include <stdio.h>
#include "builtins.h"
#include "job_internal.h"
#include "kernel_arch.h"
#include "main.h"

#define STATUS_USAGE 2

struct row {
    const char *name, *state;
    int pid; /* 0: of no job */
    unsigned priority, size, used;
};

/* The number of the job whose thread this is. Interrupts off. */
static int pid_of(const struct thread *t)
{
    const struct app_thread *slot;

    for (size_t i = 0; (slot = app_thread_at(i)) != NULL; i++) {
        if (&slot->thread == t && slot->job != NULL) {
            return slot->job->pid;
        }
    }
    return 0;
}

/* The row of the thread that `newer` others were started after; false when there is none. */
static bool look(unsigned newer, struct row *row)
{
    uint32_t saved = kernel_arch_lock();
    const struct thread *t = thread_next(NULL);

    for (; t != NULL && newer > 0; newer--) {
        t = thread_next(t);
    }
    if (t != NULL) {
        *row = (struct row){t->name,     thread_state_name(t),    pid_of(t),
                            t->priority, (unsigned)t->stack_size, 0};
    }
    kernel_arch_unlock(saved);
    if (t != NULL) { /* takes long; the memory of stacks and threads is always there */
        row->used = (unsigned)thread_stack_used(t);
    }
    return t != NULL;
}

static void print(const struct row *row)
{
    char pid[8] = "-";

    if (row->pid != 0) {
        (void)snprintf(pid, sizeof pid, "%d", row->pid);
    }
    ps_printf(&builtin_out, "  %-12s %5s %-8s %4u %6u %6u %3u%%\n", row->name, pid, row->state,
              row->priority, row->size, row->used, row->used * 100 / row->size);
}

int builtin_ps(int argc, char **argv)
{
    struct row row;
    unsigned count = 0;
    size_t used, size;

    if (!builtin_no_operands(argc, argv)) {
        return STATUS_USAGE;
    }
    ps_printf(&builtin_out, "  THREAD         JOB STATE    PRIO  STACK   USED\n");
    while (look(count, &row)) {
        count++;
    }
    while (count-- > 0) { /* the oldest first; one that has ended meanwhile is left out */
        if (look(count, &row)) {
            print(&row);
        }
    }
    main_stack_usage(&used, &size);
    ps_printf(&builtin_out, "  %-12s %5s %-8s %4s %6u %6u %3u%%\n", "interrupts", "-", "-", "-",
              (unsigned)size, (unsigned)used, (unsigned)(used * 100 / size));
    return 0;
}
