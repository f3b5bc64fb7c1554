/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of the interfaces: lwIP's own depend on the order in which drivers were added. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include "lwip/netif.h"
#include "ps_netif.h"

/* lwIP adds its loopback interface first, then the port adds the one that it has. */
static const char *const names[] = {"lo", PS_NETIF_NAME};

_Static_assert(sizeof names / sizeof names[0] == PS_NETIF_INDEX, "the last one is the port's");

unsigned ps_if_nametoindex(const char *name)
{
    for (unsigned i = 0; i < LWIP_ARRAYSIZE(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return i + 1;
        }
    }
    return 0;
}

char *ps_if_indextoname(unsigned index, char *name)
{
    if (index == 0 || index > LWIP_ARRAYSIZE(names)) {
        errno = ENXIO;
        return NULL;
    }
    return memcpy(name, names[index - 1], strlen(names[index - 1]) + 1);
}
