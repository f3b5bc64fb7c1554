/* SPDX-License-Identifier: BSD-3-Clause */
/* Splitting a command line into words. Knows nothing of the system. */
#ifndef PORTSIDE_WORDS_H
#define PORTSIDE_WORDS_H

#include <stdbool.h>

enum {
    WORDS_TOO_MANY = -1,
    WORDS_OPEN_QUOTE = -2, /* a quote or a backslash at the end without its other half */
};

/* Splits `line` at blanks into words[0..max - 1], with NULL behind the last: max counts that, too.
 * 'single' quotes keep everything; "double" quotes all but \" and \\; a backslash outside keeps the
 * next character. Quoted and plain parts side by side are one word, '' is an empty one. The words
 * lie in `line`, which is overwritten. Returns their number, or one of the errors above. */
int words_split(char *line, char *words[], int max);

/* Takes "&" off the end of a line, before it is split; false when there is none, or a backslash
 * before it. */
bool words_take_ampersand(char *line);

#endif
