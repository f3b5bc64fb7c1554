/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of the one network interface, from text. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "ps_lease.h"
#include "ps_netif.h"

#define DHCP_STEP_MS 10
_Static_assert(PS_DHCP_MS == 20000, "as the message says");

bool ps_parse_ipv4(const char *text, ip4_addr_t *address)
{
    unsigned dots = 0;

    for (const char *c = text; *c != '\0'; c++) {
        dots += *c == '.';
        if (*c != '.' && (*c < '0' || *c > '9')) {
            return false;
        }
    }
    return dots == 3 && ip4addr_aton(text, address) != 0;
}

/* Neither multicast, nor loopback, nor the network's own or its broadcast address. */
static bool is_for_a_host(u32_t address, u32_t mask)
{
    u32_t host = address & ~mask;

    return address >> 24 != 0 && address >> 24 != IP_LOOPBACKNET && address >> 28 < 14 &&
           (~mask <= 1 || (host != 0 && host != ~mask));
}

bool ps_parse_cidr(const char *text, ip4_addr_t *address, ip4_addr_t *mask)
{
    char dotted[IP4ADDR_STRLEN_MAX];
    const char *slash = strchr(text, '/');
    char *end;
    long bits;

    if (slash == NULL || (size_t)(slash - text) >= sizeof dotted || slash[1] < '0' ||
        slash[1] > '9') {
        return false;
    }
    memcpy(dotted, text, (size_t)(slash - text));
    dotted[slash - text] = '\0';
    bits = strtol(slash + 1, &end, 10);
    if (*end != '\0' || bits < 1 || bits > 32 || !ps_parse_ipv4(dotted, address)) {
        return false;
    }
    ip4_addr_set_u32(mask, lwip_htonl(UINT32_MAX << (32 - bits)));
    return is_for_a_host(lwip_ntohl(address->addr), lwip_ntohl(mask->addr));
}

static const char *wait_for_lease(struct netif *netif, bool (*give_up)(void))
{
    u32_t start = sys_now();
    bool leased;

    port_diagnostic("portside: asking for an address by DHCP\n");
    LOCK_TCPIP_CORE();
    netif_set_default(netif);
    leased = ps_lease_ask(netif) != ERR_OK;
    UNLOCK_TCPIP_CORE();
    if (leased) {
        return "dhcp: out of memory";
    }
    do {
        if (sys_now() - start >= PS_DHCP_MS) {
            return "no DHCP server answered within 20 s";
        }
        if (give_up()) {
            return "dhcp: interrupted";
        }
        sys_msleep(DHCP_STEP_MS);
        LOCK_TCPIP_CORE();
        leased = dhcp_supplied_address(netif) != 0;
        UNLOCK_TCPIP_CORE();
    } while (!leased);
    return NULL;
}

void ps_set_name_server(const ip4_addr_t *gateway)
{
    ip_addr_t server;

    ip_addr_copy_from_ip4(server, *gateway);
    dns_setserver(0, &server);
    for (u8_t i = 1; i < DNS_MAX_SERVERS; i++) {
        dns_setserver(i, NULL);
    }
}

const char *ps_netif_configure(struct netif *netif, const char *address, const char *gateway,
                               bool (*give_up)(void))
{
    ip4_addr_t ip, mask, gw;

    LOCK_TCPIP_CORE();
    ps_lease_watch(netif);
    UNLOCK_TCPIP_CORE();
    if (strcmp(address, "dhcp") == 0) {
        return wait_for_lease(netif, give_up);
    }
    if (!ps_parse_cidr(address, &ip, &mask)) {
        return "the address is not ADDRESS/LENGTH or dhcp";
    }
    if (!ps_parse_ipv4(gateway, &gw)) {
        return "the gateway is not an IPv4 address";
    }
    if (ip4_addr_eq(&ip, &gw)) {
        return "the address is the gateway's";
    }
    LOCK_TCPIP_CORE();
    netif_set_addr(netif, &ip, &mask, &gw);
    netif_set_default(netif);
    netif_set_up(netif);
    ps_set_name_server(&gw);
    UNLOCK_TCPIP_CORE();
    return NULL;
}
