/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of the shell's own commands, see builtins.h. */
#include "builtins.h"
#include <string.h>
#include "console.h"
#include "job.h"

static int help(int argc, char **argv);

const struct builtin builtins[] = {
    {"help", help},           {"ifconfig", builtin_ifconfig},
    {"mem", builtin_mem},     {"netstat", builtin_netstat},
    {"stats", builtin_stats},
};
const size_t builtins_count = sizeof builtins / sizeof builtins[0];

static void write_console(struct ps_out *out, const char *text, size_t length)
{
    (void)out;
    console_write(text, length);
}

struct ps_out builtin_out = {write_console};

const struct builtin *builtin_find(const char *name)
{
    for (size_t i = 0; i < builtins_count; i++) {
        if (strcmp(builtins[i].name, name) == 0) {
            return &builtins[i];
        }
    }
    return NULL;
}

static int help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    console_printf("commands:");
    for (size_t i = 0; i < builtins_count; i++) {
        console_printf(" %s", builtins[i].name);
    }
    for (size_t i = 0; i < apps_count; i++) {
        console_printf(" %s", apps[i].name);
    }
    console_printf("\nCOMMAND -h says what a command takes; Ctrl-C ends it.\n");
    return 0;
}
