/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that end with a NUL, the newest last, see line_history.h. */
#include "line_history.h"
#include <string.h>

void line_history_add(struct line_history *history, const char *line)
{
    size_t size = strlen(line) + 1, gone = 0;

    if (size > history->size) {
        return;
    }
    while (history->used - gone + size > history->size) {
        gone += strlen(history->data + gone) + 1;
    }
    history->used -= gone;
    memmove(history->data, history->data + gone, history->used);
    memcpy(history->data + history->used, line, size);
    history->used += size;
}

const char *line_history_get(const struct line_history *history, unsigned back)
{
    size_t at = history->used;

    if (back == 0) {
        return NULL;
    }
    for (; back > 0; back--) {
        if (at == 0) {
            return NULL;
        }
        for (at--; at > 0 && history->data[at - 1] != '\0'; at--) {
        }
    }
    return history->data + at;
}

void line_history_drop(struct line_history *history)
{
    const char *newest = line_history_get(history, 1);

    if (newest != NULL) {
        history->used = (size_t)(newest - history->data);
    }
}
