/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of ifconfig: what is known of each interface, a line for each group of facts. What the
 * core lock guards is copied under it and printed then; netifs are never removed.
 */
#include "ps_ifconfig.h"
#include <string.h>
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/prot/dhcp.h"
#include "lwip/stats.h"
#include "lwip/tcpip.h"
#include "ps_ifchange.h"
#include "ps_netif.h"

#define STATUS_USAGE 2

static bool is_loopback(const struct netif *netif)
{
    return netif->name[0] == 'l' && netif->name[1] == 'o';
}

const char *ps_netif_name(const struct netif *netif)
{
    return is_loopback(netif) ? "lo" : "en0"; /* of the others there is one */
}

static void show_state(struct ps_out *out, const struct netif *netif)
{
    const u8_t *mac = netif->hwaddr;

    ps_printf(out, "%s: %s, link %s, MTU %u", ps_netif_name(netif),
              netif_is_up(netif) ? "up" : "down", netif_is_link_up(netif) ? "up" : "down",
              (unsigned)netif->mtu);
    if (netif->hwaddr_len == 6) {
        ps_printf(out, ", MAC %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                  mac[4], mac[5]);
    }
    ps_printf(out, "\n");
}

static unsigned prefix_length(const ip4_addr_t *mask)
{
    u32_t bits = lwip_ntohl(ip4_addr_get_u32(mask));
    unsigned length = 0;

    for (; bits != 0; bits <<= 1) {
        length++;
    }
    return length;
}

static void show_address(struct ps_out *out, const struct netif *netif)
{
    char text[IP4ADDR_STRLEN_MAX];
    ip4_addr_t ip, mask, other;

    LOCK_TCPIP_CORE();
    ip = *netif_ip4_addr(netif);
    mask = *netif_ip4_netmask(netif);
    UNLOCK_TCPIP_CORE();
    if (ip4_addr_isany_val(ip)) {
        ps_printf(out, "    no IPv4 address");
        return;
    }
    ps_printf(out, "    address %s/%u", ip4addr_ntoa_r(&ip, text, sizeof text),
              prefix_length(&mask));
    if ((netif->flags & NETIF_FLAG_BROADCAST) != 0) {
        ip4_addr_set_u32(&other, ip4_addr_get_u32(&ip) | ~ip4_addr_get_u32(&mask));
        ps_printf(out, ", broadcast %s", ip4addr_ntoa_r(&other, text, sizeof text));
    }
}

/* Where the address comes from. */
static void show_source(struct ps_out *out, const struct netif *netif)
{
    char text[IP4ADDR_STRLEN_MAX];
    struct dhcp dhcp = {0};
    bool leased;

    LOCK_TCPIP_CORE();
    leased = dhcp_supplied_address(netif) != 0;
    if (netif_dhcp_data(netif) != NULL) {
        dhcp = *netif_dhcp_data(netif);
    }
    UNLOCK_TCPIP_CORE();
    if (dhcp.state == DHCP_STATE_OFF) {
        ps_printf(out, is_loopback(netif) ? "\n" : ", static\n");
    } else if (leased && dhcp.offered_t0_lease == UINT32_MAX) {
        ps_printf(out, ", DHCP server %s, no end\n",
                  ip4addr_ntoa_r(ip_2_ip4(&dhcp.server_ip_addr), text, sizeof text));
    } else if (leased) {
        ps_printf(out, ", DHCP server %s, %lu of %lu s left\n",
                  ip4addr_ntoa_r(ip_2_ip4(&dhcp.server_ip_addr), text, sizeof text),
                  (unsigned long)(dhcp.t0_timeout - dhcp.lease_used) * DHCP_COARSE_TIMER_SECS,
                  (unsigned long)dhcp.offered_t0_lease);
    } else {
        ps_printf(out, ", asking by DHCP\n");
    }
}

static void show_servers(struct ps_out *out, const struct netif *netif)
{
    char text[IPADDR_STRLEN_MAX];
    ip4_addr_t gateway;

    LOCK_TCPIP_CORE();
    gateway = *netif_ip4_gw(netif);
    UNLOCK_TCPIP_CORE();
    ps_printf(out, "    gateway %s, name server",
              ip4_addr_isany_val(gateway) ? "none" : ip4addr_ntoa_r(&gateway, text, sizeof text));
    for (u8_t i = 0, shown = 0; i < DNS_MAX_SERVERS; i++) {
        ip_addr_t server;

        LOCK_TCPIP_CORE();
        server = *dns_getserver(i);
        UNLOCK_TCPIP_CORE();
        if (!ip_addr_isany(&server)) {
            ps_printf(out, " %s", ipaddr_ntoa_r(&server, text, sizeof text));
            shown++;
        } else if (i == DNS_MAX_SERVERS - 1 && shown == 0) {
            ps_printf(out, " none");
        }
    }
    ps_printf(out, "\n");
}

#if LWIP_IPV6
static const char *state_of_ip6(u8_t state)
{
    return ip6_addr_istentative(state)    ? "tentative"
           : ip6_addr_isduplicated(state) ? "duplicated"
           : ip6_addr_ispreferred(state)  ? "preferred"
                                          : "deprecated";
}

static void show_ip6(struct ps_out *out, const struct netif *netif)
{
    for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        char text[IP6ADDR_STRLEN_MAX];
        ip6_addr_t address;
        u8_t state;

        LOCK_TCPIP_CORE();
        ip6_addr_copy(address, *netif_ip6_addr(netif, i));
        state = netif_ip6_addr_state(netif, i);
        UNLOCK_TCPIP_CORE();
        if (!ip6_addr_isinvalid(state)) {
            ip6_addr_set_zone(&address, IP6_NO_ZONE);
            ps_printf(out, "    address %s/%u, %s\n", ip6addr_ntoa_r(&address, text, sizeof text),
                      ip6_addr_isloopback(&address) ? 128u : 64u, state_of_ip6(state));
        }
    }
}
#else
static void show_ip6(struct ps_out *out, const struct netif *netif)
{
    LWIP_UNUSED_ARG(out);
    LWIP_UNUSED_ARG(netif);
}
#endif

/* lwIP counts these itself, where lwipopts.h says so. */
static void copy_loopback(const struct netif *netif, struct ps_frames *count)
{
#if MIB2_STATS
    count->in = netif->mib2_counters.ifinucastpkts;
    count->in_bytes = netif->mib2_counters.ifinoctets;
    count->out = netif->mib2_counters.ifoutucastpkts;
    count->out_bytes = netif->mib2_counters.ifoutoctets;
#else
    LWIP_UNUSED_ARG(netif);
    LWIP_UNUSED_ARG(count);
#endif
}

static void show_counters(struct ps_out *out, const struct netif *netif)
{
    struct ps_frames count = {0};

    LOCK_TCPIP_CORE();
    if (!is_loopback(netif)) {
        ps_port_frames(netif, &count);
    } else {
        copy_loopback(netif, &count);
    }
    UNLOCK_TCPIP_CORE();
    if (!is_loopback(netif) || MIB2_STATS) {
        ps_printf(out, "    in %lu frames, %lu bytes; out %lu frames, %lu bytes\n",
                  (unsigned long)count.in, (unsigned long)count.in_bytes, (unsigned long)count.out,
                  (unsigned long)count.out_bytes);
    }
}

static unsigned show_drop(struct ps_out *out, const char *layer, const char *cause, u32_t count)
{
    if (count > 0) {
        ps_printf(out, "    %s: %s %lu\n", layer, cause, (unsigned long)count);
    }
    return count > 0;
}

/* Of these lwIP has one set for all interfaces. Its own count of drops has most of the others in
 * it; what is left has no name: broadcasts that nobody asked for, another host's frames. */
static unsigned show_drops_of_lwip(struct ps_out *out)
{
    static const struct {
        const char *layer;
        const struct stats_proto *count;
    } protocols[] = {
        {"Ethernet", &lwip_stats.etharp},
        {"IP", &lwip_stats.ip},
        {"IP fragments", &lwip_stats.ip_frag},
        {"ICMP", &lwip_stats.icmp},
        {"UDP", &lwip_stats.udp},
        {"TCP", &lwip_stats.tcp},
    };
    unsigned shown = 0;

    for (size_t i = 0; i < LWIP_ARRAYSIZE(protocols); i++) {
        const char *layer = protocols[i].layer;
        const struct stats_proto *count = protocols[i].count;
        u32_t named = count->chkerr + count->lenerr + count->memerr + count->rterr +
                      count->proterr + count->opterr + count->err;

        shown += show_drop(out, layer, "bad checksum", count->chkerr);
        shown += show_drop(out, layer, "bad length", count->lenerr);
        shown += show_drop(out, layer, "no memory", count->memerr);
        shown += show_drop(out, layer, "no route", count->rterr);
        shown += show_drop(out, layer, "unknown protocol", count->proterr);
        shown += show_drop(out, layer, "bad option", count->opterr);
        shown += show_drop(out, layer, "error", count->err);
        shown += show_drop(out, layer, "unwanted", count->drop > named ? count->drop - named : 0);
    }
    return shown;
}

static unsigned show_drops_of_port(struct ps_out *out, const struct netif *netif)
{
    unsigned shown = 0;
    const char *cause;
    u32_t count;

    for (unsigned i = 0; ps_port_drops(netif, i, &cause, &count); i++) {
        shown += show_drop(out, "driver", cause, count);
    }
    shown += show_drop(out, "input", "while down", ps_drops.down);
    shown += show_drop(out, "input", "TCP data, few buffers left", ps_drops.tcp_reserve);
    shown += show_drop(out, "input", "TCP data over the quota", ps_drops.tcp_quota);
    shown += show_drop(out, "input", "UDP, few buffers left", ps_drops.udp_reserve);
    shown += show_drop(out, "input", "fragments, few buffers left", ps_drops.fragments);
    return shown;
}

static void show(struct ps_out *out, const struct netif *netif)
{
    show_state(out, netif);
    show_address(out, netif);
    show_source(out, netif);
    show_ip6(out, netif);
    if (!is_loopback(netif)) {
        show_servers(out, netif);
    }
    show_counters(out, netif);
    if (!is_loopback(netif) && show_drops_of_port(out, netif) + show_drops_of_lwip(out) == 0) {
        ps_printf(out, "    nothing dropped\n");
    }
}

static struct netif *find(const char *name)
{
    for (struct netif *netif = netif_list; netif != NULL; netif = netif->next) {
        if (strcmp(ps_netif_name(netif), name) == 0) {
            return netif;
        }
    }
    return NULL;
}

int ps_ifconfig(struct ps_out *out, int argc, char **argv)
{
    struct netif *netif;

    if (argc < 2) {
        for (netif = netif_list; netif != NULL; netif = netif->next) {
            show(out, netif);
        }
        return 0;
    }
    netif = find(argv[1]);
    if (netif == NULL) {
        ps_printf(out, "%s: no interface \"%.40s\"; there are en0 and lo\n", argv[0], argv[1]);
        return STATUS_USAGE;
    }
    if (argc == 2) {
        show(out, netif);
        return 0;
    }
    return ps_ifchange(out, netif, argc, argv);
}
