/* SPDX-License-Identifier: BSD-3-Clause */
/* Standard streams per thread, FILEs per job. What there is to know is told in stdio_streams.h. */
#include "stdio_streams.h"
#include <reent.h>
#include <stdio.h>
#include "heap.h"
#include "kernel.h"

/* newlib's own, in none of its headers: opens the standard streams of a thread. */
void __sinit(struct _reent *reent);

static struct mutex lock;

void stdio_open(void)
{
    mutex_lock(&lock);
    __sinit(_REENT);
    mutex_unlock(&lock);
}

void stdio_close(void)
{
    (void)fclose(stdout);
    (void)fclose(stderr);
    (void)fclose(stdin);
}

static bool is_system(const FILE *file)
{
    return file == _GLOBAL_REENT->_stdin || file == _GLOBAL_REENT->_stdout ||
           file == _GLOBAL_REENT->_stderr;
}

/* A FILE does not know its job, but a buffer or a cookie on the heap tells; and what is open when
 * no other job runs is this one's in any case. */
static void drop_unclosed(struct _glue *glue, const void *owner, bool alone)
{
    for (int i = 0; i < glue->_niobs; i++) {
        FILE *file = &glue->_iobs[i];

        if (file->_flags != 0 && !is_system(file) &&
            (alone || heap_owner(file->_bf._base) == owner || heap_owner(file->_cookie) == owner)) {
            file->_flags = 0;
        }
    }
}

void stdio_disown(const void *owner, bool alone)
{
    mutex_lock(&lock);
    for (struct _glue *glue = _GLOBAL_REENT->__sglue._next; glue != NULL; glue = glue->_next) {
        drop_unclosed(glue, owner, alone);
        heap_give(glue, NULL);
    }
    mutex_unlock(&lock);
}

unsigned stdio_count(void)
{
    unsigned count = 0;

    mutex_lock(&lock);
    for (struct _glue *glue = _GLOBAL_REENT->__sglue._next; glue != NULL; glue = glue->_next) {
        for (int i = 0; i < glue->_niobs; i++) {
            count += glue->_iobs[i]._flags != 0;
        }
    }
    mutex_unlock(&lock);
    return count;
}
