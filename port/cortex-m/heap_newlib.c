/* SPDX-License-Identifier: BSD-3-Clause */
/* What newlib's malloc, free, strdup, stdio and so on call, in the place of its own allocator. */
#include <errno.h>
#include <reent.h>
#include <string.h>
#include "heap.h"
#include "job.h"

void *_malloc_r(struct _reent *reent, size_t size)
{
    void *p = heap_alloc(size, job_self());

    if (p == NULL) {
        reent->_errno = ENOMEM;
    }
    return p;
}

void _free_r(struct _reent *reent, void *p)
{
    (void)reent;
    if (p != NULL) {
        heap_free(p);
    }
}

void *_calloc_r(struct _reent *reent, size_t count, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        reent->_errno = ENOMEM;
        return NULL;
    }
    p = _malloc_r(reent, bytes);
    if (p != NULL) {
        memset(p, 0, bytes);
    }
    return p;
}

void *_realloc_r(struct _reent *reent, void *p, size_t size)
{
    void *moved;

    if (p == NULL) {
        return _malloc_r(reent, size);
    }
    if (heap_resize(p, size)) {
        return p;
    }
    moved = _malloc_r(reent, size);
    if (moved != NULL) { /* it did not fit, so that it is larger */
        memcpy(moved, p, heap_usable(p));
        _free_r(reent, p);
    }
    return moved;
}

size_t _malloc_usable_size_r(struct _reent *reent, void *p)
{
    (void)reent;
    return heap_usable(p);
}

/* Blocks are aligned to 8; nothing here needs more, and newlib's would read its own headers. */
void *_memalign_r(struct _reent *reent, size_t alignment, size_t size)
{
    if (alignment > HEAP_ALIGNMENT) {
        reent->_errno = ENOMEM;
        return NULL;
    }
    return _malloc_r(reent, size);
}
