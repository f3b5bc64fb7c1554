/* SPDX-License-Identifier: BSD-3-Clause */
/* <unistd.h> for boards: newlib's, with the getopt of getopt.h. */
#ifndef PORTSIDE_CORTEX_M_UNISTD_H
#define PORTSIDE_CORTEX_M_UNISTD_H

#include_next <unistd.h>
#include <getopt.h>
#include "getopt_per_job.h"

#endif
