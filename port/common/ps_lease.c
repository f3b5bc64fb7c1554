/* SPDX-License-Identifier: BSD-3-Clause */
/* Watching lwIP's DHCP client, see ps_lease.h. */
#include "ps_lease.h"
#include <stdbool.h>
#include <string.h>
#include "arch/lwip_hooks.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/prot/dhcp.h"
#include "lwip/tcpip.h"

/* What there is to say; core lock. A loss and the address after it may wait together. */
static struct {
    bool lost, refused, gained;
    bool asked; /* lwIP's thread is to come */
    ip4_addr_t old, new, server;
} notice;

/* The lease that the interface's address is, or 0.0.0.0; core lock. */
static ip4_addr_t leased;

/* Called for its effect on a line of `size` bytes; what does not fit is left out. */
static void append(char *line, size_t size, const char *text)
{
    size_t length = strlen(line);

    strncpy(line + length, text, size - 1 - length);
}

static void append_address(char *line, size_t size, const ip4_addr_t *address)
{
    char text[IP4ADDR_STRLEN_MAX];

    append(line, size, ip4addr_ntoa_r(address, text, sizeof text));
}

/* By lwIP's thread, core lock held: between two messages nothing of lwIP is half done. */
static void say(void *argument)
{
    char line[128] = "";

    LWIP_UNUSED_ARG(argument);
    notice.asked = false;
    if (notice.lost) {
        append(line, sizeof line, "portside: en0: no longer ");
        append_address(line, sizeof line, &notice.old);
        append(line, sizeof line,
               notice.refused ? ": the DHCP server took it back; asking again\n"
                              : ": no DHCP server renewed the lease; asking again\n");
        notice.lost = false;
        UNLOCK_TCPIP_CORE();
        ps_port_say(line);
        LOCK_TCPIP_CORE();
    }
    if (notice.gained) {
        line[0] = '\0';
        append(line, sizeof line, "portside: en0: ");
        append_address(line, sizeof line, &notice.new);
        append(line, sizeof line, " from the DHCP server ");
        append_address(line, sizeof line, &notice.server);
        append(line, sizeof line, "\n");
        notice.gained = false;
        UNLOCK_TCPIP_CORE();
        ps_port_say(line);
        LOCK_TCPIP_CORE();
    }
}

static void ask_to_say(void)
{
    if (!notice.asked) {
        notice.asked = tcpip_try_callback(say, NULL) == ERR_OK; /* else with the next change */
    }
}

/* The address has changed, or the interface has gone up or down. Core lock held. */
static void on_status(struct netif *netif)
{
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    const ip4_addr_t *address = netif_ip4_addr(netif);

    if (dhcp == NULL || ip4_addr_eq(address, &leased)) {
        return;
    }
    if (dhcp_supplied_address(netif)) {
        notice.gained = true;
        notice.new = leased = *address;
        notice.server = *ip_2_ip4(&dhcp->server_ip_addr);
        ask_to_say();
    } else if (!ip4_addr_isany_val(leased)) {
        notice.lost = true;
        notice.gained = false;
        notice.refused = dhcp->state == DHCP_STATE_BACKING_OFF;
        notice.old = leased;
        ip4_addr_set_zero(&leased);
        ask_to_say();
    }
}

void ps_dhcp_sends(struct netif *netif, const struct dhcp *dhcp, u8_t type)
{
    /* The lease ended while the client was looking for a server, after the link had gone: lwIP
     * 2.2.1 starts anew and forgets to take the address away. */
    if (type == DHCP_DISCOVER && dhcp->offered_t0_lease == 0 && !ip4_addr_isany_val(leased)) {
        netif_set_addr(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4);
    }
}

void ps_lease_watch(struct netif *netif)
{
    netif_set_status_callback(netif, on_status);
}

err_t ps_lease_ask(struct netif *netif)
{
    netif_set_up(netif);
    if (!ip4_addr_isany_val(leased)) { /* whether it still holds */
        dhcp_network_changed_link_up(netif);
        return ERR_OK;
    }
    return dhcp_start(netif);
}

void ps_lease_give_up(struct netif *netif)
{
    ip4_addr_set_zero(&leased); /* nothing is lost against the user's will */
    dhcp_release_and_stop(netif);
    dhcp_cleanup(netif);
}
