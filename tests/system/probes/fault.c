/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fault: does what a program must not do: "read" or "write" at an address where nothing is, "call"
 * there, "divide" by zero, use up the "stack", "abort", or "spin" for ever. With -t a second thread
 * does it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#define NOWHERE ((uintptr_t)0xa0000000u)
#define FRAME 256
#define DEEP 4 /* KB below a stack of 4 KB */

/* Sleeps at the bottom, so that others run while the stack is too deep. */
static unsigned deepen(unsigned frames)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    volatile uint8_t frame[FRAME];

    for (size_t i = 0; i < sizeof frame; i++) {
        frame[i] = (uint8_t)(frames + i);
    }
    if (frames > 0) {
        return deepen(frames - 1) + frame[0];
    }
    thrd_sleep(&moment, NULL);
    return frame[1];
}

static int misbehave(void *argument)
{
    const char *what = argument;
    volatile int zero = 0;

    if (strcmp(what, "read") == 0) {
        return *(volatile int *)NOWHERE;
    }
    if (strcmp(what, "write") == 0) {
        *(volatile int *)NOWHERE = 1;
    } else if (strcmp(what, "call") == 0) {
        ((void (*)(void))(NOWHERE | 1))();
    } else if (strcmp(what, "divide") == 0) {
        return 4711 / zero;
    } else if (strcmp(what, "stack") == 0) {
        return (int)deepen(DEEP * 1024 / FRAME + 4);
    } else if (strcmp(what, "abort") == 0) {
        abort();
    } else if (strcmp(what, "spin") == 0) {
        printf("spins\n");
        fflush(stdout);
        while (zero == 0) {
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    thrd_t thread;
    int result = 0;

    if (argc == 3 && strcmp(argv[1], "-t") == 0) {
        if (thrd_create(&thread, misbehave, argv[2]) == thrd_success) {
            thrd_join(thread, &result);
        }
    } else if (argc == 2) {
        result = misbehave(argv[1]);
    } else {
        fprintf(stderr, "usage: fault [-t] read|write|call|divide|stack|abort|spin\n");
        return 2;
    }
    printf("nothing happened (%d)\n", result);
    return 0;
}
