/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names to addresses. lwIP's own netconn_gethostbyname() waits without end on a semaphore whose
 * address its DNS query keeps; here the query owns a slot instead, so that the waiting thread may
 * leave when it is interrupted and the late answer finds nobody.
 */
#include <netdb.h>
#include <string.h>
#include "arch/lwip_hooks.h"
#include "lwip/api.h"
#include "lwip/dns.h"
#include "lwip/ip.h"
#include "lwip/mem.h"
#include "lwip/sys.h"
#include "ps_internal.h"
#include "ps_name.h"

/* The resolver gives up by itself; this only makes each wait finite, hence interruptible. */
#define SLICE_MS 1000
#define SERVER_TICKS 7 /* in silence_ms() */

_Static_assert(DNS_MAX_RETRIES == 4, "the sum of the ticks");

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_ANSWERED, SLOT_ABANDONED };

struct slot {
    volatile enum slot_state state; /* core lock */
    bool found;
    ip_addr_t address;
    sys_sem_t answered;
};

static struct slot slots[DNS_TABLE_SIZE];

static void on_answer(const char *name, const ip_addr_t *address, void *argument)
{
    struct slot *slot = argument;

    LWIP_UNUSED_ARG(name);
    if (slot->state == SLOT_ABANDONED) {
        slot->state = SLOT_FREE;
        return;
    }
    slot->found = address != NULL;
    if (address != NULL) {
        slot->address = *address;
    }
    slot->state = SLOT_ANSWERED;
    sys_sem_signal(&slot->answered);
}

static struct slot *claim_slot(void)
{
    for (size_t i = 0; i < LWIP_ARRAYSIZE(slots); i++) {
        struct slot *slot = &slots[i];

        if (slot->state == SLOT_FREE &&
            (sys_sem_valid(&slot->answered) || sys_sem_new(&slot->answered, 0) == ERR_OK)) {
            slot->state = SLOT_WAITING;
            return slot;
        }
    }
    return NULL;
}

static err_t await(struct slot *slot, ip_addr_t *address)
{
    err_t err = ERR_VAL;

    while (sys_arch_sem_wait(&slot->answered, SLICE_MS) == SYS_ARCH_TIMEOUT && !ps_was_hit()) {
    }
    LOCK_TCPIP_CORE();
    if (slot->state == SLOT_ANSWERED) {
        if (slot->found) {
            *address = slot->address;
            err = ERR_OK;
        }
        if (ps_was_hit()) { /* answered while it was interrupted: take the signal with it */
            sys_arch_sem_wait(&slot->answered, 1);
        }
        slot->state = SLOT_FREE;
    } else {
        slot->state = SLOT_ABANDONED;
    }
    UNLOCK_TCPIP_CORE();
    return err;
}

/* Whether lwIP answers at once, without a query: that needs no slot, which may all be taken. */
static bool is_at_hand(const char *name, u8_t type)
{
    ip_addr_t number;

    if (!ipaddr_aton(name, &number)) {
        return strcmp(name, "localhost") == 0;
    }
    return !LWIP_IPV6 ||
           type != (IP_IS_V4(&number) ? LWIP_DNS_ADDRTYPE_IPV6 : LWIP_DNS_ADDRTYPE_IPV4);
}

/* Whether a query gets out to the first server: lwIP would wait as long for an answer to one that
 * did not. Core lock held. */
static bool may_be_answered(void)
{
    const ip_addr_t *server = dns_getserver(0);

    return !ip_addr_isany(server) && ip_route(IP4_ADDR_ANY, server) != NULL;
}

/* After how many milliseconds without an answer lwIP gives up, at least: it asks each server four
 * times, 1, 1, 2 and 3 ticks of a second apart, and the first tick may come at once. */
static u32_t silence_ms(void)
{
    u32_t servers = 0;

    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        servers += !ip_addr_isany(dns_getserver(i));
    }
    return (servers * SERVER_TICKS - 1) * DNS_TMR_INTERVAL;
}

static err_t resolve(const char *name, ip_addr_t *address, u8_t type)
{
    u32_t start = sys_now();
    struct slot *slot = NULL;
    bool asks = !is_at_hand(name, type);
    err_t err;

    LOCK_TCPIP_CORE();
    if (asks && !may_be_answered()) {
        err = ERR_RTE;
    } else if (asks && (slot = claim_slot()) == NULL) {
        err = ERR_MEM;
    } else {
        err = dns_gethostbyname_addrtype(name, address, on_answer, slot, type);
        if (slot != NULL && err != ERR_INPROGRESS) {
            slot->state = SLOT_FREE;
        }
    }
    UNLOCK_TCPIP_CORE();
    if (slot != NULL && err == ERR_INPROGRESS) {
        err = await(slot, address);
        if (err != ERR_OK && sys_now() - start >= silence_ms()) {
            err = ERR_TIMEOUT;
        }
    }
    return err;
}

/* The same for a name that ends with a dot, which lwIP would send as an empty label. */
static err_t resolve_without_dot(const char *name, ip_addr_t *address, u8_t type)
{
    size_t length = strlen(name) - 1;
    char *copy = mem_malloc((mem_size_t)(length + 1));
    err_t err;

    if (copy == NULL) {
        return ERR_MEM;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
    err = resolve(copy, address, type);
    mem_free(copy);
    return err;
}

static int code_of(err_t err)
{
    switch (err) {
    case ERR_MEM:
        return EAI_MEMORY;
    case ERR_TIMEOUT: /* nobody has answered */
    case ERR_RTE:     /* nobody can be asked */
        return EAI_AGAIN;
    default:
        return EAI_NONAME;
    }
}

int ps_resolve(const char *name, ip_addr_t *address, u8_t type, err_t *result)
{
    struct ps_thread *t = ps_port_thread();

    if (!ps_name_is_good(name)) {
        *result = ERR_ARG;
    } else if (name[strlen(name) - 1] == '.') {
        *result = resolve_without_dot(name, address, type);
    } else {
        *result = resolve(name, address, type);
    }
    if (t != NULL) {
        t->name_code = code_of(*result);
    }
    return 1;
}
