/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases of the thread kernel: the ready set, ending and joining, stacks; and the cases' helpers. */
#include <string.h>

#include "kernel_cases.h"

struct thread case_threads[CASE_THREADS];
_Alignas(16) uint8_t case_stacks[CASE_THREADS][CASE_STACK];
char case_trace[64];

void case_spawn(unsigned i, unsigned priority, void (*entry)(void *), void *arg)
{
    static const char *const names[CASE_THREADS] = {"a", "b", "c", "d", "e", "f", "g", "h"};

    CHECK(i < CASE_THREADS);
    CHECK(thread_start(&case_threads[i], names[i], priority, entry, arg, case_stacks[i],
                       CASE_STACK) == 0);
}

void case_join(unsigned i)
{
    CHECK(thread_join(&case_threads[i], 5000, 0) == KERNEL_OK);
}

static unsigned count_threads(const char *state)
{
    uint32_t saved = kernel_arch_lock();
    const struct thread *t;
    unsigned n = 0;

    for (t = thread_next(NULL); t != NULL; t = thread_next(t))
        if (state == NULL || strcmp(thread_state_name(t), state) == 0)
            n++;
    kernel_arch_unlock(saved);
    return n;
}

void case_settle(void)
{
    unsigned n;

    for (n = 0; n < 1000 && count_threads("ready") > 1; n++) /* idle is ready always */
        thread_sleep(1, 0);
    CHECK(count_threads("ready") == 1);
}

void case_mark(char c)
{
    uint32_t saved = kernel_arch_lock();
    size_t length = strlen(case_trace);

    kernel_arch_unlock(saved);
    CHECK(length < sizeof(case_trace) - 1);
    case_trace[length] = c;
}

void case_mark_self(void)
{
    case_mark(thread_self()->name[0]);
}

bool case_took(uint32_t start, uint32_t ms)
{
    uint32_t took = kernel_now_ms() - start;

    return took >= ms && took <= ms + case_late_ms();
}

static void mark_entry(void *arg)
{
    (void)arg;
    case_mark_self();
}

static void runs_in_priority_order(void)
{
    uint32_t saved;

    case_spawn(1, 6, mark_entry, NULL); /* above this thread: each runs when it is started */
    case_spawn(0, 5, mark_entry, NULL);
    case_spawn(2, 7, mark_entry, NULL);
    CHECK(strcmp(case_trace, "bac") == 0);
    case_join(0);
    case_join(1);
    case_join(2);

    saved = kernel_arch_lock(); /* started as if at one moment: by priority */
    case_spawn(1, 6, mark_entry, NULL);
    case_spawn(0, 5, mark_entry, NULL);
    case_spawn(2, 7, mark_entry, NULL);
    kernel_arch_unlock(saved);
    CHECK(strcmp(case_trace, "baccba") == 0);

    case_spawn(5, 2, mark_entry, NULL); /* below: none runs before this thread blocks */
    case_spawn(3, 1, mark_entry, NULL);
    case_spawn(4, 3, mark_entry, NULL);
    case_spawn(6, 2, mark_entry, NULL);
    CHECK(strcmp(case_trace, "baccba") == 0);
    case_join(3);
    CHECK(strcmp(case_trace, "baccbaefgd") == 0);
}

static void picks_each_priority(void)
{
    unsigned i;

    /* Every pattern of the mask: a thread for each bit of i, lowest started first. */
    for (i = 0; i < 8; i++) {
        uint32_t saved = kernel_arch_lock();
        unsigned bit;

        memset(case_trace, 0, sizeof(case_trace));
        for (bit = 0; bit < 3; bit++)
            if (i & (1u << bit))
                case_spawn(bit, 5 + bit, mark_entry, NULL);
        kernel_arch_unlock(saved);
        for (bit = 3; bit-- > 0;)
            if (i & (1u << bit)) {
                CHECK(case_trace[strlen(case_trace) - 1] == (i & 1 ? 'a' : i & 2 ? 'b' : 'c'));
                case_join(bit);
            }
        CHECK(strlen(case_trace) == (size_t)__builtin_popcount(i));
    }
}

static void yield_entry(void *arg)
{
    int n;

    (void)arg;
    for (n = 0; n < 3; n++) {
        case_mark_self();
        thread_yield();
    }
}

static void yields_to_equals_only(void)
{
    case_spawn(0, 3, yield_entry, NULL);
    case_spawn(1, 3, yield_entry, NULL);
    case_spawn(2, 2, yield_entry, NULL);
    thread_yield(); /* nobody else has this priority */
    CHECK(case_trace[0] == '\0');
    case_join(2);
    CHECK(strcmp(case_trace, "abababccc") == 0);
}

/* Computes; marks itself when it goes on after another one. */
static void compute_entry(void *arg)
{
    uint32_t ms;

    for (ms = *(const uint32_t *)arg; ms > 0; ms--) {
        uint32_t saved = kernel_arch_lock();
        size_t length = strlen(case_trace);

        if (length == 0 || case_trace[length - 1] != thread_self()->name[0])
            case_mark_self();
        kernel_arch_unlock(saved);
        case_busy(1);
    }
}

static void equals_take_turns(void)
{
    static const uint32_t ms = 25;

    case_spawn(0, 3, compute_entry, (void *)&ms);
    case_spawn(1, 3, compute_entry, (void *)&ms);
    case_spawn(2, 3, compute_entry, (void *)&ms);
    case_join(0);
    case_join(1);
    case_join(2);
    CHECK(strncmp(case_trace, "abcabc", 6) == 0);
    if (case_late_ms() == 0)
        CHECK(strcmp(case_trace, "abcabcabc") == 0);
}

static void turn_outlives_preemption(void)
{
    static const uint32_t ms = 2 * KERNEL_SLICE_MS;
    int n;

    case_spawn(0, 3, compute_entry, (void *)&ms);
    case_spawn(1, 3, compute_entry, (void *)&ms);
    for (n = 0; n < 40; n++) /* cuts into every slice; none may begin anew because of it */
        thread_sleep(3, 0);
    case_join(0);
    case_join(1);
    CHECK(strncmp(case_trace, "aba", 3) == 0);
    if (case_late_ms() == 0)
        CHECK(strcmp(case_trace, "abab") == 0);
}

static void sleep_entry(void *arg)
{
    thread_sleep(*(const uint32_t *)arg, 0);
    case_mark_self();
}

static void join_entry(void *arg)
{
    CHECK(thread_join(arg, KERNEL_FOREVER, 0) == KERNEL_OK);
    case_mark_self();
}

static void joins_before_and_after_the_end(void)
{
    static const uint32_t ms = 20;
    uint32_t start = kernel_now_ms();

    case_spawn(0, 5, sleep_entry, (void *)&ms);
    CHECK(thread_join(&case_threads[0], 0, 0) == KERNEL_TIMEOUT);
    CHECK(thread_join(&case_threads[0], 5, 0) == KERNEL_TIMEOUT);
    CHECK(case_took(start, 5));
    CHECK(strcmp(thread_state_name(&case_threads[0]), "sleeping") == 0);
    CHECK(thread_join(&case_threads[0], 2000, 0) == KERNEL_OK);
    CHECK(case_took(start, 20));
    CHECK(strcmp(thread_state_name(&case_threads[0]), "ended") == 0);
    CHECK(thread_join(&case_threads[0], 0, 0) == KERNEL_OK);
    CHECK(thread_join(&case_threads[0], KERNEL_FOREVER, 0) == KERNEL_OK);
}

static void releases_all_joiners(void)
{
    static const uint32_t ms = 10;

    case_spawn(0, 2, sleep_entry, (void *)&ms);
    case_spawn(1, 5, join_entry, &case_threads[0]);
    case_spawn(2, 6, join_entry, &case_threads[0]);
    case_spawn(3, 3, join_entry, &case_threads[0]);
    CHECK(thread_join(&case_threads[0], 1, 0) == KERNEL_TIMEOUT); /* one leaves the queue */
    case_join(0);
    case_join(3);
    CHECK(strcmp(case_trace, "acbd") == 0);
}

static void exit_entry(void *arg)
{
    if (arg != NULL)
        thread_yield();
    thread_exit();
}

/* The memory is overwritten after each join; nothing may write to it afterwards. */
static void memory_is_free_after_join(void)
{
    unsigned n, priority;
    size_t i;

    for (n = 0; n < 1000; n++) {
        priority = 1 + n % 7;
        case_threads[0].reent = NULL;
        case_spawn(0, priority, exit_entry, n % 2 ? &n : NULL);
        case_join(0);
        memset(&case_threads[0], 0x5a, sizeof(case_threads[0]));
        memset(case_stacks[0], 0x5a, 256);
        memset(case_stacks[0] + CASE_STACK - 256, 0x5a, 256);
        thread_yield();
        if (n % 50 == 0)
            thread_sleep(1, 0);
        for (i = 0; i < sizeof(case_threads[0]); i++)
            CHECK(((const uint8_t *)&case_threads[0])[i] == 0x5a);
        for (i = 0; i < 256; i++)
            CHECK(case_stacks[0][i] == 0x5a && case_stacks[0][CASE_STACK - 1 - i] == 0x5a);
    }
}

static void lists_who_lives(void)
{
    static const uint32_t ms = 500;
    unsigned before = count_threads(NULL);

    case_spawn(0, 3, sleep_entry, (void *)&ms);
    case_spawn(1, 3, join_entry, &case_threads[0]);
    CHECK(count_threads(NULL) == before + 2);
    CHECK(strcmp(thread_state_name(&case_threads[1]), "ready") == 0);
    CHECK(strcmp(thread_state_name(thread_self()), "running") == 0);
    case_settle();
    CHECK(strcmp(thread_state_name(&case_threads[1]), "blocked") == 0);
    case_join(1);
    CHECK(count_threads(NULL) == before);
}

static void keeps_the_ports_fields(void)
{
    static int record;

    case_threads[0].user = &record;
    case_threads[0].reent = NULL;
    case_spawn(0, 5, mark_entry, NULL);
    CHECK(case_threads[0].user == &record && case_threads[0].reent == NULL);
    case_join(0);
}

/* Takes about `bytes` of stack. */
__attribute__((noinline)) static unsigned dig(size_t bytes)
{
    volatile uint8_t room[64];
    size_t i;

    for (i = 0; i < sizeof(room); i++)
        room[i] = (uint8_t)i;
    return bytes > sizeof(room) ? dig(bytes - sizeof(room)) + room[5] : room[7];
}

static void dig_entry(void *arg)
{
    (void)dig(*(const size_t *)arg);
    thread_sleep(1, 0);
}

static void measures_stacks(void)
{
    static const size_t few = 64, more = CASE_STACK / 3;
    size_t used;

    case_spawn(0, 5, dig_entry, (void *)&few);
    case_join(0);
    used = thread_stack_used(&case_threads[0]);
    CHECK(used >= few && used < CASE_STACK / 2);
    case_spawn(0, 5, dig_entry, (void *)&more);
    case_join(0);
    CHECK(thread_stack_used(&case_threads[0]) >= used + more / 2);
    CHECK(thread_stack_used(&case_threads[0]) < CASE_STACK);
}

const struct kernel_case kernel_thread_cases[] = {
    {"runs_in_priority_order", runs_in_priority_order, false},
    {"picks_each_priority", picks_each_priority, false},
    {"yields_to_equals_only", yields_to_equals_only, false},
    {"equals_take_turns", equals_take_turns, false},
    {"turn_outlives_preemption", turn_outlives_preemption, false},
    {"joins_before_and_after_the_end", joins_before_and_after_the_end, false},
    {"releases_all_joiners", releases_all_joiners, false},
    {"memory_is_free_after_join", memory_is_free_after_join, false},
    {"lists_who_lives", lists_who_lives, false},
    {"keeps_the_ports_fields", keeps_the_ports_fields, false},
    {"measures_stacks", measures_stacks, false},
    {NULL, NULL, false},
};
