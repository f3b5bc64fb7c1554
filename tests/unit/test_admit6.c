/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of the receive reserve with IPv6: fragments and datagrams stop, what neighbours ask passes.
 * Also of the sockets' side that IPv6 has alone: clients of IPv4, sources, groups.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack_seam.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lwip/ethip6.h"
#include "lwip/inet_chksum.h"
#include "lwip/prot/icmp6.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/nd6.h"
#include "lwip/prot/udp.h"
#include "lwip/stats.h"

#define TEST_SECONDS 60 /* whoever hangs is ended by SIGALRM */
#define PORT 8080

struct frame {
    struct eth_hdr eth;
    struct ip6_hdr ip;
    u8_t bytes[200];
} __attribute__((packed));

static const struct eth_addr peer_mac = {{0x02, 0, 0, 0, 0, 2}};
static struct in6_addr here, there; /* fd00::1 and fd00::2 */

/* What came out of the stack; core lock. */
static unsigned advertisements;

static err_t stack_sent(const struct pbuf *p)
{
    struct frame f;
    u16_t length = pbuf_copy_partial(p, &f, sizeof f, 0);

    if (length > sizeof f.eth + sizeof f.ip && f.eth.type == PP_HTONS(ETHTYPE_IPV6) &&
        IP6H_NEXTH(&f.ip) == IP6_NEXTH_ICMP6) {
        advertisements += f.bytes[0] == ICMP6_TYPE_NA;
    }
    return ERR_OK;
}

static struct pbuf *held; /* chained by next */

static void release_pool(void)
{
    while (held != NULL) {
        struct pbuf *next = held->next;

        held->next = NULL;
        pbuf_free(held);
        held = next;
    }
}

/* So that `count` buffers are free while a frame of one buffer is looked at. */
static void leave_free_for_a_frame(unsigned count)
{
    release_pool();
    while (PBUF_POOL_SIZE - (unsigned)lwip_stats.memp[MEMP_PBUF_POOL]->used > count + 1) {
        struct pbuf *p = pbuf_alloc(PBUF_RAW, 1, PBUF_POOL);

        assert_non_null(p);
        p->next = held;
        held = p;
    }
}

static u16_t checksum_of(const struct frame *f, u8_t protocol, size_t length)
{
    struct pbuf p = {.payload = (void *)(uintptr_t)f->bytes,
                     .len = (u16_t)length,
                     .tot_len = (u16_t)length,
                     .ref = 1};
    ip6_addr_t from, to;

    inet6_addr_to_ip6addr(&from, &there);
    inet6_addr_to_ip6addr(&to, &here);
    return ip6_chksum_pseudo(&p, protocol, (u16_t)length, &from, &to);
}

static void feed(struct frame *f, u8_t protocol, size_t length)
{
    struct pbuf *p;

    memcpy(&f->eth.dest, stack_netif.hwaddr, sizeof f->eth.dest);
    f->eth.src = peer_mac;
    f->eth.type = PP_HTONS(ETHTYPE_IPV6);
    IP6H_VTCFL_SET(&f->ip, 6, 0, 0);
    IP6H_PLEN_SET(&f->ip, (u16_t)length);
    IP6H_NEXTH_SET(&f->ip, protocol);
    IP6H_HOPLIM_SET(&f->ip, 255);
    memcpy(&f->ip.src, &there, sizeof there);
    memcpy(&f->ip.dest, &here, sizeof here);
    LOCK_TCPIP_CORE();
    p = pbuf_alloc(PBUF_RAW, (u16_t)(sizeof f->eth + sizeof f->ip + length), PBUF_POOL);
    if (p != NULL) {
        pbuf_take(p, f, p->tot_len);
        (void)stack_netif.input(p, &stack_netif);
    }
    UNLOCK_TCPIP_CORE();
    assert_non_null(p);
}

/* Who has fd00::1? */
static void feed_solicitation(void)
{
    struct frame f = {0};
    struct ns_header *ns = (void *)f.bytes;
    const size_t length = sizeof *ns + 8; /* with the option that tells the asker's MAC */

    ns->type = ICMP6_TYPE_NS;
    memcpy(&ns->target_address, &here, sizeof here);
    f.bytes[sizeof *ns] = ND6_OPTION_TYPE_SOURCE_LLADDR;
    f.bytes[sizeof *ns + 1] = 1;
    memcpy(&f.bytes[sizeof *ns + 2], &peer_mac, sizeof peer_mac);
    ns->chksum = checksum_of(&f, IP6_NEXTH_ICMP6, length);
    feed(&f, IP6_NEXTH_ICMP6, length);
}

static void feed_udp(void)
{
    struct frame f = {0};
    struct udp_hdr *udp = (void *)f.bytes;

    udp->src = PP_HTONS(9);
    udp->dest = PP_HTONS(PORT);
    udp->len = PP_HTONS(20);
    udp->chksum = checksum_of(&f, IP6_NEXTH_UDP, 20);
    feed(&f, IP6_NEXTH_UDP, 20);
}

/* The last piece of a datagram of which nothing else comes. */
static void feed_fragment(void)
{
    struct frame f = {0};

    f.bytes[0] = IP6_NEXTH_UDP;
    f.bytes[2] = 1; /* 256 blocks of 8 bytes were before */
    feed(&f, IP6_NEXTH_FRAGMENT, 8 + 32);
}

/* One behind hop-by-hop options, which are padding. */
static void feed_hidden_udp(void)
{
    struct frame f = {0};

    f.bytes[0] = IP6_NEXTH_UDP;
    f.bytes[2] = IP6_PADN_OPTION;
    f.bytes[3] = 4;
    feed(&f, IP6_NEXTH_HOPBYHOP, 8 + 20);
}

static int open_socket(int type)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
    int fd = socket(AF_INET6, type, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int start(void **state)
{
    ip6_addr_t address;

    (void)state;
    ps_port_start();
    assert_int_equal(inet_pton(AF_INET6, "fd00::1", &here), 1);
    assert_int_equal(inet_pton(AF_INET6, "fd00::2", &there), 1);
    inet6_addr_to_ip6addr(&address, &here);
    LOCK_TCPIP_CORE();
    stack_netif.output_ip6 = ethip6_output;
    stack_netif.flags |= NETIF_FLAG_MLD6;
    netif_ip6_addr_set(&stack_netif, 1, &address);
    netif_ip6_addr_set_state(&stack_netif, 1, IP6_ADDR_PREFERRED);
    UNLOCK_TCPIP_CORE();
    return 0;
}

static int give_back(void **state)
{
    (void)state;
    release_pool();
    memset(&ps_drops, 0, sizeof ps_drops);
    return 0;
}

static void neighbours_are_answered_from_the_last_buffer(void **state)
{
    unsigned before = advertisements;

    (void)state;
    leave_free_for_a_frame(0);
    feed_solicitation();
    assert_int_equal(advertisements, before + 1);
    assert_int_equal(ps_drops.udp_reserve + ps_drops.fragments, 0);
}

static void datagrams_stop_at_half_the_reserve(void **state)
{
    int fd = open_socket(SOCK_DGRAM);
    char bytes[100];

    (void)state;
    leave_free_for_a_frame(PS_RESERVE / 2);
    feed_udp();
    assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), 20 - UDP_HLEN);
    assert_int_equal(ps_drops.udp_reserve, 0);
    leave_free_for_a_frame(PS_RESERVE / 2 - 1);
    feed_udp();
    assert_int_equal(ps_drops.udp_reserve, 1);
    assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), -1);
    close(fd);
}

static void datagrams_behind_options_stop_there_too(void **state)
{
    (void)state;
    leave_free_for_a_frame(PS_RESERVE / 2);
    feed_hidden_udp();
    assert_int_equal(ps_drops.udp_reserve, 0);
    leave_free_for_a_frame(PS_RESERVE / 2 - 1);
    feed_hidden_udp();
    assert_int_equal(ps_drops.udp_reserve, 1);
}

static void fragments_stop_at_the_reserve(void **state)
{
    (void)state;
    leave_free_for_a_frame(PS_RESERVE);
    feed_fragment();
    assert_int_equal(ps_drops.fragments, 0);
    leave_free_for_a_frame(PS_RESERVE - 1);
    feed_fragment();
    assert_int_equal(ps_drops.fragments, 1);
}

static void assert_address(const struct sockaddr_in6 *address, const char *expected)
{
    char text[INET6_ADDRSTRLEN];

    assert_int_equal(address->sin6_family, AF_INET6);
    assert_string_equal(inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text), expected);
}

/* On a socket of IPv6 each address is one of IPv6, whichever call tells it. */
static void a_client_of_ipv4_is_mapped(void **state)
{
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = open_socket(SOCK_STREAM), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in6 told = {0}, peer = {0};
    socklen_t length = sizeof told;

    (void)state;
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&server, sizeof server), 0);
    int accepted = accept(listener, (struct sockaddr *)&told, &length);
    assert_true(accepted >= 0);
    assert_int_equal(length, sizeof told);
    assert_address(&told, "::ffff:127.0.0.1");
    length = sizeof peer;
    assert_int_equal(getpeername(accepted, (struct sockaddr *)&peer, &length), 0);
    assert_address(&peer, "::ffff:127.0.0.1");
    assert_int_equal(peer.sin6_port, told.sin6_port);
    close(accepted);
    close(client);
    close(listener);
}

/* A connected datagram socket tells from where it sends. */
static void a_connected_socket_tells_its_source(void **state)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = there};
    struct sockaddr_in6 from;
    socklen_t length = sizeof from;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);

    (void)state;
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&from, &length), 0);
    assert_int_equal(length, sizeof from);
    assert_address(&from, "fd00::1");
    close(fd);
}

static void groups_are_joined_on_interfaces_that_are_there(void **state)
{
    static const struct {
        unsigned interface;
        int result;
    } cases[] = {{0, 0}, {PS_NETIF_INDEX, 0}, {3, -1}, {255, -1}, {256, -1}, {70000, -1}};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    struct ipv6_mreq membership;

    (void)state;
    assert_int_equal(inet_pton(AF_INET6, "ff02::77", &membership.ipv6mr_multiaddr), 1);
    for (size_t i = 0; i < LWIP_ARRAYSIZE(cases); i++) {
        membership.ipv6mr_interface = cases[i].interface;
        assert_int_equal(
            setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof membership),
            cases[i].result);
        if (cases[i].result == 0)
            assert_int_equal(
                setsockopt(fd, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &membership, sizeof membership), 0);
        else
            assert_int_equal(errno, EADDRNOTAVAIL);
    }
    close(fd);
}

static void other_families_are_refused(void **state)
{
    (void)state;
    errno = 0;
    assert_int_equal(socket(99, SOCK_DGRAM, 0), -1);
    assert_int_equal(errno, EAFNOSUPPORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(neighbours_are_answered_from_the_last_buffer, give_back),
        cmocka_unit_test_teardown(datagrams_stop_at_half_the_reserve, give_back),
        cmocka_unit_test_teardown(datagrams_behind_options_stop_there_too, give_back),
        cmocka_unit_test_teardown(fragments_stop_at_the_reserve, give_back),
        cmocka_unit_test(a_client_of_ipv4_is_mapped),
        cmocka_unit_test(a_connected_socket_tells_its_source),
        cmocka_unit_test(groups_are_joined_on_interfaces_that_are_there),
        cmocka_unit_test(other_families_are_refused),
    };

    alarm(TEST_SECONDS);
    return cmocka_run_group_tests_name("admit6", tests, start, NULL);
}
