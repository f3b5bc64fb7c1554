/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 (FIPS 180-4), for comparing files. About 190 bytes of stack, no heap.
 */
#ifndef APPS_LIB_SHA256_H
#define APPS_LIB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32      /* bytes of the hash */
#define SHA256_TEXT_SIZE 65 /* its hexadecimal digits and the NUL */

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *bytes, size_t length);

/* The hash of all bytes. *hash must be set up again before the next update. */
void sha256_final(struct sha256 *hash, uint8_t result[SHA256_SIZE]);

/* The same in hexadecimal digits. */
void sha256_final_text(struct sha256 *hash, char text[SHA256_TEXT_SIZE]);

#endif
