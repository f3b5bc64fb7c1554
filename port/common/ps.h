/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The socket layer that both ports share: thin wrappers around lwIP's sockets (prototypes in
 * port/include/sys/socket.h), and what they ask of a port.
 *
 * Theory of operation: an app's `recv` is ps_recv(). A wrapper does four things around the lwIP
 * call. It is a checkpoint, where a port runs signal handlers or ends the thread of a dying job.
 * It records the descriptor's owner and birth. It knows the netconn that the thread may block on,
 * so that ps_kick() can end the call from another thread. And it turns an interrupted wait into
 * EINTR. The interrupt flag is sticky: a request that comes between two calls ends the next one.
 * How a kick reaches a thread: waits on mailboxes and finite waits on semaphores end because the
 * port's sys_arch looks at the flag (ps_port_wake()); connect and close with linger wait without
 * end on a semaphore that lwIP must signal itself, so their pcb is aborted; a blocked send is made
 * to time out. An endless semaphore wait is never interrupted: its message is on that stack.
 */
#ifndef PORTSIDE_PS_H
#define PORTSIDE_PS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netconn;
struct ps_thread;

/* One for each thread that may use sockets, kept by the port, zeroed when the thread starts. */
struct ps_thread {
    volatile bool interrupt;       /* sticky: the next call that would block returns EINTR */
    volatile bool hit;             /* the wait under way ended because of `interrupt` */
    volatile bool inside;          /* between a wrapper's entry and its exit */
    struct netconn *volatile conn; /* what the call under way may block on, or NULL */
    struct netconn *volatile cut;  /* the netconn whose send timeout a kick cut short */
    int32_t cut_timeout;           /* milliseconds to put back there */
    int name_code;                 /* EAI_...: why the last name had no address */
    void
        *netconn_sem; /* lwIP's semaphore of this thread (sys_sem_t *); NULL before its first use */
    uintptr_t sem_room[3]; /* where the port keeps it */
};

/* Closes every socket of `owner`. Thread context, core lock not held; may block like close(). */
void ps_close_owned(const void *owner);

/* Closes every open socket, whoever owns it. As above. */
void ps_close_all(void);

/* How many sockets `owner` has open. Any thread. */
unsigned ps_count_owned(const void *owner);

/* How many sockets are open. Any thread. */
unsigned ps_count(void);

/* Who owns the socket fd and when it was made (sys_now()); false when it is not open. Any thread.
 */
bool ps_socket_origin(int fd, const void **owner, uint32_t *birth_ms);

/* Sets the interrupt flag of t and ends the socket call that it is blocked in, if it is in one.
 * A call just about to block may be missed: repeat until ->interrupt is clear. Threads other
 * than t, core lock not held, never an ISR. */
void ps_kick(struct ps_thread *t);

/* Waits until what was sent has been delivered (no active TCP connection, no datagram waiting for
 * ARP), at most `ms` milliseconds; then resets what is left. Thread context, core lock not held,
 * sockets already closed. Returns whether nothing had to be reset. */
bool ps_drain(uint32_t ms);

/* What the port supplies. */

/* Brings the stack up before the first socket; ends the process when it cannot. */
void ps_port_start(void);

/* On entry to and exit from every wrapper. May not return (dying job). */
void ps_port_checkpoint(void);

/* The calling thread's record, or NULL for a thread that is none of an app's. */
struct ps_thread *ps_port_thread(void);

/* Whom a socket opened by the calling thread belongs to. */
const void *ps_port_owner(void);

/* The name of such an owner, "tcp-server/3" or "-" for one that has gone or NULL, cut to `size`
 * bytes. Any thread; the owner may end meanwhile. */
void ps_port_owner_name(const void *owner, char *text, size_t size);

/* Ends an interruptible wait of t (mailbox, or semaphore with a finite time). Thread context. */
void ps_port_wake(struct ps_thread *t);

/* Takes back what ps_port_wake() left behind when no wait was there to end. By t itself. */
void ps_port_unwake(struct ps_thread *t);

#endif
