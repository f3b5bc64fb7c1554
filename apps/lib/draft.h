/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A text that is put together piece by piece in room of a fixed size.
 */
#ifndef APPS_LIB_DRAFT_H
#define APPS_LIB_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draft {
    char *bytes; /* the caller's */
    size_t size;
    size_t length; /* of what is there; not ended by a NUL */
    bool cut;      /* something did not fit: it is not there, nor is what came after it */
};

void draft_bytes(struct draft *draft, const char *bytes, size_t length);
void draft_text(struct draft *draft, const char *text);
void draft_number(struct draft *draft, uint64_t value, unsigned base);

#endif
