/* SPDX-License-Identifier: BSD-3-Clause */
/* <arpa/inet.h> of the lwIP targets: byte order and text forms of addresses, by lwIP. */
#ifndef PORTSIDE_ARPA_INET_H
#define PORTSIDE_ARPA_INET_H

#include <netinet/in.h>
#include "lwip/inet.h"

#define inet_ntop lwip_inet_ntop
#define inet_pton lwip_inet_pton

#endif
