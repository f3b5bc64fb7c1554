/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Editing a line on a terminal: bytes of the keyboard in, bytes for the screen out.
 *
 * Theory of operation: the line takes one row. What does not fit is scrolled sideways, half a row
 * at a time; when it is entered, all of it is shown. The last column stays free, so that it does
 * not matter how a terminal wraps. A character is a sequence of UTF-8 and takes one column: those
 * that are wider, or combine, put the cursor in the wrong place; what is not UTF-8, and control
 * characters of it, is refused with BEL. What is typed at the end of a line that fits is echoed and
 * nothing else, so that a line can also be typed by a script. The sequences in use are BEL, BS, CR,
 * ESC [ K (erase to the row's end), ESC [ n D (n columns to the left) and, for ^L, ESC [ H and
 * ESC [ 2 J. Of the history: the line that is typed when one goes up is kept as its newest, until
 * a line is entered.
 * Knows nothing of the system. One thread at a time.
 */
#ifndef PORTSIDE_LINE_EDIT_H
#define PORTSIDE_LINE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "keys.h"
#include "line_history.h"

struct line_edit {
    /* The caller's: */
    char *text;         /* the line, `length` bytes; with a NUL when it is entered */
    size_t size;        /* of text, the NUL included */
    const char *prompt; /* ASCII */
    unsigned columns;   /* of the terminal, well more than the prompt's */
    void (*write)(const char *data, size_t size);
    struct line_history *history;

    size_t length, cursor; /* bytes */
    size_t first;          /* where the part that is shown begins */
    struct keys keys;
    uint8_t partial[4]; /* of a character */
    uint8_t partial_length, partial_wanted;
    uint8_t tabs;  /* keys of this kind in a row */
    unsigned back; /* lines up in the history */
};

enum line_edit_event {
    LINE_EDIT_MORE,  /* go on */
    LINE_EDIT_ENTER, /* the line is there, and in the history */
    LINE_EDIT_DROP,  /* ^C, or ^D on an empty line */
    LINE_EDIT_TAB,   /* ->tabs times in a row: the caller completes */
};

/* Begins with an empty line, and shows the prompt. */
void line_edit_begin(struct line_edit *e);

/* Takes a byte. */
enum line_edit_event line_edit_byte(struct line_edit *e, uint8_t byte);

/* Puts UTF-8 text before the cursor; false, with BEL, when there is no room for all of it. */
bool line_edit_insert(struct line_edit *e, const char *text, size_t size);

/* Shows prompt and line from the row's begin on. */
void line_edit_draw(struct line_edit *e);

#endif
