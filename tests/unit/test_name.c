/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of hosts: which may be asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "ps_name.h"

static void good_names(void **state)
{
    static const char *const names[] = {
        "a", "a.", "a.b", "peer.lab.", "192.168.77.1", "x-1.y_2.z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(ps_name_is_good(names[i]));
    }
}

static void empty_labels(void **state)
{
    static const char *const names[] = {"", ".", "..", ".a", "a..b", "a.."};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(ps_name_is_good(names[i]));
    }
}

/* A name of labels of 63 bytes, cut at `length`. */
static const char *name_of(size_t length, char *name)
{
    for (size_t i = 0; i < length; i++) {
        name[i] = i % 64 == 63 ? '.' : 'x';
    }
    name[length] = '\0';
    return name;
}

static void lengths(void **state)
{
    char name[300];

    (void)state;
    assert_true(ps_name_is_good(name_of(63, name)));
    memset(name, 'x', 64);
    name[64] = '\0';
    assert_false(ps_name_is_good(name));
    assert_true(ps_name_is_good(name_of(253, name)));
    strcat(name, ".");
    assert_true(ps_name_is_good(name));
    assert_false(ps_name_is_good(name_of(254, name)));
    assert_false(ps_name_is_good(name_of(299, name)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names),
        cmocka_unit_test(empty_labels),
        cmocka_unit_test(lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
