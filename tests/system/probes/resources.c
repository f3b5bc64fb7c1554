/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resources: one line on what the stack below has in use, so that a test can compare before and
 * after. Prints what can be seen from where it was built: on a board lwIP's pools and the port's
 * sockets, jobs, threads, FILEs, files, /ram and heap, on linux the pools alone, on host nothing.
 * Connections in TIME_WAIT are not counted: they go by themselves.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#if __has_include("lwip/stats.h")
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/tcpip.h"
#endif
#if __has_include("heap.h")
#include "files.h"
#include "heap.h"
#include "job.h"
#include "ps.h"
#include "stdio_streams.h"
#endif

#if __has_include("lwip/stats.h")
static void show_pools(void)
{
    static const char *const names[] = {
#define LWIP_MEMPOOL(name, count, size, description) #name,
#include "lwip/priv/memp_std.h"
    };
    unsigned used[MEMP_MAX];

    LOCK_TCPIP_CORE();
    for (int i = 0; i < MEMP_MAX; i++) {
        used[i] = (unsigned)lwip_stats.memp[i]->used;
    }
    for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
        used[MEMP_TCP_PCB]--;
    }
    UNLOCK_TCPIP_CORE();
    for (int i = 0; i < MEMP_MAX; i++) {
        if (i != MEMP_SYS_TIMEOUT) {
            printf(" %s=%u", names[i], used[i]);
        }
    }
}
#else
static void show_pools(void)
{
}
#endif

#if __has_include("heap.h")
static void show_port(void)
{
    struct heap_stats heap;
    size_t ram_size, ram_left;

    heap_stats(&heap);
    files_ram_usage(&ram_size, &ram_left);
    printf(" sockets=%u jobs=%u threads=%u files=%u heap=%lu blocks=%u", ps_count(), job_count(),
           job_thread_count(), stdio_count(), (unsigned long)heap.used, heap.blocks);
    printf(" descriptors=%u ram=%lu", files_count(), (unsigned long)(ram_size - ram_left));
    printf(" lwip-heap=%lu", (unsigned long)lwip_stats.mem.used);
}
#else
static void show_port(void)
{
}
#endif

int main(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0); /* the stack runs */

    if (fd < 0) {
        perror("resources: socket");
        return 1;
    }
    close(fd);
    printf("in use:");
    show_pools();
    show_port();
    printf("\n");
    return 0;
}
