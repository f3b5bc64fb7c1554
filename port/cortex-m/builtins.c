/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of the shell's own commands, see builtins.h. */
#include "builtins.h"
#include <string.h>
#include "console.h"
#include "job.h"
#include "shell_jobs.h"

#define STATUS_USAGE 2
#define WORD_MAX 60

static int help(int argc, char **argv);

const struct builtin builtins[] = {
    {"help", help, "lists the commands, or tells what one takes", "[COMMAND]"},
    {"jobs", builtin_jobs, "lists the programs that run, and what each has", ""},
    {"kill", builtin_kill, "sends a signal to programs, TERM by default; KILL calls no handler",
     "[-INT|-TERM|-KILL|-NUMBER] PID|all..."},
    {"fg", builtin_fg, "waits for a program of the background; Ctrl-C ends it then", "PID"},
    {"ps", builtin_ps, "lists the threads, and how much of its stack each has used", ""},
    {"reboot", builtin_reboot, "ends the programs, closes their sockets and starts the board anew",
     ""},
    {"netstat", builtin_netstat, "lists sockets and connections, with what waits in each", ""},
    {"stats", builtin_stats, "shows lwIP's pools and heap, and what was dropped and why", ""},
    {"ifconfig", builtin_ifconfig, "shows the network interfaces, or changes one", NULL},
    {"mem", builtin_mem, "shows who has how much of the memory", ""},
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

int builtin_run(const struct builtin *builtin, int argc, char **argv)
{
    if (builtin->usage != NULL && argc == 2 && strcmp(argv[1], "-h") == 0) {
        console_printf("usage: %s %s\n%s\n", builtin->name, builtin->usage, builtin->does);
        return 0;
    }
    return builtin->run(argc, argv);
}

bool builtin_no_operands(int argc, char **argv)
{
    if (argc > 1) {
        console_printf("%s: '%.*s' is too much: it takes no arguments\n", argv[0], WORD_MAX,
                       argv[1]);
    }
    return argc == 1;
}

static void list(const char *name, const char *does)
{
    console_printf("  %-12s %s\n", name, does != NULL ? does : "");
}

static int help_with(char *name)
{
    char *argv[] = {name, "-h", NULL};
    const struct builtin *builtin = builtin_find(name);
    const struct app *app = app_find(name);

    if (builtin != NULL) {
        return builtin_run(builtin, 2, argv);
    }
    if (app != NULL) {
        return shell_jobs_run(app, 2, argv);
    }
    console_printf("help: no command '%.*s'\n", WORD_MAX, name);
    return STATUS_USAGE;
}

static int help(int argc, char **argv)
{
    if (argc == 2) {
        return help_with(argv[1]);
    }
    if (argc > 2) {
        console_printf("help: '%.*s' is too much: one command, or none\n", WORD_MAX, argv[2]);
        return STATUS_USAGE;
    }
    console_printf("commands:\n");
    for (size_t i = 0; i < builtins_count; i++) {
        list(builtins[i].name, builtins[i].does);
    }
    for (size_t i = 0; i < apps_count; i++) {
        list(apps[i].name, apps[i].does);
    }
    console_printf(
        "COMMAND -h says what it takes; COMMAND & runs it in the background; Ctrl-C ends "
        "it.\n");
    return 0;
}
