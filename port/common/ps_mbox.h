/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule by which both ports' sys_mbox_trypost() let a message into a mailbox. */
#ifndef PORTSIDE_PS_MBOX_H
#define PORTSIDE_PS_MBOX_H

#include <stdbool.h>

/* Reads message number i, the oldest first, of a mailbox that the caller has locked. */
typedef void *(*ps_mbox_peek_fn)(const void *mbox, unsigned i);

/* Whether `message` may enter a mailbox of `size` slots (plus one) that holds `used`. The slot
 * above the size asked for is kept for the end of stream and for errors, which lwIP never posts
 * again; of each of them at most one is queued, so that SYN retries do not fill an accept mailbox
 * with ERR_ABRT. Any context. */
bool ps_mbox_admits(const void *mbox, unsigned used, unsigned size, const void *message,
                    ps_mbox_peek_fn peek);

#endif
