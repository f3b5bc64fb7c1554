/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread kernel: what lwIP's sys_arch needs on a Cortex-M and nothing more.
 *
 * Theory of operation: fixed priorities, 0 lowest (idle) to KERNEL_PRIORITIES - 1 highest; round
 * robin inside one priority, by a tick that runs only while two ready threads share the highest
 * ready priority. A bit mask of the ready priorities and clz pick the next thread in constant
 * time. Blocked threads wait in priority order (first come, first served inside one). A mutex
 * lends its owner the priority of the highest waiter, transitively. Time is milliseconds since
 * start; the alarm is programmed for the next deadline only (tickless idle).
 * Objects are allocated by the caller, nothing here uses a heap, lwIP or a board's registers: the
 * machine is behind kernel_arch.h, which the unit tests replace by a seam on the host.
 *
 * "ISR" below means: may be called by an interrupt handler, too. Everything else is for threads.
 */
#ifndef PORTSIDE_KERNEL_H
#define PORTSIDE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_PRIORITIES 8u
#define KERNEL_FOREVER UINT32_MAX

/* What a call that may block returns. */
enum kernel_result {
    KERNEL_OK = 0,
    KERNEL_TIMEOUT = -1,     /* the time given ran out; at once when it was 0 */
    KERNEL_INTERRUPTED = -2, /* thread_interrupt() ended an interruptible wait */
};

/* Or-ed into a wait's flags: thread_interrupt() may end this wait. */
#define KERNEL_INTERRUPTIBLE 1u

struct thread_list {
    struct thread *head;
};

struct mutex {
    struct thread *owner;
    struct thread_list waiters;
    struct mutex *next_held; /* the owner's list of mutexes that it holds */
};

struct semaphore {
    uint32_t count;
    struct thread_list waiters;
};

/* A ring of pointers. */
struct mailbox {
    void **slots; /* the caller's, `size` of them */
    uint16_t size, head, used;
    struct thread_list readers, writers;
};

struct thread {
    void *sp; /* first: the context switch reads it */
    struct thread *next; /* in the ready list or in the list it waits on */
    struct thread *next_all;
    struct thread_list *waiting_on;
    struct mutex *blocked_by; /* for priority inheritance */
    struct mutex *held;
    struct thread *timer_next;
    uint32_t deadline;
    void *transfer; /* a mailbox message on its way to a blocked reader or from a writer */
    int8_t result;
    uint8_t state, priority, base_priority;
    bool interruptible, interrupted, timed;
    struct thread_list joiners;
    const char *name; /* the caller's string, kept by reference */
    uint8_t *stack;
    size_t stack_size;
    void *reent; /* newlib's struct _reent of this thread; the switch makes it current */
    void *user;  /* the port's record of the thread */
};

/* Before anything else, interrupts off: empties the lists and makes the idle thread, on the
 * caller's stack memory. */
void kernel_init(void *idle_stack, size_t idle_stack_size);

/* Switches to the highest ready thread; does not return. */
_Noreturn void kernel_start(void);

/* True between kernel_start() and for ever: outside it nothing may block. ISR. */
bool kernel_running(void);

/* Milliseconds since kernel_init(); wraps after 49 days. ISR. */
uint32_t kernel_now_ms(void);

/* Makes a thread ready. The memory of *t and of the stack is the caller's and is free again when
 * thread_join() returned KERNEL_OK. The stack is painted; its lowest word is a guard. Returns 0,
 * or -1 when the priority or the stack's size or alignment (8 bytes) cannot be used. */
int thread_start(struct thread *t, const char *name, unsigned priority, void (*entry)(void *),
                 void *arg, void *stack, size_t stack_size);

/* Ends the calling thread; a return from its entry does the same. It may hold no mutex. */
_Noreturn void thread_exit(void);

/* Waits until t has ended. At most timeout_ms (0: only looks, KERNEL_FOREVER). */
int thread_join(struct thread *t, uint32_t timeout_ms, unsigned flags);

/* The running thread (in an ISR: the interrupted one); NULL before kernel_start(). ISR. */
struct thread *thread_self(void);

/* Lets others of the same priority run. */
void thread_yield(void);

int thread_sleep(uint32_t ms, unsigned flags);

/* Sets the sticky interrupt flag of t. An interruptible wait under way ends with
 * KERNEL_INTERRUPTED; else the next interruptible wait that would block does. The wait that
 * returns KERNEL_INTERRUPTED clears the flag. What is available is taken first. ISR. */
void thread_interrupt(struct thread *t);

/* Takes the flag back; returns whether it was set. ISR. */
bool thread_clear_interrupt(struct thread *t);

/* The most bytes of stack that t ever used. ISR. */
size_t thread_stack_used(const struct thread *t);

/* The thread after t in the list of all (started and not yet ended), the first for NULL. The
 * caller keeps the list from changing (kernel_arch_lock()). */
struct thread *thread_next(const struct thread *t);

/* One word for ps and fault reports: "ready", "running", "blocked", "sleeping", "ended". */
const char *thread_state_name(const struct thread *t);

void semaphore_init(struct semaphore *s, uint32_t count);
int semaphore_wait(struct semaphore *s, uint32_t timeout_ms, unsigned flags);
void semaphore_post(struct semaphore *s); /* ISR */

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m); /* not recursive */
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);              /* by its owner */
bool mutex_held_by_self(const struct mutex *m);

void mailbox_init(struct mailbox *m, void **slots, uint16_t size);
int mailbox_post(struct mailbox *m, void *message, uint32_t timeout_ms);
int mailbox_trypost(struct mailbox *m, void *message); /* ISR. 0, or -1 when it is full */
int mailbox_fetch(struct mailbox *m, void **message, uint32_t timeout_ms, unsigned flags);

#endif
