/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the thread kernel's cases on the host's seam, each as a test of cmocka. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel_cases.h"
#include "kernel_seam.h"

#define TESTS_MAX 100u
#define STORM_SEEDS 50u

static _Alignas(16) uint8_t case_stack[CASE_STACK], idle_stack[CASE_STACK];
static struct thread case_thread;
static const struct kernel_case *current;
static const char *expected_panic;
static char failure[200];

static void case_entry(void *arg)
{
    (void)arg;
    current->run();
    if (expected_panic != NULL)
        snprintf(failure, sizeof(failure), "no panic \"%s\"", expected_panic);
    seam_finish();
}

_Noreturn void case_fail(const char *file, int line, const char *what)
{
    snprintf(failure, sizeof(failure), "%s:%d: %s", file, line, what);
    seam_finish();
}

void case_expect_panic(const char *what)
{
    expected_panic = what;
}

_Noreturn void kernel_panic(const char *what)
{
    if (expected_panic == NULL || strcmp(expected_panic, what) != 0)
        case_fail(__FILE__, __LINE__, what);
    seam_finish();
}

static void boot(void)
{
    kernel_init(idle_stack, sizeof(idle_stack));
    if (current->before_start)
        case_entry(NULL);
    CHECK(thread_start(&case_thread, "case", CASE_PRIORITY, case_entry, NULL, case_stack,
                       sizeof(case_stack)) == 0);
    kernel_start();
}

static void run_case(const struct kernel_case *which, uint32_t seed)
{
    current = which;
    expected_panic = NULL;
    failure[0] = '\0';
    memset(case_trace, 0, sizeof(case_trace));
    memset(case_threads, 0, sizeof(case_threads));
    memset(&case_thread, 0, sizeof(case_thread));
    seam_forget_stack(case_stack, sizeof(case_stack));
    seam_forget_stack(idle_stack, sizeof(idle_stack));
    seam_run(boot, seed);
    if (failure[0] != '\0')
        fail_msg("%s (seed %u, trace \"%s\")", failure, (unsigned)seed, case_trace);
}

static void test_case(void **state)
{
    run_case(*state, 1);
}

static void storm_with_many_seeds(void **state)
{
    uint32_t seed;

    for (seed = 1; seed <= STORM_SEEDS; seed++)
        run_case(*state, seed);
}

static void compute_and_wait_long(void)
{
    unsigned alarms = seam_alarms();

    case_busy(1000); /* alone: no tick */
    CHECK(seam_alarms() == alarms);
    thread_sleep(3600u * 1000u, 0); /* nobody ready: one alarm in an hour */
    CHECK(seam_alarms() == alarms + 1);
}

static void has_no_tick(void **state)
{
    static const struct kernel_case which = {"has_no_tick", compute_and_wait_long, false};

    (void)state;
    run_case(&which, 1);
}

int main(void)
{
    static const struct kernel_case *const groups[] = {kernel_thread_cases, kernel_time_cases,
                                                       kernel_sync_cases,   kernel_mailbox_cases,
                                                       kernel_storm_cases,  kernel_misuse_cases};
    struct CMUnitTest tests[TESTS_MAX];
    size_t used = 0, i;

    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const struct kernel_case *c;

        for (c = groups[i]; c->name != NULL && used < TESTS_MAX - 2; c++)
            tests[used++] = (struct CMUnitTest){c->name, test_case, NULL, NULL, (void *)c};
    }
    tests[used++] = (struct CMUnitTest){"storm_with_many_seeds", storm_with_many_seeds, NULL, NULL,
                                        (void *)kernel_storm_cases};
    tests[used++] = (struct CMUnitTest){"has_no_tick", has_no_tick, NULL, NULL, NULL};
    return _cmocka_run_group_tests("kernel", tests, used, NULL, NULL);
}
