/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telling how much time has passed.
 */
#ifndef APPS_LIB_MOMENT_H
#define APPS_LIB_MOMENT_H

#include <stdint.h>

/* Milliseconds since some moment of the past; never goes back. Any thread. */
uint64_t moment_ms(void);

#endif
