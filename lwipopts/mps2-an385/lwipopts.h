/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes of lwIP on mps2-an385: 4 MB of RAM, but a receive FIFO of 10 560 bytes. */
#ifndef PORTSIDE_LWIPOPTS_MPS2_AN385_H
#define PORTSIDE_LWIPOPTS_MPS2_AN385_H

#define MEM_ALIGNMENT 4
/* The LAN9118 puts two bytes before each frame (RX_CFG.RXDOFF): IP headers are aligned. */
#define ETH_PAD_SIZE 2

/* Descriptors above stdio and files. 32 sockets; a netconn costs 150 B with its mailbox. */
#define LWIP_SOCKET_OFFSET 16
#define MEMP_NUM_NETCONN 32
#define PS_FD_SETSIZE 64
#define MEMP_NUM_UDP_PCB 10
/* Raw sockets: one for each ping. */
#define MEMP_NUM_RAW_PCB 4
/* Out of TCP pcbs (170 B): the oldest TIME_WAIT goes; else clients hang in connect. */
#define MEMP_NUM_TCP_PCB 16
#define MEMP_NUM_TCP_PCB_LISTEN 4
#define MEMP_NUM_NETBUF 64

/* Transmit data and what is copied for ARP: 128 KB; out of it: send() waits, sendto() ENOMEM. */
#define MEM_SIZE (128 * 1024)

/* Receive buffers: one holds a full frame, 1552 B with its header; 1040 take 1.6 MB, so that every
 * connection and every UDP mailbox may be full at once (asserted). */
#define PBUF_POOL_BUFSIZE 1536
#define PBUF_POOL_SIZE 1040
/* Buffers kept for what frees others (ACK, FIN, RST, ARP): see port/common/ps_admit.c. */
#define PS_RESERVE 32
/* What one connection may pin in any case; asserted with the rest against the pool. */
#define PS_QUOTA 12
#define PS_QUOTA_WATCH PBUF_POOL_SIZE
/* Fragments that wait for the rest, hence also the most that a datagram has: 9000 bytes are 7. */
#define IP_REASS_MAX_PBUFS 10
#define MEMP_NUM_REASSDATA 4
#define IP_REASS_MAXAGE 15
#define MEMP_NUM_FRAG_PBUF 32

/* One connection: one window fits the MAC's FIFO, asserted in the driver's glue. */
#define TCP_MSS 1460
#define TCP_WND (6 * TCP_MSS)
#define TCP_SND_BUF (6 * TCP_MSS)
#define TCP_SND_QUEUELEN 32
#define MEMP_NUM_TCP_SEG 256
#define TCP_OOSEQ_MAX_PBUFS 6

/* Mailboxes, 4 B a slot; every connection that can complete fits the accept mailbox. */
#define DEFAULT_TCP_RECVMBOX_SIZE 12
#define DEFAULT_UDP_RECVMBOX_SIZE 8
#define DEFAULT_RAW_RECVMBOX_SIZE 4
#define DEFAULT_ACCEPTMBOX_SIZE 16
#define TCPIP_MBOX_SIZE 16
#define MEMP_NUM_TCPIP_MSG_API 16
#define MEMP_NUM_TCPIP_MSG_INPKT 4

/* Neighbours; a first datagram of 9000 bytes waits whole for the answer. */
#define ARP_TABLE_SIZE 16
#define ARP_QUEUE_LEN 8
#define MEMP_NUM_ARP_QUEUE 24

#define MEMP_NUM_IGMP_GROUP 8
/* IPv6: 25 KB of flash, 3 KB of RAM. A neighbour is 44 B, a destination 48 B (the oldest goes), a
 * group 32 B: each address of ours takes one more. 8 B for each datagram or fragment that waits for
 * a neighbour (with their copies in lwIP's heap); of more the first of that neighbour goes. */
#ifndef LWIP_IPV6
#define LWIP_IPV6 1
#endif
#define LWIP_ND6_NUM_NEIGHBORS 16
#define LWIP_ND6_NUM_DESTINATIONS 16
#define LWIP_ND6_NUM_PREFIXES 3
#define LWIP_ND6_NUM_ROUTERS 2
#define MEMP_NUM_ND6_QUEUE 24
#define MEMP_NUM_MLD6_GROUP 12
#define DNS_TABLE_SIZE 4
/* A result of getaddrinfo() is one for each kind of address. */
#define MEMP_NUM_NETDB 4

/* Threads of lwIP's: bytes of stack, and priorities of port/cortex-m/kernel.h. */
#define TCPIP_THREAD_NAME "tcpip"
#define TCPIP_THREAD_STACKSIZE 2048
#define TCPIP_THREAD_PRIO 5

#include "../common.h"

#endif
