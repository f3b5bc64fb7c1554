/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every socket and connection of the stack, as text: see ps_netstat.h.
 *
 * Theory of operation: first the sockets, by descriptor; then the pcbs that have none, by address:
 * each step looks for the lowest one above the last, in whatever list it is now. So nothing depends
 * on lists that change between two steps, and each step makes progress. A step copies the facts of
 * one line under the core lock, which costs one walk over the pcbs there are; the line is printed
 * when the lock is free again. A pcb's netconn is there as long as the pcb points to it (core
 * lock), but in SYN_RCVD, where it is the listener's and may have gone. A socket is listed while it
 * has an owner, which is taken away before it is closed. About 110 B of stack beside ps_printf()'s.
 */
#include "ps_netstat.h"
#include <stdio.h>
#include <string.h>
#include "lwip/api.h"
#include "lwip/priv/api_msg.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/raw.h"
#include "lwip/sys.h"
#include "lwip/udp.h"
#include "ps_internal.h"
#undef socket /* also the name of a field of netconn's */

#define OWNER_MAX 24

struct row {
    char proto[5];
    u8_t state; /* TCP's */
    u8_t pending, backlog;
    u16_t local_port, remote_port;
    ip_addr_t local, remote;
    u32_t unread, to_send;          /* bytes */
    u32_t refused, out_of_order;    /* bytes */
    u32_t datagrams, mailbox_drops; /* in the mailbox; dropped since the socket was made */
    u32_t age;                      /* seconds */
    const void *owner;              /* NULL: none */
    int fd;                         /* of an owner */
};

/* --- Facts; core lock held --- */

static void set_protocol(struct row *row, const char *protocol, const ip_addr_t *local)
{
    (void)snprintf(row->proto, sizeof row->proto, "%s%s", protocol, IP_IS_V4(local) ? "" : "6");
    ip_addr_copy(row->local, *local);
}

struct queue {
    bool is_tcp;
    u32_t messages, bytes;
};

/* sys_mbox_each() */
static void add_message(void *message, void *argument)
{
    struct queue *queue = argument;
    err_t err;

    if (message != NULL && !lwip_netconn_is_err_msg(message, &err)) {
        const struct pbuf *p = queue->is_tcp ? message : ((const struct netbuf *)message)->p;

        queue->messages++;
        queue->bytes += p->tot_len;
    }
}

static struct queue queue_of(struct netconn *conn)
{
    struct queue queue = {.is_tcp = ps_is_stream(conn)};

    if (sys_mbox_valid(&conn->recvmbox)) {
        sys_mbox_each(&conn->recvmbox, add_message, &queue);
    }
    return queue;
}

/* The netconn that a pcb belongs to, or NULL. */
static struct netconn *netconn_of(const struct tcp_pcb *pcb)
{
    return pcb->state == SYN_RCVD ? NULL : pcb->callback_arg;
}

static void describe_listener(struct row *row, const struct tcp_pcb_listen *pcb)
{
    set_protocol(row, "tcp", &pcb->local_ip);
    row->state = LISTEN;
    row->local_port = pcb->local_port;
    row->pending = pcb->accepts_pending;
    row->backlog = pcb->backlog;
}

static void describe_tcp(struct row *row, const struct tcp_pcb *pcb)
{
    if (pcb->state == LISTEN) {
        describe_listener(row, (const struct tcp_pcb_listen *)pcb);
        return;
    }
    set_protocol(row, "tcp", &pcb->local_ip);
    ip_addr_copy(row->remote, pcb->remote_ip);
    row->state = (u8_t)pcb->state;
    row->local_port = pcb->local_port;
    row->remote_port = pcb->remote_port;
    row->to_send = (u32_t)TCP_SND_BUF - pcb->snd_buf;
    row->age = (tcp_ticks - pcb->tmr) / (1000 / TCP_SLOW_INTERVAL);
    if (netconn_of(pcb) != NULL) { /* else nobody will read it */
        row->unread = (u32_t)TCP_WND_MAX(pcb) - pcb->rcv_wnd;
    }
    if (pcb->refused_data != NULL) {
        row->refused = pcb->refused_data->tot_len;
    }
    for (const struct tcp_seg *seg = pcb->ooseq; seg != NULL; seg = seg->next) {
        row->out_of_order += seg->len;
    }
}

static void describe_udp(struct row *row, const struct udp_pcb *pcb)
{
    set_protocol(row, "udp", &pcb->local_ip);
    ip_addr_copy(row->remote, pcb->remote_ip);
    row->local_port = pcb->local_port;
    row->remote_port = (pcb->flags & UDP_FLAGS_CONNECTED) != 0 ? pcb->remote_port : 0;
}

#if LWIP_RAW
static void describe_raw(struct row *row, const struct raw_pcb *pcb)
{
    set_protocol(row, "raw", &pcb->local_ip);
    ip_addr_copy(row->remote, pcb->remote_ip);
}
#endif

static void describe_socket(struct row *row, struct netconn *conn)
{
    struct queue queue = queue_of(conn);

    if (ps_is_stream(conn)) {
        if (conn->pcb.tcp != NULL) {
            describe_tcp(row, conn->pcb.tcp);
        } else { /* reset, or over: what was received may be left */
            set_protocol(row, "tcp", IP_ADDR_ANY);
            row->unread = queue.bytes;
        }
        return;
    }
    if (NETCONNTYPE_GROUP(conn->type) == NETCONN_UDP) {
        describe_udp(row, conn->pcb.udp);
    }
#if LWIP_RAW
    if (NETCONNTYPE_GROUP(conn->type) == NETCONN_RAW) {
        describe_raw(row, conn->pcb.raw);
    }
#endif
    row->unread = queue.bytes;
    row->datagrams = queue.messages;
    row->mailbox_drops = sys_mbox_refused(&conn->recvmbox);
}

/* The socket of the lowest descriptor from fd on; false when there is none. */
static bool find_socket(struct row *row, int fd)
{
    for (; fd < LWIP_SOCKET_OFFSET + MEMP_NUM_NETCONN; fd++) {
        struct netconn *conn = ps_netconn_of(fd);
        u32_t birth;

        if (conn != NULL && ps_socket_origin(fd, &row->owner, &birth)) {
            describe_socket(row, conn);
            row->age = (sys_now() - birth) / 1000;
            row->fd = fd;
            return true;
        }
    }
    return false;
}

static bool has_socket(const struct netconn *conn)
{
    const void *owner;
    u32_t birth;

    return conn != NULL && ps_socket_origin(conn->callback_arg.socket, &owner, &birth);
}

/* The pcb without a socket that lies lowest behind `last`; it becomes `last`. */
static bool find_tcp(struct row *row, uintptr_t *last)
{
    const struct tcp_pcb *found = NULL;

    for (unsigned i = 0; i < NUM_TCP_PCB_LISTS; i++) {
        for (const struct tcp_pcb *pcb = *tcp_pcb_lists[i]; pcb != NULL; pcb = pcb->next) {
            if ((uintptr_t)pcb > *last && (found == NULL || pcb < found) &&
                !has_socket(netconn_of(pcb))) {
                found = pcb;
            }
        }
    }
    if (found != NULL) {
        describe_tcp(row, found);
        *last = (uintptr_t)found;
    }
    return found != NULL;
}

/* The same; those of the stack itself, DHCP's and the resolver's, have no recv_arg. */
static bool find_udp(struct row *row, uintptr_t *last)
{
    const struct udp_pcb *found = NULL;

    for (const struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next) {
        if ((uintptr_t)pcb > *last && (found == NULL || pcb < found) &&
            !has_socket(pcb->recv_arg)) {
            found = pcb;
        }
    }
    if (found != NULL) {
        describe_udp(row, found);
        *last = (uintptr_t)found;
    }
    return found != NULL;
}

/* --- Text --- */

/* "192.168.77.1:8080", "[fe80::1]:8080", "*:*". */
static void print_end(struct ps_out *out, const ip_addr_t *address, u16_t port)
{
    char text[IPADDR_STRLEN_MAX + sizeof "[]:65535"] = "*";
    bool is_any = ip_addr_isany(address), bracket = !is_any && !IP_IS_V4(address);
    size_t length;

    if (!is_any) {
        text[0] = '[';
        (void)ipaddr_ntoa_r(address, text + bracket, IPADDR_STRLEN_MAX);
    }
    length = strlen(text);
    (void)snprintf(text + length, sizeof text - length, port != 0 ? "%s:%u" : "%s:*",
                   bracket ? "]" : "", port);
    ps_printf(out, "%-18s ", text);
}

static void print_state(struct ps_out *out, const struct row *row)
{
    static const char *const names[] = {"CLOSED",      "LISTEN",     "SYN_SENT",   "SYN_RCVD",
                                        "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                                        "CLOSING",     "LAST_ACK",   "TIME_WAIT"};
    char text[sizeof "LISTEN 255/255"];

    if (row->proto[0] != 't') {
        ps_printf(out, "%-11s ", "-");
    } else if (row->state == LISTEN) {
        (void)snprintf(text, sizeof text, "LISTEN %u/%u", row->pending, row->backlog);
        ps_printf(out, "%-11s ", text);
    } else {
        ps_printf(out, "%-11s ", names[row->state]);
    }
}

static void print_owner(struct ps_out *out, const struct row *row)
{
    char name[OWNER_MAX];

    if (row->owner == NULL) {
        ps_printf(out, "%3s -\n", "-");
    } else {
        ps_port_owner_name(row->owner, name, sizeof name);
        ps_printf(out, "%3d %s\n", row->fd, name);
    }
}

static void print_details(struct ps_out *out, const struct row *row)
{
    if (row->refused != 0 || row->out_of_order != 0) {
        ps_printf(out, "     %u bytes refused by the mailbox, %u out of order\n",
                  (unsigned)row->refused, (unsigned)row->out_of_order);
    }
    if (row->datagrams != 0 || row->mailbox_drops != 0) {
        ps_printf(out, "     %u datagrams wait, %u dropped at the full mailbox\n",
                  (unsigned)row->datagrams, (unsigned)row->mailbox_drops);
    }
}

static void print_row(struct ps_out *out, const struct row *row)
{
    ps_printf(out, "%-4s ", row->proto);
    print_end(out, &row->local, row->local_port);
    print_end(out, &row->remote, row->remote_port);
    print_state(out, row);
    ps_printf(out, "%4u %4u %4u ", (unsigned)row->unread, (unsigned)row->to_send,
              (unsigned)row->age);
    print_owner(out, row);
    print_details(out, row);
}

void ps_netstat(struct ps_out *out)
{
    enum { SOCKETS, TCP, UDP, END } step = SOCKETS;
    uintptr_t last = 0;
    int fd = LWIP_SOCKET_OFFSET;

    ps_printf(out, "%-4s %-18s %-18s %-11s %4s %4s %4s %3s %s\n", "", "LOCAL", "REMOTE", "STATE",
              "RECV", "SEND", "AGE", "FD", "OWNER");
    while (step != END) {
        struct row row = {.fd = -1};
        bool found;

        LOCK_TCPIP_CORE();
        found = step == SOCKETS ? find_socket(&row, fd)
                : step == TCP   ? find_tcp(&row, &last)
                                : find_udp(&row, &last);
        UNLOCK_TCPIP_CORE();
        if (found) {
            print_row(out, &row);
            fd = row.fd + 1;
        } else {
            step++;
            last = 0;
        }
    }
}

int ps_netstat_command(struct ps_out *out, int argc, char **argv)
{
    if (argc > 1) {
        ps_printf(out, "netstat: takes no arguments, got \"%.40s\"\n", argv[1]);
        return 2;
    }
    ps_netstat(out);
    return 0;
}
