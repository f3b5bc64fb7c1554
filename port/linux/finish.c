/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a program on lwIP: see finish.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "finish.h"
#include "lwip/sys.h"
#include "ps.h"
#include "report.h"
#include "thread.h"

/* The C library's: <unistd.h> here is the apps' one. */
_Noreturn void _Exit(int status);

#define EXIT_DRAIN_MS 5000
#define SIGNAL_DRAIN_MS 500
#define STOP_MS 1000

static void kick_if_inside(struct linux_thread *t, void *busy)
{
    if (t != linux_thread_known() && t->ps.inside) {
        ps_kick(&t->ps);
        *(bool *)busy = true;
    }
}

/* No thread may be inside lwIP when its sockets are closed under it. */
static void stop_others(void)
{
    const struct timespec step = {.tv_nsec = 1000000};
    u32_t start = sys_now();
    bool busy;

    linux_thread_stop_others();
    do {
        busy = false;
        linux_thread_each(kick_if_inside, &busy);
        if (busy) {
            nanosleep(&step, NULL);
        }
    } while (busy && sys_now() - start < STOP_MS);
}

static void finish(uint32_t drain_ms)
{
    const char *statistics = getenv("PORTSIDE_STATS");

    stop_others();
    ps_close_all();
    (void)ps_drain(drain_ms);
    if (statistics != NULL && strcmp(statistics, "1") == 0) {
        report_stats();
    }
}

static void on_exit_of_program(void)
{
    finish(EXIT_DRAIN_MS);
}

void finish_at_exit(void)
{
    atexit(on_exit_of_program);
}

void finish_now(int status)
{
    finish(SIGNAL_DRAIN_MS);
    _Exit(status);
}
