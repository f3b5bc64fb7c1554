/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's netstat and stats. */
#include "builtin_net.h"
#include "builtins.h"
#include "console.h"
#include "ps_netstat.h"
#include "ps_stats.h"

int builtin_netstat(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        console_printf("netstat: takes no arguments\n");
        return 2;
    }
    ps_netstat(&builtin_out);
    return 0;
}

int builtin_stats(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        console_printf("stats: takes no arguments\n");
        return 2;
    }
    ps_stats(&builtin_out);
    console_printf("console: %lu bytes of input dropped\n", (unsigned long)console_dropped());
    return 0;
}
