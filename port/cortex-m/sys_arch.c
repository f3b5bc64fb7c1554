/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's sys_arch on the thread kernel.
 *
 * Theory of operation: lwIP's objects are the kernel's, with a flag for "valid". sys_sem_signal()
 * and sys_mbox_trypost_fromisr() may be called by interrupt handlers. A mailbox has the slots that
 * lwIP asked for and one more for the end of stream (ps_mbox.h); its slots and the stacks of
 * lwIP's threads come from lwIP's heap, so its statistics show them. Waits of an app's thread on
 * mailboxes, and on semaphores for a finite time, can be interrupted; endless waits on a semaphore
 * cannot, since the message that lwIP will signal lies on the waiter's stack.
 */
#include "kernel_arch.h"
#include "lwip/mem.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "ps.h"
#include "ps_mbox.h"

#define STACK_ALIGNMENT 8u

_Static_assert(sizeof(sys_sem_t) <= sizeof(((struct ps_thread *)0)->sem_room),
               "a thread's record has room for its semaphore");

static uint32_t kernel_time(u32_t timeout)
{
    return timeout == 0 ? KERNEL_FOREVER : timeout;
}

/* Notes in the calling thread's record that its wait was interrupted; 0 or SYS_ARCH_TIMEOUT. */
static u32_t result_of(int result)
{
    if (result == KERNEL_INTERRUPTED) {
        ps_port_thread()->hit = true;
    }
    return result == KERNEL_OK ? 0 : SYS_ARCH_TIMEOUT;
}

static unsigned flags_of_self(void)
{
    return ps_port_thread() != NULL ? KERNEL_INTERRUPTIBLE : 0;
}

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
    semaphore_init(&sem->kernel, count);
    sem->valid = true;
    return ERR_OK;
}

void sys_sem_free(sys_sem_t *sem)
{
    sem->valid = false;
}

void sys_sem_signal(sys_sem_t *sem)
{
    semaphore_post(&sem->kernel);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout)
{
    return result_of(
        semaphore_wait(&sem->kernel, kernel_time(timeout), timeout != 0 ? flags_of_self() : 0));
}

err_t sys_mutex_new(sys_mutex_t *mutex)
{
    mutex_init(&mutex->kernel);
    mutex->valid = true;
    return ERR_OK;
}

void sys_mutex_free(sys_mutex_t *mutex)
{
    mutex->valid = false;
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
    mutex_lock(&mutex->kernel);
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
    mutex_unlock(&mutex->kernel);
}

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
    uint16_t slots = (uint16_t)(size > 0 ? size + 1 : 2);

    mailbox_init(&mbox->kernel, mem_malloc((mem_size_t)(slots * sizeof(void *))), slots);
    mbox->refused = 0;
    return sys_mbox_valid(mbox) ? ERR_OK : ERR_MEM;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
    mem_free(mbox->kernel.slots);
    sys_mbox_set_invalid(mbox);
}

void sys_mbox_post(sys_mbox_t *mbox, void *message)
{
    (void)mailbox_post(&mbox->kernel, message, KERNEL_FOREVER);
}

static void *peek(const void *mbox, unsigned i)
{
    const struct mailbox *m = mbox;

    return m->slots[(m->head + i) % m->size];
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *message)
{
    struct mailbox *m = &mbox->kernel;
    uint32_t saved = kernel_arch_lock();
    bool posted =
        ps_mbox_admits(m, m->used, m->size - 1u, message, peek) && mailbox_trypost(m, message) == 0;

    mbox->refused += !posted;
    kernel_arch_unlock(saved);
    return posted ? ERR_OK : ERR_MEM;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *message)
{
    return sys_mbox_trypost(mbox, message);
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **message, u32_t timeout)
{
    void *ignored;

    return result_of(mailbox_fetch(&mbox->kernel, message != NULL ? message : &ignored,
                                   kernel_time(timeout), flags_of_self()));
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **message)
{
    void *ignored;

    return mailbox_fetch(&mbox->kernel, message != NULL ? message : &ignored, 0, 0) == KERNEL_OK
               ? 0
               : SYS_MBOX_EMPTY;
}

void sys_mbox_each(sys_mbox_t *mbox, void (*visit)(void *message, void *argument), void *argument)
{
    uint32_t saved = kernel_arch_lock();

    for (unsigned i = 0; i < mbox->kernel.used; i++) {
        visit(peek(&mbox->kernel, i), argument);
    }
    kernel_arch_unlock(saved);
}

uint32_t sys_mbox_refused(const sys_mbox_t *mbox)
{
    return mbox->refused;
}

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn entry, void *argument, int stack_size,
                            int priority)
{
    size_t room = (sizeof(struct thread) + STACK_ALIGNMENT - 1) & ~(STACK_ALIGNMENT - 1u);
    uint8_t *block = mem_malloc((mem_size_t)(room + (size_t)stack_size + STACK_ALIGNMENT));
    uintptr_t start = ((uintptr_t)block + STACK_ALIGNMENT - 1) & ~(uintptr_t)(STACK_ALIGNMENT - 1);
    struct thread *t = (struct thread *)start;

    LWIP_ASSERT("memory for a thread", block != NULL);
    LWIP_ASSERT("a thread can be started",
                thread_start(t, name, (unsigned)priority, entry, argument, (uint8_t *)start + room,
                             (size_t)stack_size) == 0);
    return t;
}

u32_t sys_now(void)
{
    return kernel_now_ms();
}

u32_t sys_jiffies(void)
{
    return kernel_now_ms();
}

sys_sem_t *sys_netconn_sem(void)
{
    static sys_sem_t of_main; /* closes the sockets of a job that was ended */
    struct ps_thread *t = ps_port_thread();
    sys_sem_t *sem = t != NULL ? (sys_sem_t *)(void *)t->sem_room : &of_main;

    if (!sys_sem_valid(sem)) {
        (void)sys_sem_new(sem, 0);
    }
    if (t != NULL) {
        t->netconn_sem = sem;
    }
    return sem;
}

/* --- The core lock and the short critical sections --- */

static struct mutex core;
static bool tcpip_runs;

void sys_lock_core(void)
{
    mutex_lock(&core);
}

void sys_unlock_core(void)
{
    mutex_unlock(&core);
}

void sys_mark_tcpip_thread(void)
{
    tcpip_runs = true;
}

/* Until the tcpip thread runs there is one thread only, which initialises lwIP. */
void sys_assert_core_locked(void)
{
    if (tcpip_runs && !mutex_held_by_self(&core)) {
        port_assert_failed("the core lock is held", __FILE__, __LINE__);
    }
}

sys_prot_t sys_arch_protect(void)
{
    return kernel_arch_lock();
}

void sys_arch_unprotect(sys_prot_t level)
{
    kernel_arch_unlock(level);
}

void sys_init(void)
{
    mutex_init(&core);
}
