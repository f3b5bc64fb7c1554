/* SPDX-License-Identifier: BSD-3-Clause */
/* <netinet/in.h> of the lwIP targets: lwIP declares all of it with its sockets. */
#ifndef PORTSIDE_NETINET_IN_H
#define PORTSIDE_NETINET_IN_H

#include <sys/socket.h>

#endif
