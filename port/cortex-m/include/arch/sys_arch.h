/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's threads, semaphores and mailboxes on the thread kernel: types, and what sys.h leaves to
 * the port. Objects live in what holds them; only a mailbox's slots are allocated. */
#ifndef PORTSIDE_CORTEX_M_SYS_ARCH_H
#define PORTSIDE_CORTEX_M_SYS_ARCH_H

#include "heap.h" /* a board's lwipopts.h may name its functions */
#include "kernel.h"

typedef struct {
    struct semaphore kernel;
    bool valid;
} sys_sem_t;

typedef struct {
    struct mutex kernel;
    bool valid;
} sys_mutex_t;

typedef struct {
    struct mailbox kernel; /* one slot more than lwIP asked for */
    uint32_t refused;
} sys_mbox_t;

typedef struct thread *sys_thread_t;
typedef uint32_t sys_prot_t;

#define sys_sem_valid(s) ((s)->valid)
#define sys_sem_valid_val(s) ((s).valid)
#define sys_sem_set_invalid(s) ((s)->valid = false)
#define sys_sem_set_invalid_val(s) ((s).valid = false)
#define sys_mutex_valid(m) ((m)->valid)
#define sys_mutex_set_invalid(m) ((m)->valid = false)
#define sys_mbox_valid(m) ((m)->kernel.slots != NULL)
#define sys_mbox_valid_val(m) ((m).kernel.slots != NULL)
#define sys_mbox_set_invalid(m) ((m)->kernel.slots = NULL)
#define sys_mbox_set_invalid_val(m) ((m).kernel.slots = NULL)

/* The core lock: lends its priority, is not recursive. Threads. */
void sys_lock_core(void);
void sys_unlock_core(void);

/* Panics when the calling thread does not hold the core lock. */
void sys_assert_core_locked(void);
void sys_mark_tcpip_thread(void);

/* Calls visit(message, argument) for each message of *mbox; interrupts are off meanwhile. */
void sys_mbox_each(sys_mbox_t *mbox, void (*visit)(void *message, void *argument), void *argument);

/* Posts that *mbox refused since it was made. ISR. */
uint32_t sys_mbox_refused(const sys_mbox_t *mbox);

/* The calling thread's semaphore for API calls. */
sys_sem_t *sys_netconn_sem(void);
#define LWIP_NETCONN_THREAD_SEM_GET() sys_netconn_sem()
#define LWIP_NETCONN_THREAD_SEM_ALLOC() ((void)sys_netconn_sem())
#define LWIP_NETCONN_THREAD_SEM_FREE() ((void)0)

#endif
