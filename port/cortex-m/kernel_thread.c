/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of the thread kernel's threads: start, end, join, interrupt, stack and list of all.
 *
 * Theory of operation: a stack is painted before use; its lowest word stays painted or the stack
 * was blown, which every switch away from the thread checks. thread_exit() only takes the thread
 * off the lists; kernel_pick_next() lets its joiners go once it has left its stack.
 */
#include "kernel_internal.h"

#define PAINT 0xc5a5c5a5u /* every unused word of a stack, and the guard */

static struct thread *all;
static struct thread idle;

void kernel_check_stack(const struct thread *t)
{
    kernel_assert(*(const uint32_t *)(const void *)t->stack == PAINT &&
                      (const uint8_t *)t->sp >= t->stack + sizeof(uint32_t),
                  "stack overflow");
}

static void idle_entry(void *arg)
{
    (void)arg;
    for (;;)
        kernel_arch_idle();
}

/* All of thread_start() but the range of priorities, which is wider for the idle thread. */
static int start(struct thread *t, const char *name, unsigned priority, void (*entry)(void *),
                 void *arg, void *stack, size_t stack_size)
{
    uint32_t *word = stack;
    const struct thread *other;
    uint32_t saved;
    size_t i;

    if ((uintptr_t)stack % 8 != 0 || stack_size % 8 != 0)
        return -1;
    for (i = 0; i < stack_size / sizeof(*word); i++)
        word[i] = PAINT;
    *t = (struct thread){.name = name,
                         .priority = (uint8_t)priority,
                         .base_priority = (uint8_t)priority,
                         .stack = stack,
                         .stack_size = stack_size,
                         .reent = t->reent,
                         .user = t->user};
    t->sp = kernel_arch_stack_init(stack, stack_size, entry, arg, thread_exit);
    if (t->sp == NULL)
        return -1;
    saved = kernel_arch_lock();
    for (other = all; other != NULL; other = other->next_all)
        kernel_assert(other != t, "thread_start: it has not ended");
    t->next_all = all;
    all = t;
    kernel_ready(t);
    kernel_arch_unlock(saved);
    return 0;
}

void kernel_threads_init(void *idle_stack, size_t idle_stack_size)
{
    all = NULL;
    idle.reent = NULL;
    idle.user = NULL;
    kernel_assert(start(&idle, "idle", 0, idle_entry, NULL, idle_stack, idle_stack_size) == 0,
                  "kernel_init: unusable idle stack");
}

int thread_start(struct thread *t, const char *name, unsigned priority, void (*entry)(void *),
                 void *arg, void *stack, size_t stack_size)
{
    if (priority == 0 || priority >= KERNEL_PRIORITIES)
        return -1;
    return start(t, name, priority, entry, arg, stack, stack_size);
}

_Noreturn void thread_exit(void)
{
    struct thread *self = kernel_current, **at;
    uint32_t saved = kernel_arch_lock();

    kernel_check_thread();
    kernel_assert(self->held == NULL, "thread_exit: it holds a mutex");
    for (at = &all; *at != self; at = &(*at)->next_all) {
    }
    *at = self->next_all;
    kernel_end_current();
    kernel_arch_unlock(saved);
    kernel_panic("thread_exit: interrupts are off");
}

int thread_join(struct thread *t, uint32_t timeout_ms, unsigned flags)
{
    uint32_t saved = kernel_arch_lock();

    kernel_assert(t != kernel_current, "thread_join: of itself");
    if (t->state != THREAD_ENDED)
        return kernel_block(&t->joiners, timeout_ms, flags, saved);
    kernel_arch_unlock(saved);
    return KERNEL_OK;
}

int thread_sleep(uint32_t ms, unsigned flags)
{
    int result = kernel_block(NULL, ms, flags, kernel_arch_lock());

    return result == KERNEL_TIMEOUT ? KERNEL_OK : result;
}

void thread_interrupt(struct thread *t)
{
    uint32_t saved = kernel_arch_lock();

    if (t->state == THREAD_BLOCKED && t->interruptible)
        kernel_wake(t, KERNEL_INTERRUPTED);
    else
        t->interrupted = true;
    kernel_arch_unlock(saved);
}

bool thread_clear_interrupt(struct thread *t)
{
    uint32_t saved = kernel_arch_lock();
    bool was = t->interrupted;

    t->interrupted = false;
    kernel_arch_unlock(saved);
    return was;
}

size_t thread_stack_used(const struct thread *t)
{
    const uint32_t *word = (const uint32_t *)(const void *)t->stack;
    size_t words = t->stack_size / sizeof(*word), i;

    for (i = 1; i < words && word[i] == PAINT; i++) {
    }
    return (words - i) * sizeof(*word);
}

struct thread *thread_next(const struct thread *t)
{
    return t == NULL ? all : t->next_all;
}

const char *thread_state_name(const struct thread *t)
{
    if (t->state == THREAD_READY)
        return t == kernel_current ? "running" : "ready";
    if (t->state == THREAD_BLOCKED)
        return t->list != NULL ? "blocked" : "sleeping";
    return "ended";
}
