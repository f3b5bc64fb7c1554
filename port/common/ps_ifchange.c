/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes of a network interface while programs use it.
 *
 * Theory of operation: "down" stops frames both ways and leaves the address where it is: what is
 * sent meanwhile fails, connections go on trying until their timeouts, and "up" announces the
 * address and asks the DHCP server, if there is one, whether it still holds. Another address ends
 * what was bound to the old one: lwIP resets such connections (the program gets ECONNABORTED);
 * listeners and datagram sockets bound to it move to the new one. "dhcp" keeps the address until
 * there is a lease; a static address gives the lease back first.
 */
#include "ps_ifchange.h"
#include <string.h>
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/dhcp.h"
#include "lwip/tcpip.h"
#include "ps_ifconfig.h"
#include "ps_lease.h"
#include "ps_netif.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2

/* Connections that lwIP resets when the interface gets another address. Core lock held. */
static unsigned count_bound(const ip4_addr_t *old)
{
    unsigned count = 0;

    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        count += IP_IS_V4_VAL(pcb->local_ip) && ip4_addr_eq(ip_2_ip4(&pcb->local_ip), old);
    }
    return count;
}

static int bring_up(struct netif *netif)
{
    LOCK_TCPIP_CORE();
    if (!netif_is_up(netif)) {
        netif_set_up(netif);
        dhcp_network_changed_link_up(netif); /* also asks when the link never went down */
    }
    UNLOCK_TCPIP_CORE();
    return 0;
}

static int take_down(struct netif *netif)
{
    LOCK_TCPIP_CORE();
    netif_set_down(netif);
    UNLOCK_TCPIP_CORE();
    return 0;
}

static int ask_for_lease(struct ps_out *out, struct netif *netif, const char *program)
{
    err_t err;

    LOCK_TCPIP_CORE();
    err = ps_lease_ask(netif);
    UNLOCK_TCPIP_CORE();
    if (err != ERR_OK) {
        ps_printf(out, "%s: dhcp: out of memory\n", program);
        return STATUS_FAILED;
    }
    ps_printf(out, "%s: asking by DHCP ...\n", ps_netif_name(netif));
    return 0;
}

static bool is_in_network(const ip4_addr_t *host, const ip4_addr_t *ip, const ip4_addr_t *mask)
{
    return ip4_addr_net_eq(host, ip, mask) && !ip4_addr_eq(host, ip);
}

struct static_address {
    ip4_addr_t ip, mask, gateway;
    bool has_gateway; /* given; else the old one stays where it can */
};

static void set_static(struct ps_out *out, struct netif *netif, struct static_address *new)
{
    unsigned reset = 0;
    bool lost_gateway;

    LOCK_TCPIP_CORE();
    if (!ip4_addr_eq(&new->ip, netif_ip4_addr(netif)) || netif_dhcp_data(netif) != NULL) {
        reset = count_bound(netif_ip4_addr(netif));
    }
    if (!new->has_gateway) {
        new->gateway = *netif_ip4_gw(netif);
    }
    lost_gateway =
        !ip4_addr_isany_val(new->gateway) && !is_in_network(&new->gateway, &new->ip, &new->mask);
    if (lost_gateway) {
        ip4_addr_set_zero(&new->gateway);
    }
    ps_lease_give_up(netif);
    netif_set_addr(netif, &new->ip, &new->mask, &new->gateway);
    netif_set_up(netif);
    if (new->has_gateway) {
        ps_set_name_server(&new->gateway);
    }
    UNLOCK_TCPIP_CORE();
    if (reset > 0) {
        ps_printf(out, "%s: %u connection%s from the old address %s reset\n", ps_netif_name(netif),
                  reset, reset == 1 ? "" : "s", reset == 1 ? "was" : "were");
    }
    if (lost_gateway) {
        ps_printf(out, "%s: no gateway now: the old one is not in this network (gw ADDRESS)\n",
                  ps_netif_name(netif));
    }
}

/* `ADDRESS/LENGTH [gw ADDRESS]` */
static int change_address(struct ps_out *out, struct netif *netif, int argc, char **argv)
{
    struct static_address new = {0};

    if (!ps_parse_cidr(argv[2], &new.ip, &new.mask)) {
        ps_printf(out, "%s: \"%.40s\" is not up, down, dhcp, or a host's ADDRESS/LENGTH\n", argv[0],
                  argv[2]);
        return STATUS_USAGE;
    }
    if (argc > 3) {
        if (argc != 5 || strcmp(argv[3], "gw") != 0) {
            ps_printf(out, "%s: after ADDRESS/LENGTH comes nothing, or gw ADDRESS\n", argv[0]);
            return STATUS_USAGE;
        }
        if (!ps_parse_ipv4(argv[4], &new.gateway)) {
            ps_printf(out, "%s: gw: \"%.40s\" is not an IPv4 address\n", argv[0], argv[4]);
            return STATUS_USAGE;
        }
        if (!is_in_network(&new.gateway, &new.ip, &new.mask)) {
            ps_printf(out, "%s: gw: %s is no other host of the network of %.40s\n", argv[0],
                      argv[4], argv[2]);
            return STATUS_USAGE;
        }
        new.has_gateway = true;
    }
    set_static(out, netif, &new);
    return 0;
}

int ps_ifchange(struct ps_out *out, struct netif *netif, int argc, char **argv)
{
    const char *what = argv[2];
    bool is_state = strcmp(what, "up") == 0 || strcmp(what, "down") == 0;

    if (!is_state && (netif->flags & NETIF_FLAG_ETHARP) == 0) {
        ps_printf(out, "%s: of %s only up and down can be changed\n", argv[0],
                  ps_netif_name(netif));
        return STATUS_USAGE;
    }
    if (!is_state && strcmp(what, "dhcp") != 0) {
        return change_address(out, netif, argc, argv);
    }
    if (argc > 3) {
        ps_printf(out, "%s: after %s comes nothing\n", argv[0], what);
        return STATUS_USAGE;
    }
    return strcmp(what, "up") == 0     ? bring_up(netif)
           : strcmp(what, "down") == 0 ? take_down(netif)
                                       : ask_for_lease(out, netif, argv[0]);
}
