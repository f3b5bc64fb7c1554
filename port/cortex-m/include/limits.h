/* SPDX-License-Identifier: BSD-3-Clause */
/* <limits.h> for boards: newlib's, with the longest names that its files have here. */
#ifndef PORTSIDE_CORTEX_M_LIMITS_H
#define PORTSIDE_CORTEX_M_LIMITS_H

#include_next <limits.h>

/* Bytes with the NUL: room for /rom/ and a name of NAME_MAX. */
#undef PATH_MAX
#define PATH_MAX 264
#undef NAME_MAX
#define NAME_MAX 255

#endif
