/* SPDX-License-Identifier: BSD-3-Clause */
/* <netinet/tcp.h> of the lwIP targets: TCP_NODELAY and its like are in lwIP's sockets.h. */
#ifndef PORTSIDE_NETINET_TCP_H
#define PORTSIDE_NETINET_TCP_H

#include <sys/socket.h>

#endif
