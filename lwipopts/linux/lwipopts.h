/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes of lwIP inside a Linux process: memory is cheap, nothing should run out in a lesson. */
#ifndef PORTSIDE_LWIPOPTS_LINUX_H
#define PORTSIDE_LWIPOPTS_LINUX_H

#define MEM_ALIGNMENT 8
#define ETH_PAD_SIZE 0

/* Descriptors: clear of the kernel's. 3072 sockets, 200 B each; out of them: ENFILE. */
#define LWIP_SOCKET_OFFSET 1024
#define MEMP_NUM_NETCONN 3072
#define PS_FD_SETSIZE 4096
#define MEMP_NUM_UDP_PCB 2048
/* Raw sockets. */
#define MEMP_NUM_RAW_PCB 16
#define MEMP_NUM_TCP_PCB 1024
#define MEMP_NUM_TCP_PCB_LISTEN 512
#define MEMP_NUM_NETBUF 4096

/* Transmit data comes from malloc(): bounded by TCP_SND_BUF a connection. */
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 0

/* Receive buffers: one holds a full frame. 8192 take 13 MB. */
#define PBUF_POOL_BUFSIZE 1568
#define PBUF_POOL_SIZE 8192
/* Buffers kept for what frees others (ACK, FIN, RST, ARP): see port/common/ps_admit.c. */
#define PS_RESERVE 256
/* The most that one connection pins: a window of full segments, and as many short ones. */
#define PS_QUOTA 128
/* 1024 connections at their quota would need 200 MB: it is enforced once half the pool is gone. */
#define PS_QUOTA_WATCH (PBUF_POOL_SIZE / 2)
/* Fragments that wait for the rest: 11 of the largest datagrams, 65507 bytes in 45 fragments. */
#define IP_REASS_MAX_PBUFS 512
#define MEMP_NUM_REASSDATA 64
#define IP_REASS_MAXAGE 15
#define MEMP_NUM_FRAG_PBUF 512

/* One connection: a window of 44 segments each way without window scaling. */
#define TCP_MSS 1460
#define TCP_WND (44 * TCP_MSS)
#define TCP_SND_BUF (44 * TCP_MSS)
#define TCP_SND_QUEUELEN 256
#define MEMP_NUM_TCP_SEG 16384
#define TCP_OOSEQ_MAX_PBUFS 64

/* Mailboxes; the accept mailbox bounds listen(): SOMAXCONN. */
#define DEFAULT_TCP_RECVMBOX_SIZE 128
#define DEFAULT_UDP_RECVMBOX_SIZE 256
/* Bytes that one UDP socket may hold unread (SO_RCVBUF), else one silent reader takes the pool. */
#define RECV_BUFSIZE_DEFAULT (1024 * 1024)
#define DEFAULT_RAW_RECVMBOX_SIZE 16
#define DEFAULT_ACCEPTMBOX_SIZE 128
#define TCPIP_MBOX_SIZE 128
#define MEMP_NUM_TCPIP_MSG_API 64
#define MEMP_NUM_TCPIP_MSG_INPKT 16

/* Neighbours; a first datagram of 65507 bytes waits whole for the answer. */
#define ARP_TABLE_SIZE 64
#define ARP_QUEUE_LEN 64
#define MEMP_NUM_ARP_QUEUE 512

#define MEMP_NUM_IGMP_GROUP 64
/* IPv6: 64 neighbours and destinations; the queue is as ARP's. */
#ifndef LWIP_IPV6
#define LWIP_IPV6 1
#endif
#define LWIP_ND6_NUM_NEIGHBORS 64
#define LWIP_ND6_NUM_DESTINATIONS 64
#define LWIP_ND6_NUM_PREFIXES 5
#define LWIP_ND6_NUM_ROUTERS 3
#define MEMP_NUM_ND6_QUEUE 512
#define MEMP_NUM_MLD6_GROUP 64
/* A fragment's book-keeping does not fit into its header with pointers of 64 bits. */
#define IPV6_FRAG_COPYHEADER 1
#define DNS_TABLE_SIZE 16
#define MEMP_NUM_NETDB 16
#define LWIP_CHKSUM_ALGORITHM 3
#define LWIP_CHECKSUM_ON_COPY 1

#define TCPIP_THREAD_NAME "tcpip"
#define TCPIP_THREAD_STACKSIZE 0
#define TCPIP_THREAD_PRIO 0

#include "../common.h"

#endif
