/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket calls of the lwIP targets: one thin wrapper each. How and why is told in ps.h. */
#include <sys/socket.h>
#include "lwip/api.h"
#include "lwip/inet.h"
#include "lwip/udp.h"
#include "ps_ended.h"
#include "ps_internal.h"
#include "ps_netif.h"

/* What is sent to a group passes no router unless the program says so (RFC 1112, 6.1), and the
 * program's own host hears it, as on Linux; lwIP begins with 255 hops and without the latter. */
static void set_multicast(const struct netconn *conn)
{
    LOCK_TCPIP_CORE();
    if (conn->pcb.udp != NULL) {
        udp_set_multicast_ttl(conn->pcb.udp, 1);
        udp_set_flags(conn->pcb.udp, UDP_FLAGS_MULTICAST_LOOP);
    }
    UNLOCK_TCPIP_CORE();
}

static void adopt(int fd)
{
    struct netconn *conn = ps_netconn_of(fd);

    if (ps_is_stream(conn)) {
        conn->send_timeout = PS_NO_SEND_TIMEOUT;
    } else if (conn != NULL && NETCONNTYPE_GROUP(conn->type) == NETCONN_UDP) {
        set_multicast(conn);
    }
    ps_owner_set(fd, ps_port_owner());
}

int ps_socket(int domain, int type, int protocol)
{
    int before, fd;

    if (domain != AF_INET && !(LWIP_IPV6 && domain == AF_INET6)) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    ps_port_start();
    if (!ps_enter(-1, false)) {
        return -1;
    }
    before = errno;
    errno = 0; /* lwIP does not set it in all cases */
    fd = lwip_socket(domain, type, protocol);
    if (fd >= 0) {
        errno = before;
        adopt(fd);
    } else if (errno == 0) {
        errno = ENFILE;
    }
    return (int)ps_leave(fd, -1);
}

int ps_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_storage local;
    socklen_t local_length = sizeof local;
    int result = -1;

    if (!ps_enter(fd, false)) {
        return -1;
    }
    /* Twice would put the pcb on lwIP's list twice and make it walk for ever. */
    if (ps_is_stream(ps_netconn_of(fd)) &&
        lwip_getsockname(fd, (struct sockaddr *)&local, &local_length) == 0 &&
        ((struct sockaddr_in *)&local)->sin_port != 0) {
        errno = EINVAL;
    } else if (address == NULL) {
        errno = EFAULT;
    } else {
        result = lwip_bind(fd, address, length);
    }
    return (int)ps_leave(result, -1);
}

int ps_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int result;

    if (address == NULL) {
        errno = EFAULT;
        return -1;
    }
    if (!ps_enter(fd, true)) {
        return -1;
    }
    result = lwip_connect(fd, address, length);
    /* lwIP has given up: no SYN was answered. */
    if (result < 0 && errno == ECONNABORTED) {
        errno = ETIMEDOUT;
    }
    return (int)ps_leave(result, -1);
}

int ps_listen(int fd, int backlog)
{
    if (!ps_enter(fd, false)) {
        return -1;
    }
    if (backlog < 0 || backlog > SOMAXCONN) {
        backlog = SOMAXCONN; /* Linux reads it as unsigned and clamps it, too */
    }
    return (int)ps_leave(lwip_listen(fd, backlog), -1);
}

#if LWIP_IPV6
/* A client of IPv4 has an address of IPv6 for a socket of that kind, as for recvfrom() and on
 * Linux; lwIP's accept() tells it as it is. `room` is what the caller has for it. */
static void map_client(int fd, struct sockaddr *address, socklen_t *length, socklen_t room)
{
    const struct sockaddr_in *ipv4 = (const void *)address;
    struct sockaddr_in6 ipv6 = {.sin6_len = sizeof ipv6, .sin6_family = AF_INET6};

    if (address->sa_family != AF_INET || !NETCONNTYPE_ISIPV6(ps_netconn_of(fd)->type)) {
        return;
    }
    ipv6.sin6_port = ipv4->sin_port;
    ipv6.sin6_addr.un.u32_addr[2] = PP_HTONL(0xffff);
    ipv6.sin6_addr.un.u32_addr[3] = ipv4->sin_addr.s_addr;
    *length = LWIP_MIN(room, (socklen_t)sizeof ipv6);
    memcpy(address, &ipv6, *length);
}
#else
static void map_client(int fd, struct sockaddr *address, socklen_t *length, socklen_t room)
{
    (void)fd, (void)address, (void)length, (void)room;
}
#endif

int ps_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    socklen_t room = address != NULL && length != NULL ? *length : 0;
    int result;

    if (!ps_enter(fd, true)) {
        return -1;
    }
    result = lwip_accept(fd, address, length);
    if (result >= 0) {
        adopt(result);
        if (room > 0) {
            map_client(fd, address, length, room);
        }
    } else if (errno == ENOTCONN) {
        errno = ECONNABORTED; /* it was reset while it waited: what POSIX calls it */
    }
    return (int)ps_leave(result, -1);
}

/* Never refused for an interrupt: POSIX knows no EINTR here, and nobody would repeat it. */
int ps_shutdown(int fd, int how)
{
    struct netconn *conn;

    if (!ps_enter(fd, false)) {
        return -1;
    }
    conn = ps_netconn_of(fd);
    if (how == SHUT_WR && ps_is_stream(conn)) {
        LOCK_TCPIP_CORE();
        ps_watch_end(conn);
        UNLOCK_TCPIP_CORE();
    }
    return (int)ps_leave(lwip_shutdown(fd, how), -1);
}

ssize_t ps_send(int fd, const void *data, size_t length, int flags)
{
    if (!ps_enter(fd, true)) {
        return -1;
    }
    return ps_leave(lwip_send(fd, data, length, flags), -1);
}

ssize_t ps_sendto(int fd, const void *data, size_t length, int flags,
                  const struct sockaddr *address, socklen_t address_length)
{
    if (!ps_enter(fd, true)) {
        return -1;
    }
    return ps_leave(lwip_sendto(fd, data, length, flags, address, address_length), -1);
}

ssize_t ps_sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (!ps_enter(fd, true)) {
        return -1;
    }
    return ps_leave(lwip_sendmsg(fd, message, flags & ~MSG_NOSIGNAL), -1);
}

/* The second and later calls after the end of stream: lwIP fails them with ENOTCONN. */
ssize_t ps_recv(int fd, void *data, size_t length, int flags)
{
    return ps_recvfrom(fd, data, length, flags, NULL, NULL);
}

ssize_t ps_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *address,
                    socklen_t *address_length)
{
    if (!ps_enter(fd, true)) {
        return -1;
    }
    return ps_leave(lwip_recvfrom(fd, data, length, flags, address, address_length), -1);
}

ssize_t ps_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (!ps_enter(fd, true)) {
        return -1;
    }
    return ps_leave(lwip_recvmsg(fd, message, flags), -1);
}

/* Writes the address into *address, whose family the socket decided on. */
static void put_source(const ip_addr_t *source, struct sockaddr *address, socklen_t length)
{
    if (source == NULL) {
        return;
    }
#if LWIP_IPV6
    if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)(void *)address;

        if (IP_IS_V4(source)) {
            memset(&ipv6->sin6_addr, 0, sizeof ipv6->sin6_addr);
            ipv6->sin6_addr.un.u32_addr[2] = PP_HTONL(0xffff);
            ipv6->sin6_addr.un.u32_addr[3] = ip_2_ip4(source)->addr;
        } else {
            inet6_addr_from_ip6addr(&ipv6->sin6_addr, ip_2_ip6(source));
            ipv6->sin6_scope_id = ip6_addr_zone(ip_2_ip6(source));
        }
        return;
    }
#endif
    if (IP_IS_V4(source) && length >= sizeof(struct sockaddr_in)) {
        inet_addr_from_ip4addr(&((struct sockaddr_in *)(void *)address)->sin_addr,
                               ip_2_ip4(source));
    }
}

/* A connected UDP socket tells the address that its datagrams leave from, as POSIX wants it; lwIP
 * keeps 0.0.0.0 there and chooses anew for each. */
static void tell_source(const struct netconn *conn, struct sockaddr *address, socklen_t length)
{
    const struct udp_pcb *pcb = conn->pcb.udp;
    struct netif *netif;

    LOCK_TCPIP_CORE();
    if (pcb != NULL && (pcb->flags & UDP_FLAGS_CONNECTED) != 0 && ip_addr_isany(&pcb->local_ip)) {
        netif = ip_route(&pcb->local_ip, &pcb->remote_ip);
        if (netif != NULL) {
            put_source(ip_netif_get_local_ip(netif, &pcb->remote_ip), address, length);
        }
    }
    UNLOCK_TCPIP_CORE();
}

int ps_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    int result;

    if (!ps_enter(fd, false)) {
        return -1;
    }
    result = lwip_getsockname(fd, address, length);
    if (result == 0 && NETCONNTYPE_GROUP(ps_netconn_of(fd)->type) == NETCONN_UDP) {
        tell_source(ps_netconn_of(fd), address, *length);
    }
    return (int)ps_leave(result, -1);
}

int ps_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    if (!ps_enter(fd, false)) {
        return -1;
    }
    return (int)ps_leave(lwip_getpeername(fd, address, length), -1);
}

static bool is_send_timeout(int fd, int level, int option, socklen_t length)
{
    return level == SOL_SOCKET && option == SO_SNDTIMEO && length >= sizeof(struct timeval) &&
           ps_is_stream(ps_netconn_of(fd));
}

int ps_getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
    int result;

    if (!ps_enter(fd, false)) {
        return -1;
    }
    result = lwip_getsockopt(fd, level, option, value, length);
    if (result == 0 && is_send_timeout(fd, level, option, *length) &&
        ps_netconn_of(fd)->send_timeout == PS_NO_SEND_TIMEOUT) {
        memset(value, 0, sizeof(struct timeval));
    }
    return (int)ps_leave(result, -1);
}

#if LWIP_IPV6
/* Interface 0 is the stack's choice; lwIP takes numbers of interfaces only, up to 255. */
static void choose_interface(struct ipv6_mreq *membership)
{
    if (membership->ipv6mr_interface == 0) {
        membership->ipv6mr_interface = PS_NETIF_INDEX;
    } else if (membership->ipv6mr_interface > UINT8_MAX) {
        membership->ipv6mr_interface = UINT8_MAX;
    }
}
#endif

int ps_setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
    int result;
#if LWIP_IPV6
    struct ipv6_mreq membership;
#endif

    if (!ps_enter(fd, false)) {
        return -1;
    }
#if LWIP_IPV6
    if (level == IPPROTO_IPV6 && (option == IPV6_JOIN_GROUP || option == IPV6_LEAVE_GROUP) &&
        value != NULL && length >= sizeof membership) {
        memcpy(&membership, value, sizeof membership);
        choose_interface(&membership);
        value = &membership;
    }
#endif
    result = lwip_setsockopt(fd, level, option, value, length);
    if (result == 0 && is_send_timeout(fd, level, option, length) &&
        ps_netconn_of(fd)->send_timeout == 0) {
        ps_netconn_of(fd)->send_timeout = PS_NO_SEND_TIMEOUT;
    }
    return (int)ps_leave(result, -1);
}
