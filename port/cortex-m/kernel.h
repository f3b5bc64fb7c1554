/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread kernel: what lwIP's sys_arch needs on a Cortex-M and nothing more.
 *
 * Theory of operation: fixed priorities, 0 lowest (idle) to KERNEL_PRIORITIES - 1 highest; round
 * robin inside one priority, by a tick that runs only while two ready threads share the highest
 * ready priority. A bit mask of the ready priorities and clz pick the next thread in constant
 * time. Blocked threads wait in priority order (first come, first served inside one). A mutex
 * lends its owner the priority of the highest waiter, transitively, and is handed to that waiter.
 * Time is milliseconds since start; the alarm is programmed for the next deadline only (tickless
 * idle). A wait of n ms ends when kernel_now_ms() has advanced by n: up to 1 ms less in real time.
 * Objects are allocated by the caller, nothing here uses a heap, lwIP or a board's registers: the
 * machine is behind kernel_arch.h, which the unit tests replace by a seam on the host.
 *
 * "ISR" below means: may be called by an interrupt handler, too. Everything else is for threads,
 * with interrupts on. Misuse ends in kernel_panic().
 */
#ifndef PORTSIDE_KERNEL_H
#define PORTSIDE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_PRIORITIES 8u
#define KERNEL_FOREVER UINT32_MAX
#define KERNEL_SLICE_MS 10u /* a thread's turn while another of its priority is ready */

/* What a call that may block returns. */
enum kernel_result {
    KERNEL_OK = 0,
    KERNEL_TIMEOUT = -1,     /* the time given ran out; at once when it was 0 */
    KERNEL_INTERRUPTED = -2, /* thread_interrupt() ended an interruptible wait */
};

/* Or-ed into a wait's flags: thread_interrupt() may end this wait. */
#define KERNEL_INTERRUPTIBLE 1u

/* The fields of these structs are the kernel's, except where it says otherwise. */

struct thread_list {
    struct thread *head; /* in priority order */
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
    void *sp;                 /* first: the context switch reads it */
    struct thread_list *list; /* the ready or waiting list that it is on, NULL for none */
    struct thread *next;      /* in that list */
    struct thread *next_all;
    struct thread *timer_next;
    uint32_t timer_delta;     /* ms after the timer before it */
    uint32_t slice_end;       /* ms, while `slicing` */
    struct mutex *held;       /* list of the mutexes that it owns */
    struct mutex *blocked_by; /* for priority inheritance */
    void *transfer;           /* a message on its way to a blocked reader or from a writer */
    int8_t result;            /* of the wait under way */
    uint8_t state, priority, base_priority;
    bool interruptible, interrupted, timed, slicing;
    struct thread_list joiners;
    const char *name; /* the caller's string, kept by reference */
    uint8_t *stack;
    size_t stack_size;
    void *reent; /* the caller's, set before thread_start(): newlib's struct _reent or NULL for
                    the global one; the switch to the thread makes it current */
    void *user;  /* the caller's: the port's record of the thread */
};

/* Before anything else, interrupts off: empties the lists and makes the idle thread, on the
 * caller's stack memory. */
void kernel_init(void *idle_stack, size_t idle_stack_size);

/* Switches to the highest ready thread; does not return. The stack of the caller is given up: it
 * serves the ISRs from here on. */
_Noreturn void kernel_start(void);

/* True between kernel_start() and for ever: outside it nothing may block. ISR. */
bool kernel_running(void);

/* Milliseconds since kernel_init(); wraps after 49 days. ISR. */
uint32_t kernel_now_ms(void);

/* Makes a thread ready; also before kernel_start(). The memory of *t and of the stack is the
 * caller's and is free again when thread_join() returned KERNEL_OK. The stack is painted; its
 * lowest word is a guard. Of *t only reent and user are read; the rest need not be initialized.
 * Returns 0, or -1 when the priority (1 .. KERNEL_PRIORITIES - 1, 0 is the idle thread's) or the
 * stack's size or alignment (8 bytes both) cannot be used. */
int thread_start(struct thread *t, const char *name, unsigned priority, void (*entry)(void *),
                 void *arg, void *stack, size_t stack_size);

/* Ends the calling thread; a return from its entry does the same. It may hold no mutex. */
_Noreturn void thread_exit(void);

/* Waits until t, which was started, has ended, at most timeout_ms (0: only looks; KERNEL_FOREVER).
 * Any number of threads may wait for one; after KERNEL_OK the kernel touches neither *t nor its
 * stack again. */
int thread_join(struct thread *t, uint32_t timeout_ms, unsigned flags);

/* The running thread (in an ISR: the interrupted one); NULL before kernel_start(). ISR. */
struct thread *thread_self(void);

/* Lets others of the same priority run. */
void thread_yield(void);

/* KERNEL_OK when the time is over, or KERNEL_INTERRUPTED. KERNEL_FOREVER sleeps until then. */
int thread_sleep(uint32_t ms, unsigned flags);

/* Sets the sticky interrupt flag of t. An interruptible wait under way ends with
 * KERNEL_INTERRUPTED; else the next interruptible wait that would block does. The wait that
 * returns KERNEL_INTERRUPTED clears the flag. What is available is taken first, and a wait with
 * timeout 0 never blocks, so that it neither sees nor clears the flag. ISR. */
void thread_interrupt(struct thread *t);

/* Takes the flag back; returns whether it was set. ISR. */
bool thread_clear_interrupt(struct thread *t);

/* The most bytes of stack that t ever used. ISR. */
size_t thread_stack_used(const struct thread *t);

/* The thread after t in the list of all (started and not yet ended), the first for NULL. The
 * caller keeps the list from changing (kernel_arch_lock()). */
struct thread *thread_next(const struct thread *t);

/* One word for ps and fault reports: "ready", "running", "blocked", "sleeping", "ended". ISR. */
const char *thread_state_name(const struct thread *t);

/* The three kinds of object: the memory is the caller's, nothing needs to be undone, and nobody
 * may wait on one whose memory is given back. The waits return an enum kernel_result. */

void semaphore_init(struct semaphore *s, uint32_t count);
int semaphore_wait(struct semaphore *s, uint32_t timeout_ms, unsigned flags);
void semaphore_post(struct semaphore *s); /* ISR */

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);    /* not recursive */
bool mutex_trylock(struct mutex *m); /* false when somebody holds it */
void mutex_unlock(struct mutex *m);  /* by its owner */
bool mutex_held_by_self(const struct mutex *m);

void mailbox_init(struct mailbox *m, void **slots, uint16_t size);
int mailbox_post(struct mailbox *m, void *message, uint32_t timeout_ms);
int mailbox_trypost(struct mailbox *m, void *message); /* ISR. 0, or -1 when it is full */
int mailbox_fetch(struct mailbox *m, void **message, uint32_t timeout_ms, unsigned flags);

/* Supplied by the board's runtime (and by the unit tests): the kernel was misused or a stack is
 * blown; thread_self() is the thread concerned. Interrupts may be off; may be called by an ISR. */
_Noreturn void kernel_panic(const char *what);

#endif
