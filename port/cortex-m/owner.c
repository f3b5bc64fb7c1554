/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of jobs, as owners of sockets and memory. */
#include <stdio.h>
#include "job_internal.h"
#include "ps.h"

/* An owner stays a job record, whatever becomes of the job. */
void ps_port_owner_name(const void *owner, char *text, size_t size)
{
    const struct job *job = owner;
    const struct app *app = job != NULL ? job->app : NULL;

    if (app == NULL) {
        (void)snprintf(text, size, "-");
    } else {
        (void)snprintf(text, size, "%s/%d", app->name, job->pid);
    }
}
