/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * no-memory: takes all of the heap, then starts as many threads as there can be, each of which
 * opens three FILEs on a board, and prints how many there were; then gives the heap back and does
 * it once more. Nothing but a refusal may come of it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

#define THREADS_MAX 32
#define BLOCK_MAX 65536
#define BLOCK_MIN 8
#define ALL_MAX (16 << 20) /* more than a board has; a host is left in peace */

struct block {
    struct block *next;
};

static int wait_for_go(void *arg)
{
    const volatile bool *go = arg;

    while (!*go) {
        thrd_sleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return 0;
}

static struct block *take_all(void)
{
    struct block *first = NULL;
    size_t taken = 0;

    for (size_t size = BLOCK_MAX; size >= BLOCK_MIN; size /= 2) {
        struct block *block;

        while (taken < ALL_MAX && (block = malloc(size)) != NULL) {
            block->next = first;
            first = block;
            taken += size;
        }
    }
    return first;
}

static int start_threads(void)
{
    volatile bool go = false;
    thrd_t threads[THREADS_MAX];
    int count = 0;

    while (count < THREADS_MAX &&
           thrd_create(&threads[count], wait_for_go, (void *)&go) == thrd_success) {
        count++;
    }
    go = true;
    for (int i = 0; i < count; i++) {
        (void)thrd_join(threads[i], NULL);
    }
    return count;
}

int main(void)
{
    struct block *first;
    int without, with;

    setvbuf(stdout, NULL, _IONBF, 0); /* its buffer is not there yet */
    first = take_all();
    without = start_threads();
    while (first != NULL) {
        struct block *next = first->next;

        free(first);
        first = next;
    }
    with = start_threads();
    printf("%d threads without memory, %d with it\n", without, with);
    return 0;
}
