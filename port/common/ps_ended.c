/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ends of connections: while a socket still holds them, and for a client that comes again.
 *
 * Theory of operation: an app that calls shutdown(SHUT_WR) keeps its socket, and with it the
 * netconn its pointer to the pcb, while the connection goes on to its end. lwIP 2.2.1 frees such a
 * pcb without a word to the netconn in two ways, and the close() that follows frees it once more:
 *  1. In TIME_WAIT it is freed when its time is over, or at once when pcbs are scarce
 *     (tcp_slowtmr(), tcp_kill_timewait()). So the netconn lets go of it on the way there, with the
 *     last event that it is told of: the peer's FIN, reported when the pcb is in TIME_WAIT or
 *     CLOSING already. A callback around the netconn's own takes care of it.
 *  2. In LAST_ACK the netconn is told only while the app has not seen the end of the stream: a
 *     recv() that returns 0 sets TF_RXCLOSED, which tcp_input() takes for a close(). The flag is
 *     taken away when the segment comes in that may be the last one.
 * And data that find the mailbox full on the way to TIME_WAIT would never be offered again, nor the
 * FIN behind them be told: lwIP does that for active connections only. Such a segment is dropped
 * before lwIP acknowledges it; the peer sends it once more.
 * The other way round, a client that comes again from the same port meets the old connection in
 * TIME_WAIT: lwIP would answer its SYN with an ACK, and the RST to that with nothing, for minutes.
 * A SYN with a number beyond the old connection's ends that (RFC 1122, 4.2.2.13) and is dropped;
 * the one that is sent again, a second later, finds the listener. All of it runs with the core lock
 * held.
 */
#include <stdbool.h>
#include "lwip/api.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
#include "lwip/sys.h"
#include "ps_ended.h"

/* What lwIP's netconns have registered; the same function for all of them. */
static tcp_recv_fn netconn_received;

static void let_go(struct netconn *conn, struct tcp_pcb *pcb)
{
    SYS_ARCH_DECL_PROTECT(level);

    LWIP_ASSERT("nobody sends or closes any more", conn->state == NETCONN_NONE);
    SYS_ARCH_PROTECT(level);
    conn->pcb.tcp = NULL;
    conn->flags |= NETCONN_FLAG_MBOXCLOSED;
    if (sys_mbox_valid(&conn->recvmbox)) {
        conn->pending_err = ERR_CLSD; /* for the recv() that will find the FIN and no pcb */
    }
    SYS_ARCH_UNPROTECT(level);
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
}

static err_t received(void *conn, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    err_t result = netconn_received(conn, pcb, p, err);

    if (p == NULL && result != ERR_ABRT && (pcb->state == TIME_WAIT || pcb->state == CLOSING)) {
        let_go(conn, pcb);
    }
    return result;
}

void ps_watch_end(struct netconn *conn)
{
    struct tcp_pcb *pcb = conn->pcb.tcp;

    if (pcb != NULL && pcb->state >= ESTABLISHED && pcb->recv != NULL && pcb->recv != received) {
        netconn_received = pcb->recv;
        tcp_recv(pcb, received);
    }
}

void ps_tell_end(struct tcp_pcb *pcb)
{
    if (pcb->state == LAST_ACK && pcb->callback_arg != NULL) {
        tcp_clear_flags(pcb, TF_RXCLOSED);
    }
}

static void count_message(void *message, void *count)
{
    LWIP_UNUSED_ARG(message);
    ++*(unsigned *)count;
}

bool ps_ends_too_early(const struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    /* Out-of-order segments that this one makes whole may hold a FIN. */
    bool may_end = (TCPH_FLAGS(header) & TCP_FIN) != 0 || pcb->ooseq != NULL;
    struct netconn *conn = pcb->callback_arg;
    unsigned messages = 0;

    if (pcb->recv != received || !may_end ||
        (pcb->state != FIN_WAIT_1 && pcb->state != FIN_WAIT_2) ||
        !sys_mbox_valid(&conn->recvmbox)) {
        return false;
    }
    sys_mbox_each(&conn->recvmbox, count_message, &messages);
    return messages >= DEFAULT_TCP_RECVMBOX_SIZE;
}

bool ps_makes_room(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    bool is_syn = (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;

    if (pcb->state != TIME_WAIT || !is_syn || !TCP_SEQ_GT(header->seqno, pcb->rcv_nxt)) {
        return false;
    }
    tcp_abort(pcb);
    return true;
}
