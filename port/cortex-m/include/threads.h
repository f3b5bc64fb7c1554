/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * C11's <threads.h> for boards, where newlib has the prototypes only.
 * Stacks come from the board's pool of app threads: thrd_create() returns thrd_nomem when it is
 * empty. Every function that may block is a kill point: there the thread of a job that is over
 * ends. thrd_sleep() returns -1 when a signal handler ran; a wait on a condition then ends as if
 * signalled; the others go on waiting. thread_local is not there: it needs support of the
 * compiler's run time; use tss_create().
 */
#ifndef PORTSIDE_CORTEX_M_THREADS_H
#define PORTSIDE_CORTEX_M_THREADS_H

#include <time.h>

typedef struct app_thread *thrd_t;
typedef int (*thrd_start_t)(void *);
typedef unsigned tss_t;
typedef void (*tss_dtor_t)(void *);

struct threads_waiter;

/* Threads that wait, first come first. */
struct threads_queue {
    struct threads_waiter *head;
};

typedef struct {
    const void *owner;
    unsigned depth;
    int type;
    struct threads_queue waiters;
} mtx_t;

typedef struct {
    struct threads_queue waiters;
} cnd_t;

typedef struct {
    volatile int state;
} once_flag;

#define ONCE_FLAG_INIT \
    {                  \
        0              \
    }
#define TSS_DTOR_ITERATIONS 1

enum { mtx_plain = 0, mtx_recursive = 1, mtx_timed = 2 };
enum { thrd_success, thrd_nomem, thrd_timedout, thrd_busy, thrd_error };

int thrd_create(thrd_t *thread, thrd_start_t start, void *arg);
thrd_t thrd_current(void);
int thrd_detach(thrd_t thread);
int thrd_equal(thrd_t a, thrd_t b);
_Noreturn void thrd_exit(int result);
int thrd_join(thrd_t thread, int *result);
int thrd_sleep(const struct timespec *time, struct timespec *left);
void thrd_yield(void);

int mtx_init(mtx_t *mutex, int type);
void mtx_destroy(mtx_t *mutex);
int mtx_lock(mtx_t *mutex);
int mtx_trylock(mtx_t *mutex);
int mtx_timedlock(mtx_t *mutex, const struct timespec *until);
int mtx_unlock(mtx_t *mutex);

int cnd_init(cnd_t *condition);
void cnd_destroy(cnd_t *condition);
int cnd_wait(cnd_t *condition, mtx_t *mutex);
int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until);
int cnd_signal(cnd_t *condition);
int cnd_broadcast(cnd_t *condition);

int tss_create(tss_t *key, tss_dtor_t destructor);
void tss_delete(tss_t key);
void *tss_get(tss_t key);
int tss_set(tss_t key, void *value);

void call_once(once_flag *flag, void (*function)(void));

#endif
