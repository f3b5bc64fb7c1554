/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases of the thread kernel: semaphore, and mutex with priority inheritance. */
#include <string.h>

#include "kernel_cases.h"

static struct semaphore sem, go;
static struct mutex m1, m2, m3;

static void post_isr(void *arg)
{
    semaphore_post(arg);
}

static void semaphores_count(void)
{
    int n;

    semaphore_init(&sem, 3);
    for (n = 0; n < 3; n++)
        CHECK(semaphore_wait(&sem, KERNEL_FOREVER, 0) == KERNEL_OK);
    CHECK(semaphore_wait(&sem, 0, 0) == KERNEL_TIMEOUT);
    for (n = 0; n < 5; n++)
        case_isr(post_isr, &sem);
    for (n = 0; n < 5; n++)
        CHECK(semaphore_wait(&sem, 0, 0) == KERNEL_OK);
    CHECK(semaphore_wait(&sem, 1, 0) == KERNEL_TIMEOUT);
}

static void take_entry(void *arg)
{
    CHECK(semaphore_wait(arg, KERNEL_FOREVER, 0) == KERNEL_OK);
    case_mark_self();
}

static void posts_wake_by_priority_then_age(void)
{
    static const unsigned priorities[] = {2, 3, 2, 1, 3};
    unsigned i;

    semaphore_init(&sem, 0);
    for (i = 0; i < 5; i++) {
        case_spawn(i, priorities[i], take_entry, &sem);
        case_settle();
    }
    for (i = 0; i < 5; i++) {
        semaphore_post(&sem);
        case_settle();
    }
    CHECK(strcmp(case_trace, "beacd") == 0);
}

static void post_in_isr_switches_at_its_end(void)
{
    semaphore_init(&sem, 0);
    case_spawn(0, 5, take_entry, &sem);
    case_isr(post_isr, &sem);
    CHECK(strcmp(case_trace, "a") == 0);
    semaphore_init(&sem, 0);
    case_spawn(1, 3, take_entry, &sem);
    case_settle();
    case_isr(post_isr, &sem); /* below this thread: ready, not running */
    CHECK(strcmp(case_trace, "a") == 0 && sem.count == 0);
    case_join(1);
}

static void a_post_is_not_snatched(void)
{
    semaphore_init(&sem, 0);
    case_spawn(0, 3, take_entry, &sem);
    case_settle();
    semaphore_post(&sem); /* given to the waiter already */
    CHECK(semaphore_wait(&sem, 0, 0) == KERNEL_TIMEOUT);
    case_join(0);
}

static void lock_entry(void *arg)
{
    mutex_lock(arg);
    CHECK(mutex_held_by_self(arg));
    case_mark_self();
    mutex_unlock(arg);
}

static void mutex_goes_to_the_first_waiter(void)
{
    mutex_init(&m1);
    CHECK(!mutex_held_by_self(&m1));
    CHECK(mutex_trylock(&m1));
    CHECK(!mutex_trylock(&m1));
    CHECK(mutex_held_by_self(&m1));
    case_spawn(0, 2, lock_entry, &m1);
    case_spawn(1, 3, lock_entry, &m1);
    case_spawn(2, 2, lock_entry, &m1);
    case_settle();
    mutex_unlock(&m1);
    CHECK(!mutex_held_by_self(&m1));
    CHECK(!mutex_trylock(&m1)); /* handed over, though its new owner has not run yet */
    mutex_lock(&m1);            /* behind none of them: the highest */
    mutex_unlock(&m1);
    CHECK(strcmp(case_trace, "b") == 0);
    case_join(0);
    case_join(2);
    CHECK(strcmp(case_trace, "bac") == 0);
}

/* Holds m1 until `go`, computing with the priority that it has. */
static void hold_m1_entry(void *arg)
{
    (void)arg;
    mutex_lock(&m1);
    case_mark_self();
    semaphore_wait(&go, KERNEL_FOREVER, 0);
    case_mark('0' + (char)thread_self()->priority);
    mutex_unlock(&m1);
    case_mark('0' + (char)thread_self()->priority);
}

static void mark_entry(void *arg)
{
    (void)arg;
    case_mark_self();
}

static void the_owner_inherits(void)
{
    mutex_init(&m1);
    semaphore_init(&go, 0);
    case_spawn(0, 1, hold_m1_entry, NULL);
    case_settle();
    case_spawn(1, 6, lock_entry, &m1); /* waits: the owner has 6 now */
    CHECK(case_threads[0].priority == 6);
    case_spawn(2, 3, mark_entry, NULL); /* in the middle: must not come before the two */
    semaphore_post(&go);
    CHECK(strcmp(case_trace, "a6b") == 0);
    CHECK(case_threads[0].priority == 1);
    case_join(0);
    CHECK(strcmp(case_trace, "a6bc1") == 0);
    case_join(1);
    case_join(2);
}

/* Holds its own mutex and wants another one. */
static void link_entry(void *arg)
{
    struct mutex **pair = arg;

    mutex_lock(pair[0]);
    case_mark_self();
    mutex_lock(pair[1]);
    case_mark_self();
    mutex_unlock(pair[1]);
    mutex_unlock(pair[0]);
}

static void inheritance_is_transitive(void)
{
    static struct mutex *const second[] = {&m2, &m1}, *const third[] = {&m3, &m2};

    mutex_init(&m1);
    mutex_init(&m2);
    mutex_init(&m3);
    semaphore_init(&go, 0);
    case_spawn(0, 1, hold_m1_entry, NULL);
    case_settle();
    case_spawn(1, 2, link_entry, (void *)second);
    case_settle();
    case_spawn(2, 3, link_entry, (void *)third);
    case_settle();
    CHECK(case_threads[0].priority == 3 && case_threads[1].priority == 3);
    case_spawn(3, 7, lock_entry, &m3);
    CHECK(case_threads[0].priority == 7 && case_threads[1].priority == 7 &&
          case_threads[2].priority == 7);
    semaphore_post(&go);
    CHECK(strcmp(case_trace, "abc7bcd") == 0);
    CHECK(case_threads[0].priority == 1 && case_threads[1].priority == 2 &&
          case_threads[2].priority == 3);
    case_settle();
    CHECK(strcmp(case_trace, "abc7bcd1") == 0);
}

static void hold_three_entry(void *arg)
{
    struct mutex **release = arg;
    int i;

    mutex_lock(&m1);
    mutex_lock(&m2);
    mutex_lock(&m3);
    semaphore_wait(&go, KERNEL_FOREVER, 0);
    for (i = 0; i < 3; i++) {
        case_mark('0' + (char)thread_self()->priority);
        mutex_unlock(release[i]);
    }
    case_mark('0' + (char)thread_self()->priority);
}

static void releasing_one_keeps_the_other_loans(void)
{
    static struct mutex *const orders[3][3] = {{&m1, &m2, &m3}, {&m3, &m2, &m1}, {&m2, &m1, &m3}};
    /* Its priority before each release, and whom that let go at once. */
    static const char *const expected[3] = {"77c6db1", "77cd5b1", "7c66db1"};
    unsigned n, i;

    for (n = 0; n < 3; n++) {
        memset(case_trace, 0, sizeof(case_trace));
        mutex_init(&m1);
        mutex_init(&m2);
        mutex_init(&m3);
        semaphore_init(&go, 0);
        case_spawn(0, 1, hold_three_entry, (void *)orders[n]);
        case_settle();
        case_spawn(1, 5, lock_entry, &m1);
        case_spawn(2, 7, lock_entry, &m2);
        case_spawn(3, 6, lock_entry, &m3);
        CHECK(case_threads[0].priority == 7);
        semaphore_post(&go);
        case_join(0);
        CHECK(strcmp(case_trace, expected[n]) == 0);
        for (i = 1; i <= 3; i++)
            case_join(i);
    }
}

static void a_loan_moves_the_owner_in_its_queue(void)
{
    mutex_init(&m1);
    semaphore_init(&go, 0);
    case_spawn(0, 3, take_entry, &go); /* first in the queue of `go` */
    case_settle();
    case_spawn(1, 1, hold_m1_entry, NULL); /* waits there with m1, behind */
    case_settle();
    case_spawn(2, 6, lock_entry, &m1); /* and now before */
    semaphore_post(&go);
    CHECK(strcmp(case_trace, "b6c") == 0);
    case_settle();
    CHECK(strcmp(case_trace, "b6c1") == 0);
    semaphore_post(&go);
    case_join(0);
    CHECK(strcmp(case_trace, "b6c1a") == 0);
}

static void a_loan_does_not_pass_the_higher(void)
{
    mutex_init(&m1);
    semaphore_init(&go, 0);
    case_spawn(0, 6, take_entry, &go);
    case_spawn(1, 1, hold_m1_entry, NULL);
    case_settle();
    case_spawn(2, 5, lock_entry, &m1); /* raises b to 5, still behind a's 6 */
    semaphore_post(&go);
    CHECK(strcmp(case_trace, "ba") == 0);
    semaphore_post(&go);
    CHECK(strcmp(case_trace, "ba5c") == 0);
    case_join(1);
}

/* Is lent a priority and gives it back, while another one of its own priority is ready. */
static void lend_and_return_entry(void *arg)
{
    (void)arg;
    mutex_lock(&m1);
    case_spawn(1, 3, mark_entry, NULL); /* an equal: has its turn later */
    case_spawn(2, 6, lock_entry, &m1);  /* runs until it waits for m1 */
    mutex_unlock(&m1);
    case_mark_self();
}

static void returning_a_loan_keeps_the_turn(void)
{
    mutex_init(&m1);
    case_spawn(0, 3, lend_and_return_entry, NULL);
    case_join(0);
    case_join(1);
    CHECK(strcmp(case_trace, "cab") == 0);
}

const struct kernel_case kernel_sync_cases[] = {
    {"semaphores_count", semaphores_count, false},
    {"posts_wake_by_priority_then_age", posts_wake_by_priority_then_age, false},
    {"post_in_isr_switches_at_its_end", post_in_isr_switches_at_its_end, false},
    {"a_post_is_not_snatched", a_post_is_not_snatched, false},
    {"mutex_goes_to_the_first_waiter", mutex_goes_to_the_first_waiter, false},
    {"the_owner_inherits", the_owner_inherits, false},
    {"inheritance_is_transitive", inheritance_is_transitive, false},
    {"releasing_one_keeps_the_other_loans", releasing_one_keeps_the_other_loans, false},
    {"a_loan_moves_the_owner_in_its_queue", a_loan_moves_the_owner_in_its_queue, false},
    {"a_loan_does_not_pass_the_higher", a_loan_does_not_pass_the_higher, false},
    {"returning_a_loan_keeps_the_turn", returning_a_loan_keeps_the_turn, false},
    {NULL, NULL, false},
};
