/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a sending app has to say: the texts of its -m options, or lines typed until "exit" or the
 * end of input.
 */
#ifndef APPS_LIB_MESSAGES_H
#define APPS_LIB_MESSAGES_H

#include "encoding.h"
#include "line.h"

#include <stdbool.h>
#include <stddef.h>
#include <threads.h>

struct messages {
    const char *program;
    struct encoding *encoding; /* of what goes out; the caller's */
    char **texts;              /* allocated; the strings are argv's */
    size_t count;              /* 0: lines are typed */
    unsigned long repeat;      /* texts: the whole list so often; typed: each line so often */
    /* The message that messages_next() found, encoded. */
    char *bytes;
    size_t length;
    /* How far it has come. */
    struct line line;
    size_t index;
    unsigned long round;
    /* Of an app whose other threads print, too: the lock under which all of them do, else NULL. */
    mtx_t *print;
    bool prompted; /* a prompt waits for its line; under that lock */
};

/* At most `most` texts will be added. False, with a line on stderr, without memory. */
bool messages_init(struct messages *messages, const char *program, size_t most);
void messages_add(struct messages *messages, char *text);
void messages_free(struct messages *messages);

/* Whether each text of -m can be written in `encoding`, which is used from now on; false with a
 * line on stderr. Before messages_next(). */
bool messages_encode(struct messages *messages, struct encoding *encoding);

/* Finds the next message: 1, 0 when there is none, -1 after a line on stderr. Prompts when the
 * input is a terminal. Its bytes stay until the next call. */
int messages_next(struct messages *messages);

/* Around a line that a thread prints while another may be in messages_next(), with `print` set:
 * it begins below a prompt and what is typed after it, and the prompt is there again below. */
void messages_begin_print(struct messages *messages);
void messages_end_print(struct messages *messages);

#endif
