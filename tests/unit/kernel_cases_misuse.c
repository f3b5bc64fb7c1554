/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases of the thread kernel: what cannot be used is refused, and misuse ends in a panic. */
#include <string.h>

#include "kernel_cases.h"

static struct semaphore sem;
static struct mutex mutex;

static void mark_entry(void *arg)
{
    (void)arg;
    case_mark_self();
}

static void refuses_what_it_cannot_use(void)
{
    struct thread *t = &case_threads[0];
    uint8_t *stack = case_stacks[0];

    t->reent = NULL;
    CHECK(thread_start(t, "x", 0, mark_entry, NULL, stack, CASE_STACK) == -1);
    CHECK(thread_start(t, "x", KERNEL_PRIORITIES, mark_entry, NULL, stack, CASE_STACK) == -1);
    CHECK(thread_start(t, "x", 5, mark_entry, NULL, stack + 4, CASE_STACK - 8) == -1);
    CHECK(thread_start(t, "x", 5, mark_entry, NULL, stack, CASE_STACK - 4) == -1);
    CHECK(thread_start(t, "x", 5, mark_entry, NULL, stack, 64) == -1);
    CHECK(thread_start(t, "x", 5, mark_entry, NULL, stack, 0) == -1);
    CHECK(case_trace[0] == '\0');
    CHECK(thread_start(t, "x", 5, mark_entry, NULL, stack, CASE_STACK) == 0);
    CHECK(strcmp(case_trace, "x") == 0);
}

static void starting_it_twice(void)
{
    case_spawn(0, 2, mark_entry, NULL);
    case_expect_panic("thread_start: it has not ended");
    case_spawn(0, 3, mark_entry, NULL);
}

static void lock_and_exit_entry(void *arg)
{
    (void)arg;
    mutex_lock(&mutex);
    case_expect_panic("thread_exit: it holds a mutex");
}

static void ending_with_a_mutex(void)
{
    mutex_init(&mutex);
    case_spawn(0, 5, lock_and_exit_entry, NULL);
}

static void unlocking_what_is_free(void)
{
    mutex_init(&mutex);
    case_expect_panic("mutex_unlock: not the owner");
    mutex_unlock(&mutex);
}

static void unlock_entry(void *arg)
{
    (void)arg;
    case_expect_panic("mutex_unlock: not the owner");
    mutex_unlock(&mutex);
}

static void unlocking_anothers_mutex(void)
{
    mutex_init(&mutex);
    mutex_lock(&mutex);
    case_spawn(0, 5, unlock_entry, NULL);
}

static void locking_twice(void)
{
    mutex_init(&mutex);
    mutex_lock(&mutex);
    case_expect_panic("mutex_lock: already held");
    mutex_lock(&mutex);
}

static void joining_oneself(void)
{
    case_expect_panic("thread_join: of itself");
    thread_join(thread_self(), 0, 0);
}

static void wait_isr(void *arg)
{
    semaphore_wait(arg, 1, 0);
}

static void blocking_in_an_isr(void)
{
    semaphore_init(&sem, 0);
    case_expect_panic("not called by a thread");
    case_isr(wait_isr, &sem);
}

static void lock_isr(void *arg)
{
    mutex_lock(arg);
}

static void locking_in_an_isr(void)
{
    mutex_init(&mutex);
    case_expect_panic("not called by a thread");
    case_isr(lock_isr, &mutex);
}

static void blocking_with_interrupts_off(void)
{
    semaphore_init(&sem, 0);
    (void)kernel_arch_lock();
    case_expect_panic("blocked while interrupts are off");
    semaphore_wait(&sem, 1, 0);
}

static void blocking_before_the_start(void)
{
    CHECK(!kernel_running() && thread_self() == NULL);
    semaphore_init(&sem, 1);
    semaphore_post(&sem);
    CHECK(semaphore_wait(&sem, KERNEL_FOREVER, 0) == KERNEL_OK); /* does not block */
    CHECK(semaphore_wait(&sem, KERNEL_FOREVER, 0) == KERNEL_OK);
    case_expect_panic("not called by a thread");
    semaphore_wait(&sem, 1, 0);
}

static void locking_before_the_start(void)
{
    mutex_init(&mutex);
    case_expect_panic("not called by a thread");
    mutex_lock(&mutex);
}

static void a_mailbox_without_slots(void)
{
    struct mailbox box;

    case_expect_panic("mailbox_init: no slots");
    mailbox_init(&box, NULL, 0);
}

static void blow_entry(void *arg)
{
    (void)arg;
    *(volatile uint32_t *)thread_self()->stack = 0;
    case_expect_panic("stack overflow");
    thread_yield();
    thread_sleep(1, 0);
}

static void a_blown_stack(void)
{
    case_spawn(0, 5, blow_entry, NULL);
}

const struct kernel_case kernel_misuse_cases[] = {
    {"refuses_what_it_cannot_use", refuses_what_it_cannot_use, false},
    {"starting_it_twice", starting_it_twice, false},
    {"ending_with_a_mutex", ending_with_a_mutex, false},
    {"unlocking_what_is_free", unlocking_what_is_free, false},
    {"unlocking_anothers_mutex", unlocking_anothers_mutex, false},
    {"locking_twice", locking_twice, false},
    {"joining_oneself", joining_oneself, false},
    {"blocking_in_an_isr", blocking_in_an_isr, false},
    {"locking_in_an_isr", locking_in_an_isr, false},
    {"blocking_with_interrupts_off", blocking_with_interrupts_off, false},
    {"blocking_before_the_start", blocking_before_the_start, true},
    {"locking_before_the_start", locking_before_the_start, true},
    {"a_mailbox_without_slots", a_mailbox_without_slots, false},
    {"a_blown_stack", a_blown_stack, false},
    {NULL, NULL, false},
};
