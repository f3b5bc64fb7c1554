/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of hosts, before a server is asked. */
#ifndef PORTSIDE_PS_NAME_H
#define PORTSIDE_PS_NAME_H

#include <stdbool.h>

/* Whether the name may be asked for (RFC 1035, 2.3.4): at most 253 bytes, labels of 1 to 63 between
 * the dots, one dot behind them all. lwIP 2.2.1 sends malformed queries for others, and waits. */
bool ps_name_is_good(const char *name);

#endif
