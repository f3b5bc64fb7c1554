/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell: runs programs by name, for a person at the console or for the boot argument run=. */
#ifndef PORTSIDE_SHELL_H
#define PORTSIDE_SHELL_H

#include <stdbool.h>

/* Room for a line, BOARD_LINE_MAX bytes: the boot arguments' until shell_run(). */
extern char shell_line[];

/* Prompts, reads lines and runs them, for ever. Main thread. */
_Noreturn void shell_run(void);

/* Runs one command line, which is overwritten; "&" at its end runs it in the background where that
 * may be. Returns its exit status: 127 for an unknown command, 126 when it could not be started, 2
 * when the line cannot be split. Main thread. */
int shell_command(char *line, bool may_background);

/* What ^C does: SIGINT to the job in the foreground, else a fresh prompt. Console thread. */
void shell_interrupt(void);

/* Whether ^C came while no job ran, since the last prompt. Any thread. */
bool shell_interrupted(void);

/* Forgets it. Main thread. */
void shell_clear_interrupt(void);

#endif
