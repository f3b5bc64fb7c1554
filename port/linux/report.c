/* SPDX-License-Identifier: BSD-3-Clause */
/* netstat and stats of a running program, on stderr: see report.h. */
#include "report.h"
#include <stdio.h>
#include <stdlib.h>
#include "lwip/arch.h"
#include "os_control.h"
#include "ps.h"
#include "ps_netstat.h"
#include "ps_stats.h"

struct memory_out {
    struct ps_out out; /* first */
    FILE *file;
};

static void write_memory(struct ps_out *out, const char *text, size_t length)
{
    (void)fwrite(text, 1, length, ((struct memory_out *)out)->file);
}

static void report(void (*first)(struct ps_out *), void (*second)(struct ps_out *))
{
    struct memory_out memory = {.out.write = write_memory};
    size_t length = 0;
    char *text = NULL;

    memory.file = open_memstream(&text, &length);
    if (memory.file == NULL) {
        port_diagnostic("portside: no memory for netstat and stats\n");
        return;
    }
    first(&memory.out);
    if (second != NULL) {
        second(&memory.out);
    }
    if (fclose(memory.file) == 0) {
        (void)fwrite(text, 1, length, stderr);
    } else {
        port_diagnostic("portside: no memory for netstat and stats\n");
    }
    free(text);
}

void report_stats(void)
{
    report(ps_stats, NULL);
}

void report_all(void)
{
    report(ps_netstat, ps_stats);
}

void ps_port_owner_name(const void *owner, char *text, size_t size)
{
    snprintf(text, size, "%s", owner != NULL ? os_program_name() : "-");
}
