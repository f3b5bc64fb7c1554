/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests of the linux port's time: deadlines, and milliseconds that wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdbool.h>
#include "lwip/sys.h"
#include "sys_time.h"

#define WRAP_S 4294967 /* 2^32 ms are 4294967.296 s */

static void assert_sum(time_t seconds, long nanoseconds, uint32_t ms, time_t sum_seconds,
                       long sum_nanoseconds)
{
    const struct timespec t = {.tv_sec = seconds, .tv_nsec = nanoseconds};
    struct timespec sum = sys_time_add(t, ms);

    assert_int_equal(sum.tv_sec, sum_seconds);
    assert_int_equal(sum.tv_nsec, sum_nanoseconds);
}

static void a_sum_is_normalised(void **state)
{
    (void)state;
    assert_sum(5, 0, 0, 5, 0);
    assert_sum(5, 999999999, 0, 5, 999999999);
    assert_sum(5, 1, 1, 5, 1000001);
    assert_sum(5, 998999999, 1, 5, 999999999);
    assert_sum(5, 999000000, 1, 6, 0);
    assert_sum(5, 999999999, 1, 6, 999999);
    assert_sum(5, 999999999, 999, 6, 998999999);
    assert_sum(5, 1000000, 999, 6, 0);
    assert_sum(5, 999999, 999, 5, 999999999);
    assert_sum(5, 0, 1000, 6, 0);
    assert_sum(5, 500000000, 1500, 7, 0);
    assert_sum(0, 0, UINT32_MAX, WRAP_S, 295000000);
    assert_sum(5, 704999999, UINT32_MAX, WRAP_S + 5, 999999999);
    assert_sum(5, 705000000, UINT32_MAX, WRAP_S + 6, 0);
    assert_sum(INT32_MAX, 999999999, 1, (time_t)INT32_MAX + 1, 999999);
}

static void every_sum_of_a_grid_is_right(void **state)
{
    (void)state;
    for (long nanoseconds = 0; nanoseconds < 1000000000; nanoseconds += 24390243) {
        for (uint32_t ms = 0; ms < 5000; ms += 37) {
            struct timespec sum =
                sys_time_add((struct timespec){.tv_sec = 9, .tv_nsec = nanoseconds}, ms);

            assert_in_range(sum.tv_nsec, 0, 999999999);
            assert_int_equal((sum.tv_sec - 9) * 1000000000 + sum.tv_nsec,
                             nanoseconds + (long)ms * 1000000);
        }
    }
}

static uint32_t ms_of(time_t seconds, long nanoseconds)
{
    return sys_time_ms((struct timespec){.tv_sec = seconds, .tv_nsec = nanoseconds});
}

static void milliseconds_wrap_at_32_bits(void **state)
{
    (void)state;
    assert_int_equal(ms_of(0, 0), 0);
    assert_int_equal(ms_of(0, 999999), 0);
    assert_int_equal(ms_of(0, 1000000), 1);
    assert_int_equal(ms_of(2147483, 647000000), INT32_MAX);
    assert_int_equal(ms_of(2147483, 648000000), (uint32_t)INT32_MAX + 1);
    assert_int_equal(ms_of(WRAP_S, 295999999), UINT32_MAX);
    assert_int_equal(ms_of(WRAP_S, 296000000), 0);
    assert_int_equal(ms_of(WRAP_S, 297000000), 1);
    assert_int_equal(ms_of(2 * WRAP_S + 1, 0), 1000 - 592);
    assert_int_equal(ms_of(1000 * (time_t)INT32_MAX, 0), (uint32_t)(1000000ull * INT32_MAX));
}

/* What lwIP does with it: a difference over the wrap. */
static void differences_survive_the_wrap(void **state)
{
    struct timespec before = {.tv_sec = WRAP_S, .tv_nsec = 290000000};

    (void)state;
    for (uint32_t ms = 0; ms < 100; ms++) {
        assert_int_equal(sys_time_ms(sys_time_add(before, ms)) - sys_time_ms(before), ms);
    }
}

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

static void a_deadline_is_on_the_monotonic_clock(void **state)
{
    static const uint32_t distances[] = {0, 1, 999, 1000, 123456, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        struct timespec before, deadline, after;

        clock_gettime(CLOCK_MONOTONIC, &before);
        deadline = sys_deadline(distances[i]);
        clock_gettime(CLOCK_MONOTONIC, &after);
        assert_false(is_before(deadline, sys_time_add(before, distances[i])));
        assert_false(is_before(sys_time_add(after, distances[i]), deadline));
    }
}

static void now_is_on_the_monotonic_clock(void **state)
{
    struct timespec before, after;
    u32_t now;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &before);
    now = sys_now();
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(now - sys_time_ms(before) <= sys_time_ms(after) - sys_time_ms(before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_is_normalised),
        cmocka_unit_test(every_sum_of_a_grid_is_right),
        cmocka_unit_test(milliseconds_wrap_at_32_bits),
        cmocka_unit_test(differences_survive_the_wrap),
        cmocka_unit_test(a_deadline_is_on_the_monotonic_clock),
        cmocka_unit_test(now_is_on_the_monotonic_clock),
    };

    return cmocka_run_group_tests_name("linux time", tests, NULL, NULL);
}
