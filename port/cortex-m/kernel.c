/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scheduler and timers of the thread kernel.
 *
 * Theory of operation: every thread is on at most one list: the ready list of its priority (the
 * running thread, too), or the list of the object it waits for. One more list holds the timers,
 * each with its distance from the one before, so that the 32-bit clock may wrap and any timeout
 * fits. All lists change only with interrupts off. A change that puts another thread on top asks
 * for a switch, which happens when interrupts are on again and no ISR runs.
 *
 * The alarm may ring too early (its timer was cancelled, or its slice): then nothing is due and it
 * is programmed anew. So a wait that ends before its timeout never touches the hardware.
 *
 * An ending thread releases its joiners in kernel_pick_next(): only there nobody will use its
 * stack any more, neither itself nor the saving of its registers.
 */
#include "kernel_internal.h"

#define ALARM_MAX_MS (1u << 30)    /* keeps times comparable by their signed difference */
#define RESULT_PENDING ((int8_t)1) /* of a thread that waits */

struct thread *kernel_current;

static struct thread_list ready[KERNEL_PRIORITIES];
static uint32_t ready_mask; /* bit p: ready[p] is not empty */
static bool running;

static struct {
    struct thread *head;
    uint32_t now; /* the moment that head->timer_delta counts from */
    bool alarm_set;
    uint32_t alarm_at;
} timers;

static struct thread *top_ready(void)
{
    return ready[31 - __builtin_clz(ready_mask)].head;
}

/* Behind those of equal priority, or before them. */
static void list_insert(struct thread_list *list, struct thread *t, bool first)
{
    struct thread **at = &list->head;

    while (*at != NULL &&
           ((*at)->priority > t->priority || (!first && (*at)->priority == t->priority)))
        at = &(*at)->next;
    t->next = *at;
    t->list = list;
    *at = t;
}

static void list_remove(struct thread *t)
{
    struct thread **at;

    if (t->list == NULL)
        return;
    for (at = &t->list->head; *at != t; at = &(*at)->next) {
    }
    *at = t->next;
    t->list = NULL;
    if (ready[t->priority].head == NULL)
        ready_mask &= ~(1u << t->priority);
}

static void make_ready(struct thread *t, bool first)
{
    t->state = THREAD_READY;
    if (!first)
        t->slicing = false;
    list_insert(&ready[t->priority], t, first);
    ready_mask |= 1u << t->priority;
}

static bool slice_is_over(const struct thread *t, uint32_t now)
{
    return t->slicing && (int32_t)(now - t->slice_end) >= 0;
}

/* Asks for a switch when another thread is to run, or when the running one must begin or end a
 * slice because it is not alone: kernel_pick_next() does both. */
static void reschedule(void)
{
    struct thread *top = top_ready();

    if (!running)
        return;
    if (top != kernel_current ||
        (top->next != NULL && (!top->slicing || slice_is_over(top, kernel_arch_now_ms()))))
        kernel_arch_request_switch();
}

static void alarm_within(uint32_t ms, uint32_t now)
{
    if (ms > ALARM_MAX_MS)
        ms = ALARM_MAX_MS;
    if (timers.alarm_set && (int32_t)(now + ms - timers.alarm_at) >= 0)
        return;
    timers.alarm_set = true;
    timers.alarm_at = now + ms;
    kernel_arch_set_alarm(ms);
}

/* Makes the deltas count from `now`; what is due has 0 afterwards. */
static void timers_advance(uint32_t now)
{
    uint32_t passed = now - timers.now;
    struct thread *t;

    timers.now = now;
    for (t = timers.head; t != NULL && passed > 0; t = t->timer_next) {
        uint32_t part = t->timer_delta < passed ? t->timer_delta : passed;

        t->timer_delta -= part;
        passed -= part;
    }
}

static void timer_start(struct thread *t, uint32_t ms)
{
    uint32_t now = kernel_arch_now_ms(), left = ms;
    struct thread **at;

    timers_advance(now);
    for (at = &timers.head; *at != NULL && (*at)->timer_delta <= left; at = &(*at)->timer_next)
        left -= (*at)->timer_delta;
    t->timer_delta = left;
    t->timer_next = *at;
    if (*at != NULL)
        (*at)->timer_delta -= left;
    *at = t;
    t->timed = true;
    alarm_within(ms, now);
}

static void timer_cancel(struct thread *t)
{
    struct thread **at;

    for (at = &timers.head; *at != t; at = &(*at)->timer_next) {
    }
    *at = t->timer_next;
    if (*at != NULL)
        (*at)->timer_delta += t->timer_delta;
    t->timed = false;
}

void kernel_alarm(void)
{
    uint32_t saved = kernel_arch_lock();
    uint32_t now = kernel_arch_now_ms();
    struct thread *top;

    timers.alarm_set = false;
    timers_advance(now);
    while (timers.head != NULL && timers.head->timer_delta == 0)
        kernel_wake(timers.head, KERNEL_TIMEOUT);
    if (timers.head != NULL)
        alarm_within(timers.head->timer_delta, now);
    top = top_ready();
    if (top->slicing && top->next != NULL && !slice_is_over(top, now))
        alarm_within(top->slice_end - now, now);
    reschedule();
    kernel_arch_unlock(saved);
}

struct thread *kernel_pick_next(void)
{
    struct thread *self = kernel_current, *top;

    if (self != NULL) {
        kernel_check_stack(self);
        if (self->state == THREAD_ENDING) {
            self->state = THREAD_ENDED;
            while (self->joiners.head != NULL)
                kernel_wake(self->joiners.head, KERNEL_OK);
        }
    }
    top = top_ready();
    if (top->next != NULL) {
        uint32_t now = kernel_arch_now_ms();

        if (slice_is_over(top, now)) {
            list_remove(top);
            make_ready(top, false);
            top = top_ready();
        }
        if (!top->slicing) {
            top->slicing = true;
            top->slice_end = now + KERNEL_SLICE_MS;
        }
        alarm_within(top->slice_end - now, now);
    }
    return top;
}

void kernel_init(void *idle_stack, size_t idle_stack_size)
{
    unsigned i;

    for (i = 0; i < KERNEL_PRIORITIES; i++)
        ready[i].head = NULL;
    ready_mask = 0;
    running = false;
    kernel_current = NULL;
    kernel_arch_init();
    timers.head = NULL;
    timers.alarm_set = false;
    timers.now = kernel_arch_now_ms();
    kernel_threads_init(idle_stack, idle_stack_size);
}

_Noreturn void kernel_start(void)
{
    (void)kernel_arch_lock();
    kernel_assert(!running, "kernel_start: called twice");
    kernel_current = kernel_pick_next();
    running = true;
    kernel_arch_start(kernel_current);
}

bool kernel_running(void)
{
    return running;
}

uint32_t kernel_now_ms(void)
{
    uint32_t saved = kernel_arch_lock();
    uint32_t now = kernel_arch_now_ms();

    kernel_arch_unlock(saved);
    return now;
}

struct thread *thread_self(void)
{
    return kernel_current;
}

void thread_yield(void)
{
    uint32_t saved = kernel_arch_lock();

    kernel_check_thread();
    list_remove(kernel_current);
    kernel_ready(kernel_current);
    kernel_arch_unlock(saved);
}

void kernel_check_thread(void)
{
    kernel_assert(running && !kernel_arch_in_isr(), "not called by a thread");
}

int kernel_block(struct thread_list *list, uint32_t timeout_ms, unsigned flags, uint32_t saved)
{
    struct thread *self = kernel_current;
    int result = KERNEL_TIMEOUT;

    kernel_check_thread();
    self->interruptible = (flags & KERNEL_INTERRUPTIBLE) != 0;
    if (timeout_ms == 0) {
        kernel_arch_unlock(saved);
    } else if (self->interruptible && self->interrupted) {
        self->interrupted = false;
        kernel_arch_unlock(saved);
        result = KERNEL_INTERRUPTED;
    } else {
        list_remove(self);
        self->state = THREAD_BLOCKED;
        self->result = RESULT_PENDING;
        if (list != NULL)
            list_insert(list, self, false);
        if (timeout_ms != KERNEL_FOREVER)
            timer_start(self, timeout_ms);
        reschedule();
        kernel_arch_unlock(saved); /* switches away; goes on when the wait has ended */
        result = self->result;
        kernel_assert(result != RESULT_PENDING, "blocked while interrupts are off");
    }
    return result;
}

void kernel_wake(struct thread *t, int result)
{
    list_remove(t);
    if (t->timed)
        timer_cancel(t);
    t->result = (int8_t)result;
    kernel_ready(t);
}

void kernel_ready(struct thread *t)
{
    make_ready(t, false);
    reschedule();
}

void kernel_end_current(void)
{
    list_remove(kernel_current);
    kernel_current->state = THREAD_ENDING;
    reschedule();
}

void kernel_set_priority(struct thread *t, uint8_t priority)
{
    struct thread_list *list = t->list;

    if (t->priority == priority)
        return;
    list_remove(t);
    t->priority = priority;
    if (t->state == THREAD_READY)
        make_ready(t, t == kernel_current); /* who gives a loan back keeps its turn */
    else if (list != NULL)
        list_insert(list, t, false);
    reschedule();
}
