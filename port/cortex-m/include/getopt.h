/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <getopt.h> for boards: several programs may parse their options at once in one image, so each
 * job has its own optind, optarg and so on, as each thread has its own errno. newlib's reentrant
 * functions do the work. The names become macros only after newlib's <unistd.h> has declared them.
 */
#ifndef PORTSIDE_CORTEX_M_GETOPT_H
#define PORTSIDE_CORTEX_M_GETOPT_H

#define __need_getopt_newlib
#include_next <getopt.h>

#ifndef PORTSIDE_INSIDE_UNISTD
#include <unistd.h>
#include "getopt_per_job.h"
#endif

#endif
