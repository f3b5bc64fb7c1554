/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Semaphore, mutex with priority inheritance, and mailbox of the thread kernel.
 *
 * Theory of operation: what is given while somebody waits goes straight to the first waiter (a
 * semaphore's unit, a mutex, a message), so nobody can snatch it in between and a woken thread
 * never looks again. Hence a mailbox with readers waiting is empty and one with writers is full.
 *
 * The priority of a thread is the highest of its own and of all who wait for a mutex that it
 * holds. mutex_lock() raises along the chain of owners that are blocked on mutexes themselves;
 * mutex_unlock() computes it anew from the mutexes still held. Waits for mutexes have no timeout
 * and cannot be interrupted, so no waiter ever leaves without the mutex.
 */
#include "kernel_internal.h"

void semaphore_init(struct semaphore *s, uint32_t count)
{
    *s = (struct semaphore){.count = count};
}

int semaphore_wait(struct semaphore *s, uint32_t timeout_ms, unsigned flags)
{
    uint32_t saved = kernel_arch_lock();

    if (s->count == 0)
        return kernel_block(&s->waiters, timeout_ms, flags, saved);
    s->count--;
    kernel_arch_unlock(saved);
    return KERNEL_OK;
}

void semaphore_post(struct semaphore *s)
{
    uint32_t saved = kernel_arch_lock();

    if (s->waiters.head != NULL)
        kernel_wake(s->waiters.head, KERNEL_OK);
    else
        s->count++;
    kernel_arch_unlock(saved);
}

void mutex_init(struct mutex *m)
{
    *m = (struct mutex){.owner = NULL};
}

static void mutex_take(struct mutex *m, struct thread *t)
{
    m->owner = t;
    m->next_held = t->held;
    t->held = m;
}

bool mutex_trylock(struct mutex *m)
{
    uint32_t saved = kernel_arch_lock();
    bool taken = m->owner == NULL;

    kernel_check_thread();
    if (taken)
        mutex_take(m, kernel_current);
    kernel_arch_unlock(saved);
    return taken;
}

void mutex_lock(struct mutex *m)
{
    struct thread *self = kernel_current;
    uint32_t saved = kernel_arch_lock();
    struct mutex *link;

    kernel_check_thread();
    if (m->owner == NULL) {
        mutex_take(m, self);
        kernel_arch_unlock(saved);
        return;
    }
    kernel_assert(m->owner != self, "mutex_lock: already held");
    self->blocked_by = m;
    for (link = m; link != NULL && link->owner->priority < self->priority;
         link = link->owner->blocked_by)
        kernel_set_priority(link->owner, self->priority);
    (void)kernel_block(&m->waiters, KERNEL_FOREVER, 0, saved);
}

void mutex_unlock(struct mutex *m)
{
    struct thread *self = kernel_current, *next;
    uint32_t saved = kernel_arch_lock();
    uint8_t priority;
    struct mutex **at;
    const struct mutex *held;

    kernel_check_thread();
    kernel_assert(m->owner == self, "mutex_unlock: not the owner");
    for (at = &self->held; *at != m; at = &(*at)->next_held) {
    }
    *at = m->next_held;
    m->owner = NULL;
    next = m->waiters.head;
    if (next != NULL) {
        next->blocked_by = NULL;
        mutex_take(m, next);
        kernel_wake(next, KERNEL_OK);
    }
    priority = self->base_priority;
    for (held = self->held; held != NULL; held = held->next_held)
        if (held->waiters.head != NULL && held->waiters.head->priority > priority)
            priority = held->waiters.head->priority;
    kernel_set_priority(self, priority);
    kernel_arch_unlock(saved);
}

bool mutex_held_by_self(const struct mutex *m)
{
    return m->owner != NULL && m->owner == kernel_current;
}

void mailbox_init(struct mailbox *m, void **slots, uint16_t size)
{
    kernel_assert(size > 0, "mailbox_init: no slots");
    *m = (struct mailbox){.slots = slots, .size = size};
}

static void mailbox_put(struct mailbox *m, void *message)
{
    m->slots[(m->head + m->used) % m->size] = message;
    m->used++;
}

/* Gives the message to a reader or a slot; false when there is neither. */
static bool mailbox_offer(struct mailbox *m, void *message)
{
    struct thread *reader = m->readers.head;

    if (reader != NULL) {
        reader->transfer = message;
        kernel_wake(reader, KERNEL_OK);
    } else if (m->used < m->size) {
        mailbox_put(m, message);
    } else {
        return false;
    }
    return true;
}

int mailbox_post(struct mailbox *m, void *message, uint32_t timeout_ms)
{
    uint32_t saved = kernel_arch_lock();

    if (!mailbox_offer(m, message)) {
        kernel_check_thread();
        kernel_current->transfer = message;
        return kernel_block(&m->writers, timeout_ms, 0, saved);
    }
    kernel_arch_unlock(saved);
    return KERNEL_OK;
}

int mailbox_trypost(struct mailbox *m, void *message)
{
    uint32_t saved = kernel_arch_lock();
    bool taken = mailbox_offer(m, message);

    kernel_arch_unlock(saved);
    return taken ? 0 : -1;
}

int mailbox_fetch(struct mailbox *m, void **message, uint32_t timeout_ms, unsigned flags)
{
    uint32_t saved = kernel_arch_lock();

    if (m->used == 0) {
        int result = kernel_block(&m->readers, timeout_ms, flags, saved);

        if (result == KERNEL_OK)
            *message = kernel_current->transfer;
        return result;
    }
    *message = m->slots[m->head];
    m->head = (uint16_t)((m->head + 1) % m->size);
    m->used--;
    if (m->writers.head != NULL) {
        mailbox_put(m, m->writers.head->transfer);
        kernel_wake(m->writers.head, KERNEL_OK);
    }
    kernel_arch_unlock(saved);
    return KERNEL_OK;
}
