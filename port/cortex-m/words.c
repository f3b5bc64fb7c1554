/* SPDX-License-Identifier: BSD-3-Clause */
/* Splitting a command line into words, in place: what is written is never longer than what was
 * read. */
#include "words.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies a word from *from to *to and ends it. False when a quote stays open. */
static bool take_word(const char **from, char **to)
{
    char quote = '\0';

    while (**from != '\0' && (quote != '\0' || !is_blank(**from))) {
        char c = *(*from)++;

        if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '\\' && quote == '\0') {
            if (**from == '\0') {
                return false;
            }
            *(*to)++ = *(*from)++;
        } else if (c == '\\' && quote == '"' && (**from == '"' || **from == '\\')) {
            *(*to)++ = *(*from)++;
        } else {
            *(*to)++ = c;
        }
    }
    if (**from != '\0') {
        (*from)++; /* before the NUL may land on it */
    }
    *(*to)++ = '\0';
    return quote == '\0';
}

bool words_take_ampersand(char *line)
{
    size_t end = strlen(line), at;

    while (end > 0 && is_blank(line[end - 1])) {
        end--;
    }
    if (end == 0 || line[end - 1] != '&') {
        return false;
    }
    for (at = end - 1; at > 0 && line[at - 1] == '\\'; at--) {
    }
    if ((end - 1 - at) % 2 != 0) {
        return false;
    }
    line[end - 1] = '\0';
    return true;
}

int words_split(char *line, char *words[], int max)
{
    const char *from = line;
    char *to = line;
    int count = 0;

    for (;;) {
        while (is_blank(*from)) {
            from++;
        }
        if (*from == '\0') {
            break;
        }
        if (count == max - 1) {
            return WORDS_TOO_MANY;
        }
        words[count++] = to;
        if (!take_word(&from, &to)) {
            return WORDS_OPEN_QUOTE;
        }
    }
    words[count] = NULL;
    return count;
}
