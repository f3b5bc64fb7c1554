/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for time to pass.
 */
#include "delay.h"

#include <threads.h>
#include <time.h>

void delay_ms(unsigned long milliseconds)
{
    struct timespec left = {.tv_sec = (time_t)(milliseconds / 1000),
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000L};

    while (thrd_sleep(&left, &left) == -1)
        continue;
}
