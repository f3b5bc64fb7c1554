/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sockets that are still open when lwIP frees their connection.
 *
 * A connection that both sides have closed is freed by lwIP when its last acknowledgement comes
 * (LAST_ACK), or some time later (TIME_WAIT: after 2 x TCP_MSL, or at once when pcbs are short).
 * lwIP 2.2.1 tells the socket in neither case, if the app had shut its sending side down and then
 * read the end of the stream: lwip_recv() shuts the receiving side down by itself, and what both
 * sides are shut of counts as closed by the app. It is not: the socket's next call, at the latest
 * its close(), would use and free a pcb that may be another connection's by then.
 * So a pcb in LAST_ACK is made to tell its socket, before the segment that may free it is looked
 * at; and a socket lets go of a pcb in TIME_WAIT, or of one that is no longer its own, before each
 * call. What it reads then is what is left in its mailbox, and the end of the stream.
 *
 * The other way round, a client that comes again from the same port meets the old connection in
 * TIME_WAIT: lwIP would answer its SYN with an ACK, and the RST to that with nothing, for minutes.
 * A SYN with a number beyond the old connection's ends that (RFC 1122, 4.2.2.13), and is dropped;
 * the one that is sent again, a second later, finds the listener.
 */
#include "arch/lwip_hooks.h"
#include "lwip/api.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
#include "lwip/sys.h"
#include "ps_internal.h"

void ps_tcp_keep_told(struct tcp_pcb *pcb)
{
    if (pcb->state == LAST_ACK && pcb->errf != NULL) {
        tcp_clear_flags(pcb, TF_RXCLOSED);
    }
}

bool ps_tcp_makes_room(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    bool is_syn = (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;

    if (pcb->state != TIME_WAIT || !is_syn || !TCP_SEQ_GT(header->seqno, pcb->rcv_nxt)) {
        return false;
    }
    tcp_abort(pcb);
    return true;
}

/* Whether it has been in TIME_WAIT, and may have been freed. What lwIP frees stays readable: pools
 * are static. A pcb that has sent no FIN is CLOSED because it is new. */
static bool has_ended(const struct tcp_pcb *pcb)
{
    return pcb->state == TIME_WAIT || (pcb->state == CLOSED && (pcb->flags & TF_FIN) != 0);
}

static bool is_lost(const struct netconn *conn)
{
    const struct tcp_pcb *pcb = conn->pcb.tcp;

    return pcb != NULL && (pcb->callback_arg != conn || has_ended(pcb));
}

static void let_go(struct netconn *conn)
{
    struct tcp_pcb *pcb = conn->pcb.tcp;
    SYS_ARCH_DECL_PROTECT(level);

    if (pcb->callback_arg == conn) {
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_sent(pcb, NULL);
        tcp_poll(pcb, NULL, 0);
        tcp_err(pcb, NULL);
    }
    SYS_ARCH_PROTECT(level);
    conn->pcb.tcp = NULL;
    conn->flags |= NETCONN_FLAG_MBOXCLOSED;
    if (conn->pending_err == ERR_OK) {
        conn->pending_err = ERR_CLSD;
    }
    SYS_ARCH_UNPROTECT(level);
}

void ps_let_go_of_ended(struct netconn *conn)
{
    /* Looked at without the lock first: a pcb stays for a while once it is in TIME_WAIT. */
    if (!ps_is_stream(conn) || !is_lost(conn)) {
        return;
    }
    LOCK_TCPIP_CORE();
    if (is_lost(conn)) {
        let_go(conn);
    }
    UNLOCK_TCPIP_CORE();
}
