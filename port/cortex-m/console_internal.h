/* SPDX-License-Identifier: BSD-3-Clause */
/* What the console's input asks of its output. */
#ifndef PORTSIDE_CONSOLE_INTERNAL_H
#define PORTSIDE_CONSOLE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct semaphore;

/* Whether each "\n" is sent as "\r\n". */
void console_set_crlf(bool crlf);

/* Writes what was typed, also into a line that is edited. Console thread, or who edits. */
void console_echo(const char *data, size_t size);

/* The calling thread edits a line from now on, and `news` tells it; NULL: no more. */
void console_edits(struct semaphore *news);

/* console_disturbed(), when something was typed or not. */
bool console_was_disturbed(bool typed);

#endif
