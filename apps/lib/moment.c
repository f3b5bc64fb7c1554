/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telling how much time has passed.
 */
#include "moment.h"

#include <time.h>

uint64_t moment_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
