/* SPDX-License-Identifier: BSD-3-Clause */
/* What every socket call does before and after lwIP's part; how and why is told in ps.h. */
#include "lwip/api.h"
#include "lwip/netif.h"
#include "lwip/priv/sockets_priv.h"
#include "ps_internal.h"

struct netconn *ps_netconn_of(int fd)
{
    struct lwip_sock *sock = lwip_socket_dbg_get_socket(fd);

    return sock != NULL ? sock->conn : NULL;
}

bool ps_is_stream(const struct netconn *conn)
{
    return conn != NULL && NETCONNTYPE_GROUP(conn->type) == NETCONN_TCP;
}

void ps_consume(struct ps_thread *t)
{
    t->hit = false;
    t->interrupt = false;
    ps_port_unwake(t);
}

bool ps_enter(int fd, bool blocks)
{
    struct ps_thread *t = ps_port_thread();

    if (t == NULL) {
        return true;
    }
    t->inside = true;
    ps_port_checkpoint();
    t->hit = false;
    if (blocks && t->interrupt) {
        ps_consume(t);
        t->inside = false;
        ps_port_checkpoint(); /* what interrupted may have come after the one above */
        errno = EINTR;
        return false;
    }
    t->conn = blocks ? ps_netconn_of(fd) : NULL;
    return true;
}

/* "No route to host" is what lwIP says of a cable that is out, too. */
static bool network_is_down(void)
{
    return netif_default != NULL &&
           (!netif_is_up(netif_default) || !netif_is_link_up(netif_default));
}

ssize_t ps_leave(ssize_t result, ssize_t idle)
{
    struct ps_thread *t = ps_port_thread();

    if (result < 0 && errno == -1) {
        errno = ENETDOWN; /* lwIP has no errno for ERR_IF */
    } else if (result < 0 && errno == EHOSTUNREACH && network_is_down()) {
        errno = ENETDOWN;
    }
    if (t == NULL) {
        return result;
    }
    if (t->conn != NULL) {
        LOCK_TCPIP_CORE();
        t->conn = NULL;
        if (t->cut != NULL) {
            t->cut->send_timeout = t->cut_timeout;
            t->cut = NULL;
        }
        UNLOCK_TCPIP_CORE();
    }
    /* A send that was cut short tells its count: the flag stays, and ends the next call. */
    if (t->hit && (result < 0 || result == idle)) {
        ps_consume(t);
        errno = EINTR;
        result = -1;
    }
    t->inside = false;
    if (result < 0) {
        int saved = errno;

        ps_port_checkpoint();
        errno = saved;
    } else {
        ps_port_checkpoint();
    }
    return result;
}
