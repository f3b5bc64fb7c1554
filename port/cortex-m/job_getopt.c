/* SPDX-License-Identifier: BSD-3-Clause */
/* Each job's own state of getopt(), see include/getopt.h. */
#include <getopt.h>
#include "job_internal.h"

#undef optind /* here the member is meant, not the calling job's */

struct getopt_data *job_getopt(void)
{
    static struct getopt_data none; /* the system parses no options, but the names have to work */
    struct job *job = job_self();
    struct getopt_data *data = job != NULL ? &job->options : &none;

    data->opterr = opterr;
    return data;
}

void job_getopt_init(struct job *job)
{
    opterr = 1;
    job->options = (struct getopt_data){.optind = 1, .optwhere = 1};
}
