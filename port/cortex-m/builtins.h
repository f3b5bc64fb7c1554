/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shell's own commands: they run in the shell's thread, so that they are there also when no
 * job, thread or memory is free. They do not block and use no FILE and no heap; what takes time
 * (ping) or reads files (cat) is a program of port/cortex-m/commands/ and runs as a job.
 */
#ifndef PORTSIDE_BUILTINS_H
#define PORTSIDE_BUILTINS_H

#include <stdbool.h>
#include <stddef.h>
#include "ps_out.h"

struct builtin {
    const char *name;
    /* argv as main() gets it. Returns the exit status: 0, 1, or 2 for wrong usage. Main thread. */
    int (*run)(int argc, char **argv);
    const char *does;  /* what, in a line, for help */
    const char *usage; /* its arguments: -h shows them and `does`; NULL: run() sees to -h */
};

/* One entry for each, in builtins.c. */
extern const struct builtin builtins[];
extern const size_t builtins_count;

/* The one called `name`, or NULL. Any thread. */
const struct builtin *builtin_find(const char *name);

/* Runs it, or says what it takes. Main thread. */
int builtin_run(const struct builtin *builtin, int argc, char **argv);

/* For those that take no arguments: false, with a message, when there are some. Main thread. */
bool builtin_no_operands(int argc, char **argv);

int builtin_ps(int argc, char **argv);
int builtin_reboot(int argc, char **argv);
int builtin_ifconfig(int argc, char **argv);
int builtin_mem(int argc, char **argv);
int builtin_netstat(int argc, char **argv);
int builtin_stats(int argc, char **argv);

/* Prints to the console. */
extern struct ps_out builtin_out;

#endif
