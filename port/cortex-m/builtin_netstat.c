/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's netstat and stats. */
#include "builtins.h"
#include "console.h"
#include "ps_netstat.h"
#include "ps_stats.h"

int builtin_netstat(int argc, char **argv)
{
    return ps_netstat_command(&builtin_out, argc, argv);
}

int builtin_stats(int argc, char **argv)
{
    int status = ps_stats_command(&builtin_out, argc, argv);

    if (status == 0) {
        console_printf("console: %lu bytes of input dropped\n", (unsigned long)console_dropped());
    }
    return status;
}
