/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A text that is put together piece by piece.
 */
#include "draft.h"

#include "number.h"

#include <string.h>

void draft_bytes(struct draft *draft, const char *bytes, size_t length)
{
    draft->cut = draft->cut || length > draft->size - draft->length;
    if (draft->cut)
        return;
    memcpy(draft->bytes + draft->length, bytes, length);
    draft->length += length;
}

void draft_text(struct draft *draft, const char *text)
{
    draft_bytes(draft, text, strlen(text));
}

void draft_number(struct draft *draft, uint64_t value, unsigned base)
{
    char text[NUMBER_SIZE];

    draft_text(draft, number_write(value, base, text));
}
