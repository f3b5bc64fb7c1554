/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap that knows whose each block is. How and why is told in heap.h. */
#include "heap.h"
#include <stdint.h>
#include <string.h>
#include "kernel.h"

#define USED 1u
#define NETWORK_SMALL 128u  /* a frame without data with its pbuf; more is data */
#define NETWORK_KEPT 512u   /* what data leaves for such frames */
#define PROGRAMS_KEPT 4096u /* what data leaves of the programs' part */

struct block {
    size_t size_used; /* bytes with this header, a multiple of the header; bit 0: in use */
    const void *owner;
};

#define UNIT sizeof(struct block)
_Static_assert(sizeof(struct block) == HEAP_ALIGNMENT, "what malloc returns is aligned");

static struct block *first, *end, *programs_end;
static const char network[] = "the network"; /* the owner of its blocks */
static struct mutex lock;
static size_t used, peak;
static size_t used_low; /* of it in the programs' part, whosever */
static unsigned failures;

static void heap_lock(void)
{
    if (kernel_running()) {
        mutex_lock(&lock);
    }
}

static void heap_unlock(void)
{
    if (kernel_running()) {
        mutex_unlock(&lock);
    }
}

static size_t size_of(const struct block *b)
{
    return b->size_used & ~(size_t)USED;
}

static bool is_used(const struct block *b)
{
    return (b->size_used & USED) != 0;
}

static struct block *after(const struct block *b)
{
    return (struct block *)((uintptr_t)b + size_of(b));
}

/* Makes one block of b, which is free or being resized, and the free ones behind it. */
static void join(struct block *b)
{
    for (struct block *next = after(b); next < end && !is_used(next); next = after(b)) {
        b->size_used += size_of(next);
    }
}

/* Cuts b, which is free or being resized, to `size` when more than a header is left over. */
static void cut(struct block *b, size_t size)
{
    size_t left = size_of(b) - size;

    if (left > UNIT) {
        struct block *rest = (struct block *)((uintptr_t)b + size);

        b->size_used = size | (b->size_used & USED);
        rest->size_used = left;
        rest->owner = NULL;
    }
}

/* Bytes that a request takes, or 0 when it is absurd. */
static size_t gross(size_t size)
{
    if (size > (size_t)((uintptr_t)end - (uintptr_t)first)) {
        return 0;
    }
    return (size + 2 * UNIT - 1) / UNIT * UNIT;
}

static void count_used(const struct block *b)
{
    used += size_of(b);
    used_low += b < programs_end ? size_of(b) : 0;
    if (used > peak) {
        peak = used;
    }
}

static void count_unused(const struct block *b)
{
    used -= size_of(b);
    used_low -= b < programs_end ? size_of(b) : 0;
}

static void *take(struct block *b, const void *owner)
{
    b->size_used |= USED;
    b->owner = owner;
    count_used(b);
    return b + 1;
}

/* The lowest free block with room for `wanted` bytes that is a program's, joined with what is free
 * behind it; NULL when there is none. */
static struct block *lowest(size_t wanted)
{
    for (struct block *b = first; b < programs_end; b = after(b)) {
        if (!is_used(b)) {
            join(b);
            if (size_of(b) >= wanted && (uintptr_t)b + wanted <= (uintptr_t)programs_end) {
                return b;
            }
        }
    }
    return NULL;
}

/* The same of the whole arena, from its end. */
static struct block *highest(size_t wanted)
{
    struct block *found = NULL;

    for (struct block *b = first; b < end; b = after(b)) {
        if (!is_used(b)) {
            join(b);
            found = size_of(b) >= wanted ? b : found;
        }
    }
    return found;
}

static void *allocate(size_t size, const void *owner)
{
    size_t wanted = gross(size);
    struct block *b = wanted > 0 ? lowest(wanted) : NULL;

    if (b == NULL) {
        failures++;
        return NULL;
    }
    cut(b, wanted);
    return take(b, owner);
}

/* Whether data to send may have a block that ends where b does. */
static bool leaves_enough(const struct block *b, size_t wanted)
{
    size_t low = (size_t)((uintptr_t)programs_end - (uintptr_t)first);
    size_t all = (size_t)((uintptr_t)end - (uintptr_t)first);
    bool borrows = (uintptr_t)b + size_of(b) - wanted < (uintptr_t)programs_end;

    return all - used >= wanted + NETWORK_KEPT &&
           (!borrows || low >= used_low + wanted + PROGRAMS_KEPT);
}

/* The end of the highest free block that has room. */
static void *allocate_for_network(size_t size)
{
    size_t wanted = gross(size), left;
    struct block *b = wanted > 0 ? highest(wanted) : NULL;

    if (b == NULL || (size > NETWORK_SMALL && !leaves_enough(b, wanted))) {
        return NULL;
    }
    left = size_of(b) - wanted;
    if (left > 0) {
        b->size_used = left;
        b = after(b);
        b->size_used = wanted;
    }
    return take(b, network);
}

/* The block that p was handed out for. Anything else than such a p is a bug of the caller. */
static struct block *block_of(void *p)
{
    struct block *b = (struct block *)p - 1;

    if ((uintptr_t)p % UNIT != 0 || b < first || b >= end || !is_used(b)) {
        kernel_panic("free or realloc of what malloc did not give, or twice");
    }
    return b;
}

static void release(struct block *b)
{
    count_unused(b);
    b->size_used &= ~(size_t)USED;
    b->owner = NULL;
}

/* Tries to make b `size` bytes long where it lies. */
static bool resize(struct block *b, size_t size)
{
    size_t wanted = gross(size), before = size_of(b);

    if (wanted == 0) {
        return false;
    }
    if (wanted > before) {
        join(b);
    }
    if (size_of(b) < wanted || (uintptr_t)b + wanted > (uintptr_t)programs_end) {
        struct block *rest = (struct block *)((uintptr_t)b + before);

        if (size_of(b) > before) { /* what was joined in vain is free again */
            rest->size_used = size_of(b) - before;
            rest->owner = NULL;
            b->size_used = before | USED;
        }
        return false;
    }
    cut(b, wanted);
    used -= before;
    used_low -= before; /* only programs' blocks are resized */
    count_used(b);
    return true;
}

void heap_init(void *start, void *limit, size_t for_network)
{
    uintptr_t low = ((uintptr_t)start + UNIT - 1) / UNIT * UNIT;
    uintptr_t high = (uintptr_t)limit / UNIT * UNIT;

    mutex_init(&lock);
    used = used_low = peak = 0;
    failures = 0;
    first = (struct block *)low;
    end = (struct block *)high;
    programs_end = (struct block *)(high - for_network / UNIT * UNIT);
    first->size_used = high - low;
    first->owner = NULL;
}

void *heap_alloc(size_t size, const void *owner)
{
    void *p;

    heap_lock();
    p = allocate(size, owner);
    heap_unlock();
    return p;
}

void heap_free(void *p)
{
    heap_lock();
    release(block_of(p));
    heap_unlock();
}

bool heap_resize(void *p, size_t size)
{
    bool fits;

    heap_lock();
    fits = resize(block_of(p), size);
    heap_unlock();
    return fits;
}

size_t heap_usable(void *p)
{
    return size_of(block_of(p)) - UNIT;
}

void heap_free_owned(const void *owner)
{
    heap_lock();
    for (struct block *b = first; b < end; b = after(b)) {
        if (is_used(b) && b->owner == owner) {
            release(b);
        }
    }
    heap_unlock();
}

/* The used block that starts at p, found by walking: p may be anything. Lock held. */
static struct block *find(const void *p)
{
    for (struct block *b = first; b < end; b = after(b)) {
        if (b + 1 == p && is_used(b)) {
            return b;
        }
    }
    return NULL;
}

void heap_give(void *p, const void *owner)
{
    struct block *b;

    heap_lock();
    b = find(p);
    if (b != NULL) {
        b->owner = owner;
    }
    heap_unlock();
}

const void *heap_owner(const void *p)
{
    struct block *b;
    const void *owner;

    heap_lock();
    b = find(p);
    owner = b != NULL ? b->owner : NULL;
    heap_unlock();
    return owner;
}

size_t heap_used_by(const void *owner, unsigned *blocks)
{
    size_t bytes = 0;
    unsigned count = 0;

    heap_lock();
    for (struct block *b = first; b < end; b = after(b)) {
        if (is_used(b) && b->owner == owner) {
            bytes += size_of(b);
            count++;
        }
    }
    heap_unlock();
    if (blocks != NULL) {
        *blocks = count;
    }
    return bytes;
}

bool heap_next_share(struct heap_share *share, bool is_first)
{
    uintptr_t last = (uintptr_t)share->owner;
    bool found = false;

    memset(share, 0, sizeof *share);
    heap_lock();
    for (struct block *b = first; b < end; b = after(b)) {
        uintptr_t owner = (uintptr_t)b->owner;

        if (!is_used(b) || (!is_first && owner <= last)) {
            continue;
        }
        if (!found || owner < (uintptr_t)share->owner) {
            *share = (struct heap_share){b->owner, b->owner == network, 0, 0};
            found = true;
        }
        if (b->owner == share->owner) {
            share->bytes += size_of(b);
            share->blocks++;
        }
    }
    heap_unlock();
    return found;
}

void heap_stats(struct heap_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    heap_lock();
    stats->size = (size_t)((uintptr_t)end - (uintptr_t)first);
    stats->used = used;
    stats->peak = peak;
    stats->failures = failures;
    for (struct block *b = first; b < end; b = after(b)) {
        if (is_used(b)) {
            stats->blocks++;
            continue;
        }
        join(b);
        if (size_of(b) > stats->largest_free) {
            stats->largest_free = size_of(b);
        }
    }
    heap_unlock();
}

void *heap_network_malloc(size_t size)
{
    void *p;

    heap_lock();
    p = allocate_for_network(size);
    heap_unlock();
    return p;
}
