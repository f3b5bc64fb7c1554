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
 * A board may let lwIP's heap be a part of this one (MEM_CUSTOM_MALLOC in its lwipopts.h), so that
 * frames to send may use what programs leave. lwIP's blocks come from the end of the arena,
 * programs' from its beginning and never out of the last bytes that are the network's. Data to send
 * leaves 4 KB of the programs' part, so that a program that needs a little finds it, and some
 * memory to frames without data, without which a board would not answer: ACK, ARP. A wrong free()
 * is a panic. A kernel mutex keeps threads apart; interrupt handlers may not come.
 */
#ifndef PORTSIDE_HEAP_H
#define PORTSIDE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#define HEAP_ALIGNMENT (2 * sizeof(void *)) /* of what malloc() returns: 8 */

struct heap_stats {
    size_t size;         /* bytes of the arena */
    size_t used;         /* bytes in use, headers included */
    size_t peak;         /* the most that was ever in use */
    size_t largest_free; /* the largest block that could be had, header included */
    unsigned blocks;     /* in use */
    unsigned failures;   /* requests that found no room */
};

/* Before the first allocation, interrupts off. The last `for_network` bytes are no program's. */
void heap_init(void *start, void *limit, size_t for_network);

/* malloc() for another owner. Returns NULL when there is no room. Threads. */
void *heap_alloc(size_t size, const void *owner);

/* Frees a block. Threads. */
void heap_free(void *p);

/* Makes a block `size` bytes long where it lies; false, and it is as before, when there is no room.
 * Threads. */
bool heap_resize(void *p, size_t size);

/* How many bytes of a block may be used, at least what was asked for. Any thread. */
size_t heap_usable(void *p);

/* malloc() of lwIP where it has no heap of its own; free() is heap_free(). Threads; before the
 * kernel runs, too. */
void *heap_network_malloc(size_t size);

/* Frees all that `owner` (not NULL) still has. Threads. */
void heap_free_owned(const void *owner);

/* Gives a block to `owner`; nothing happens when p is no block of the heap. Threads. */
void heap_give(void *p, const void *owner);

/* Whose block p is; NULL when it is the system's or none of the heap. Threads. */
const void *heap_owner(const void *p);

/* Bytes (headers included) that `owner` has, and how many blocks. blocks may be NULL. Threads. */
size_t heap_used_by(const void *owner, unsigned *blocks);

/* What one owner has, headers included. */
struct heap_share {
    const void *owner; /* NULL: the system */
    bool is_network;
    size_t bytes;
    unsigned blocks;
};

/* Steps through the owners that have something, by address: to the first, or to the one behind
 * share->owner. False when there is none. Threads. */
bool heap_next_share(struct heap_share *share, bool first);

/* Threads. */
void heap_stats(struct heap_stats *stats);

#endif
