/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: SHA-256, with vectors of NIST (FIPS 180-4 examples, SHAVS byte vectors).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/sha256.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void assert_hash(const void *bytes, size_t length, const char *expected)
{
    struct sha256 hash;
    char text[SHA256_TEXT_SIZE];

    sha256_init(&hash);
    sha256_update(&hash, bytes, length);
    sha256_final_text(&hash, text);
    assert_string_equal(text, expected);
}

static void vectors_of_nist(void **state)
{
    static const struct {
        const char *bytes, *hash;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
         "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
        {"\x11\xaf", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
        {"\x74\xba\x25\x21", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_hash(cases[i].bytes, strlen(cases[i].bytes), cases[i].hash);
}

static void a_million_letters(void **state)
{
    static char letters[1000000];

    (void)state;
    memset(letters, 'a', sizeof letters);
    assert_hash(letters, sizeof letters,
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Around the ends of blocks, where the padding takes a block more. */
static void lengths_around_a_block(void **state)
{
    static const struct {
        size_t length;
        const char *hash;
    } cases[] = {
        {55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
        {56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
        {57, "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"},
        {63, "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971"},
        {64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
        {65, "98ce42deef51d40269d542f5314bef2c7468d401ad5d85168bfab4c0108f75f7"},
    };
    static const char zeros[65];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_hash(zeros, cases[i].length, cases[i].hash);
}

static void pieces_make_the_same_hash(void **state)
{
    char bytes[200], whole[SHA256_TEXT_SIZE], text[SHA256_TEXT_SIZE];
    struct sha256 hash;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    sha256_init(&hash);
    sha256_update(&hash, bytes, sizeof bytes);
    sha256_final_text(&hash, whole);
    for (size_t first = 0; first <= sizeof bytes; first++) {
        sha256_init(&hash);
        sha256_update(&hash, bytes, first);
        sha256_update(&hash, bytes + first, sizeof bytes - first);
        sha256_final_text(&hash, text);
        assert_string_equal(text, whole);
    }
    for (size_t step = 1; step < 70; step++) {
        sha256_init(&hash);
        for (size_t at = 0; at < sizeof bytes; at += step)
            sha256_update(&hash, bytes + at, step < sizeof bytes - at ? step : sizeof bytes - at);
        sha256_final_text(&hash, text);
        assert_string_equal(text, whole);
    }
}

static void text_and_bytes_are_the_same_hash(void **state)
{
    struct sha256 hash;
    uint8_t bytes[SHA256_SIZE];

    (void)state;
    sha256_init(&hash);
    sha256_update(&hash, "abc", 3);
    sha256_final(&hash, bytes);
    assert_int_equal(bytes[0], 0xba);
    assert_int_equal(bytes[1], 0x78);
    assert_int_equal(bytes[31], 0xad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_nist),
        cmocka_unit_test(a_million_letters),
        cmocka_unit_test(lengths_around_a_block),
        cmocka_unit_test(pieces_make_the_same_hash),
        cmocka_unit_test(text_and_bytes_are_the_same_hash),
    };

    return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
