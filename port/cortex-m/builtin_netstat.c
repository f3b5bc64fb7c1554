/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's netstat and stats. */
#include "builtin_net.h"
#include "builtins.h"
#include "console.h"
#include "ps_netstat.h"
#include "ps_stats.h"

int builtin_netstat(int argc, char **argv)
{
    if (!builtin_no_operands(argc, argv)) {
        return 2;
    }
    ps_netstat(&builtin_out);
    return 0;
}

int builtin_stats(int argc, char **argv)
{
    if (!builtin_no_operands(argc, argv)) {
        return 2;
    }
    ps_stats(&builtin_out);
    console_printf("console: %lu bytes of input dropped\n", (unsigned long)console_dropped());
    return 0;
}
