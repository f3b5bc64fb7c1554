/* SPDX-License-Identifier: BSD-3-Clause */
/* Standard streams per thread, FILEs per job. What there is to know is told in stdio_streams.h. */
#include "stdio_streams.h"
#include <reent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "heap.h"
#include "job.h"
#include "kernel.h"

#define FREE 0  /* values of _flags */
#define TAKEN 1 /* and not open yet */

typedef int (*visit)(struct _reent *, FILE *);

/* newlib's own, in none of its headers: opens the standard streams of a thread; takes a free FILE,
 * for whatever opens one; calls a function for each FILE. */
void __sinit(struct _reent *reent);
FILE *__real___sfp(struct _reent *reent);
FILE *__wrap___sfp(struct _reent *reent);
int __wrap__fwalk(struct _reent *reent, int (*function)(FILE *));
int __wrap__fwalk_reent(struct _reent *reent, visit function);

static struct mutex lock;

/* newlib-nano has a member for the FILE's struct _reent and does not use it. */
static void set_owner(FILE *file, const void *owner)
{
    file->_data = (struct _reent *)(uintptr_t)owner;
}

static const void *owner_of(const FILE *file)
{
    return file->_data;
}

/* __sinit() writes through NULL when there is no memory for three FILEs: make sure of them. */
static bool reserve(struct _reent *reent)
{
    FILE *files[3] = {NULL, NULL, NULL};
    bool found = true;

    for (int i = 0; i < 3 && found; i++) {
        files[i] = __real___sfp(reent);
        found = files[i] != NULL;
    }
    for (int i = 0; i < 3 && files[i] != NULL; i++) {
        files[i]->_flags = FREE;
    }
    return found;
}

bool stdio_open(struct _reent *reent)
{
    bool found;

    mutex_lock(&lock);
    found = reserve(reent);
    if (found) {
        __sinit(reent);
        set_owner(reent->_stdin, reent);
        set_owner(reent->_stdout, reent);
        set_owner(reent->_stderr, reent);
    }
    mutex_unlock(&lock);
    return found;
}

void stdio_close(void)
{
    (void)fclose(stdout);
    (void)fclose(stderr);
    (void)fclose(stdin);
}

FILE *__wrap___sfp(struct _reent *reent)
{
    FILE *file;

    mutex_lock(&lock);
    file = __real___sfp(reent);
    if (file != NULL) {
        set_owner(file, job_self());
    }
    mutex_unlock(&lock);
    return file;
}

/* The FILE after `file` in the chain, the first for NULL; the chain grows at its end only. */
static FILE *next_file(const FILE *file)
{
    struct _glue *glue = &_GLOBAL_REENT->__sglue;
    ptrdiff_t index = -1;

    if (file != NULL) {
        while (file < glue->_iobs || file >= glue->_iobs + glue->_niobs) {
            glue = glue->_next;
        }
        index = file - glue->_iobs;
    }
    while (glue != NULL && ++index >= glue->_niobs) {
        glue = glue->_next;
        index = -1;
    }
    return glue != NULL ? &glue->_iobs[index] : NULL;
}

/* The next that is open and that the calling thread may touch: one of its three, or its job's. */
static FILE *next_own(const FILE *file)
{
    const void *job = job_self();
    FILE *next;

    do {
        file = next = next_file(file);
    } while (next != NULL &&
             (next->_flags == FREE || next->_flags == TAKEN || next->_file == -1 ||
              (owner_of(next) != _REENT && (job == NULL || owner_of(next) != job))));
    return next;
}

/* newlib asks for the chain to flush all output, or what is line-buffered before it reads. */
int __wrap__fwalk_reent(struct _reent *reent, visit function)
{
    FILE *file = reent == _GLOBAL_REENT ? next_own(NULL) : NULL;
    int result = 0;

    for (; file != NULL; file = next_own(file)) {
        result |= function(_REENT, file);
    }
    return result;
}

int __wrap__fwalk(struct _reent *reent, int (*function)(FILE *))
{
    FILE *file = reent == _GLOBAL_REENT ? next_own(NULL) : NULL;
    int result = 0;

    for (; file != NULL; file = next_own(file)) {
        result |= function(file);
    }
    return result;
}

void stdio_disown(const void *owner)
{
    mutex_lock(&lock);
    for (FILE *file = next_file(NULL); file != NULL; file = next_file(file)) {
        if (owner_of(file) == owner) {
            file->_flags = FREE;
            set_owner(file, NULL);
        }
    }
    for (struct _glue *glue = _GLOBAL_REENT->__sglue._next; glue != NULL; glue = glue->_next) {
        heap_give(glue, NULL);
    }
    mutex_unlock(&lock);
}

unsigned stdio_count(void)
{
    unsigned count = 0;

    mutex_lock(&lock);
    for (const FILE *file = next_file(NULL); file != NULL; file = next_file(file)) {
        count += file->_flags != FREE;
    }
    mutex_unlock(&lock);
    return count;
}
