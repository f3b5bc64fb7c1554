/* SPDX-License-Identifier: BSD-3-Clause */
/* What every PHY has behind its management interface (IEEE 802.3, clause 22). */
#ifndef PORTSIDE_MII_H
#define PORTSIDE_MII_H

#include <stdbool.h>
#include <stdint.h>

/* Registers. */
enum { MII_CONTROL = 0, MII_STATUS = 1, MII_ADVERTISED = 4, MII_PARTNER = 5 };

#define MII_CONTROL_NEGOTIATE 0x1200u /* enable and restart */
#define MII_CONTROL_LOOP_BACK 0x6100u /* loop-back, 100 Mbit/s, full duplex */
#define MII_STATUS_LINK (1u << 2)     /* 0 until it is read when the link was down meanwhile */
#define MII_ADVERTISE_ALL 0x01e1u     /* 10 and 100 Mbit/s, half and full duplex, IEEE 802.3 */
#define MII_100_FULL (1u << 8)
#define MII_100_HALF (1u << 7)
#define MII_10_FULL (1u << 6)

/* Whether the best mode that both sides advertise is one of full duplex. */
static inline bool mii_is_full_duplex(uint32_t advertised, uint32_t partner)
{
    uint32_t both = advertised & partner;
    return both & MII_100_FULL || (!(both & MII_100_HALF) && both & MII_10_FULL);
}

#endif
