/* SPDX-License-Identifier: BSD-3-Clause */
/* In the place of board/drivers/reg.h, and included before all else: registers are a model's. */
#ifndef PORTSIDE_REG_H
#define PORTSIDE_REG_H

#include <stdint.h>

uint32_t reg_read(const volatile uint32_t *reg);
void reg_write(volatile uint32_t *reg, uint32_t value);

#endif
