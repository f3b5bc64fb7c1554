/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts of files, and names of files, on a terminal that they must not control. */
#ifndef PORTSIDE_SHOW_TEXT_H
#define PORTSIDE_SHOW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Prints UTF-8 as it is; what is none, and characters that control a terminal, as \xNN, but for
 * those in `keep`. With `more` to come a character that is cut at the end is left. Returns the
 * bytes that it took. App threads. */
size_t show_text(FILE *out, const char *bytes, size_t length, const char *keep, bool more);

#endif
