/* SPDX-License-Identifier: BSD-3-Clause */
/* <net/if.h> of the lwIP targets: there are two interfaces, lo and en0. */
#ifndef PORTSIDE_NET_IF_H
#define PORTSIDE_NET_IF_H

#define IF_NAMESIZE 16

#define if_nametoindex ps_if_nametoindex
#define if_indextoname ps_if_indextoname

/* The index of an interface, 0 when there is none of that name. Any thread; the stack need not be
 * up. */
unsigned ps_if_nametoindex(const char *name);

/* Its name, into name[IF_NAMESIZE]; NULL with ENXIO when there is none with that index. As above.
 */
char *ps_if_indextoname(unsigned index, char *name);

#endif
