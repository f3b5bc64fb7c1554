/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of the linux port's semaphores, mutexes and core lock. sys_arch.c is compiled into this
 * file, to see who waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../port/linux/sys_arch.c"

#include <unistd.h>

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */
#define SIGNALS 20000
#define THREADS 4

static jmp_buf asserted;

/* In place of the one that ends the program. */
void port_assert_failed(const char *message, const char *file, int line)
{
    LWIP_UNUSED_ARG(message);
    LWIP_UNUSED_ARG(file);
    LWIP_UNUSED_ARG(line);
    longjmp(asserted, 1);
}

void port_diagnostic(const char *format, ...)
{
    LWIP_UNUSED_ARG(format);
}

void ps_port_start(void)
{
}

static int64_t ms_since(struct timespec start)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec) / 1000000;
}

static void wait_for_waiters(sys_sem_t sem, unsigned wanted)
{
    const struct timespec step = {.tv_nsec = 200000};
    unsigned seen;

    for (;;) {
        pthread_mutex_lock(&sem->lock);
        seen = sem->waiters;
        pthread_mutex_unlock(&sem->lock);
        if (seen == wanted) {
            return;
        }
        nanosleep(&step, NULL);
    }
}

static void counts_from_what_it_was_made_with(void **state)
{
    (void)state;
    for (unsigned count = 0; count <= 255; count += 51) {
        sys_sem_t sem;

        assert_int_equal(sys_sem_new(&sem, (u8_t)count), ERR_OK);
        assert_true(sys_sem_valid(&sem));
        for (unsigned i = 0; i < count; i++) {
            assert_int_equal(sys_arch_sem_wait(&sem, 1), 0);
        }
        assert_int_equal(sys_arch_sem_wait(&sem, 1), SYS_ARCH_TIMEOUT);
        sys_sem_signal(&sem);
        sys_sem_signal(&sem);
        assert_int_equal(sys_arch_sem_wait(&sem, 0), 0);
        assert_int_equal(sys_arch_sem_wait(&sem, 0), 0);
        assert_int_equal(sys_arch_sem_wait(&sem, 1), SYS_ARCH_TIMEOUT);
        sys_sem_free(&sem);
        assert_false(sys_sem_valid(&sem));
    }
}

static void a_wait_never_gives_up_early(void **state)
{
    static const uint32_t timeouts[] = {1, 3, 20};
    sys_sem_t sem;

    (void)state;
    assert_int_equal(sys_sem_new(&sem, 0), ERR_OK);
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        struct timespec start;

        clock_gettime(CLOCK_MONOTONIC, &start);
        assert_int_equal(sys_arch_sem_wait(&sem, timeouts[i]), SYS_ARCH_TIMEOUT);
        assert_true(ms_since(start) >= timeouts[i]);
        assert_int_equal(sem->waiters, 0);
    }
    sys_sem_free(&sem);
}

struct waiter {
    sys_sem_t sem;
    uint32_t timeout;
    struct linux_thread *volatile record;
    volatile bool allowed; /* set before it may return */
    bool too_early;
    uint32_t result;
    bool hit;
};

static void *wait_once(void *argument)
{
    struct waiter *w = argument;

    w->record = linux_thread_self();
    w->result = sys_arch_sem_wait(&w->sem, w->timeout);
    w->too_early = !w->allowed;
    w->hit = w->record->ps.hit;
    return NULL;
}

static void a_signal_ends_a_wait(void **state)
{
    static const uint32_t timeouts[] = {0, TEST_SECONDS * 2000, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        struct waiter w = {.timeout = timeouts[i]};
        pthread_t thread;

        assert_int_equal(sys_sem_new(&w.sem, 0), ERR_OK);
        assert_int_equal(pthread_create(&thread, NULL, wait_once, &w), 0);
        wait_for_waiters(w.sem, 1);
        w.allowed = true;
        sys_sem_signal(&w.sem);
        pthread_join(thread, NULL);
        assert_int_equal(w.result, 0);
        assert_false(w.too_early);
        assert_false(w.hit);
        assert_int_equal(w.sem->count, 0);
        sys_sem_free(&w.sem);
    }
}

static void an_interrupt_ends_a_finite_wait(void **state)
{
    struct waiter w = {.timeout = TEST_SECONDS * 2000, .allowed = true};
    pthread_t thread;

    (void)state;
    assert_int_equal(sys_sem_new(&w.sem, 0), ERR_OK);
    assert_int_equal(pthread_create(&thread, NULL, wait_once, &w), 0);
    wait_for_waiters(w.sem, 1);
    w.record->ps.interrupt = true;
    sys_wake(w.record);
    pthread_join(thread, NULL);
    assert_int_equal(w.result, SYS_ARCH_TIMEOUT);
    assert_true(w.hit);
    assert_int_equal(w.sem->waiters, 0);
    sys_sem_free(&w.sem);
}

/* Its message lies on the waiting thread's stack: only the signal may end it. */
static void nothing_interrupts_an_endless_wait(void **state)
{
    struct waiter w = {.timeout = 0};
    pthread_t thread;

    (void)state;
    assert_int_equal(sys_sem_new(&w.sem, 0), ERR_OK);
    assert_int_equal(pthread_create(&thread, NULL, wait_once, &w), 0);
    wait_for_waiters(w.sem, 1);
    w.record->ps.interrupt = true;
    for (int i = 0; i < 100; i++) {
        sys_wake(w.record);
        pthread_mutex_lock(&w.sem->lock);
        pthread_cond_broadcast(&w.sem->changed); /* as a spurious wake-up would */
        pthread_mutex_unlock(&w.sem->lock);
    }
    w.allowed = true;
    sys_sem_signal(&w.sem);
    pthread_join(thread, NULL);
    assert_int_equal(w.result, 0);
    assert_false(w.too_early);
    assert_false(w.hit);
    sys_sem_free(&w.sem);
}

static void a_signal_comes_before_an_interrupt(void **state)
{
    struct ps_thread *me = &linux_thread_self()->ps;
    sys_sem_t sem;

    (void)state;
    assert_int_equal(sys_sem_new(&sem, 1), ERR_OK);
    me->interrupt = true;
    assert_int_equal(sys_arch_sem_wait(&sem, 1000), 0);
    assert_false(me->hit);
    assert_int_equal(sys_arch_sem_wait(&sem, TEST_SECONDS * 2000), SYS_ARCH_TIMEOUT);
    assert_true(me->hit);
    assert_true(me->interrupt);
    me->interrupt = me->hit = false;
    sys_sem_free(&sem);
}

struct ring {
    sys_sem_t sem;
    unsigned taken[THREADS];
    unsigned share;
};

struct member {
    struct ring *ring;
    unsigned number;
};

static void *take_share(void *argument)
{
    struct member *m = argument;

    while (m->ring->taken[m->number] < m->ring->share) {
        uint32_t timeout = m->ring->taken[m->number] % 2; /* endless and 1 ms in turn */

        m->ring->taken[m->number] += sys_arch_sem_wait(&m->ring->sem, timeout) == 0;
    }
    return NULL;
}

static void no_signal_is_lost(void **state)
{
    struct ring ring = {.share = SIGNALS / THREADS};
    struct member members[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    assert_int_equal(sys_sem_new(&ring.sem, 0), ERR_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        members[i] = (struct member){&ring, i};
        assert_int_equal(pthread_create(&threads[i], NULL, take_share, &members[i]), 0);
    }
    for (unsigned i = 0; i < SIGNALS; i++) {
        sys_sem_signal(&ring.sem);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(ring.sem->count, 0);
    assert_int_equal(ring.sem->waiters, 0);
    sys_sem_free(&ring.sem);
}

static void *own_semaphore(void *argument)
{
    LWIP_UNUSED_ARG(argument);
    return sys_netconn_sem();
}

static void each_thread_has_one_semaphore(void **state)
{
    sys_sem_t *mine = sys_netconn_sem();
    void *other;
    pthread_t thread;

    (void)state;
    assert_ptr_equal(mine, sys_netconn_sem());
    assert_true(sys_sem_valid(mine));
    assert_int_equal(pthread_create(&thread, NULL, own_semaphore, NULL), 0);
    pthread_join(thread, &other);
    assert_ptr_not_equal(mine, other);
}

struct shared {
    sys_mutex_t mutex;
    unsigned plain, core, protect;
};

static void *add_under_locks(void *argument)
{
    struct shared *shared = argument;

    for (int i = 0; i < SIGNALS; i++) {
        sys_prot_t outer, inner;

        sys_mutex_lock(&shared->mutex);
        shared->plain++;
        sys_mutex_unlock(&shared->mutex);
        sys_lock_core();
        sys_assert_core_locked();
        shared->core++;
        sys_unlock_core();
        outer = sys_arch_protect(); /* lwIP nests these */
        inner = sys_arch_protect();
        shared->protect++;
        sys_arch_unprotect(inner);
        shared->protect++;
        sys_arch_unprotect(outer);
    }
    return NULL;
}

static void locks_exclude(void **state)
{
    struct shared shared = {0};
    pthread_t threads[THREADS];

    (void)state;
    assert_int_equal(sys_mutex_new(&shared.mutex), ERR_OK);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_under_locks, &shared), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(shared.plain, THREADS * SIGNALS);
    assert_int_equal(shared.core, THREADS * SIGNALS);
    assert_int_equal(shared.protect, 2 * THREADS * SIGNALS);
    sys_mutex_free(&shared.mutex);
    assert_false(sys_mutex_valid(&shared.mutex));
}

static void *enter_protection(void *entered)
{
    sys_prot_t level = sys_arch_protect();

    *(volatile bool *)entered = true;
    sys_arch_unprotect(level);
    return NULL;
}

static void protection_lasts_to_its_outer_end(void **state)
{
    const struct timespec while_it_tries = {.tv_nsec = 10000000};
    sys_prot_t outer = sys_arch_protect(), inner = sys_arch_protect();
    volatile bool entered = false;
    pthread_t thread;

    (void)state;
    sys_arch_unprotect(inner);
    assert_int_equal(pthread_create(&thread, NULL, enter_protection, (void *)&entered), 0);
    nanosleep(&while_it_tries, NULL);
    assert_false(entered);
    sys_arch_unprotect(outer);
    pthread_join(thread, NULL);
    assert_true(entered);
}

static bool core_check_fails(void)
{
    if (setjmp(asserted) != 0) {
        return true;
    }
    sys_assert_core_locked();
    return false;
}

static void *check_core(void *failed)
{
    *(bool *)failed = core_check_fails();
    return NULL;
}

static bool core_check_fails_elsewhere(void)
{
    bool failed = false;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, check_core, &failed), 0);
    pthread_join(thread, NULL);
    return failed;
}

static void the_core_lock_is_checked(void **state)
{
    (void)state;
    assert_false(core_check_fails()); /* lwIP initialises itself without it */
    sys_mark_tcpip_thread();
    assert_true(core_check_fails());
    sys_lock_core();
    assert_false(core_check_fails());
    assert_true(core_check_fails_elsewhere()); /* held, but by somebody else */
    sys_unlock_core();
    assert_true(core_check_fails());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_from_what_it_was_made_with),
        cmocka_unit_test(a_wait_never_gives_up_early),
        cmocka_unit_test(a_signal_ends_a_wait),
        cmocka_unit_test(an_interrupt_ends_a_finite_wait),
        cmocka_unit_test(nothing_interrupts_an_endless_wait),
        cmocka_unit_test(a_signal_comes_before_an_interrupt),
        cmocka_unit_test(no_signal_is_lost),
        cmocka_unit_test(each_thread_has_one_semaphore),
        cmocka_unit_test(locks_exclude),
        cmocka_unit_test(protection_lasts_to_its_outer_end),
        cmocka_unit_test(the_core_lock_is_checked),
    };

    alarm(TEST_SECONDS);
    return cmocka_run_group_tests_name("linux semaphore", tests, NULL, NULL);
}
