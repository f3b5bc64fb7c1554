/* SPDX-License-Identifier: BSD-3-Clause */
/* The line editor. How it works is told in line_edit.h. */
#include "line_edit.h"
#include <stdio.h>
#include <string.h>

#define CTRL(c) ((c) - '@')
#define DELETE 0x7f
#define ERASE_REST "\x1b[K"
#define CLEAR "\x1b[H\x1b[2J"

static void say(const struct line_edit *e, const char *text)
{
    e->write(text, strlen(text));
}

static bool is_inside(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

/* The place one character on, or back. */
static size_t after(const struct line_edit *e, size_t at)
{
    for (at++; at < e->length && is_inside(e->text[at]); at++) {
    }
    return at;
}

static size_t before(const struct line_edit *e, size_t at)
{
    for (at--; at > 0 && is_inside(e->text[at]); at--) {
    }
    return at;
}

static unsigned characters(const struct line_edit *e, size_t from, size_t to)
{
    unsigned count = 0;

    for (; from < to; from++) {
        count += !is_inside(e->text[from]);
    }
    return count;
}

static unsigned room(const struct line_edit *e)
{
    return e->columns - 1 - (unsigned)strlen(e->prompt);
}

/* Scrolls until the cursor is seen, and what is before it; returns whether that was needed. */
static bool scroll(struct line_edit *e)
{
    unsigned shown = 0;

    if (e->first <= e->cursor) {
        shown = characters(e, e->first, e->cursor);
        if ((shown > 0 || e->first == 0) && shown + (e->cursor < e->length) <= room(e)) {
            return false;
        }
    }
    e->first = e->cursor;
    for (shown = 0; shown < room(e) / 2 && e->first > 0; shown++) {
        e->first = before(e, e->first);
    }
    return true;
}

void line_edit_draw(struct line_edit *e)
{
    size_t end = e->first;
    unsigned back;
    char move[16];

    for (unsigned shown = 0; shown < room(e) && end < e->length; shown++) {
        end = after(e, end);
    }
    say(e, "\r");
    say(e, e->prompt);
    e->write(e->text + e->first, end - e->first);
    say(e, ERASE_REST);
    back = characters(e, e->cursor, end);
    if (back > 0) {
        (void)snprintf(move, sizeof move, "\x1b[%uD", back);
        say(e, move);
    }
}

static void show(struct line_edit *e)
{
    (void)scroll(e);
    line_edit_draw(e);
}

void line_edit_begin(struct line_edit *e)
{
    e->length = e->cursor = e->first = 0;
    e->keys = (struct keys){0};
    e->partial_length = e->partial_wanted = 0;
    e->tabs = 0;
    e->back = 0;
    say(e, e->prompt);
}

bool line_edit_insert(struct line_edit *e, const char *text, size_t size)
{
    if (size > e->size - 1 - e->length) {
        say(e, "\a");
        return false;
    }
    memmove(e->text + e->cursor + size, e->text + e->cursor, e->length - e->cursor);
    memcpy(e->text + e->cursor, text, size);
    e->length += size;
    e->cursor += size;
    if (!scroll(e) && e->cursor == e->length) {
        e->write(text, size);
    } else {
        line_edit_draw(e);
    }
    return true;
}

/* Removes what lies between, with the cursor at its beginning then. */
static void cut(struct line_edit *e, size_t from, size_t to)
{
    bool last = to - from == 1 && to == e->length && e->cursor == to;

    if (from == to) {
        return;
    }
    memmove(e->text + from, e->text + to, e->length - to);
    e->length -= to - from;
    e->cursor = from;
    if (!scroll(e) && last) {
        say(e, "\b \b");
    } else {
        line_edit_draw(e);
    }
}

static void move_to(struct line_edit *e, size_t to)
{
    if (to != e->cursor) {
        e->cursor = to;
        show(e);
    }
}

static void left(struct line_edit *e)
{
    if (e->cursor > 0) {
        e->cursor = before(e, e->cursor);
        if (scroll(e)) {
            line_edit_draw(e);
        } else {
            say(e, "\b");
        }
    }
}

static void right(struct line_edit *e)
{
    size_t from = e->cursor;

    if (from < e->length) {
        e->cursor = after(e, from);
        if (scroll(e)) {
            line_edit_draw(e);
        } else {
            e->write(e->text + from, e->cursor - from);
        }
    }
}

static size_t word_begin(const struct line_edit *e)
{
    size_t at = e->cursor;

    while (at > 0 && e->text[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && e->text[at - 1] != ' ') {
        at--;
    }
    return at;
}

/* The line that was typed is the history's newest while another is shown. */
static void go_in_history(struct line_edit *e, bool up)
{
    unsigned back = up ? e->back + 1 : e->back - 1;
    const char *line;

    if (!up && e->back == 0) {
        return;
    }
    if (e->back == 0) {
        if (line_history_get(e->history, 1) == NULL) {
            return;
        }
        e->text[e->length] = '\0';
        line_history_add(e->history, e->text);
    }
    line = line_history_get(e->history, back + 1);
    if (line == NULL) { /* at the oldest */
        if (e->back == 0) {
            line_history_drop(e->history);
        }
        return;
    }
    e->back = back;
    e->length = strlen(line);
    memcpy(e->text, line, e->length);
    e->cursor = e->length;
    e->first = 0;
    show(e);
    if (back == 0) {
        line_history_drop(e->history);
    }
}

static void leave_history(struct line_edit *e)
{
    if (e->back > 0) {
        line_history_drop(e->history);
        e->back = 0;
    }
}

static enum line_edit_event enter(struct line_edit *e)
{
    const char *newest;

    leave_history(e);
    e->text[e->length] = '\0';
    if (characters(e, 0, e->length) > room(e)) {
        say(e, "\r");
        say(e, e->prompt);
        e->write(e->text, e->length); /* more than what the row shows */
    }
    say(e, "\n");
    newest = line_history_get(e->history, 1);
    if (e->text[strspn(e->text, " ")] != '\0' && (newest == NULL || strcmp(newest, e->text) != 0)) {
        line_history_add(e->history, e->text);
    }
    return LINE_EDIT_ENTER;
}

/* How many bytes a character has that begins so; 0 for none. */
static uint8_t wanted_after(uint8_t byte)
{
    if (byte < 0xc2 || byte > 0xf4) {
        return 0;
    }
    return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/* Whether a whole sequence is a character that prints: neither overlong, a surrogate, too large,
 * nor a control character (RFC 3629, ISO 6429's C1). */
static bool prints(const uint8_t *sequence, unsigned length)
{
    static const uint32_t least[] = {0xa0, 0x800, 0x10000};
    uint32_t code = sequence[0] & (0xffu >> (length + 1));

    for (unsigned i = 1; i < length; i++) {
        code = code << 6 | (sequence[i] & 0x3fu);
    }
    return code >= least[length - 2] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static void take_partial(struct line_edit *e, uint8_t byte)
{
    if (!is_inside((char)byte)) {
        e->partial_length = 0;
        e->partial_wanted = wanted_after(byte);
    }
    if (e->partial_wanted == 0) {
        say(e, "\a");
        return;
    }
    e->partial[e->partial_length++] = byte;
    if (e->partial_length < e->partial_wanted) {
        return;
    }
    e->partial_wanted = 0;
    if (prints(e->partial, e->partial_length)) {
        (void)line_edit_insert(e, (const char *)e->partial, e->partial_length);
    } else {
        say(e, "\a");
    }
    e->partial_length = 0;
}

static void edit(struct line_edit *e, int key)
{
    switch (key) {
    case KEY_LEFT:
    case CTRL('B'):
        left(e);
        break;
    case KEY_RIGHT:
    case CTRL('F'):
        right(e);
        break;
    case KEY_HOME:
    case CTRL('A'):
        move_to(e, 0);
        break;
    case KEY_END:
    case CTRL('E'):
        move_to(e, e->length);
        break;
    case KEY_UP:
    case CTRL('P'):
        go_in_history(e, true);
        break;
    case KEY_DOWN:
    case CTRL('N'):
        go_in_history(e, false);
        break;
    case '\b':
    case DELETE:
        cut(e, e->cursor > 0 ? before(e, e->cursor) : 0, e->cursor);
        break;
    case KEY_DELETE:
    case CTRL('D'):
        cut(e, e->cursor, e->cursor < e->length ? after(e, e->cursor) : e->cursor);
        break;
    case CTRL('K'):
        cut(e, e->cursor, e->length);
        break;
    case CTRL('U'):
        cut(e, 0, e->cursor);
        break;
    case CTRL('W'):
        cut(e, word_begin(e), e->cursor);
        break;
    case CTRL('L'):
        say(e, CLEAR);
        line_edit_draw(e);
        break;
    default:
        break;
    }
}

enum line_edit_event line_edit_byte(struct line_edit *e, uint8_t byte)
{
    int key = keys_next(&e->keys, byte);

    if (key == KEY_NONE) {
        return LINE_EDIT_MORE;
    }
    e->tabs = key == '\t' ? (uint8_t)(e->tabs + (e->tabs < UINT8_MAX)) : 0;
    if (key >= 0x80 && key <= 0xff) {
        take_partial(e, byte);
        return LINE_EDIT_MORE;
    }
    e->partial_length = e->partial_wanted = 0;
    if (key == '\r' || key == '\n') {
        return enter(e);
    }
    if (key == '\t') {
        return LINE_EDIT_TAB;
    }
    if (key == CTRL('C') || (key == CTRL('D') && e->length == 0)) {
        leave_history(e);
        say(e, key == CTRL('D') ? "\n" : ""); /* a ^C was echoed when it was typed */
        return LINE_EDIT_DROP;
    }
    if (key >= ' ' && key < DELETE) {
        char c = (char)key;

        (void)line_edit_insert(e, &c, 1);
    } else {
        edit(e, key);
    }
    return LINE_EDIT_MORE;
}
