/* SPDX-License-Identifier: BSD-3-Clause */
/* Who owns each socket and since when; ending blocked calls; closing and draining at the end. */
#include "lwip/api.h"
#include "lwip/etharp.h"
#include "lwip/memp.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/sys.h"
#include "ps_internal.h"

#define DRAIN_STEP_MS 5

static struct {
    const void *volatile owner;
    u32_t birth_ms;
} sockets[MEMP_NUM_NETCONN];

const void *ps_owner_set(int fd, const void *owner)
{
    const void *previous;

    if (fd < LWIP_SOCKET_OFFSET || fd >= LWIP_SOCKET_OFFSET + MEMP_NUM_NETCONN) {
        return NULL;
    }
    previous = sockets[fd - LWIP_SOCKET_OFFSET].owner;
    if (owner != NULL) {
        sockets[fd - LWIP_SOCKET_OFFSET].birth_ms = sys_now();
    }
    sockets[fd - LWIP_SOCKET_OFFSET].owner = owner;
    return previous;
}

bool ps_socket_origin(int fd, const void **owner, uint32_t *birth_ms)
{
    if (fd < LWIP_SOCKET_OFFSET || fd >= LWIP_SOCKET_OFFSET + MEMP_NUM_NETCONN) {
        return false;
    }
    *owner = sockets[fd - LWIP_SOCKET_OFFSET].owner;
    *birth_ms = sockets[fd - LWIP_SOCKET_OFFSET].birth_ms;
    return *owner != NULL;
}

bool ps_was_hit(void)
{
    struct ps_thread *t = ps_port_thread();

    return t != NULL && t->hit;
}

static unsigned count(const void *owner)
{
    unsigned n = 0;

    for (int i = 0; i < MEMP_NUM_NETCONN; i++) {
        const void *its = sockets[i].owner;

        n += its != NULL && (owner == NULL || its == owner);
    }
    return n;
}

unsigned ps_count_owned(const void *owner)
{
    return count(owner);
}

unsigned ps_count(void)
{
    return count(NULL);
}

static void close_of(const void *owner)
{
    for (int i = 0; i < MEMP_NUM_NETCONN; i++) {
        const void *its = sockets[i].owner;

        if (its != NULL && (owner == NULL || its == owner)) {
            struct lwip_sock *sock = lwip_socket_dbg_get_socket(i + LWIP_SOCKET_OFFSET);

            if (sock->conn != NULL && sock->conn->linger > 0) {
                sock->conn->linger = -1; /* ps_drain() waits for all of them at once */
            }
            sockets[i].owner = NULL; /* first: netstat looks at those that have one */
            (void)ps_close_socket(i + LWIP_SOCKET_OFFSET);
        }
    }
}

void ps_close_owned(const void *owner)
{
    close_of(owner);
}

void ps_close_all(void)
{
    close_of(NULL);
}

/* Resets a connection so that the peer notices. lwIP's RST carries snd_nxt, which a peer whose
 * window is full refuses (data or a window probe beyond it was lost there): one more RST carries
 * the number that it acknowledged last. Core lock held. */
static void reset(struct tcp_pcb *pcb)
{
    if (pcb->state != SYN_SENT && pcb->lastack != pcb->snd_nxt) {
        tcp_rst(pcb, pcb->lastack, pcb->rcv_nxt, &pcb->local_ip, &pcb->remote_ip, pcb->local_port,
                pcb->remote_port);
    }
    tcp_abort(pcb);
}

/* Ends the endless semaphore wait of t on conn, if that is where it is. Core lock held. */
static void cut_short(struct ps_thread *t, struct netconn *conn)
{
    struct tcp_pcb *pcb = conn->pcb.tcp;

    if (NETCONNTYPE_GROUP(conn->type) != NETCONN_TCP || pcb == NULL || conn->current_msg == NULL ||
        conn->current_msg->op_completed_sem != t->netconn_sem) {
        return;
    }
    if (conn->state == NETCONN_CONNECT || conn->state == NETCONN_CLOSE) {
        t->hit = true;
        reset(pcb);
    } else if (conn->state == NETCONN_WRITE && pcb->poll != NULL) {
        if (t->cut == NULL) {
            t->cut_timeout = conn->send_timeout;
            t->cut = conn;
        }
        conn->send_timeout = 1;
        (void)pcb->poll(pcb->callback_arg, pcb);
        t->hit = conn->state != NETCONN_WRITE; /* younger than 1 ms: the next kick ends it */
    }
}

void ps_kick(struct ps_thread *t)
{
    t->interrupt = true;
    ps_port_wake(t);
    LOCK_TCPIP_CORE();
    if (t->conn != NULL) {
        cut_short(t, t->conn);
    }
    UNLOCK_TCPIP_CORE();
}

/* Core lock held. */
static bool is_drained(void)
{
#if LWIP_IPV6
    if (lwip_stats.memp[MEMP_ND6_QUEUE]->used > 0) {
        return false;
    }
#endif
    return tcp_active_pcbs == NULL && lwip_stats.memp[MEMP_ARP_QUEUE]->used == 0;
}

bool ps_drain(uint32_t ms)
{
    struct ps_thread *t = ps_port_thread();
    u32_t start = sys_now();
    bool drained;

    for (;;) {
        if (t != NULL) { /* a kick must not turn the sleep below into a spin */
            ps_consume(t);
        }
        LOCK_TCPIP_CORE();
        drained = is_drained();
        if (drained || sys_now() - start >= ms) {
            break;
        }
        UNLOCK_TCPIP_CORE();
        sys_msleep(DRAIN_STEP_MS);
    }
    while (tcp_active_pcbs != NULL) {
        reset(tcp_active_pcbs);
    }
    UNLOCK_TCPIP_CORE();
    return drained;
}
