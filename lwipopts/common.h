/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's features, the same on every target. A target's lwipopts.h defines its sizes first and
 * includes this file at its end; it must hold macros only, since <sys/select.h> reads it.
 * The figures of bytes are those of a 32-bit target.
 */
#ifndef PORTSIDE_LWIPOPTS_COMMON_H
#define PORTSIDE_LWIPOPTS_COMMON_H

/* --- Threads: one core lock, taken by apps, the receive thread and the timer thread. --- */
#define NO_SYS 0
#define SYS_LIGHTWEIGHT_PROT 1
#define LWIP_TCPIP_CORE_LOCKING 1
/* Received frames are processed by the receive thread: saves a hand-over for each. */
#define LWIP_TCPIP_CORE_LOCKING_INPUT 1
#define LWIP_ASSERT_CORE_LOCKED() sys_assert_core_locked()
#define LWIP_MARK_TCPIP_THREAD() sys_mark_tcpip_thread()
#define LOCK_TCPIP_CORE() sys_lock_core()
#define UNLOCK_TCPIP_CORE() sys_unlock_core()

/* --- Sockets, by the names of port/include. --- */
#define LWIP_NETCONN 1
#define LWIP_SOCKET 1
#define LWIP_COMPAT_SOCKETS 0
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_TIMEVAL_PRIVATE 0
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_NETCONN_SEM_PER_THREAD 1
/* 1 asserts when a listener with un-accepted connections closes (api_msg.c). */
#define LWIP_NETCONN_FULLDUPLEX 0
#define LWIP_SO_RCVTIMEO 1
#define LWIP_SO_SNDTIMEO 1
#define LWIP_SO_RCVBUF 1
#define LWIP_SO_LINGER 1
#define SO_REUSE 1
/* A multicast or broadcast datagram reaches every socket on its port, as on Linux. */
#define SO_REUSE_RXTOALL 1
/* Sending to a broadcast address needs SO_BROADCAST; receiving does not. */
#define IP_SOF_BROADCAST 1
#define IP_SOF_BROADCAST_RECV 0

/* --- Hooks: sequence numbers, receive reserve, interruptible resolver. --- */
#define LWIP_HOOK_FILENAME "arch/lwip_hooks.h"
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS 1
/* As lwIP has them, but that the first random port is never the last of the range: lwIP 2.2.1
 * counts on from that to 0, and connect() fails with ENOBUFS (one start in 16384). */
#define TCP_LOCAL_PORT_RANGE_START 0xc000
#define TCP_LOCAL_PORT_RANGE_END 0xffff
#define TCP_ENSURE_LOCAL_PORT_RANGE(port) \
    ((u16_t)(TCP_LOCAL_PORT_RANGE_START + \
             (port) % (TCP_LOCAL_PORT_RANGE_END - TCP_LOCAL_PORT_RANGE_START)))

/* --- Protocols --- */
#define LWIP_IPV4 1
#define LWIP_ARP 1
/* A first datagram waits for its neighbour's address instead of replacing the one before it. */
#define ARP_QUEUEING 1
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
#define LWIP_ICMP 1
#define LWIP_IGMP 1
#define LWIP_MULTICAST_TX_OPTIONS 1
#define LWIP_UDP 1
#define LWIP_TCP 1
/* For ping. */
#define LWIP_RAW 1
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK 0
/* Leases are counted in seconds, not minutes, and however many there are: lwIP itself cuts them at
 * 65535 ticks, and would give an address up whose server is there. */
#define DHCP_COARSE_TIMER_SECS 1
#define DHCP_TIMEOUT_SIZE_T u32_t
#define DHCP_DEFINE_CUSTOM_TIMEOUTS
#define DHCP_SECONDS(seconds) LWIP_MAX(1, (seconds))
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T0_LEASE(ticks, dhcp) \
    ((ticks) = DHCP_SECONDS((dhcp)->offered_t0_lease))
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T1_RENEW(ticks, dhcp) \
    ((ticks) = DHCP_SECONDS((dhcp)->offered_t1_renew))
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T2_REBIND(ticks, dhcp) \
    ((ticks) = DHCP_SECONDS((dhcp)->offered_t2_rebind))
/* Between two attempts to renew or rebind (RFC 2131, 4.4.5), seconds; of requests, ms. */
#define DHCP_NEXT_TIMEOUT_THRESHOLD 60
#define DHCP_REQUEST_BACKOFF_SEQUENCE(tries) (u16_t)(((tries) < 6 ? 1 << (tries) : 60) * 1000)
/* Tells of addresses that come and go: 4 B an interface. */
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_DNS 1
#define IP_REASSEMBLY 1
#define IP_FRAG 1
#define TCP_LISTEN_BACKLOG 1
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_HOSTNAME 0

/* --- IPv6, where the target's lwipopts.h has LWIP_IPV6 --- */
/* No duplicate address detection (RFC 4862 allows it, 5.1): it would take each program a second or
 * two before its first datagram may go out. As with IPv4, who gives out addresses sees to it that
 * each is there once; link-local ones are made from the MAC, which must be so as well. */
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
/* Link-local, one that was given, two from router advertisements. */
#define LWIP_IPV6_NUM_ADDRESSES 4
#define LWIP_IPV6_FORWARD 0
#define IPV6_REASS_MAXAGE IP_REASS_MAXAGE
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 0
#define LWIP_IPV6_DHCP6 0

/* --- Statistics: the reserve counts free buffers with them, so they are on in every build. --- */
#define LWIP_STATS 1
#define MEM_STATS 1
#define MEMP_STATS 1
#define LINK_STATS 1
#define SYS_STATS 0
#define IGMP_STATS 0 /* nobody shows them: 56 B */
#define LWIP_STATS_LARGE 1
/* Frames and bytes of lo: 44 B an interface, and 144 B. Drivers count by themselves. */
#ifndef MIB2_STATS
#define MIB2_STATS 1
#endif

#endif
