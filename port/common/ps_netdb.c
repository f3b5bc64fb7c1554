/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getaddrinfo as an app expects it: the stack is up, a signal ends it, errors have a text, and
 * addresses of both kinds come in one list. lwIP's own asks for one address; who wants either gets
 * those of IPv6 first here, when there is an address of our own to reach them from.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include "ps_internal.h"
#include "ps_netif.h"

#if LWIP_IPV6

/* "fe80::1", "fe80::1%en0" or "fe80::1%2" to an address; false when it is neither. */
static bool parse_literal(const char *text, struct sockaddr_in6 *address)
{
    const char *zone = strchr(text, '%');
    size_t length = zone != NULL ? (size_t)(zone - text) : strlen(text);
    char ip[INET6_ADDRSTRLEN], *end;
    unsigned long number;

    if (length >= sizeof ip) {
        return false;
    }
    memcpy(ip, text, length);
    ip[length] = '\0';
    if (inet_pton(AF_INET6, ip, &address->sin6_addr) != 1) {
        return false;
    }
    address->sin6_scope_id = 0;
    if (zone == NULL) {
        return true;
    }
    number = if_nametoindex(zone + 1);
    if (number == 0 && zone[1] >= '0' && zone[1] <= '9') {
        number = strtoul(zone + 1, &end, 10);
        number = *end == '\0' && number <= PS_NETIF_INDEX ? number : 0;
    }
    address->sin6_scope_id = (u32_t)number;
    return number != 0;
}

/* lwIP's parser takes much for an address that is none, and knows the interfaces by other names:
 * it only makes the list. */
static __attribute__((noinline)) int take_literal(const char *node, const char *service,
                                                  const struct addrinfo *hints,
                                                  struct addrinfo **result)
{
    struct addrinfo numeric = {.ai_family = AF_INET6, .ai_flags = AI_NUMERICHOST};
    struct sockaddr_in6 literal, *address;
    int code;

    if (hints != NULL && hints->ai_family == AF_INET) {
        return EAI_NONAME;
    }
    if (!parse_literal(node, &literal)) {
        return EAI_NONAME;
    }
    if (hints != NULL) {
        numeric.ai_socktype = hints->ai_socktype;
        numeric.ai_protocol = hints->ai_protocol;
    }
    code = lwip_getaddrinfo("::", service, &numeric, result);
    if (code == 0) {
        address = (struct sockaddr_in6 *)(void *)(*result)->ai_addr;
        address->sin6_addr = literal.sin6_addr;
        address->sin6_scope_id = literal.sin6_scope_id;
        (*result)->ai_canonname = NULL;
    }
    return code;
}

/* Whether a host beyond the link can be reached by IPv6, as far as our addresses tell. */
static bool has_global_ipv6(void)
{
    bool found = false;

    LOCK_TCPIP_CORE();
    for (s8_t i = 1; netif_default != NULL && i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        found |= ip6_addr_isvalid(netif_ip6_addr_state(netif_default, i));
    }
    UNLOCK_TCPIP_CORE();
    return found;
}

/* Whether the query that has just failed with this code failed for want of an answer. */
static bool nobody_answered(int code)
{
    const struct ps_thread *t = ps_port_thread();

    return code == EAI_FAIL && t != NULL && t->name_code == EAI_AGAIN;
}

/* Apart, since what it keeps would make each other query deeper, too. */
static __attribute__((noinline)) int look_up_both(const char *node, const char *service,
                                                  const struct addrinfo *hints,
                                                  struct addrinfo **result)
{
    struct addrinfo of_one_kind = {0}, *of_ipv4;
    int code6, code4;

    if (hints != NULL) {
        of_one_kind = *hints;
    }
    of_one_kind.ai_family = AF_INET6;
    code6 = lwip_getaddrinfo(node, service, &of_one_kind, result);
    if (code6 != 0 && (ps_was_hit() || nobody_answered(code6))) {
        return code6; /* servers that are silent would be as long so again */
    }
    of_one_kind.ai_family = AF_INET;
    code4 = lwip_getaddrinfo(node, service, &of_one_kind, code6 == 0 ? &of_ipv4 : result);
    if (code6 == 0 && code4 == 0) {
        (*result)->ai_next = of_ipv4;
    }
    return code6 == 0 ? 0 : code4;
}

static int look_up(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result)
{
    if (node != NULL && strchr(node, ':') != NULL) {
        return take_literal(node, service, hints, result);
    }
    if (node == NULL || (hints != NULL && hints->ai_family != AF_UNSPEC) ||
        ip4addr_aton(node, NULL) || !has_global_ipv6()) {
        return lwip_getaddrinfo(node, service, hints, result);
    }
    return look_up_both(node, service, hints, result);
}

#else

static int look_up(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result)
{
    if (node != NULL && strchr(node, ':') != NULL) {
        return EAI_FAMILY;
    }
    return lwip_getaddrinfo(node, service, hints, result);
}
#endif

static void set_lengths(struct addrinfo *list)
{
    for (; list != NULL; list = list->ai_next) {
        list->ai_addrlen =
            list->ai_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    }
}

int ps_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result)
{
    struct ps_thread *t;
    int code;

    ps_port_start();
    t = ps_port_thread();
    if (t != NULL) {
        t->inside = true;
        ps_port_checkpoint();
        t->hit = false;
    }
    code = t != NULL && t->interrupt ? EAI_SYSTEM : look_up(node, service, hints, result);
    if (code == 0) {
        set_lengths(*result);
    }
    if (t != NULL) {
        if (code == EAI_SYSTEM || (code != 0 && t->hit)) {
            ps_consume(t);
            code = EAI_SYSTEM;
        } else if (code == EAI_FAIL) { /* all that lwIP itself says */
            code = t->name_code;
        }
        t->inside = false;
        ps_port_checkpoint();
        if (code == EAI_SYSTEM) {
            errno = EINTR;
        }
    }
    return code;
}

const char *ps_gai_strerror(int code)
{
    switch (code) {
    case 0:
        return "Success";
    case EAI_NONAME:
        return "Name or service not known";
    case EAI_SERVICE:
        return "Service is not a port number";
    case EAI_FAIL:
        return "Name could not be resolved";
    case EAI_MEMORY:
        return "Out of memory";
    case EAI_FAMILY:
        return LWIP_IPV6 ? "Address family not supported" : "this build has no IPv6";
    case EAI_AGAIN:
        return "No name server answers";
    case EAI_SYSTEM:
        return strerror(errno);
    default:
        return "Unknown error";
    }
}
