/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far a transfer is.
 */
#include "progress.h"

#include "moment.h"
#include "number.h"

#include <stdio.h>
#include <unistd.h>

#define PERIOD_MS 250
#define FIRST_MS 1000

void progress_start(struct progress *progress, bool is_wanted)
{
    *progress = (struct progress){.is_wanted = is_wanted && isatty(STDERR_FILENO)};
    progress->start = moment_ms();
    progress->next = progress->start + FIRST_MS;
}

/* Blanks cover what is left of a longer line. */
static void show(const struct progress *progress, uint64_t now, uint64_t length, uint64_t total)
{
    uint64_t elapsed = now - progress->start;
    uint64_t rate = progress->received * 1000 / (elapsed > 0 ? elapsed : 1);

    fputc('\r', stderr);
    number_print(stderr, length);
    if (total > 0) {
        fputs(" of ", stderr);
        number_print(stderr, total);
    }
    fputs(" bytes, ", stderr);
    number_print(stderr, rate / 1000);
    fputs(" KB/s", stderr);
    if (total > 0 && rate > 0) {
        fputs(", ", stderr);
        number_print(stderr, (total - length) / rate);
        fputs(" s left", stderr);
    }
    fputs("        ", stderr);
    fflush(stderr);
}

void progress_add(struct progress *progress, uint64_t count, uint64_t length, uint64_t total)
{
    progress->received += count;
    if (!progress->is_wanted)
        return;
    uint64_t now = moment_ms();
    if (now < progress->next)
        return;
    progress->next = now + PERIOD_MS;
    progress->is_shown = true;
    show(progress, now, length, total);
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown)
        fprintf(stderr, "\r%78s\r", "");
    progress->is_shown = false;
    fflush(stderr);
}
