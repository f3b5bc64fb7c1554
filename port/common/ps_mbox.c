/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule by which both ports' sys_mbox_trypost() let a message into a mailbox: see ps_mbox.h. */
#include "lwip/api.h"
#include "lwip/priv/api_msg.h"
#include "ps_mbox.h"

bool ps_mbox_admits(const void *mbox, unsigned used, unsigned size, const void *message,
                    ps_mbox_peek_fn peek)
{
    err_t err;

    if (!lwip_netconn_is_err_msg((void *)(uintptr_t)message, &err)) {
        return used < size;
    }
    for (unsigned i = 0; i < used; i++) {
        if (peek(mbox, i) == message) {
            return false;
        }
    }
    return used <= size;
}
