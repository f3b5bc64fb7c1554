/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 (FIPS 180-4). The message schedule keeps its last 16 words only: w[t % 16] is made from
 * them when round t comes, which saves 192 bytes of stack.
 */
#include "sha256.h"

#include <string.h>

/* Section 4.2.2: the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate_right(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

/* Section 6.2.2, step 1: w[t % 16] becomes the word of round t >= 16. */
static void schedule(uint32_t w[16], size_t t)
{
    uint32_t w2 = w[(t - 2) % 16], w15 = w[(t - 15) % 16];

    w[t % 16] += (rotate_right(w2, 17) ^ rotate_right(w2, 19) ^ w2 >> 10) + w[(t - 7) % 16] +
                 (rotate_right(w15, 7) ^ rotate_right(w15, 18) ^ w15 >> 3);
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Section 6.2.2 for one block, with the standard's names. */
static void take_block(struct sha256 *hash, const uint8_t *block)
{
    uint32_t w[16], *s = hash->state;
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];

    for (size_t t = 0; t < 64; t++) {
        if (t < 16)
            w[t] = word_at(block + 4 * t);
        else
            schedule(w, t);
        uint32_t t1 = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                      ((e & f) ^ (~e & g)) + constants[t] + w[t % 16];
        uint32_t t2 = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                      ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    s[0] += a;
    s[1] += b;
    s[2] += c;
    s[3] += d;
    s[4] += e;
    s[5] += f;
    s[6] += g;
    s[7] += h;
}

void sha256_init(struct sha256 *hash)
{
    /* Section 5.3.3: the fractional parts of the square roots of the first 8 primes. */
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(hash->state, first, sizeof first);
    hash->length = 0;
}

void sha256_update(struct sha256 *hash, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    while (length > 0) {
        size_t filled = (size_t)(hash->length % sizeof hash->block);
        size_t n = sizeof hash->block - filled < length ? sizeof hash->block - filled : length;
        if (n == sizeof hash->block) {
            take_block(hash, at);
        } else {
            memcpy(hash->block + filled, at, n);
            if (filled + n == sizeof hash->block)
                take_block(hash, hash->block);
        }
        hash->length += n;
        at += n;
        length -= n;
    }
}

void sha256_final(struct sha256 *hash, uint8_t result[SHA256_SIZE])
{
    static const uint8_t mark = 0x80, zero = 0;
    uint64_t bits = hash->length * 8;
    uint8_t end[8];

    for (unsigned i = 0; i < 8; i++)
        end[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_update(hash, &mark, 1);
    while (hash->length % 64 != 56)
        sha256_update(hash, &zero, 1);
    sha256_update(hash, end, sizeof end);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        result[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_final_text(struct sha256 *hash, char text[SHA256_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t result[SHA256_SIZE];

    sha256_final(hash, result);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        text[2 * i] = digits[result[i] >> 4];
        text[2 * i + 1] = digits[result[i] & 15];
    }
    text[SHA256_TEXT_SIZE - 1] = '\0';
}
