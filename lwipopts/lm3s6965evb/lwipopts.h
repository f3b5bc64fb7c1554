/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes of lwIP on lm3s6965evb: 64 KB of RAM in all. */
#ifndef PORTSIDE_LWIPOPTS_LM3S6965EVB_H
#define PORTSIDE_LWIPOPTS_LM3S6965EVB_H

#define MEM_ALIGNMENT 4
#define ETH_PAD_SIZE 2

#define LWIP_SOCKET_OFFSET 16
#define MEMP_NUM_NETCONN 8
#define PS_FD_SETSIZE 32
#define MEMP_NUM_UDP_PCB 4
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 2
#define MEMP_NUM_NETBUF 8

#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC heap_network_malloc
#define MEM_CUSTOM_FREE heap_free
#define MEM_CUSTOM_CALLOC calloc /* wanted, but not called while statistics are kept */

#define PBUF_POOL_BUFSIZE 508
#define PBUF_POOL_SIZE 38
#define PS_RESERVE 6
#define PS_QUOTA 6
#define PS_QUOTA_WATCH PBUF_POOL_SIZE
#define IP_REASS_MAX_PBUFS 4
#define MEMP_NUM_REASSDATA 2
#define IP_REASS_MAXAGE 15
#define MEMP_NUM_FRAG_PBUF 8

#define TCP_MSS 1460
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 8
#define TCP_SNDLOWAT TCP_MSS
#define MEMP_NUM_TCP_SEG 24
#define TCP_OOSEQ_MAX_PBUFS 3

#define DEFAULT_TCP_RECVMBOX_SIZE 6
#define DEFAULT_UDP_RECVMBOX_SIZE 4
#define DEFAULT_RAW_RECVMBOX_SIZE 2
#define DEFAULT_ACCEPTMBOX_SIZE 4
#define TCPIP_MBOX_SIZE 4
#define MEMP_NUM_TCPIP_MSG_API 4
#define MEMP_NUM_TCPIP_MSG_INPKT 2

#define ARP_TABLE_SIZE 6
#define ARP_QUEUE_LEN 6
#define MEMP_NUM_ARP_QUEUE 8
#define MEMP_NUM_PBUF 8

#define MEMP_NUM_IGMP_GROUP 4
#define DNS_TABLE_SIZE 1
#define MEMP_NUM_NETDB 1

#define TCPIP_THREAD_NAME "tcpip"
#define TCPIP_THREAD_STACKSIZE 704
#define TCPIP_THREAD_PRIO 5

#include "../common.h"

#endif
