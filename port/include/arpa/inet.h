/* SPDX-License-Identifier: BSD-3-Clause */
/* <arpa/inet.h> of the lwIP targets: byte order by lwIP; text forms of addresses as POSIX wants
 * them (lwIP's take "12345::" and "::1 and more" for addresses, and write capitals). */
#ifndef PORTSIDE_ARPA_INET_H
#define PORTSIDE_ARPA_INET_H

#include <netinet/in.h>
#include "lwip/inet.h"

#define inet_ntop ps_inet_ntop
#define inet_pton ps_inet_pton

/* Without IPv6 in the build both fail for AF_INET6 with EAFNOSUPPORT. Any thread. */
const char *ps_inet_ntop(int family, const void *address, char *text, socklen_t size);
int ps_inet_pton(int family, const char *text, void *address);

#endif
