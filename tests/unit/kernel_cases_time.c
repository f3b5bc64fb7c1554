/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases of the thread kernel: the clock, timeouts, and interrupting a wait. */
#include <string.h>

#include "kernel_cases.h"

static struct semaphore sem;

static void post_isr(void *arg)
{
    semaphore_post(arg);
}

static void timeout_0_only_looks(void)
{
    void *slots[1], *message = NULL;
    struct mailbox box;
    uint32_t start = kernel_now_ms();

    semaphore_init(&sem, 1);
    mailbox_init(&box, slots, 1);
    CHECK(semaphore_wait(&sem, 0, 0) == KERNEL_OK);
    CHECK(semaphore_wait(&sem, 0, KERNEL_INTERRUPTIBLE) == KERNEL_TIMEOUT);
    CHECK(mailbox_fetch(&box, &message, 0, 0) == KERNEL_TIMEOUT);
    CHECK(mailbox_post(&box, &sem, 0) == KERNEL_OK);
    CHECK(mailbox_post(&box, &sem, 0) == KERNEL_TIMEOUT);
    CHECK(mailbox_fetch(&box, &message, 0, 0) == KERNEL_OK && message == &sem);
    CHECK(thread_sleep(0, 0) == KERNEL_OK);
    CHECK(case_took(start, 0));
}

static void timeouts_end_in_time(void)
{
    uint32_t start = kernel_now_ms();

    semaphore_init(&sem, 0);
    CHECK(semaphore_wait(&sem, 1, 0) == KERNEL_TIMEOUT);
    CHECK(case_took(start, 1));
    CHECK(semaphore_wait(&sem, 20, 0) == KERNEL_TIMEOUT);
    CHECK(kernel_now_ms() - start >= 21);
    CHECK(thread_sleep(700, 0) == KERNEL_OK); /* longer than 24 bits of cycles at 25 MHz */
    CHECK(case_took(start, 721) || case_late_ms() > 0);
    CHECK(kernel_now_ms() - start >= 721);
}

static void forever_ends_with_a_post(void)
{
    uint32_t start = kernel_now_ms();

    semaphore_init(&sem, 0);
    case_isr_after(30, post_isr, &sem);
    CHECK(semaphore_wait(&sem, KERNEL_FOREVER, 0) == KERNEL_OK);
    CHECK(case_took(start, 30) || kernel_now_ms() - start == 29); /* another timer's 30 ms */
}

static void the_clock_wraps(void)
{
    uint32_t start = kernel_now_ms();

    CHECK(start > UINT32_MAX / 2);
    semaphore_init(&sem, 0);
    CHECK(semaphore_wait(&sem, 0u - start + 10, 0) == KERNEL_TIMEOUT);
    CHECK(kernel_now_ms() >= 10 && kernel_now_ms() <= 10 + case_late_ms());
    CHECK(thread_sleep(5, 0) == KERNEL_OK);
    CHECK(case_took(start, 0u - start + 15) || case_late_ms() > 0);
}

static void long_wait_entry(void *arg)
{
    CHECK(semaphore_wait(arg, KERNEL_FOREVER - 1, 0) == KERNEL_OK);
    case_mark_self();
}

static void the_longest_timeout_does_not_hurt(void)
{
    uint32_t start = kernel_now_ms();

    semaphore_init(&sem, 0);
    case_spawn(0, 5, long_wait_entry, &sem);
    thread_sleep(10, 0);
    case_spawn(1, 6, long_wait_entry, &sem);
    CHECK(thread_sleep(10, 0) == KERNEL_OK);
    CHECK(kernel_now_ms() - start >= 20 && case_trace[0] == '\0');
    semaphore_post(&sem);
    semaphore_post(&sem);
    CHECK(strcmp(case_trace, "ba") == 0);
}

static void sleep_entry(void *arg)
{
    thread_sleep(*(const uint32_t *)arg, 0);
    case_mark_self();
}

/* Sleeps until the moment *arg. */
static void sleep_until_entry(void *arg)
{
    uint32_t left = *(const uint32_t *)arg - kernel_now_ms();

    thread_sleep(left <= 1000 ? left : 0, 0);
    case_mark_self();
}

static void sleepers_wake_in_order(void)
{
    static const uint32_t ms[CASE_THREADS] = {70, 20, 50, 20, 90, 20, 10, 60};
    uint32_t moments[CASE_THREADS], saved = kernel_arch_lock();
    unsigned i;

    for (i = 0; i < CASE_THREADS; i++) {
        moments[i] = kernel_now_ms() + ms[i];
        case_spawn(i, 5, sleep_until_entry, &moments[i]);
    }
    kernel_arch_unlock(saved);
    for (i = 0; i < CASE_THREADS; i++)
        case_join(i);
    CHECK(strcmp(case_trace, "gbdfchae") == 0);
}

static void wait_20_entry(void *arg)
{
    case_mark(semaphore_wait(arg, 20, 0) == KERNEL_OK ? '+' : '-');
}

static void wait_50_entry(void *arg)
{
    uint32_t start = kernel_now_ms();

    CHECK(semaphore_wait(arg, 50, 0) == KERNEL_TIMEOUT);
    CHECK(case_took(start, 50));
    case_mark('-');
}

static void an_ended_wait_leaves_no_timer(void)
{
    static struct semaphore other;
    uint32_t start = kernel_now_ms();

    semaphore_init(&sem, 0);
    semaphore_init(&other, 0);
    case_spawn(0, 5, wait_20_entry, &sem);
    case_spawn(1, 5, wait_50_entry, &other);
    case_spawn(2, 5, wait_50_entry, &other);
    semaphore_post(&sem); /* takes the first timer away, the others keep their deadlines */
    case_join(0);
    case_spawn(3, 5, wait_50_entry, &other);
    CHECK(thread_sleep(80, 0) == KERNEL_OK);
    CHECK(kernel_now_ms() - start >= 80);
    case_join(3);
    CHECK(strcmp(case_trace, "+---") == 0);
}

static void isr_wait(uint32_t ms)
{
    uint32_t start = kernel_now_ms();

    while (kernel_now_ms() - start < ms)
        case_busy(1);
}

static void post_before_timeout_isr(void *arg)
{
    isr_wait(30); /* the alarm is due before this post, but its ISR comes after it */
    semaphore_post(arg);
}

static void post_beats_a_due_timeout(void)
{
    semaphore_init(&sem, 0);
    case_spawn(0, 5, wait_20_entry, &sem);
    case_isr(post_before_timeout_isr, &sem);
    case_join(0);
    CHECK(strcmp(case_trace, "+") == 0 && sem.count == 0);
    CHECK(thread_sleep(30, 0) == KERNEL_OK); /* the timer is gone */
}

static void timeout_beats_a_later_post(void)
{
    semaphore_init(&sem, 0);
    case_spawn(0, 1, wait_20_entry, &sem); /* timed out, but has not run when the post comes */
    case_settle();
    case_busy(30);
    semaphore_post(&sem);
    case_join(0);
    CHECK(strcmp(case_trace, "-") == 0 && sem.count == 1);
}

static void interrupt_isr(void *arg)
{
    thread_interrupt(arg);
}

static void interrupt_is_sticky(void)
{
    struct thread *self = thread_self();
    uint32_t start;

    semaphore_init(&sem, 1);
    thread_interrupt(self);
    CHECK(semaphore_wait(&sem, KERNEL_FOREVER, KERNEL_INTERRUPTIBLE) == KERNEL_OK); /* is there */
    CHECK(semaphore_wait(&sem, 0, KERNEL_INTERRUPTIBLE) == KERNEL_TIMEOUT);
    start = kernel_now_ms();
    CHECK(semaphore_wait(&sem, 10, 0) == KERNEL_TIMEOUT); /* not interruptible */
    CHECK(case_took(start, 10));
    CHECK(semaphore_wait(&sem, KERNEL_FOREVER, KERNEL_INTERRUPTIBLE) == KERNEL_INTERRUPTED);
    CHECK(semaphore_wait(&sem, 5, KERNEL_INTERRUPTIBLE) == KERNEL_TIMEOUT); /* once */
    CHECK(!thread_clear_interrupt(self));
    thread_interrupt(self);
    CHECK(thread_clear_interrupt(self) && !thread_clear_interrupt(self));
    CHECK(thread_sleep(5, KERNEL_INTERRUPTIBLE) == KERNEL_OK);
}

static void interrupt_ends_each_wait(void)
{
    struct thread *self = thread_self();
    void *slots[1], *message;
    struct mailbox box;
    static const uint32_t ms = 200;

    semaphore_init(&sem, 0);
    mailbox_init(&box, slots, 1);
    case_spawn(0, 5, sleep_entry, (void *)&ms);
    case_isr_after(5, interrupt_isr, self);
    CHECK(semaphore_wait(&sem, 5000, KERNEL_INTERRUPTIBLE) == KERNEL_INTERRUPTED);
    case_isr_after(5, interrupt_isr, self);
    CHECK(mailbox_fetch(&box, &message, KERNEL_FOREVER, KERNEL_INTERRUPTIBLE) ==
          KERNEL_INTERRUPTED);
    case_isr_after(5, interrupt_isr, self);
    CHECK(thread_sleep(KERNEL_FOREVER, KERNEL_INTERRUPTIBLE) == KERNEL_INTERRUPTED);
    case_isr_after(5, interrupt_isr, self);
    CHECK(thread_join(&case_threads[0], 5000, KERNEL_INTERRUPTIBLE) == KERNEL_INTERRUPTED);
    CHECK(case_trace[0] == '\0');
    semaphore_post(&sem); /* nobody waits any more: nothing of it is lost */
    CHECK(mailbox_trypost(&box, &sem) == 0);
    CHECK(sem.count == 1 && box.used == 1);
    case_join(0);
}

static void wait_then_mark(void *arg)
{
    int result = semaphore_wait(arg, KERNEL_FOREVER, 0);

    case_mark(result == KERNEL_OK ? '+' : '-');
    result = thread_sleep(1000, KERNEL_INTERRUPTIBLE);
    case_mark(result == KERNEL_INTERRUPTED ? 'i' : 's');
}

static void interrupt_spares_other_waits(void)
{
    semaphore_init(&sem, 0);
    case_spawn(0, 5, wait_then_mark, &sem);
    case_isr(interrupt_isr, &case_threads[0]);
    CHECK(case_trace[0] == '\0');
    CHECK(strcmp(thread_state_name(&case_threads[0]), "blocked") == 0);
    semaphore_post(&sem); /* the flag waited for the next interruptible wait */
    case_join(0);
    CHECK(strcmp(case_trace, "+i") == 0);
}

/* Waits for the next millisecond; returns it, and the reference at its beginning. */
static uint32_t millisecond_edge(uint32_t *reference)
{
    uint32_t saved = kernel_arch_lock(), before = kernel_now_ms(), now;

    while ((now = kernel_now_ms()) == before && case_late_ms() > 0) {
    }
    *reference = case_reference_us();
    kernel_arch_unlock(saved);
    return now;
}

/* A busy host delays an emulator in real time, which makes the clock slow: one span of many has to
 * be right. */
static void keeps_time(void)
{
    bool right = false;
    unsigned span, n;

    for (span = 0; span < 100 && !right; span++) {
        uint32_t from, to;
        uint32_t ms = millisecond_edge(&from);

        for (n = 0; n < 50; n++) /* the alarm is programmed for each */
            thread_sleep(1, 0);
        ms = millisecond_edge(&to) - ms;
        CHECK(ms >= 50);
        right = to - from >= ms * 997 && to - from <= ms * 1003;
    }
    CHECK(right);
}

const struct kernel_case kernel_time_cases[] = {
    {"timeout_0_only_looks", timeout_0_only_looks, false},
    {"timeouts_end_in_time", timeouts_end_in_time, false},
    {"forever_ends_with_a_post", forever_ends_with_a_post, false},
    {"the_clock_wraps", the_clock_wraps, false},
    {"the_longest_timeout_does_not_hurt", the_longest_timeout_does_not_hurt, false},
    {"sleepers_wake_in_order", sleepers_wake_in_order, false},
    {"an_ended_wait_leaves_no_timer", an_ended_wait_leaves_no_timer, false},
    {"post_beats_a_due_timeout", post_beats_a_due_timeout, false},
    {"timeout_beats_a_later_post", timeout_beats_a_later_post, false},
    {"interrupt_is_sticky", interrupt_is_sticky, false},
    {"interrupt_ends_each_wait", interrupt_ends_each_wait, false},
    {"interrupt_spares_other_waits", interrupt_spares_other_waits, false},
    {"keeps_time", keeps_time, false},
    {NULL, NULL, false},
};
