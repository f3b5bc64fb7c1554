/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines typed last, in a bounded piece of memory: the oldest go when there is no room. */
#ifndef PORTSIDE_LINE_HISTORY_H
#define PORTSIDE_LINE_HISTORY_H

#include <stddef.h>

/* The first two are the caller's, `used` is 0 at first. Each line takes its bytes and one. */
struct line_history {
    char *data;
    size_t size, used;
};

/* Adds a line as the newest; one that does not fit at all is not kept. Any context, one at a time,
 * as all of these. */
void line_history_add(struct line_history *history, const char *line);

/* The line that was added `back` times before now, 1 is the newest; NULL when there is none. Valid
 * until the next call that changes the history. */
const char *line_history_get(const struct line_history *history, unsigned back);

/* Takes the newest away. */
void line_history_drop(struct line_history *history);

#endif
