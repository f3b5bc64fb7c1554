/* SPDX-License-Identifier: BSD-3-Clause */
/* ifconfig: shows and changes the board's network interfaces. */
#include "builtins.h"
#include "ps_ifconfig.h"

int builtin_ifconfig(int argc, char **argv)
{
    return ps_ifconfig(&builtin_out, argc, argv);
}
