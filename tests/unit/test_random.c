/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of the random numbers and initial sequence numbers. ps_random.c is compiled into this file,
 * to set its key; the clock is this test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../port/common/ps_random.c"

#include <stdlib.h>

#define DRAWS 4096

static u32_t clock_ms;
static int protected;

u32_t sys_now(void)
{
    return clock_ms;
}

sys_prot_t sys_arch_protect(void)
{
    protected++;
    return 0;
}

void sys_arch_unprotect(sys_prot_t level)
{
    LWIP_UNUSED_ARG(level);
    protected--;
}

static int fresh_key(void **state)
{
    (void)state;
    key[0] = 0x0706050403020100;
    key[1] = 0x0f0e0d0c0b0a0908;
    counter = 0;
    clock_ms = 0;
    return 0;
}

/* Key 00 01 .. 0f, message 00 01 .. of length n: the last is the example in the paper's appendix,
 * the others are those of the authors' reference implementation (vectors.h, read as
 * little-endian words). */
static void siphash_is_that_of_its_authors(void **state)
{
    static const uint64_t published[] = {
        0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
        0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
        0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
        0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
    };
    uint8_t message[16 + 7];

    (void)state;
    for (size_t shift = 0; shift < 8; shift++) { /* the message need not be aligned */
        for (size_t n = 0; n < sizeof published / sizeof published[0]; n++) {
            for (size_t i = 0; i < n; i++) {
                message[shift + i] = (uint8_t)i;
            }
            assert_int_equal(ps_siphash(key, message + shift, n), published[n]);
        }
    }
}

struct tuple {
    ip_addr_t local, remote;
    u16_t local_port, remote_port;
};

static const struct tuple here = {
    .local = IPADDR4_INIT_BYTES(192, 168, 77, 2),
    .remote = IPADDR4_INIT_BYTES(192, 168, 77, 1),
    .local_port = 50000,
    .remote_port = 8080,
};

static u32_t isn(struct tuple t)
{
    return ps_tcp_isn(&t.local, t.local_port, &t.remote, t.remote_port);
}

static void one_tuple_follows_the_clock(void **state)
{
    u32_t first = isn(here);

    (void)state;
    assert_int_equal(isn(here), first); /* same time, same number */
    for (u32_t ms = 1; ms <= 100000; ms = ms * 3 + 1) {
        clock_ms = ms;
        assert_int_equal(isn(here) - first, ms * 250); /* one in 4 microseconds */
    }
    clock_ms = UINT32_MAX;
    first = isn(here);
    clock_ms++;
    assert_int_equal(isn(here) - first, 250); /* and over the clock's wrap */
}

static void assert_elsewhere(struct tuple other)
{
    assert_int_not_equal(isn(other), isn(here));
}

static void each_part_of_the_tuple_counts(void **state)
{
    struct tuple other;
    u32_t distance;

    (void)state;
    for (int bit = 0; bit < 32; bit++) {
        other = here;
        ip_2_ip4(&other.local)->addr ^= UINT32_C(1) << bit;
        assert_elsewhere(other);
        other = here;
        ip_2_ip4(&other.remote)->addr ^= UINT32_C(1) << bit;
        assert_elsewhere(other);
    }
    for (int bit = 0; bit < 16; bit++) {
        other = here;
        other.local_port = (u16_t)(other.local_port ^ 1 << bit);
        assert_elsewhere(other);
        other = here;
        other.remote_port = (u16_t)(other.remote_port ^ 1 << bit);
        assert_elsewhere(other);
    }
    other = (struct tuple){here.remote, here.local, here.remote_port, here.local_port};
    assert_elsewhere(other);
    /* the distance of two tuples is no constant that one connection tells about another */
    other = here;
    other.remote_port++;
    distance = isn(other) - isn(here);
    other.remote_port++;
    assert_int_not_equal(isn(other) - isn(here), 2 * distance);
}

/* An address of IPv4 lies in room for one of IPv6: what is left of that does not count. */
static void what_lies_behind_an_address_does_not_count(void **state)
{
    struct tuple other;

    (void)state;
    memset(&other, 0xa5, sizeof other);
    ip_addr_copy_from_ip4(other.local, *ip_2_ip4(&here.local));
    ip_addr_copy_from_ip4(other.remote, *ip_2_ip4(&here.remote));
    memset((char *)ip_2_ip4(&other.local) + sizeof(ip4_addr_t), 0x5a,
           sizeof(ip6_addr_t) - sizeof(ip4_addr_t));
    other.local_port = here.local_port;
    other.remote_port = here.remote_port;
    assert_int_equal(isn(other), isn(here));
}

static void all_of_an_address_of_ipv6_counts(void **state)
{
    struct tuple six = {.local_port = 1, .remote_port = 2}, other;

    (void)state;
    IP_ADDR6(&six.local, 0xfd00, 0, 0, 1);
    IP_ADDR6(&six.remote, 0xfd00, 0, 0, 2);
    for (int bit = 0; bit < 128; bit++) {
        other = six;
        ip_2_ip6(&other.local)->addr[bit / 32] ^= UINT32_C(1) << bit % 32;
        assert_int_not_equal(isn(other), isn(six));
        other = six;
        ip_2_ip6(&other.remote)->addr[bit / 32] ^= UINT32_C(1) << bit % 32;
        assert_int_not_equal(isn(other), isn(six));
    }
}

static void the_key_counts(void **state)
{
    u32_t first = isn(here);

    (void)state;
    for (int word = 0; word < 2; word++) {
        for (int bit = 0; bit < 64; bit++) {
            key[word] ^= UINT64_C(1) << bit;
            assert_int_not_equal(isn(here), first);
            key[word] ^= UINT64_C(1) << bit;
        }
    }
    assert_int_equal(isn(here), first);
}

static void all_of_the_seed_counts(void **state)
{
    uint8_t seed[32] = {0};
    u32_t seen[sizeof seed + 1];

    (void)state;
    for (size_t i = 0; i <= sizeof seed; i++) {
        (void)fresh_key(NULL);
        if (i < sizeof seed) {
            seed[i] = 1;
        }
        ps_random_seed(seed, sizeof seed);
        assert_int_not_equal(key[0], 0x0706050403020100);
        assert_int_not_equal(key[1], 0x0f0e0d0c0b0a0908);
        seen[i] = isn(here);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(seen[i], seen[j]);
        }
        if (i < sizeof seed) {
            seed[i] = 0;
        }
    }
}

/* A second seed adds to the first. */
static void seeds_add_up(void **state)
{
    uint64_t once[2];

    (void)state;
    ps_random_seed("a", 1);
    memcpy(once, key, sizeof once);
    ps_random_seed("a", 1);
    assert_memory_not_equal(key, once, sizeof once);
    (void)fresh_key(NULL);
    ps_random_seed("b", 1);
    ps_random_seed("a", 1);
    assert_memory_not_equal(key, once, sizeof once);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* With this key: what is asserted either holds for ever or never. */
static void numbers_do_not_repeat_or_lean(void **state)
{
    static uint32_t drawn[DRAWS];
    unsigned ones[32] = {0};

    (void)state;
    for (size_t i = 0; i < DRAWS; i++) {
        drawn[i] = port_random();
        for (int bit = 0; bit < 32; bit++) {
            ones[bit] += drawn[i] >> bit & 1;
        }
    }
    for (int bit = 0; bit < 32; bit++) {
        assert_in_range(ones[bit], DRAWS / 2 - 192, DRAWS / 2 + 192); /* six sigma */
    }
    qsort(drawn, DRAWS, sizeof drawn[0], compare);
    for (size_t i = 1; i < DRAWS; i++) {
        assert_int_not_equal(drawn[i], drawn[i - 1]);
    }
    assert_int_equal(protected, 0);
}

/* lwIP takes the next one, and begins again where the range ends. */
static void every_first_port_has_a_next(void **state)
{
    (void)state;
    for (u32_t number = 0; number <= 0x1ffff; number++) {
        u16_t port = TCP_ENSURE_LOCAL_PORT_RANGE(number * 0x10001);

        assert_in_range(port, TCP_LOCAL_PORT_RANGE_START, TCP_LOCAL_PORT_RANGE_END - 1);
    }
}

static void numbers_depend_on_the_key(void **state)
{
    uint32_t first = port_random();

    (void)state;
    (void)fresh_key(NULL);
    assert_int_equal(port_random(), first);
    (void)fresh_key(NULL);
    key[0]++;
    assert_int_not_equal(port_random(), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(siphash_is_that_of_its_authors, fresh_key),
        cmocka_unit_test_setup(one_tuple_follows_the_clock, fresh_key),
        cmocka_unit_test_setup(each_part_of_the_tuple_counts, fresh_key),
        cmocka_unit_test_setup(what_lies_behind_an_address_does_not_count, fresh_key),
        cmocka_unit_test_setup(all_of_an_address_of_ipv6_counts, fresh_key),
        cmocka_unit_test_setup(the_key_counts, fresh_key),
        cmocka_unit_test_setup(all_of_the_seed_counts, fresh_key),
        cmocka_unit_test_setup(seeds_add_up, fresh_key),
        cmocka_unit_test_setup(numbers_do_not_repeat_or_lean, fresh_key),
        cmocka_unit_test_setup(numbers_depend_on_the_key, fresh_key),
        cmocka_unit_test(every_first_port_has_a_next),
    };

    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
