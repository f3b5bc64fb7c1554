/* SPDX-License-Identifier: BSD-3-Clause */
/* Each job's own state of getopt(), see include/getopt.h. */
#include <getopt.h>
#include "job_internal.h"

/* Here the members are meant, not the calling job's. */
#undef optind
#undef opterr

struct getopt_data *job_getopt(void)
{
    static struct getopt_data none; /* the system parses no options, but the names have to work */
    struct job *job = job_self();

    return job != NULL ? &job->options : &none;
}

void job_getopt_init(struct job *job)
{
    job->options = (struct getopt_data){.optind = 1, .opterr = 1, .optwhere = 1};
}
