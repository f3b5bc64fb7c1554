/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names to addresses. lwIP's own netconn_gethostbyname() waits without end on a semaphore whose
 * address its DNS query keeps; here the query owns a slot instead, so that the waiting thread may
 * leave when it is interrupted and the late answer finds nobody.
 */
#include <netdb.h>
#include "arch/lwip_hooks.h"
#include "lwip/api.h"
#include "lwip/dns.h"
#include "lwip/sys.h"
#include "ps_internal.h"

/* The resolver gives up by itself; this only makes each wait finite, hence interruptible. */
#define SLICE_MS 1000

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

int ps_resolve(const char *name, ip_addr_t *address, u8_t type, err_t *result)
{
    struct slot *slot;

    LWIP_UNUSED_ARG(type);
    LOCK_TCPIP_CORE();
    slot = claim_slot();
    if (slot == NULL) {
        UNLOCK_TCPIP_CORE();
        *result = ERR_MEM;
        return 1;
    }
    *result = dns_gethostbyname_addrtype(name, address, on_answer, slot, type);
    if (*result != ERR_INPROGRESS) {
        slot->state = SLOT_FREE;
    }
    UNLOCK_TCPIP_CORE();
    if (*result == ERR_INPROGRESS) {
        *result = await(slot, address);
    }
    return 1;
}
