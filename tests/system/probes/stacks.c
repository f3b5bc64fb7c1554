/* SPDX-License-Identifier: BSD-3-Clause */
/* stacks: the kernel's threads on a board, a line each: name, bytes of its stack that were ever
 * used, and its size. Elsewhere there is nothing to be seen. */
#include <stdio.h>
#if __has_include("kernel_arch.h")
#include "kernel.h"
#include "kernel_arch.h"

#define THREADS_MAX 16

/* The list must not change while it is walked, and printing takes its time. */
static unsigned list(const struct thread *threads[THREADS_MAX])
{
    uint32_t saved = kernel_arch_lock();
    unsigned count = 0;

    for (const struct thread *t = thread_next(NULL); t != NULL && count < THREADS_MAX;
         t = thread_next(t)) {
        threads[count++] = t;
    }
    kernel_arch_unlock(saved);
    return count;
}

int main(void)
{
    const struct thread *threads[THREADS_MAX];
    unsigned count = list(threads);

    for (unsigned i = 0; i < count; i++) {
        printf("%s %lu of %lu\n", threads[i]->name, (unsigned long)thread_stack_used(threads[i]),
               (unsigned long)threads[i]->stack_size);
    }
    return 0;
}
#else
int main(void)
{
    puts("no stacks can be seen here");
    return 0;
}
#endif
