/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The heap behind malloc() on boards: each block knows the job that it belongs to.
 *
 * Theory of operation: one arena from _heap_start to _heap_end, blocks lying in address order, each
 * behind a header of two words: its size with a "used" bit, and its owner. First fit; neighbours
 * that are free are joined while searching, so free() is constant and a search linear in blocks.
 * It takes the place of newlib's _malloc_r and its relatives, through which all of the C library
 * allocates, so strdup, FILE buffers and the like are counted too. A block belongs to the job of
 * the thread that asked; memory of the system (threads without a job) has the owner NULL.
 * A wrong free() is a panic. A kernel mutex keeps threads apart; interrupt handlers may not come.
 */
#ifndef PORTSIDE_HEAP_H
#define PORTSIDE_HEAP_H

#include <stddef.h>

struct heap_stats {
    size_t size;         /* bytes of the arena */
    size_t used;         /* bytes in use, headers included */
    size_t peak;         /* the most that was ever in use */
    size_t largest_free; /* the largest block that could be had, header included */
    unsigned blocks;     /* in use */
    unsigned failures;   /* requests that found no room */
};

/* Before the first allocation, interrupts off. */
void heap_init(void *start, void *limit);

/* malloc() for another owner. Returns NULL when there is no room. Threads. */
void *heap_alloc(size_t size, const void *owner);

/* Frees all that `owner` (not NULL) still has. Threads. */
void heap_free_owned(const void *owner);

/* Gives a block to `owner`; nothing happens when p is no block of the heap. Threads. */
void heap_give(void *p, const void *owner);

/* Whose block p is; NULL when it is the system's or none of the heap. Threads. */
const void *heap_owner(const void *p);

/* Bytes (headers included) that `owner` has, and how many blocks. blocks may be NULL. Threads. */
size_t heap_used_by(const void *owner, unsigned *blocks);

/* Threads. */
void heap_stats(struct heap_stats *stats);

#endif
