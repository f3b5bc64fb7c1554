/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell: runs apps by name, for a person at the console or for the boot argument run=. */
#ifndef PORTSIDE_SHELL_H
#define PORTSIDE_SHELL_H

#include <stdbool.h>

/* Prompts, reads lines and runs them, for ever. Main thread. */
_Noreturn void shell_run(void);

/* Runs one command line. Returns its exit status: 127 for an unknown command, 126 when it could
 * not be started, 2 when the line cannot be split. Main thread. */
int shell_command(const char *line);

/* What ^C does: SIGINT to the job in the foreground, else a fresh prompt. Console thread. */
void shell_interrupt(void);

/* Whether ^C came while no job ran and no line was read. Any thread. */
bool shell_interrupted(void);

#endif
