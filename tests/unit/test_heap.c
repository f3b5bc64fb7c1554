/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit tests of the boards' heap (port/cortex-m/heap.c): programs and the network in one arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "heap.h"
#include "kernel.h"

#define HEADER HEAP_ALIGNMENT
#define SIZE 16384u
#define FOR_NETWORK 4096u
#define KEPT 512u /* what the network's data leaves */
#define PROGRAMS_KEPT 4096u
#define SMALL 128u /* the largest request that is no data */

static _Alignas(64) uint8_t arena[SIZE];
static const char one[] = "one job", two[] = "another";
static jmp_buf on_panic;
static const char *panicked;

/* Before the kernel runs there is one thread only. */
bool kernel_running(void)
{
    return false;
}

void mutex_init(struct mutex *m)
{
    (void)m;
}

void mutex_lock(struct mutex *m)
{
    (void)m;
    fail_msg("the kernel does not run");
}

void mutex_unlock(struct mutex *m)
{
    (void)m;
    fail_msg("the kernel does not run");
}

_Noreturn void kernel_panic(const char *what)
{
    panicked = what;
    longjmp(on_panic, 1);
}

static int set_up(void **state)
{
    (void)state;
    memset(arena, 0xcc, sizeof arena);
    heap_init(arena, arena + SIZE, FOR_NETWORK);
    panicked = NULL;
    return 0;
}

static struct heap_stats stats(void)
{
    struct heap_stats all;

    heap_stats(&all);
    return all;
}

static bool lies_in(const void *p, size_t size, const uint8_t *from, const uint8_t *to)
{
    return (uintptr_t)p >= (uintptr_t)from && (uintptr_t)p + size <= (uintptr_t)to;
}

static void test_programs_never_get_the_networks_part(void **state)
{
    const uint8_t *limit = arena + SIZE - FOR_NETWORK;
    size_t total = 0;
    void *p;

    (void)state;
    for (size_t size = SIZE; size > 0; size /= 2) {
        while ((p = heap_alloc(size, one)) != NULL) {
            assert_true(lies_in(p, size, arena, limit));
            total += size;
        }
    }
    assert_true(total > (SIZE - FOR_NETWORK) / 2);
    assert_true(heap_usable(heap_network_malloc(FOR_NETWORK / 2)) >= FOR_NETWORK / 2);
}

static size_t get_all(size_t size)
{
    size_t got = 0;

    while (heap_network_malloc(size) != NULL) {
        got += size;
    }
    return got;
}

static void test_the_network_uses_what_programs_leave(void **state)
{
    size_t got = get_all(1500);

    (void)state;
    assert_true(got > FOR_NETWORK);
    assert_true(got > SIZE - PROGRAMS_KEPT - 2 * (1500 + HEADER));
    assert_true(got <= SIZE - PROGRAMS_KEPT);
    assert_non_null(heap_alloc(PROGRAMS_KEPT - 2 * HEADER, one)); /* in one piece */
    assert_null(heap_network_malloc(1500));
}

static void test_the_network_borrows_nothing_from_a_full_part(void **state)
{
    size_t half = (SIZE - FOR_NETWORK) / 2;
    void *p = heap_alloc(half, one), *q = heap_alloc(half - PROGRAMS_KEPT, one);
    size_t got = get_all(500);

    (void)state;
    assert_non_null(p);
    assert_non_null(q);
    assert_true(got <= FOR_NETWORK && got > FOR_NETWORK - KEPT - 2 * (500 + HEADER));
    assert_non_null(heap_alloc(PROGRAMS_KEPT - 4 * HEADER, one));
    heap_free(p);
    assert_true(get_all(500) > half - 2 * (500 + HEADER) - PROGRAMS_KEPT);
    heap_free_owned(one);
    assert_true(get_all(500) > 0);
}

static void test_data_leaves_memory_for_frames_without(void **state)
{
    unsigned frames = 0;

    (void)state;
    for (size_t size = SIZE; size > SMALL; size--) {
        while (heap_network_malloc(size) != NULL) {
        }
    }
    assert_true(stats().size - stats().used >= KEPT);
    while (heap_network_malloc(SMALL) != NULL) {
        frames++;
    }
    assert_true(frames >= KEPT / (SMALL + 2 * HEADER));
}

static void test_they_begin_at_opposite_ends(void **state)
{
    uint8_t *program = heap_alloc(100, one), *frame = heap_network_malloc(100);

    (void)state;
    assert_ptr_equal(program, arena + HEADER);
    assert_true(frame + 100 <= arena + SIZE && frame + 100 > arena + SIZE - HEADER);
    heap_free(frame);
    assert_ptr_equal(heap_network_malloc(100), frame); /* there again */
}

static void test_a_block_does_not_grow_into_the_networks_part(void **state)
{
    size_t half = (SIZE - FOR_NETWORK) / 2;
    void *low = heap_alloc(half, one), *high = heap_alloc(64, one);

    (void)state;
    assert_true(heap_resize(high, half - 256));
    assert_false(heap_resize(high, half + 256));
    assert_true(heap_usable(high) >= half - 256);
    assert_true(heap_usable(high) < half + 256);
    heap_free(high);
    heap_free(low);
    assert_int_equal(stats().used, 0);
}

static void test_a_block_grows_where_it_lies(void **state)
{
    uint8_t *p = heap_alloc(100, one), *q;

    (void)state;
    memset(p, 0x5a, 100);
    assert_true(heap_resize(p, 1000));
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(p[i], 0x5a);
    }
    q = heap_alloc(10, one);
    assert_true(q > p + 1000);
    assert_false(heap_resize(p, 2000)); /* q is in the way */
    assert_true(heap_resize(p, 10));
    assert_true(heap_resize(p, 1000));
    assert_false(heap_resize(p, SIZE_MAX));
}

static void test_all_comes_back(void **state)
{
    void *blocks[40];
    unsigned count = 0;

    (void)state;
    srand(7);
    for (unsigned round = 0; round < 20000; round++) {
        size_t size = (size_t)rand() % 600;
        void *p;

        if (count > 0 && rand() % 2 == 0) {
            unsigned i = (unsigned)rand() % count;

            heap_free(blocks[i]);
            blocks[i] = blocks[--count];
        } else if (count < 40) {
            p = rand() % 2 == 0 ? heap_alloc(size, one) : heap_network_malloc(size);
            if (p != NULL) {
                memset(p, (int)round, size);
                blocks[count++] = p;
            }
        }
        assert_int_equal(stats().blocks, count);
    }
    while (count > 0) {
        heap_free(blocks[--count]);
    }
    assert_int_equal(stats().used, 0);
    assert_int_equal(stats().largest_free, SIZE);
}

static void test_owners(void **state)
{
    void *mine = heap_alloc(10, one), *frame = heap_network_malloc(10);
    unsigned blocks;

    (void)state;
    (void)heap_alloc(20, two);
    (void)heap_alloc(30, one);
    assert_true(heap_used_by(one, &blocks) >= 40);
    assert_int_equal(blocks, 2);
    heap_give(mine, two);
    assert_ptr_equal(heap_owner(mine), two);
    heap_free_owned(two);
    assert_null(heap_owner(mine));
    heap_free_owned(one);
    assert_int_equal(stats().blocks, 1);
    assert_non_null(heap_owner(frame)); /* no job's, nor what the system has */
    assert_int_equal(heap_used_by(NULL, &blocks), 0);
}

/* Each owner once, whatever the order of its blocks, and all that is used. */
static void test_shares(void **state)
{
    struct heap_share share;
    size_t sum = 0;
    unsigned owners = 0, blocks = 0, networks = 0;

    (void)state;
    assert_false(heap_next_share(&share, true));
    (void)heap_alloc(10, two);
    (void)heap_alloc(20, one);
    (void)heap_alloc(30, NULL);
    (void)heap_network_malloc(40);
    heap_free(heap_alloc(50, one));
    (void)heap_alloc(60, two);
    for (bool more = heap_next_share(&share, true); more; more = heap_next_share(&share, false)) {
        unsigned count;

        assert_int_equal(heap_used_by(share.owner, &count), share.bytes);
        assert_int_equal(count, share.blocks);
        assert_int_equal(share.blocks, share.owner == two ? 2 : 1);
        assert_true(owners > 0 || share.owner == NULL); /* the system's address is the lowest */
        sum += share.bytes;
        blocks += share.blocks;
        networks += share.is_network;
        owners++;
    }
    assert_int_equal(owners, 4);
    assert_int_equal(networks, 1);
    assert_int_equal(sum, stats().used);
    assert_int_equal(blocks, stats().blocks);
}

static void test_absurd_requests(void **state)
{
    (void)state;
    assert_null(heap_alloc(SIZE_MAX, one));
    assert_null(heap_alloc(SIZE, one));
    assert_null(heap_network_malloc(SIZE_MAX));
    assert_null(heap_network_malloc(SIZE));
    assert_int_equal(stats().failures, 2); /* the programs'; lwIP counts its own */
    assert_non_null(heap_alloc(0, one));
}

static void test_wrong_frees(void **state)
{
    uint8_t *p = heap_alloc(64, one);
    void *const wrong[] = {p + 8, p + 1, arena, arena - 64, arena + SIZE + 64, &p};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        panicked = NULL;
        if (setjmp(on_panic) == 0) {
            heap_free(wrong[i]);
        }
        assert_non_null(panicked);
    }
    heap_free(p);
    panicked = NULL;
    if (setjmp(on_panic) == 0) {
        heap_free(p);
    }
    assert_non_null(panicked);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_programs_never_get_the_networks_part),
        CASE(test_the_network_uses_what_programs_leave),
        CASE(test_the_network_borrows_nothing_from_a_full_part),
        CASE(test_data_leaves_memory_for_frames_without),
        CASE(test_they_begin_at_opposite_ends),
        CASE(test_a_block_does_not_grow_into_the_networks_part),
        CASE(test_a_block_grows_where_it_lies),
        CASE(test_all_comes_back),
        CASE(test_owners),
        CASE(test_shares),
        CASE(test_absurd_requests),
        CASE(test_wrong_frees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
