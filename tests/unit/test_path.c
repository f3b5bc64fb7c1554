/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit tests of the resolution of names on boards (port/cortex-m/path.c). */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "path.h"

#define SIZE 264

struct name {
    const char *path, *expected;
    bool directory;
};

static void check(const struct name *name)
{
    char out[SIZE];
    bool directory = !name->directory;

    assert_int_equal(path_resolve(name->path, out, sizeof out, &directory), 0);
    assert_string_equal(out, name->expected);
    assert_int_equal(directory, name->directory);
}

#define CHECK(...)                                                    \
    do {                                                              \
        const struct name names[] = {__VA_ARGS__};                    \
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) { \
            check(&names[i]);                                         \
        }                                                             \
    } while (0)

static void test_plain(void **state)
{
    (void)state;
    CHECK({"/rom/x", "/rom/x", false}, {"/", "/", true}, {"/rom", "/rom", false},
          {"x", "/ram/x", false}, {"a/b/c", "/ram/a/b/c", false}, {".x", "/ram/.x", false},
          {"x.", "/ram/x.", false}, {"...", "/ram/...", false}, {"..x", "/ram/..x", false});
}

static void test_slashes(void **state)
{
    (void)state;
    CHECK({"//", "/", true}, {"//rom///x", "/rom/x", false}, {"/rom/x/", "/rom/x", true},
          {"x//", "/ram/x", true}, {"///", "/", true});
}

static void test_dots(void **state)
{
    (void)state;
    CHECK({".", "/ram", true}, {"./", "/ram", true}, {"./x", "/ram/x", false},
          {"/rom/.", "/rom", true}, {"/rom/./x", "/rom/x", false}, {"x/.", "/ram/x", true},
          {"/.", "/", true});
}

static void test_parents(void **state)
{
    (void)state;
    CHECK({"..", "/", true}, {"../rom/x", "/rom/x", false}, {"/ram/../rom/x", "/rom/x", false},
          {"/..", "/", true}, {"/../../..", "/", true}, {"../../../host/y", "/host/y", false},
          {"x/..", "/ram", true}, {"/host/a/b/../../c", "/host/c", false},
          {"/host/../../etc/passwd", "/etc/passwd", false}, {"/host/a/../..", "/", true},
          {"/rom/../ram/..", "/", true});
}

static void test_empty(void **state)
{
    char out[SIZE];
    bool directory;

    (void)state;
    assert_int_equal(path_resolve("", out, sizeof out, &directory), -ENOENT);
}

/* "/rom/" and `length` times one letter, and `tail`. */
static int resolve_long(size_t length, const char *tail, size_t size, char *out)
{
    char *path = malloc(length + strlen(tail) + 6);
    bool directory;
    int result;

    memcpy(path, "/rom/", 5);
    memset(path + 5, 'n', length);
    strcpy(path + 5 + length, tail);
    result = path_resolve(path, out, size, &directory);
    free(path);
    return result;
}

static void test_long_names(void **state)
{
    char out[SIZE];

    (void)state;
    assert_int_equal(resolve_long(NAME_MAX, "", sizeof out, out), 0);
    assert_int_equal(strlen(out), 5 + NAME_MAX);
    assert_int_equal(resolve_long(NAME_MAX + 1, "", sizeof out, out), -ENAMETOOLONG);
    /* As long as can be, and one more: the name's own length counts, too. */
    assert_int_equal(resolve_long(100, "/../x", 111, out), 0);
    assert_string_equal(out, "/rom/x");
    assert_int_equal(resolve_long(100, "/../x", 110, out), -ENAMETOOLONG);
}

/* The working directory in front must fit, too, whatever the size. */
static void test_small_buffers(void **state)
{
    static const char *const paths[] = {"x", "abc/def", "/ram/x", "a/../b", "..", "/", "."};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        for (size_t size = 5; size < 20; size++) {
            char *out = malloc(size); /* exact, for valgrind and the heap's own checks */
            bool directory;
            int result = path_resolve(paths[i], out, size, &directory);

            assert_true(result == -ENAMETOOLONG || (result == 0 && strlen(out) < size));
            free(out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),         cmocka_unit_test(test_slashes),
        cmocka_unit_test(test_dots),          cmocka_unit_test(test_parents),
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_small_buffers),
    };

    return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
