/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cases of the thread kernel: random calls by six threads while ISRs strike at odd moments.
 *
 * What is checked: nothing given is lost or doubled (units of a semaphore, the sum of all
 * messages), a mutex lets in one at a time, who holds none has its own priority, and all come to an
 * end.
 */
#include <string.h>

#include "kernel_cases.h"

#define STORM_THREADS 6u
#define STORM_ROUNDS 250u

static struct {
    struct semaphore sem;
    struct mutex outer, inner;
    struct mailbox box;
    void *slots[3];
    struct thread *inside; /* who holds `inner` */
    uint32_t random;       /* of the ISR */
    uint32_t posts, takes, sent, received, strikes;
} storm;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static void count(uint32_t *what, uint32_t by)
{
    uint32_t saved = kernel_arch_lock();

    *what += by;
    kernel_arch_unlock(saved);
}

static void strike(void *arg)
{
    uint32_t r = next_random(&storm.random);

    (void)arg;
    storm.strikes++;
    if (r % 4 == 0) {
        semaphore_post(&storm.sem);
        storm.posts++;
    } else if (r % 4 == 1) {
        if (mailbox_trypost(&storm.box, (void *)(uintptr_t)(r & 0xff)) == 0)
            storm.sent += r & 0xff;
    } else if (r % 4 == 2) {
        struct thread *t = &case_threads[(r >> 4) % STORM_THREADS];

        if (strcmp(thread_state_name(t), "ended") != 0)
            thread_interrupt(t);
    }
}

static void use_mutexes(uint32_t r)
{
    mutex_lock(&storm.outer);
    mutex_lock(&storm.inner);
    CHECK(storm.inside == NULL);
    storm.inside = thread_self();
    if (r & 1)
        thread_yield();
    if (r & 2)
        thread_sleep(1, KERNEL_INTERRUPTIBLE);
    CHECK(storm.inside == thread_self());
    storm.inside = NULL;
    if (r & 4) {
        mutex_unlock(&storm.outer);
        mutex_unlock(&storm.inner);
    } else {
        mutex_unlock(&storm.inner);
        mutex_unlock(&storm.outer);
    }
}

static void storm_entry(void *arg)
{
    const struct thread *self = thread_self();
    uint32_t state = *(const uint32_t *)arg, n;
    void *message;

    for (n = 0; n < STORM_ROUNDS; n++) {
        uint32_t r = next_random(&state), timeout = r >> 4 & 3;

        switch (r & 7) {
        case 0:
        case 1:
            if (semaphore_wait(&storm.sem, timeout, KERNEL_INTERRUPTIBLE) == KERNEL_OK)
                count(&storm.takes, 1);
            break;
        case 2:
            semaphore_post(&storm.sem);
            count(&storm.posts, 1);
            break;
        case 3:
        case 4:
            if (mailbox_fetch(&storm.box, &message, timeout, KERNEL_INTERRUPTIBLE) == KERNEL_OK)
                count(&storm.received, (uint32_t)(uintptr_t)message);
            break;
        case 5:
            if (mailbox_post(&storm.box, (void *)(uintptr_t)(r >> 8), timeout) == KERNEL_OK)
                count(&storm.sent, r >> 8);
            break;
        case 6:
            use_mutexes(r >> 4);
            break;
        default:
            thread_sleep(timeout, KERNEL_INTERRUPTIBLE);
            break;
        }
        CHECK(self->held == NULL && self->priority == self->base_priority);
    }
}

static void survives_a_storm(void)
{
    uint32_t seeds[STORM_THREADS], i;
    void *message;

    memset(&storm, 0, sizeof(storm));
    semaphore_init(&storm.sem, 0);
    mutex_init(&storm.outer);
    mutex_init(&storm.inner);
    mailbox_init(&storm.box, storm.slots, 3);
    for (i = 0; i < STORM_THREADS; i++) {
        seeds[i] = 77u * i + 1u;
        case_spawn(i, 1 + i / 2, storm_entry, &seeds[i]); /* pairs, below this thread */
    }
    case_isr_storm(strike, NULL);
    for (i = 0; i < STORM_THREADS; i++)
        case_join(i);
    case_isr_storm(NULL, NULL);
    CHECK(storm.strikes > 100);
    CHECK(storm.posts - storm.takes == storm.sem.count);
    while (mailbox_fetch(&storm.box, &message, 0, 0) == KERNEL_OK)
        storm.received += (uint32_t)(uintptr_t)message;
    CHECK(storm.sent == storm.received);
    CHECK(storm.sem.waiters.head == NULL && storm.box.readers.head == NULL);
    CHECK(storm.box.writers.head == NULL);
    CHECK(storm.outer.owner == NULL && storm.inner.owner == NULL);
}

const struct kernel_case kernel_storm_cases[] = {
    {"survives_a_storm", survives_a_storm, false},
    {NULL, NULL, false},
};
