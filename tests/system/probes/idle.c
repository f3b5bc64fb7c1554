/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * idle: starts THREADS threads (0 by default) that sleep, says how many there are, and sleeps,
 * until it is ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

static int sleep_long(void *argument)
{
    const struct timespec long_time = {.tv_sec = 3600};

    (void)argument;
    (void)thrd_sleep(&long_time, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    int wanted = argc > 1 ? atoi(argv[1]) : 0, count = 0;
    thrd_t thread;

    while (count < wanted && thrd_create(&thread, sleep_long, NULL) == thrd_success) {
        count++;
    }
    printf("idle with %d threads\n", count);
    fflush(stdout);
    return sleep_long(NULL);
}
