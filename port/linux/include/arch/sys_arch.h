/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's threads, semaphores and mailboxes on pthreads: types, and what sys.h leaves to the port.
 */
#ifndef PORTSIDE_LINUX_SYS_ARCH_H
#define PORTSIDE_LINUX_SYS_ARCH_H

#include <stdint.h>

typedef struct sys_sem *sys_sem_t;
typedef struct sys_mutex *sys_mutex_t;
typedef struct sys_mbox *sys_mbox_t;
typedef uintptr_t sys_thread_t;
typedef int sys_prot_t;

#define sys_sem_valid(s) (*(s) != NULL)
#define sys_sem_valid_val(s) ((s) != NULL)
#define sys_sem_set_invalid(s) (*(s) = NULL)
#define sys_sem_set_invalid_val(s) ((s) = NULL)
#define sys_mutex_valid(m) (*(m) != NULL)
#define sys_mutex_set_invalid(m) (*(m) = NULL)
#define sys_mbox_valid(m) (*(m) != NULL)
#define sys_mbox_valid_val(m) ((m) != NULL)
#define sys_mbox_set_invalid(m) (*(m) = NULL)
#define sys_mbox_set_invalid_val(m) ((m) = NULL)

/* The core lock. Not recursive. */
void sys_lock_core(void);
void sys_unlock_core(void);

/* Ends the program when the calling thread does not hold the core lock. */
void sys_assert_core_locked(void);
void sys_mark_tcpip_thread(void);

/* Calls visit(message, argument) for each message of *mbox, which stays locked meanwhile. */
void sys_mbox_each(sys_mbox_t *mbox, void (*visit)(void *message, void *argument), void *argument);

/* Posts that *mbox refused since it was made. */
uint32_t sys_mbox_refused(sys_mbox_t *mbox);

/* The calling thread's semaphore for API calls; made at its first use, freed when it ends. */
sys_sem_t *sys_netconn_sem(void);
#define LWIP_NETCONN_THREAD_SEM_GET() sys_netconn_sem()
#define LWIP_NETCONN_THREAD_SEM_ALLOC() ((void)sys_netconn_sem())
#define LWIP_NETCONN_THREAD_SEM_FREE() ((void)0)

#endif
