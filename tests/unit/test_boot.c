/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit tests of the boot arguments (port/cortex-m/boot.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "boot.h"

static struct boot_args args;
static char error[100];

static int parse(const char *line)
{
    memset(&args, 0, sizeof args);
    memset(error, 0, sizeof error);
    return boot_parse(line, &args, error, sizeof error);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(parse("  \t"), 0);
    assert_string_equal(args.ip, "");
    assert_string_equal(args.gw, "");
    assert_string_equal(args.seed, "");
    assert_null(args.run);
}

static void test_all(void **state)
{
    (void)state;
    assert_int_equal(parse("portside ip=192.168.77.10/24 gw=192.168.77.1 ip6=fd00::10/64 seed=0fA9 "
                           "run=udp-send -m 'a b'"
                           " gw=x"),
                     0);
    assert_string_equal(args.ip, "192.168.77.10/24");
    assert_string_equal(args.gw, "192.168.77.1");
    assert_string_equal(args.ip6, "fd00::10/64");
    assert_string_equal(args.seed, "0fA9");
    assert_string_equal(args.run, "udp-send -m 'a b' gw=x");
}

static void test_program_name(void **state)
{
    (void)state;
    assert_int_equal(parse("build/some=dir/portside.elf ip=dhcp"), 0);
    assert_string_equal(args.ip, "dhcp");
    assert_int_equal(parse("ip=dhcp portside"), -1);
    assert_string_equal(error, "unknown boot argument: portside");
}

static void test_second_line_wins(void **state)
{
    (void)state;
    assert_int_equal(parse("ip=192.168.77.10/24 gw=192.168.77.1"), 0);
    assert_int_equal(boot_parse("ip=10.0.2.15/24", &args, error, sizeof error), 0);
    assert_string_equal(args.ip, "10.0.2.15/24");
    assert_string_equal(args.gw, "192.168.77.1");
}

static void test_good_values(void **state)
{
    static const char *const good[] = {
        "ip=0.0.0.0/0",
        "ip=255.255.255.255/32",
        "gw=1.2.3.4",
        "gw=255.255.255.255",
        "ip6=auto",
        "ip6=off",
        "ip6=fd00::10/64",
        "ip6=2001:0DB8:1111:2222:3333:4444:5555:6666/64",
        "seed=0123456789abcdef0123456789ABCDEF",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(parse(good[i]), 0);
    }
}

static void test_bad_values(void **state)
{
    static const char *const bad[] = {
        "ip=",
        "ip=1.2.3.4",
        "ip=1.2.3/24",
        "ip=1.2.3.4/33",
        "ip=1.2.3.4/",
        "ip=1.2.3.256/24",
        "ip=1.2.3.4.5/24",
        "ip=1.2.3.04/24",
        "ip=1..3.4/24",
        "ip=-1.2.3.4/24",
        "ip=1.2.3.4/24x",
        "ip=DHCP",
        "ip=1.2.3.4/ 8",
        "gw=",
        "gw=1.2.3.4/24",
        "gw=dhcp",
        "gw=1.2.3",
        "gw=1.2.3.4.",
        "ip6=",
        "ip6=fd00::10",
        "ip6=fd00::10/65",
        "ip6=fd00::10/64x",
        "ip6=1.2.3.4/64",
        "ip6=ff/64",
        "ip6=/64",
        "ip6=AUTO",
        "ip6=2001:0DB8:1111:2222:3333:4444:5555:6666:7777:8888/64",
        "seed=",
        "seed=0x12",
        "seed=xyz",
        "ip=255.255.255.255/32000",
        "gw=255.255.255.2550",
        "seed=0123456789abcdef0123456789ABCDEF0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i]), -1);
        assert_memory_equal(error, "bad boot argument: ", 19);
    }
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(parse("portside ipp=1.2.3.4/24"), -1);
    assert_string_equal(error, "unknown boot argument: ipp=1.2.3.4/24");
    assert_int_equal(parse("gw=1.2.3.4 gw=1.2.3.5 ip=dhcp"), -1);
    assert_string_equal(error, "boot argument given twice: gw=1.2.3.5");
    assert_int_equal(parse("ip=dhcp run= "), -1);
    assert_string_equal(error, "empty boot argument: run=");
}

static void test_message_is_cut(void **state)
{
    char small[20];
    char line[200] = "seed=";

    (void)state;
    memset(line + 5, 'z', 150);
    assert_int_equal(boot_parse(line, &args, small, sizeof small), -1);
    assert_string_equal(small, "bad boot argument: ");
    assert_int_equal(parse(line), -1);
    assert_int_equal(strlen(error), strlen("bad boot argument: ") + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),      cmocka_unit_test(test_all),
        cmocka_unit_test(test_program_name), cmocka_unit_test(test_second_line_wins),
        cmocka_unit_test(test_good_values),  cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_errors),       cmocka_unit_test(test_message_is_cut),
    };

    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
