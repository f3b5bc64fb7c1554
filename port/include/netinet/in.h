/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <netinet/in.h> of the lwIP targets: lwIP declares most of it with its sockets. Where it was built
 * without IPv6 the types and constants are here, so that programs compile; socket() and inet_pton()
 * then refuse AF_INET6 with EAFNOSUPPORT.
 */
#ifndef PORTSIDE_NETINET_IN_H
#define PORTSIDE_NETINET_IN_H

#include <sys/socket.h>
#include "lwip/inet.h"

#if !LWIP_IPV6
#define INET6_ADDRSTRLEN 46

struct sockaddr_in6 {
    u8_t sin6_len;
    sa_family_t sin6_family;
    in_port_t sin6_port;
    u32_t sin6_flowinfo;
    struct in6_addr sin6_addr;
    u32_t sin6_scope_id;
};

#define IPPROTO_IPV6 41
#define IPPROTO_ICMPV6 58
#define IPV6_V6ONLY 27
#define IPV6_JOIN_GROUP 12
#define IPV6_LEAVE_GROUP 13

struct ipv6_mreq {
    struct in6_addr ipv6mr_multiaddr;
    unsigned int ipv6mr_interface;
};
#endif

/* lwIP's take an address of its own kind. */
#undef IN6_IS_ADDR_UNSPECIFIED
#undef IN6_IS_ADDR_LOOPBACK
#undef IN6_IS_ADDR_MULTICAST
#undef IN6_IS_ADDR_LINKLOCAL
#undef IN6_IS_ADDR_SITELOCAL
#undef IN6_IS_ADDR_V4MAPPED
#undef IN6_IS_ADDR_V4COMPAT
#undef IN6_IS_ADDR_MC_NODELOCAL
#undef IN6_IS_ADDR_MC_LINKLOCAL
#undef IN6_IS_ADDR_MC_SITELOCAL
#undef IN6_IS_ADDR_MC_ORGLOCAL
#undef IN6_IS_ADDR_MC_GLOBAL

#define IN6_IS_ADDR_UNSPECIFIED(a) ps_in6_is_small(a, 0, 0)
#define IN6_IS_ADDR_LOOPBACK(a) ps_in6_is_small(a, 1, 1)
#define IN6_IS_ADDR_MULTICAST(a) ((a)->s6_addr[0] == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(a) ((a)->s6_addr[0] == 0xfe && ((a)->s6_addr[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_SITELOCAL(a) ((a)->s6_addr[0] == 0xfe && ((a)->s6_addr[1] & 0xc0) == 0xc0)
#define IN6_IS_ADDR_V4MAPPED(a) ps_in6_has_prefix96(a, 0xffff)
#define IN6_IS_ADDR_V4COMPAT(a) (ps_in6_has_prefix96(a, 0) && !ps_in6_is_small(a, 0, 1))
#define IN6_IS_ADDR_MC_NODELOCAL(a) PS_IN6_IS_MC(a, 1)
#define IN6_IS_ADDR_MC_LINKLOCAL(a) PS_IN6_IS_MC(a, 2)
#define IN6_IS_ADDR_MC_SITELOCAL(a) PS_IN6_IS_MC(a, 5)
#define IN6_IS_ADDR_MC_ORGLOCAL(a) PS_IN6_IS_MC(a, 8)
#define IN6_IS_ADDR_MC_GLOBAL(a) PS_IN6_IS_MC(a, 14)
#define PS_IN6_IS_MC(a, scope) (IN6_IS_ADDR_MULTICAST(a) && ((a)->s6_addr[1] & 0x0f) == (scope))

/* Whether the address is a number from least to most. */
static inline int ps_in6_is_small(const struct in6_addr *a, u32_t least, u32_t most)
{
    u32_t last = lwip_ntohl(a->un.u32_addr[3]);

    return (a->un.u32_addr[0] | a->un.u32_addr[1] | a->un.u32_addr[2]) == 0 && last >= least &&
           last <= most;
}

/* Whether it is ::PREFIX:x:x, PREFIX being 16 or 32 bits. */
static inline int ps_in6_has_prefix96(const struct in6_addr *a, u32_t prefix)
{
    return (a->un.u32_addr[0] | a->un.u32_addr[1]) == 0 && a->un.u32_addr[2] == lwip_htonl(prefix);
}

#endif
