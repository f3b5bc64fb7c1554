/* SPDX-License-Identifier: BSD-3-Clause */
/* Time of the linux port: see sys_time.h. */
#include "lwip/sys.h"
#include "sys_time.h"

#define NS_PER_MS 1000000L
#define NS_PER_S 1000000000L

struct timespec sys_time_add(struct timespec t, uint32_t ms)
{
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * NS_PER_MS;
    if (t.tv_nsec >= NS_PER_S) {
        t.tv_sec++;
        t.tv_nsec -= NS_PER_S;
    }
    return t;
}

uint32_t sys_time_ms(struct timespec t)
{
    return (uint32_t)((uint64_t)t.tv_sec * 1000 + (uint64_t)(t.tv_nsec / NS_PER_MS));
}

static struct timespec now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t;
}

struct timespec sys_deadline(uint32_t ms)
{
    return sys_time_add(now(), ms);
}

u32_t sys_now(void)
{
    return sys_time_ms(now());
}

u32_t sys_jiffies(void)
{
    return sys_now();
}
