/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of IPv6 of the one network interface. A link-local one is there at once, and what
 * routers advertise is added as it comes (RFC 4862); one more may be given. lwIP knows networks of
 * 64 bits only.
 */
#include <arpa/inet.h>
#include <string.h>
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "ps_netif.h"

#if LWIP_IPV6

#define LENGTH "/64"
#define LINK_LOCAL_SLOT 0
#define GIVEN_SLOT 1
#define STEP_MS 10

static bool parse(const char *text, ip6_addr_t *address)
{
    const char *slash = strchr(text, '/');
    char ip[INET6_ADDRSTRLEN];
    struct in6_addr parsed;

    if (slash == NULL || strcmp(slash, LENGTH) != 0 || (size_t)(slash - text) >= sizeof ip) {
        return false;
    }
    memcpy(ip, text, (size_t)(slash - text));
    ip[slash - text] = '\0';
    if (inet_pton(AF_INET6, ip, &parsed) != 1 || IN6_IS_ADDR_MULTICAST(&parsed) ||
        IN6_IS_ADDR_LINKLOCAL(&parsed) || IN6_IS_ADDR_V4MAPPED(&parsed) ||
        IN6_IS_ADDR_UNSPECIFIED(&parsed) || IN6_IS_ADDR_LOOPBACK(&parsed)) {
        return false;
    }
    inet6_addr_to_ip6addr(address, &parsed);
    return true;
}

bool ps_is_netif_address6(const char *text)
{
    ip6_addr_t address;

    return strcmp(text, "auto") == 0 || strcmp(text, "off") == 0 || parse(text, &address);
}

static bool is_advertised(struct netif *netif)
{
    bool found = false;

    LOCK_TCPIP_CORE();
    for (s8_t i = GIVEN_SLOT; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        found |= ip6_addr_ispreferred(netif_ip6_addr_state(netif, i)) != 0;
    }
    UNLOCK_TCPIP_CORE();
    return found;
}

static const char *wait_for_router(struct netif *netif, bool (*give_up)(void))
{
    u32_t start = sys_now();

    while (!is_advertised(netif)) {
        if (sys_now() - start >= PS_ROUTER_MS) {
            return "no router told the network's IPv6 prefix";
        }
        if (give_up()) {
            return "interrupted while waiting for an IPv6 router";
        }
        sys_msleep(STEP_MS);
    }
    return NULL;
}

const char *ps_netif_configure6(struct netif *netif, const char *address, bool (*give_up)(void))
{
    bool waits = strcmp(address, "auto") == 0, given = address[0] != '\0' && !waits;
    ip6_addr_t ip;

    if (strcmp(address, "off") == 0) {
        LOCK_TCPIP_CORE();
        netif_set_ip6_autoconfig_enabled(netif, 0);
        UNLOCK_TCPIP_CORE();
        return NULL;
    }
    if (given && !parse(address, &ip)) {
        return "the IPv6 address is not ADDRESS/64, auto or off";
    }
    LOCK_TCPIP_CORE();
    LWIP_ASSERT("the port's interface is the second", netif_get_index(netif) == PS_NETIF_INDEX);
    netif_create_ip6_linklocal_address(netif, 1);
    if (given) {
        netif_ip6_addr_set(netif, GIVEN_SLOT, &ip);
        netif_ip6_addr_set_state(netif, GIVEN_SLOT, IP6_ADDR_PREFERRED);
    }
    UNLOCK_TCPIP_CORE();
    return waits ? wait_for_router(netif, give_up) : NULL;
}

#else

bool ps_is_netif_address6(const char *text)
{
    (void)text;
    return false;
}

const char *ps_netif_configure6(struct netif *netif, const char *address, bool (*give_up)(void))
{
    (void)netif;
    (void)give_up;
    return address[0] != '\0' ? "this build has no IPv6" : NULL;
}

#endif
