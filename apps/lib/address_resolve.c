/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names and numbers to addresses of sockets.
 */
#include "address.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* NULL, and *wrong, when there is no address. */
static struct addrinfo *look_up(const char *host, int type, const char **wrong)
{
    struct addrinfo hints, *found = NULL;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = type;
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error == 0) {
        *wrong = "it has no address";
        return found;
    }
    *wrong = gai_strerror(error);
    return NULL;
}

static void take(const struct addrinfo *found, uint16_t port, struct address *address)
{
    bool is_ipv4 = found->ai_family == AF_INET;

    address_clear(address);
    address->length = is_ipv4 ? sizeof address->ipv4 : sizeof address->ipv6;
    memcpy(&address->storage, found->ai_addr, address->length);
    address_set_port(address, port);
}

const char *address_resolve(const char *host, uint16_t port, int type, struct address *address)
{
    const char *wrong;
    struct addrinfo *found = look_up(host, type, &wrong), *best;

    if (!found)
        return wrong;
    for (best = found; best && best->ai_family != AF_INET; best = best->ai_next) {
    }
    take(best ? best : found, port, address);
    freeaddrinfo(found);
    return NULL;
}

/* Puts those of IPv4 first and leaves the order as it is otherwise. */
static void put_ipv4_first(struct address *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct address moved = list[i];
        size_t to = i;

        for (; moved.any.sa_family == AF_INET && to > 0 && list[to - 1].any.sa_family != AF_INET;
             to--)
            list[to] = list[to - 1];
        list[to] = moved;
    }
}

static bool can_send(const struct address *local, const struct addrinfo *found)
{
    return !local || address_is_wildcard(local) || local->any.sa_family == found->ai_family;
}

const char *address_resolve_all(const char *host, uint16_t port, int type,
                                const struct address *local, struct address **list, size_t *count)
{
    const char *wrong;
    struct addrinfo *found = look_up(host, type, &wrong);
    size_t fit = 0;

    *count = 0;
    if (!found)
        return wrong;
    for (const struct addrinfo *each = found; each; each = each->ai_next)
        fit += can_send(local, each);
    *list = fit > 0 ? malloc(fit * sizeof **list) : NULL;
    for (const struct addrinfo *each = found; *list && each; each = each->ai_next) {
        if (can_send(local, each))
            take(each, port, &(*list)[(*count)++]);
    }
    freeaddrinfo(found);
    if (fit == 0)
        return "none of its addresses is of the kind of -b's";
    if (!*list)
        return "out of memory";
    if (type == SOCK_DGRAM)
        put_ipv4_first(*list, *count);
    return NULL;
}
