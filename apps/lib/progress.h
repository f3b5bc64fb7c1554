/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a transfer is, on a line of stderr that is written again and again.
 */
#ifndef APPS_LIB_PROGRESS_H
#define APPS_LIB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool is_wanted;
    bool is_shown;     /* there is a line to be cleared */
    uint64_t start;    /* moments */
    uint64_t next;     /* not before this */
    uint64_t received; /* bytes since the start */
};

/* Shows nothing when it is not wanted, stderr is no terminal, or all is over soon. */
void progress_start(struct progress *progress, bool is_wanted);

/* `count` bytes more have come, `length` of `total` are there (0: it is not known). */
void progress_add(struct progress *progress, uint64_t count, uint64_t length, uint64_t total);

/* Clears the line, before another one is written. */
void progress_end(struct progress *progress);

#endif
