/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of the linux port's mailboxes. sys_arch.c is compiled into this file, to look at positions
 * and waiters, and lwIP's api_msg.c, since the messages that the extra slot is for are its statics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../port/linux/sys_arch.c"
#include "../api/api_msg.c" /* relative to lwIP's include folder */

#include <stdio.h>
#include <unistd.h>

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */
#define MESSAGES 20000
#define WRITERS 4
#define READERS 3

static void *number(uintptr_t n)
{
    return (void *)n; /* mailboxes never look behind an ordinary message */
}

static void *const closed = (void *)(uintptr_t)&netconn_closed;
static void *const reset = (void *)(uintptr_t)&netconn_reset;
static void *const aborted = (void *)(uintptr_t)&netconn_aborted;

static void wait_until(const volatile unsigned *amount, pthread_mutex_t *lock, unsigned wanted)
{
    const struct timespec step = {.tv_nsec = 200000};
    unsigned seen;

    for (;;) {
        pthread_mutex_lock(lock);
        seen = *amount;
        pthread_mutex_unlock(lock);
        if (seen == wanted) {
            return;
        }
        nanosleep(&step, NULL);
    }
}

static void fill(sys_mbox_t *mbox, unsigned size)
{
    for (uintptr_t i = 1; i <= size; i++) {
        assert_int_equal(sys_mbox_trypost(mbox, number(i)), ERR_OK);
    }
}

static void assert_next(sys_mbox_t *mbox, const void *expected)
{
    void *message = NULL;

    assert_int_equal(sys_arch_mbox_tryfetch(mbox, &message), 0);
    assert_ptr_equal(message, expected);
}

static void assert_empty(sys_mbox_t *mbox)
{
    void *message = mbox;

    assert_int_equal(sys_arch_mbox_tryfetch(mbox, &message), SYS_MBOX_EMPTY);
    assert_null(message);
}

static void size_is_what_was_asked_for(void **state)
{
    (void)state;
    for (int size = 1; size <= 300; size++) {
        sys_mbox_t mbox;

        assert_int_equal(sys_mbox_new(&mbox, size), ERR_OK);
        assert_true(sys_mbox_valid(&mbox));
        fill(&mbox, (unsigned)size);
        assert_int_equal(sys_mbox_trypost(&mbox, number(1000)), ERR_MEM);
        assert_int_equal(sys_mbox_trypost_fromisr(&mbox, number(1001)), ERR_MEM);
        assert_int_equal(sys_mbox_refused(&mbox), 2);
        for (uintptr_t i = 1; i <= (uintptr_t)size; i++) {
            assert_next(&mbox, number(i));
        }
        assert_empty(&mbox);
        sys_mbox_free(&mbox);
        assert_false(sys_mbox_valid(&mbox));
    }
}

static void size_without_meaning_is_one(void **state)
{
    static const int sizes[] = {0, -1, INT_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        sys_mbox_t mbox;

        assert_int_equal(sys_mbox_new(&mbox, sizes[i]), ERR_OK);
        fill(&mbox, 1);
        assert_int_equal(sys_mbox_trypost(&mbox, number(2)), ERR_MEM);
        sys_mbox_free(&mbox);
    }
}

static void a_null_message_is_a_message(void **state)
{
    sys_mbox_t mbox;
    void *message = &mbox;

    (void)state;
    assert_int_equal(sys_mbox_new(&mbox, 1), ERR_OK);
    assert_int_equal(sys_mbox_trypost(&mbox, NULL), ERR_OK);
    assert_int_equal(sys_mbox_trypost(&mbox, NULL), ERR_MEM);
    assert_int_equal(sys_arch_mbox_fetch(&mbox, &message, 0), 0);
    assert_null(message);
    fill(&mbox, 1);
    assert_int_equal(sys_arch_mbox_fetch(&mbox, NULL, 0), 0); /* lwIP may not want it */
    assert_empty(&mbox);
    sys_mbox_free(&mbox);
}

static void the_end_has_a_slot_of_its_own(void **state)
{
    void *const ends[] = {closed, reset, aborted};

    (void)state;
    for (int size = 1; size <= 17; size++) {
        for (size_t e = 0; e < 3; e++) {
            sys_mbox_t mbox;

            assert_int_equal(sys_mbox_new(&mbox, size), ERR_OK);
            fill(&mbox, (unsigned)size);
            assert_int_equal(sys_mbox_trypost(&mbox, number(99)), ERR_MEM);
            assert_int_equal(sys_mbox_trypost(&mbox, ends[e]), ERR_OK);
            assert_int_equal(sys_mbox_trypost(&mbox, ends[e]), ERR_MEM);
            assert_int_equal(sys_mbox_trypost(&mbox, ends[(e + 1) % 3]), ERR_MEM);
            assert_next(&mbox, number(1));
            /* full again, and the slot above is taken: nothing ordinary gets in */
            assert_int_equal(sys_mbox_trypost(&mbox, number(99)), ERR_MEM);
            for (uintptr_t i = 2; i <= (uintptr_t)size; i++) {
                assert_next(&mbox, number(i));
            }
            assert_next(&mbox, ends[e]);
            assert_empty(&mbox);
            sys_mbox_free(&mbox);
        }
    }
}

static void each_end_is_queued_once(void **state)
{
    sys_mbox_t mbox;

    (void)state;
    assert_int_equal(sys_mbox_new(&mbox, 8), ERR_OK);
    assert_int_equal(sys_mbox_trypost(&mbox, aborted), ERR_OK);
    for (uintptr_t i = 1; i <= 3; i++) {
        assert_int_equal(sys_mbox_trypost(&mbox, aborted), ERR_MEM);
        assert_int_equal(sys_mbox_trypost(&mbox, number(i)), ERR_OK);
    }
    assert_int_equal(sys_mbox_trypost(&mbox, reset), ERR_OK);
    assert_int_equal(sys_mbox_trypost(&mbox, closed), ERR_OK);
    assert_int_equal(sys_mbox_trypost(&mbox, reset), ERR_MEM);
    assert_next(&mbox, aborted);
    assert_int_equal(sys_mbox_trypost(&mbox, aborted), ERR_OK); /* the first one was taken */
    assert_next(&mbox, number(1));
    assert_next(&mbox, number(2));
    assert_next(&mbox, number(3));
    assert_next(&mbox, reset);
    assert_next(&mbox, closed);
    assert_next(&mbox, aborted);
    assert_empty(&mbox);
    sys_mbox_free(&mbox);
}

/* All that counts on and on is `refused`; positions stay below the size. */
static void nothing_wraps(void **state)
{
    static const unsigned sizes[] = {1, 2, 3, 7, 127, 128};
    static const uint32_t counts[] = {INT32_MAX - 2, UINT32_MAX - 2};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned head = 0; head <= sizes[i]; head++) {
            for (size_t c = 0; c < 2; c++) {
                sys_mbox_t mbox;

                assert_int_equal(sys_mbox_new(&mbox, (int)sizes[i]), ERR_OK);
                mbox->head = head;
                mbox->refused = counts[c];
                fill(&mbox, sizes[i]);
                for (uint32_t n = 1; n <= 5; n++) {
                    assert_int_equal(sys_mbox_trypost(&mbox, number(99)), ERR_MEM);
                    assert_int_equal(sys_mbox_refused(&mbox), counts[c] + n);
                }
                assert_int_equal(sys_mbox_trypost(&mbox, closed), ERR_OK);
                for (uintptr_t n = 1; n <= sizes[i]; n++) {
                    assert_next(&mbox, number(n));
                }
                assert_next(&mbox, closed);
                assert_int_equal(mbox->used, 0);
                sys_mbox_free(&mbox);
            }
        }
    }
}

/* Numbered from below 2^31 and below 2^32 on; what is wrong is counted, since cmocka is slow. */
static void millions_pass_in_order(void **state)
{
    static const unsigned sizes[] = {1, 3, 5, 127};
    static const uintptr_t starts[] = {INT32_MAX - 1000u, UINT32_MAX - 1000u};
    const uintptr_t total = 1000000;

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        unsigned size = sizes[i % 4];
        uintptr_t in = starts[i / 4], out = in, end = in + total;
        unsigned wrong = 0, burst = 1;
        sys_mbox_t mbox;

        assert_int_equal(sys_mbox_new(&mbox, (int)size), ERR_OK);
        while (out < end) {
            void *message = NULL;

            for (unsigned n = 0; n < burst && in < end; n++) {
                bool full = in - out == size;

                wrong += (sys_mbox_trypost(&mbox, number(in)) == ERR_OK) == full;
                in += !full;
            }
            wrong += mbox->head > size || mbox->used != in - out;
            for (unsigned n = 0; n <= burst / 2 && out < in; n++) {
                wrong += sys_arch_mbox_tryfetch(&mbox, &message) != 0;
                wrong += message != number(out);
                out++;
            }
            burst = burst % (size + 2) + 1;
        }
        assert_int_equal(wrong, 0);
        assert_empty(&mbox);
        sys_mbox_free(&mbox);
    }
}

static void collect(void *message, void *argument)
{
    uintptr_t *digits = argument;

    *digits = *digits * 10 + (uintptr_t)message;
}

static void each_visits_in_order(void **state)
{
    sys_mbox_t mbox;
    uintptr_t digits = 0;

    (void)state;
    assert_int_equal(sys_mbox_new(&mbox, 3), ERR_OK);
    mbox->head = 2;
    fill(&mbox, 3);
    sys_mbox_each(&mbox, collect, &digits);
    assert_int_equal(digits, 123);
    sys_mbox_free(&mbox);
}

static int64_t ms_since(struct timespec start)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec) / 1000000;
}

static void a_fetch_never_gives_up_early(void **state)
{
    static const uint32_t timeouts[] = {1, 2, 10, 35};
    sys_mbox_t mbox;

    (void)state;
    assert_int_equal(sys_mbox_new(&mbox, 4), ERR_OK);
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        struct timespec start;
        void *message = &mbox;

        clock_gettime(CLOCK_MONOTONIC, &start);
        assert_int_equal(sys_arch_mbox_fetch(&mbox, &message, timeouts[i]), SYS_ARCH_TIMEOUT);
        assert_true(ms_since(start) >= timeouts[i]);
        assert_null(message);
        assert_int_equal(mbox->readers, 0);
    }
    fill(&mbox, 1);
    assert_int_equal(sys_arch_mbox_fetch(&mbox, NULL, 1), 0);
    sys_mbox_free(&mbox);
}

/* A thread that fetches once. */
struct fetcher {
    sys_mbox_t mbox;
    uint32_t timeout;
    bool is_app; /* has a record, so it can be interrupted */
    struct linux_thread *volatile record;
    void *message;
    uint32_t result;
    bool hit;
};

static void *fetch_once(void *argument)
{
    struct fetcher *f = argument;

    if (f->is_app) {
        f->record = linux_thread_self();
    }
    f->result = sys_arch_mbox_fetch(&f->mbox, &f->message, f->timeout);
    f->hit = f->is_app && f->record->ps.hit;
    return NULL;
}

static void a_post_ends_a_fetch(void **state)
{
    static const uint32_t timeouts[] = {0, TEST_SECONDS * 2000, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof timeouts / sizeof timeouts[0]; i++) {
        struct fetcher f = {.timeout = timeouts[i / 2], .is_app = i % 2 != 0};
        pthread_t thread;

        assert_int_equal(sys_mbox_new(&f.mbox, 2), ERR_OK);
        assert_int_equal(pthread_create(&thread, NULL, fetch_once, &f), 0);
        wait_until(&f.mbox->readers, &f.mbox->lock, 1);
        sys_mbox_post(&f.mbox, number(7));
        pthread_join(thread, NULL);
        assert_int_equal(f.result, 0);
        assert_ptr_equal(f.message, number(7));
        assert_false(f.hit);
        sys_mbox_free(&f.mbox);
    }
}

static void an_interrupt_ends_a_fetch(void **state)
{
    static const uint32_t timeouts[] = {0, TEST_SECONDS * 2000};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fetcher f = {.timeout = timeouts[i], .is_app = true, .message = &f};
        pthread_t thread;

        assert_int_equal(sys_mbox_new(&f.mbox, 2), ERR_OK);
        assert_int_equal(pthread_create(&thread, NULL, fetch_once, &f), 0);
        wait_until(&f.mbox->readers, &f.mbox->lock, 1);
        f.record->ps.interrupt = true;
        sys_wake(f.record);
        pthread_join(thread, NULL);
        assert_int_equal(f.result, SYS_ARCH_TIMEOUT);
        assert_null(f.message);
        assert_true(f.hit);
        assert_int_equal(f.mbox->readers, 0);
        sys_mbox_free(&f.mbox);
    }
}

static void what_is_there_comes_before_an_interrupt(void **state)
{
    struct ps_thread *me = &linux_thread_self()->ps;
    sys_mbox_t mbox;
    void *message;

    (void)state;
    assert_int_equal(sys_mbox_new(&mbox, 2), ERR_OK);
    fill(&mbox, 1);
    me->hit = false;
    me->interrupt = true;
    assert_int_equal(sys_arch_mbox_fetch(&mbox, &message, 0), 0);
    assert_ptr_equal(message, number(1));
    assert_false(me->hit);
    assert_int_equal(sys_arch_mbox_fetch(&mbox, &message, 0), SYS_ARCH_TIMEOUT);
    assert_true(me->hit);
    assert_true(me->interrupt); /* sticky: the wrapper takes it */
    me->interrupt = me->hit = false;
    sys_mbox_free(&mbox);
}

static void *post_seven(void *mbox)
{
    sys_mbox_post(mbox, number(7));
    return NULL;
}

static void a_post_waits_for_room(void **state)
{
    (void)state;
    for (int ended = 0; ended < 2; ended++) {
        sys_mbox_t mbox;
        pthread_t thread;

        assert_int_equal(sys_mbox_new(&mbox, 2), ERR_OK);
        fill(&mbox, 2);
        if (ended) { /* the slot above the size is no room for a post, free or not */
            assert_int_equal(sys_mbox_trypost(&mbox, closed), ERR_OK);
        }
        assert_int_equal(pthread_create(&thread, NULL, post_seven, &mbox), 0);
        wait_until(&mbox->writers, &mbox->lock, 1);
        assert_int_equal(mbox->used, 2 + ended);
        assert_next(&mbox, number(1));
        assert_next(&mbox, number(2));
        pthread_join(thread, NULL);
        if (ended) {
            assert_next(&mbox, closed);
        }
        assert_next(&mbox, number(7));
        assert_empty(&mbox);
        sys_mbox_free(&mbox);
    }
}

struct crowd {
    sys_mbox_t mbox;
    pthread_mutex_t lock;
    uint64_t sum;
    unsigned taken;
};

static void *write_many(void *argument)
{
    struct crowd *crowd = argument;

    for (uintptr_t i = 1; i <= MESSAGES; i++) {
        if (i % 5 != 0 || sys_mbox_trypost(&crowd->mbox, number(i)) != ERR_OK) {
            sys_mbox_post(&crowd->mbox, number(i));
        }
    }
    return NULL;
}

/* Until it reads a NULL; meanwhile waits run out and are interrupted. */
static void *read_many(void *argument)
{
    struct crowd *crowd = argument;
    struct linux_thread *me = linux_thread_self();
    uint64_t sum = 0;
    unsigned taken = 0;
    void *message;

    for (unsigned turn = 0;; turn++) {
        if (sys_arch_mbox_fetch(&crowd->mbox, &message, turn % 3) != 0) {
            me->ps.interrupt = me->ps.hit = false;
            continue;
        }
        if (message == NULL) {
            break;
        }
        sum += (uintptr_t)message;
        taken++;
    }
    pthread_mutex_lock(&crowd->lock);
    crowd->sum += sum;
    crowd->taken += taken;
    pthread_mutex_unlock(&crowd->lock);
    return NULL;
}

static void interrupt(struct linux_thread *t, void *self)
{
    if (t != self) {
        t->ps.interrupt = true;
        sys_wake(t);
    }
}

static void nothing_is_lost_in_a_crowd(void **state)
{
    struct crowd crowd = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t writers[WRITERS], readers[READERS];

    (void)state;
    assert_int_equal(sys_mbox_new(&crowd.mbox, 3), ERR_OK);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_many, &crowd), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, write_many, &crowd), 0);
    }
    for (int i = 0; i < 2000; i++) {
        linux_thread_each(interrupt, linux_thread_self());
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i], NULL);
    }
    for (int i = 0; i < READERS; i++) {
        sys_mbox_post(&crowd.mbox, NULL);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    assert_int_equal(crowd.taken, WRITERS * MESSAGES);
    assert_int_equal(crowd.sum, (uint64_t)WRITERS * MESSAGES * (MESSAGES + 1) / 2);
    assert_empty(&crowd.mbox);
    sys_mbox_free(&crowd.mbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_is_what_was_asked_for),
        cmocka_unit_test(size_without_meaning_is_one),
        cmocka_unit_test(a_null_message_is_a_message),
        cmocka_unit_test(the_end_has_a_slot_of_its_own),
        cmocka_unit_test(each_end_is_queued_once),
        cmocka_unit_test(nothing_wraps),
        cmocka_unit_test(millions_pass_in_order),
        cmocka_unit_test(each_visits_in_order),
        cmocka_unit_test(a_fetch_never_gives_up_early),
        cmocka_unit_test(a_post_ends_a_fetch),
        cmocka_unit_test(an_interrupt_ends_a_fetch),
        cmocka_unit_test(what_is_there_comes_before_an_interrupt),
        cmocka_unit_test(a_post_waits_for_room),
        cmocka_unit_test(nothing_is_lost_in_a_crowd),
    };

    alarm(TEST_SECONDS);
    return cmocka_run_group_tests_name("linux mailbox", tests, NULL, NULL);
}
