/* SPDX-License-Identifier: BSD-3-Clause */
/* Where what the stack has to say by itself goes. */
#include <stdio.h>
#include "ps_lease.h"

void ps_port_say(const char *text)
{
    fputs(text, stderr);
}
