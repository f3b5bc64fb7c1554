/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's mem: what RAM is in use, and by whom. `make size` tells of the rest of it. */
#include "board.h"
#include "builtins.h"
#include "console.h"
#include "files.h"
#include "heap.h"
#include "job_internal.h"
#include "kernel_arch.h"
#include "lwip/memp.h"
#include "lwip/stats.h"

#define OWNER_MAX 24

static void print_heap(void)
{
    struct heap_stats heap;

    heap_stats(&heap);
    console_printf("heap: %u bytes, %u used, most %u, %u free, largest %u, %u requests failed\n",
                   (unsigned)heap.size, (unsigned)heap.used, (unsigned)heap.peak,
                   (unsigned)(heap.size - heap.used), (unsigned)heap.largest_free, heap.failures);
}

static void print_shares(void)
{
    struct heap_share share;
    char name[OWNER_MAX];

    for (bool more = heap_next_share(&share, true); more; more = heap_next_share(&share, false)) {
        const char *shown = share.is_network ? "lwIP" : share.owner == NULL ? "system" : name;

        if (shown == name) {
            ps_port_owner_name(share.owner, name, sizeof name);
        }
        console_printf("  %-16s %6u bytes in %u blocks\n", shown, (unsigned)share.bytes,
                       share.blocks);
    }
}

static void print_buffers(void)
{
    const struct stats_mem *pool = lwip_stats.memp[MEMP_PBUF_POOL];

    console_printf("receive buffers: %u of %u bytes, %u used, most %u\n", (unsigned)PBUF_POOL_SIZE,
                   (unsigned)PBUF_POOL_BUFSIZE, (unsigned)pool->used, (unsigned)pool->max);
}

static void print_ram_files(void)
{
    size_t size, left;

    files_ram_usage(&size, &left);
    console_printf("/ram: %u bytes, %u used, %u free\n", (unsigned)size, (unsigned)(size - left),
                   (unsigned)left);
}

static bool is_program(const struct thread *t)
{
    const struct app_thread *slot;

    for (size_t i = 0; (slot = app_thread_at(i)) != NULL; i++) {
        if (&slot->thread == t) {
            return true;
        }
    }
    return false;
}

/* Those of programs are reserved, in use or not; the others are of the threads that there are. */
static void print_stacks(void)
{
    unsigned count = 0;
    size_t all = 0;
    uint32_t saved = kernel_arch_lock();

    for (const struct thread *t = thread_next(NULL); t != NULL; t = thread_next(t)) {
        if (!is_program(t)) {
            count++;
            all += t->stack_size;
        }
    }
    kernel_arch_unlock(saved);
    console_printf("stacks: %u of %u bytes for programs, %u of the system with %u bytes\n",
                   (unsigned)(BOARD_MAIN_THREADS + BOARD_APP_THREADS), (unsigned)BOARD_APP_STACK,
                   count, (unsigned)all);
}

int builtin_mem(int argc, char **argv)
{
    if (argc > 1) {
        console_printf("mem: takes no arguments, got \"%.40s\"\n", argv[1]);
        return 2;
    }
    print_heap();
    print_shares();
    print_buffers();
    print_ram_files();
    print_stacks();
    return 0;
}
