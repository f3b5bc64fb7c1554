/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket calls of the lwIP targets: one thin wrapper each. How and why is told in ps.h. */
#include <sys/socket.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <unistd.h>
#include "lwip/api.h"
#include "lwip/inet.h"
#include "lwip/priv/sockets_priv.h"
#include "lwip/sys.h"
#include "lwip/udp.h"
#include "ps_internal.h"

/* One slice of an endless select or poll: only finite waits can be interrupted. */
#define SLICE_MS 3600000

/* Stands for "no send timeout" (24.8 days): lwIP wants one set before a kick can shorten it. */
#define NO_SEND_TIMEOUT INT32_MAX

static bool is_socket(int fd)
{
    return fd >= LWIP_SOCKET_OFFSET;
}

static struct netconn *netconn_of(int fd)
{
    struct lwip_sock *sock = lwip_socket_dbg_get_socket(fd);

    return sock != NULL ? sock->conn : NULL;
}

static bool is_stream(const struct netconn *conn)
{
    return conn != NULL && NETCONNTYPE_GROUP(conn->type) == NETCONN_TCP;
}

static void consume(struct ps_thread *t)
{
    t->hit = false;
    t->interrupt = false;
    ps_port_unwake(t);
}

/* Begins a call; false (EINTR) when it would block and an interrupt is due. */
static bool enter(int fd, bool blocks)
{
    struct ps_thread *t = ps_port_thread();

    if (t == NULL) {
        return true;
    }
    t->inside = true;
    ps_port_checkpoint();
    t->hit = false;
    if (blocks && t->interrupt) {
        consume(t);
        t->inside = false;
        errno = EINTR;
        return false;
    }
    t->conn = blocks ? netconn_of(fd) : NULL;
    return true;
}

/* Ends a call that returned `result`; `idle` is what it returns when a wait ran out. */
static ssize_t leave(ssize_t result, ssize_t idle)
{
    struct ps_thread *t = ps_port_thread();

    if (result < 0 && errno == -1) {
        errno = ENETDOWN; /* lwIP has no errno for ERR_IF */
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
    if (t->hit && (result < 0 || result == idle)) {
        consume(t);
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

static void adopt(int fd)
{
    struct netconn *conn = netconn_of(fd);

    if (is_stream(conn)) {
        conn->send_timeout = NO_SEND_TIMEOUT;
    }
    ps_owner_set(fd, ps_port_owner());
}

int ps_socket(int domain, int type, int protocol)
{
    int fd;

    ps_port_start();
    if (!enter(-1, false)) {
        return -1;
    }
    errno = 0;
    fd = lwip_socket(domain, type, protocol);
    if (fd >= 0) {
        adopt(fd);
    } else if (errno == 0) {
        errno = ENFILE;
    }
    return (int)leave(fd, -1);
}

int ps_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_storage local;
    socklen_t local_length = sizeof local;
    int result = -1;

    if (!enter(fd, false)) {
        return -1;
    }
    /* Twice would put the pcb on lwIP's list twice and make it walk for ever. */
    if (is_stream(netconn_of(fd)) &&
        lwip_getsockname(fd, (struct sockaddr *)&local, &local_length) == 0 &&
        ((struct sockaddr_in *)&local)->sin_port != 0) {
        errno = EINVAL;
    } else if (address == NULL) {
        errno = EFAULT;
    } else {
        result = lwip_bind(fd, address, length);
    }
    return (int)leave(result, -1);
}

int ps_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    if (address == NULL) {
        errno = EFAULT;
        return -1;
    }
    if (!enter(fd, true)) {
        return -1;
    }
    return (int)leave(lwip_connect(fd, address, length), -1);
}

int ps_listen(int fd, int backlog)
{
    if (!enter(fd, false)) {
        return -1;
    }
    if (backlog < 0 || backlog > SOMAXCONN) {
        backlog = SOMAXCONN; /* Linux reads it as unsigned and clamps it, too */
    }
    return (int)leave(lwip_listen(fd, backlog), -1);
}

int ps_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    int result;

    if (!enter(fd, true)) {
        return -1;
    }
    result = lwip_accept(fd, address, length);
    if (result >= 0) {
        adopt(result);
    }
    return (int)leave(result, -1);
}

int ps_shutdown(int fd, int how)
{
    if (!enter(fd, true)) {
        return -1;
    }
    return (int)leave(lwip_shutdown(fd, how), -1);
}

ssize_t ps_send(int fd, const void *data, size_t length, int flags)
{
    if (!enter(fd, true)) {
        return -1;
    }
    return leave(lwip_send(fd, data, length, flags), -1);
}

ssize_t ps_sendto(int fd, const void *data, size_t length, int flags,
                  const struct sockaddr *address, socklen_t address_length)
{
    if (!enter(fd, true)) {
        return -1;
    }
    return leave(lwip_sendto(fd, data, length, flags, address, address_length), -1);
}

ssize_t ps_sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (!enter(fd, true)) {
        return -1;
    }
    return leave(lwip_sendmsg(fd, message, flags), -1);
}

/* The second and later calls after the end of stream: lwIP fails them with ENOTCONN. */
ssize_t ps_recv(int fd, void *data, size_t length, int flags)
{
    return ps_recvfrom(fd, data, length, flags, NULL, NULL);
}

ssize_t ps_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *address,
                    socklen_t *address_length)
{
    if (!enter(fd, true)) {
        return -1;
    }
    return leave(lwip_recvfrom(fd, data, length, flags, address, address_length), -1);
}

ssize_t ps_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (!enter(fd, true)) {
        return -1;
    }
    return leave(lwip_recvmsg(fd, message, flags), -1);
}

/* A connected UDP socket tells the address that its datagrams leave from, as POSIX wants it; lwIP
 * keeps 0.0.0.0 there and chooses anew for each. */
static void tell_source(const struct netconn *conn, struct sockaddr *address, socklen_t length)
{
    const struct udp_pcb *pcb = conn->pcb.udp;
    const struct netif *netif;

    LOCK_TCPIP_CORE();
    if (pcb != NULL && (pcb->flags & UDP_FLAGS_CONNECTED) != 0 && ip_addr_isany(&pcb->local_ip) &&
        length >= sizeof(struct sockaddr_in)) {
        netif = ip_route(&pcb->local_ip, &pcb->remote_ip);
        if (netif != NULL) {
            inet_addr_from_ip4addr(&((struct sockaddr_in *)(void *)address)->sin_addr,
                                   netif_ip4_addr(netif));
        }
    }
    UNLOCK_TCPIP_CORE();
}

int ps_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    int result;

    if (!enter(fd, false)) {
        return -1;
    }
    result = lwip_getsockname(fd, address, length);
    if (result == 0 && NETCONNTYPE_GROUP(netconn_of(fd)->type) == NETCONN_UDP) {
        tell_source(netconn_of(fd), address, *length);
    }
    return (int)leave(result, -1);
}

int ps_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    if (!enter(fd, false)) {
        return -1;
    }
    return (int)leave(lwip_getpeername(fd, address, length), -1);
}

static bool is_send_timeout(int fd, int level, int option, socklen_t length)
{
    return level == SOL_SOCKET && option == SO_SNDTIMEO && length >= sizeof(struct timeval) &&
           is_stream(netconn_of(fd));
}

int ps_getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
    int result;

    if (!enter(fd, false)) {
        return -1;
    }
    result = lwip_getsockopt(fd, level, option, value, length);
    if (result == 0 && is_send_timeout(fd, level, option, *length) &&
        netconn_of(fd)->send_timeout == NO_SEND_TIMEOUT) {
        memset(value, 0, sizeof(struct timeval));
    }
    return (int)leave(result, -1);
}

int ps_setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
    int result;

    if (!enter(fd, false)) {
        return -1;
    }
    result = lwip_setsockopt(fd, level, option, value, length);
    if (result == 0 && is_send_timeout(fd, level, option, length) &&
        netconn_of(fd)->send_timeout == 0) {
        netconn_of(fd)->send_timeout = NO_SEND_TIMEOUT;
    }
    return (int)leave(result, -1);
}

int ps_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int result;

    for (nfds_t i = 0; i < count; i++) {
        if (fds[i].fd >= 0 && !is_socket(fds[i].fd)) {
            return ps_libc_poll(fds, count, timeout_ms);
        }
    }
    if (!enter(-1, true)) {
        return -1;
    }
    do {
        result = lwip_poll(fds, count, timeout_ms < 0 ? SLICE_MS : timeout_ms);
    } while (result == 0 && timeout_ms < 0 && !ps_was_hit());
    return (int)leave(result, 0);
}

/* Descriptors that are no sockets are not looked at. */
int ps_select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
              struct timeval *timeout)
{
    fd_set *const sets[] = {readfds, writefds, exceptfds};
    fd_set asked[3];
    struct timeval slice = {.tv_sec = SLICE_MS / 1000};
    int result;

    if (!enter(-1, true)) {
        return -1;
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
    return (int)leave(result, 0);
}

int ps_close_socket(int fd)
{
    struct netconn *conn = netconn_of(fd);

    if (is_stream(conn) && conn->send_timeout == NO_SEND_TIMEOUT) {
        conn->send_timeout = 0; /* else it bounds the wait for memory for the FIN */
    }
    return lwip_close(fd);
}

int ps_close(int fd)
{
    struct netconn *conn;
    const void *owner;
    int result;

    if (!is_socket(fd)) {
        return ps_libc_close(fd);
    }
    (void)enter(-1, false);
    conn = netconn_of(fd);
    if (conn != NULL && ps_port_thread() != NULL) {
        ps_port_thread()->conn = conn; /* a close with linger can be cut short, not refused */
    }
    owner = ps_owner_set(fd, NULL);
    result = ps_close_socket(fd);
    if (result != 0 && conn != NULL) {
        ps_owner_set(fd, owner);
    }
    return (int)leave(result, -1);
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
    if (!enter(fd, false)) {
        return -1;
    }
    return (int)leave(lwip_fcntl(fd, command, (int)value), -1);
}
