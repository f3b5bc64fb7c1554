/* SPDX-License-Identifier: BSD-3-Clause */
/* What the stack has in use and what it dropped, as text: see ps_stats.h. */
#include "ps_stats.h"
#include <stdbool.h>
#include "lwip/memp.h"
#include "lwip/stats.h"
#include "lwip/tcpip.h"
#include "ps_netif.h"

static void print_memory(struct ps_out *out, const char *name, const struct stats_mem *live)
{
    struct stats_mem copy;

    if (live == NULL) { /* the stack is not up */
        return;
    }
    LOCK_TCPIP_CORE();
    copy = *live;
    UNLOCK_TCPIP_CORE();
    if (copy.max > 0 || copy.err > 0) {
        ps_printf(out, "%-14s %6lu %6lu ", name, (unsigned long)copy.used, (unsigned long)copy.max);
        if (copy.avail > 0) {
            ps_printf(out, "%6lu", (unsigned long)copy.avail);
        } else {
            ps_printf(out, "%6s", "-"); /* a part of the programs' heap */
        }
        ps_printf(out, " %6lu\n", (unsigned long)copy.err);
    }
}

static void print_memories(struct ps_out *out)
{
    static const char *const names[] = {
#define LWIP_MEMPOOL(name, count, size, description) #name,
#include "lwip/priv/memp_std.h"
    };

    ps_printf(out, "%-14s %6s %6s %6s %6s\n", "pool", "used", "most", "size", "empty");
    for (int i = 0; i < MEMP_MAX; i++) {
        print_memory(out, names[i], lwip_stats.memp[i]);
    }
    print_memory(out, "heap (bytes)", &lwip_stats.mem);
}

static void print_cause(struct ps_out *out, const char *name, STAT_COUNTER count)
{
    if (count > 0) {
        ps_printf(out, ", %s %lu", name, (unsigned long)count);
    }
}

static void print_layer(struct ps_out *out, const char *name, const struct stats_proto *live)
{
    struct stats_proto copy;

    LOCK_TCPIP_CORE();
    copy = *live;
    UNLOCK_TCPIP_CORE();
    ps_printf(out, "%-8s %8lu %8lu %8lu", name, (unsigned long)copy.xmit, (unsigned long)copy.recv,
              (unsigned long)copy.drop);
    print_cause(out, "memory", copy.memerr);
    print_cause(out, "checksum", copy.chkerr);
    print_cause(out, "length", copy.lenerr);
    print_cause(out, "route", copy.rterr);
    print_cause(out, "protocol", copy.proterr);
    print_cause(out, "options", copy.opterr);
    print_cause(out, "other", copy.err);
    ps_printf(out, "\n");
}

void ps_stats(struct ps_out *out)
{
    struct ps_drops drops;

    print_memories(out);
    ps_printf(out, "%-8s %8s %8s %8s\n", "layer", "sent", "received", "dropped");
    print_layer(out, "link", &lwip_stats.link);
    print_layer(out, "arp", &lwip_stats.etharp);
    print_layer(out, "ip", &lwip_stats.ip);
    print_layer(out, "ip_frag", &lwip_stats.ip_frag);
    print_layer(out, "icmp", &lwip_stats.icmp);
    print_layer(out, "udp", &lwip_stats.udp);
    print_layer(out, "tcp", &lwip_stats.tcp);
#if LWIP_IPV6
    print_layer(out, "ip6", &lwip_stats.ip6);
    print_layer(out, "ip6_frag", &lwip_stats.ip6_frag);
    print_layer(out, "icmp6", &lwip_stats.icmp6);
    print_layer(out, "nd6", &lwip_stats.nd6);
#endif
    LOCK_TCPIP_CORE();
    drops = ps_drops;
    UNLOCK_TCPIP_CORE();
    ps_printf(out, "refused: %lu segments by the reserve, %lu by a quota, ",
              (unsigned long)drops.tcp_reserve, (unsigned long)drops.tcp_quota);
    ps_printf(out, "%lu fragments, %lu datagrams\n", (unsigned long)drops.fragments,
              (unsigned long)drops.udp_reserve);
    ps_printf(out, "while the interface was down: %lu frames\n", (unsigned long)drops.down);
}

int ps_stats_command(struct ps_out *out, int argc, char **argv)
{
    if (argc > 1) {
        ps_printf(out, "stats: takes no arguments, got \"%.40s\"\n", argv[1]);
        return 2;
    }
    ps_stats(out);
    return 0;
}
