/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that take any descriptor: a socket's go to lwIP, the others to the C library. */
#include <poll.h>
#include <stdarg.h>
#include "lwip/api.h"
#include "lwip/priv/tcp_priv.h"
#include "ps_internal.h"
#include <unistd.h> /* last: a board's has macros for getopt that lwIP's names would meet */

/* One slice of an endless select or poll: only finite waits can be interrupted. */
#define SLICE_MS 3600000

static bool is_socket(int fd)
{
    return fd >= LWIP_SOCKET_OFFSET;
}

int ps_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int result;

    for (nfds_t i = 0; i < count; i++) {
        if (fds[i].fd >= 0 && !is_socket(fds[i].fd)) {
            return ps_libc_poll(fds, count, timeout_ms);
        }
    }
    if (!ps_enter(-1, true)) {
        return -1;
    }
    do {
        result = lwip_poll(count > 0 ? fds : NULL, count, timeout_ms < 0 ? SLICE_MS : timeout_ms);
    } while (result == 0 && timeout_ms < 0 && !ps_was_hit());
    return (int)ps_leave(result, 0);
}

/* Descriptors that are no sockets are not looked at. */
int ps_select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
              struct timeval *timeout)
{
    fd_set *const sets[] = {readfds, writefds, exceptfds};
    fd_set asked[3];
    struct timeval slice = {.tv_sec = SLICE_MS / 1000};
    struct timeval longest = {.tv_sec = INT32_MAX / 1000}; /* lwIP counts in 32 bits */
    int result;

    if (!ps_enter(-1, true)) {
        return -1;
    }
    if (timeout != NULL && timeout->tv_sec > longest.tv_sec) {
        timeout = &longest;
    }
    for (int i = 0; i < 3; i++) {
        if (sets[i] != NULL) {
            asked[i] = *sets[i];
        }
    }
    for (;;) {
        result = lwip_select(nfds, readfds, writefds, exceptfds, timeout ? timeout : &slice);
        if (result != 0 || timeout != NULL || ps_was_hit()) {
            break;
        }
        for (int i = 0; i < 3; i++) {
            if (sets[i] != NULL) {
                *sets[i] = asked[i];
            }
        }
    }
    return (int)ps_leave(result, 0);
}

/* tcp_close() resets and frees a pcb with unread data at once; lwIP's linger would then wait for
 * it, without end. With the receiving side shut no more data comes in between. */
static void forget_linger_if_unread(struct netconn *conn)
{
    struct tcp_pcb *pcb;

    LOCK_TCPIP_CORE();
    pcb = conn->pcb.tcp;
    if (pcb != NULL && (pcb->state == ESTABLISHED || pcb->state == CLOSE_WAIT)) {
        tcp_set_flags(pcb, TF_RXCLOSED);
        if (pcb->refused_data != NULL || pcb->rcv_wnd != TCP_WND_MAX(pcb)) {
            conn->linger = -1;
        }
    }
    UNLOCK_TCPIP_CORE();
}

/* Linger of no time is how a program resets a connection. lwIP does so only while something is to
 * be sent, and else says good-bye to a peer who may never answer. */
static void reset_if_asked(struct netconn *conn)
{
    struct tcp_pcb *pcb;

    LOCK_TCPIP_CORE();
    pcb = conn->pcb.tcp;
    if (pcb != NULL && conn->linger == 0 && pcb->state != CLOSED && pcb->state != LISTEN) {
        tcp_abort(pcb);
    }
    UNLOCK_TCPIP_CORE();
}

int ps_close_socket(int fd)
{
    struct netconn *conn = ps_netconn_of(fd);

    if (ps_is_stream(conn) && conn->send_timeout == PS_NO_SEND_TIMEOUT) {
        conn->send_timeout = 0; /* else it bounds the wait for memory for the FIN */
    }
    if (ps_is_stream(conn) && conn->linger > 0) {
        forget_linger_if_unread(conn);
    }
    if (ps_is_stream(conn)) {
        reset_if_asked(conn);
    }
    return lwip_close(fd);
}

/* A close with linger that is interrupted resets the connection and fails with EINTR; the
 * descriptor is gone, as on Linux. */
int ps_close(int fd)
{
    struct netconn *conn;
    const void *owner;
    int result;

    if (!is_socket(fd)) {
        return ps_libc_close(fd);
    }
    (void)ps_enter(-1, false);
    conn = ps_netconn_of(fd);
    if (conn != NULL && ps_port_thread() != NULL) {
        ps_port_thread()->conn = conn; /* a close with linger can be cut short, not refused */
    }
    owner = ps_owner_set(fd, NULL);
    result = ps_close_socket(fd);
    if (result != 0 && conn != NULL) {
        ps_owner_set(fd, owner);
    }
    return (int)ps_leave(result, 0);
}

ssize_t ps_read(int fd, void *data, size_t length)
{
    return is_socket(fd) ? ps_recv(fd, data, length, 0) : ps_libc_read(fd, data, length);
}

ssize_t ps_write(int fd, const void *data, size_t length)
{
    return is_socket(fd) ? ps_send(fd, data, length, 0) : ps_libc_write(fd, data, length);
}

int ps_fcntl(int fd, int command, ...)
{
    va_list arguments;
    long value;

    va_start(arguments, command);
    value = va_arg(arguments, long);
    va_end(arguments);
    if (!is_socket(fd)) {
        return ps_libc_fcntl(fd, command, value);
    }
    if (!ps_enter(fd, false)) {
        return -1;
    }
    return (int)ps_leave(lwip_fcntl(fd, command, (int)value), -1);
}
