/* SPDX-License-Identifier: BSD-3-Clause */
/* <netdb.h> of the lwIP targets: getaddrinfo over lwIP's resolver. */
#ifndef PORTSIDE_NETDB_H
#define PORTSIDE_NETDB_H

#include <sys/socket.h>
#include "lwip/netdb.h"

/* What lwIP's netdb.h lacks of POSIX; ps_getaddrinfo() returns EAI_SYSTEM with errno EINTR for an
 * interrupted query. */
#define EAI_AGAIN 205
#define EAI_SYSTEM 206

#define getaddrinfo ps_getaddrinfo
#define freeaddrinfo lwip_freeaddrinfo
#define gai_strerror ps_gai_strerror

int ps_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result);
const char *ps_gai_strerror(int code);

#endif
