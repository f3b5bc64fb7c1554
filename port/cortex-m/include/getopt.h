/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <getopt.h> for boards: several programs may parse their options at once in one image, so each
 * job has its own optind, optarg and optopt, as each thread has its own errno. newlib's reentrant
 * functions do the work. The names become macros when both newlib's headers have declared them.
 */
#ifndef PORTSIDE_CORTEX_M_GETOPT_H
#define PORTSIDE_CORTEX_M_GETOPT_H

#define __need_getopt_newlib
#include_next <getopt.h>
#include <unistd.h>

#endif
