/* SPDX-License-Identifier: BSD-3-Clause */
/* Access to a chip's registers. The unit tests put functions in the place of these, by including
 * a header of theirs first that defines this one's guard. */
#ifndef PORTSIDE_REG_H
#define PORTSIDE_REG_H

#include <stdint.h>

static inline uint32_t reg_read(const volatile uint32_t *reg)
{
    return *reg;
}

static inline void reg_write(volatile uint32_t *reg, uint32_t value)
{
    *reg = value;
}

#endif
