/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sizes of lwIP on lm3s6965evb: 64 KB of RAM in all, for a listener, four connections with every
 * window backed and two UDP sockets, all at once (tests/system/test_board_frames.py). Bytes are
 * those of a 32-bit target; `make size` shows what they come to.
 */
#ifndef PORTSIDE_LWIPOPTS_LM3S6965EVB_H
#define PORTSIDE_LWIPOPTS_LM3S6965EVB_H

/* IPv6 is left out; make OPTS="LWIP_IPV6=1" builds it in, and has three connections then instead of
 * four (README.md tells the rest that it costs). */
#ifndef LWIP_IPV6
#define LWIP_IPV6 0
#endif

#define MEM_ALIGNMENT 4
/* The MAC puts a frame's length, two bytes, before it: IP headers are aligned. */
#define ETH_PAD_SIZE 2

/* Descriptors above stdio and files. A socket costs 120 B, and its mailboxes 36 B of the heap. Out
 * of them: socket() fails with ENFILE, accept() with ECONNABORTED after its client was reset. */
#define LWIP_SOCKET_OFFSET 16
#define MEMP_NUM_NETCONN 8
#define PS_FD_SETSIZE 32
/* 40 B each: two for programs, DHCP's and the resolver's. Out of them: socket() fails. */
#define MEMP_NUM_UDP_PCB 4
/* 28 B each: one ping at a time. Out of them: socket() fails. */
#define MEMP_NUM_RAW_PCB 1
/* 164 B each, and PS_QUOTA buffers. Out of them: who is in TIME_WAIT, LAST_ACK or CLOSING goes;
 * else clients wait in connect() until somebody leaves. */
#if !LWIP_IPV6
#define MEMP_NUM_TCP_PCB 4
#else
#define MEMP_NUM_TCP_PCB 3
#endif
/* 32 B each. Out of them: listen() fails with ENOMEM. */
#define MEMP_NUM_TCP_PCB_LISTEN 2
/* 16 B each: datagrams in mailboxes, of all sockets. Out of them: a datagram is dropped. */
#define MEMP_NUM_NETBUF 8

/* lwIP's heap is a part of the programs' (port/cortex-m/heap.h; BOARD_HEAP_NETWORK of board.h). It
 * holds stacks of threads and mailboxes, 2.2 KB, and what is to be sent: 1544 B a full segment. Out
 * of it: send() waits, sendto() fails with ENOMEM; ACK and ARP still go out. */
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC heap_network_malloc
#define MEM_CUSTOM_FREE heap_free
#define MEM_CUSTOM_CALLOC calloc /* wanted, but not called while statistics are kept */

/* Receive buffers, 524 B each with their headers: a full frame takes three, a short one wastes less
 * than one of 1516 bytes would. 37 of them take 19.4 KB: the quotas of four connections, a frame,
 * a datagram in two fragments and the reserve (asserted in port/common/ps_admit.c). */
#define PBUF_POOL_BUFSIZE 508
#if !LWIP_IPV6
#define PBUF_POOL_SIZE 37
#else
#define PBUF_POOL_SIZE 32
#endif
/* Buffers kept for what frees others (ACK, FIN, RST, ARP): two full frames. With fewer free,
 * segments with payload and fragments are dropped and repeated by their sender, UDP is dropped. */
#define PS_RESERVE 6
/* What one connection may pin in any case: a window of full segments. Short ones take more buffers,
 * as do UDP and fragments: all of them share the surplus, what the quotas and the reserve leave. It
 * is 7 buffers while all connections are full, and what is more is dropped, segments are repeated.
 */
#define PS_QUOTA 6
#define PS_QUOTA_WATCH PBUF_POOL_SIZE
/* Buffers of fragments that wait for the rest: a datagram of 1944 bytes at most. Longer ones are
 * dropped and counted (ip_frag.memerr). 32 B for each datagram that waits, 24 B for each fragment
 * that is sent. */
#define IP_REASS_MAX_PBUFS 4
#define MEMP_NUM_REASSDATA 2
#define IP_REASS_MAXAGE 15
#define MEMP_NUM_FRAG_PBUF 8

/* One connection: two full segments each way. A sender with less than TCP_SNDLOWAT of room is not
 * writable for select() and poll(). 16 B a segment to send, or received out of order. */
#define TCP_MSS 1460
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SNDLOWAT TCP_MSS
#define TCP_SND_QUEUELEN 8
#define MEMP_NUM_TCP_SEG 24
#define TCP_OOSEQ_MAX_PBUFS 3

/* Mailboxes, 4 B a slot; every connection that can complete fits the accept mailbox. Full: TCP data
 * waits in lwIP and closes the window, a datagram is dropped and counted. */
#define DEFAULT_TCP_RECVMBOX_SIZE 6
#define DEFAULT_UDP_RECVMBOX_SIZE 4
#define DEFAULT_RAW_RECVMBOX_SIZE 2
#define DEFAULT_ACCEPTMBOX_SIZE 4
/* The resolver's and the timers' messages, 12 B each; calls of sockets need none. */
#define TCPIP_MBOX_SIZE 4
#define MEMP_NUM_TCPIP_MSG_API 2
#define MEMP_NUM_TCPIP_MSG_INPKT 2
/* 16 B each: data that is sent from where it lies (datagrams). Out of them: ENOMEM. */
#define MEMP_NUM_PBUF 8

/* 24 B a neighbour; the one not heard of for longest goes. Six datagrams wait for an answer, 8 B
 * each and their copies; of more the first goes. */
#define ARP_TABLE_SIZE 6
#define ARP_QUEUE_LEN 6
#define MEMP_NUM_ARP_QUEUE 8

/* 16 B a group; out of them: IP_ADD_MEMBERSHIP fails. */
#define MEMP_NUM_IGMP_GROUP 4
/* Of IPv6: a neighbour is 44 B, a destination 48 B (the oldest goes), a group 32 B, and each
 * address of ours takes one. 8 B for each datagram or fragment that waits for a neighbour; of more
 * the first goes. */
#define LWIP_ND6_NUM_NEIGHBORS 4
#define LWIP_ND6_NUM_DESTINATIONS 4
#define LWIP_ND6_NUM_PREFIXES 1
#define LWIP_ND6_NUM_ROUTERS 1
#define MEMP_NUM_ND6_QUEUE 6
#define MEMP_NUM_MLD6_GROUP 6
/* 272 B a name that is asked for or remembered, 308 B a result of getaddrinfo(): two threads that
 * resolve at once get EAI_MEMORY or EAI_FAIL. */
#define DNS_TABLE_SIZE 1
#define MEMP_NUM_NETDB (1 + LWIP_IPV6)

/* Threads of lwIP's: bytes of stack, and priorities of port/cortex-m/kernel.h. This one runs lwIP's
 * timers: 472 B at most were used (tests/system/test_board_stacks.py). */
#define TCPIP_THREAD_NAME "tcpip"
#define TCPIP_THREAD_STACKSIZE 704
#define TCPIP_THREAD_PRIO 5

/* ifconfig has no counters for lo: 232 B. */
#define MIB2_STATS 0

#include "../common.h"

#endif
