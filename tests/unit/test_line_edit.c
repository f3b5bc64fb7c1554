/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unit tests of the prompt's line editor (port/cortex-m/line_edit.c, line_history.c, keys.c): keys
 * in, line and screen out. The screen is a model of a terminal's row that knows the sequences which
 * the editor promises to use, and no others. Random keys are compared with a simple editor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "line_edit.h"

#define SIZE 64 /* of the line, with its NUL */
#define COLUMNS 24
#define PROMPT "> "
#define ROOM (COLUMNS - 1 - 2)
#define HISTORY 160

/* One row: characters of UTF-8, and the rows above it as text. */
static struct {
    char cell[COLUMNS][5];
    unsigned column, bells, cleared;
    char above[1000]; /* rows that were left, each with a newline */
    uint8_t character[5];
    unsigned length, wanted;
} screen;

static char text[SIZE], history_data[HISTORY];
static struct line_history history;
static struct line_edit editor;

static void erase_from(unsigned column)
{
    for (; column < COLUMNS; column++) {
        strcpy(screen.cell[column], " ");
    }
}

static void row_text(char *out)
{
    unsigned used = COLUMNS;

    while (used > 0 && strcmp(screen.cell[used - 1], " ") == 0) {
        used--;
    }
    *out = '\0';
    for (unsigned i = 0; i < used; i++) {
        strcat(out, screen.cell[i]);
    }
}

static void new_row(void)
{
    row_text(screen.above + strlen(screen.above));
    strcat(screen.above, "\n");
    screen.column = 0;
    erase_from(0);
}

static void put_character(void)
{
    if (screen.column == COLUMNS) { /* a terminal wraps; only a line that is entered may do that */
        screen.column = 0;
        for (unsigned i = 0; i < COLUMNS; i++) {
            strcat(screen.above, screen.cell[i]);
        }
        erase_from(0);
    }
    screen.character[screen.length] = '\0';
    strcpy(screen.cell[screen.column++], (char *)screen.character);
    screen.length = 0;
}

static size_t sequence(const char *data, size_t size)
{
    unsigned columns;
    int length = 0;

    if (size >= 3 && memcmp(data, "\x1b[K", 3) == 0) {
        erase_from(screen.column);
        return 3;
    }
    if (size >= 3 && memcmp(data, "\x1b[H", 3) == 0) {
        screen.cleared++;
        screen.column = 0;
        return 3;
    }
    if (size >= 4 && memcmp(data, "\x1b[2J", 4) == 0) {
        erase_from(0);
        return 4;
    }
    assert_int_equal(sscanf(data, "\x1b[%uD%n", &columns, &length), 1);
    assert_true(length > 0 && (size_t)length <= size);
    assert_true(columns > 0 && columns <= screen.column);
    screen.column -= columns;
    return (size_t)length;
}

static void on_screen(uint8_t c)
{
    if (screen.wanted > 0) {
        assert_int_equal(c & 0xc0, 0x80);
    }
    switch (c) {
    case '\a':
        screen.bells++;
        return;
    case '\b':
        assert_true(screen.column > 0);
        screen.column--;
        return;
    case '\r':
        screen.column = 0;
        return;
    case '\n':
        new_row();
        return;
    default:
        break;
    }
    assert_true(c >= ' ' && c != 0x7f);
    if (screen.wanted == 0) {
        screen.wanted = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    }
    screen.character[screen.length++] = c;
    if (--screen.wanted == 0) {
        put_character();
    }
}

static void write_screen(const char *data, size_t size)
{
    for (size_t i = 0; i < size;) {
        if (data[i] == 0x1b) {
            char copy[16] = "";

            memcpy(copy, data + i, size - i < 15 ? size - i : 15);
            i += sequence(copy, size - i);
        } else {
            on_screen((uint8_t)data[i++]);
        }
    }
}

static void begin(void)
{
    memset(&screen, 0, sizeof screen);
    erase_from(0);
    line_edit_begin(&editor);
}

static int set_up(void **state)
{
    (void)state;
    history = (struct line_history){.data = history_data, .size = HISTORY};
    editor = (struct line_edit){.text = text,
                                .size = SIZE,
                                .prompt = PROMPT,
                                .columns = COLUMNS,
                                .write = write_screen,
                                .history = &history};
    begin();
    return 0;
}

static enum line_edit_event type(const char *keys)
{
    enum line_edit_event event = LINE_EDIT_MORE;

    for (; *keys != '\0' && event == LINE_EDIT_MORE; keys++) {
        event = line_edit_byte(&editor, (uint8_t)*keys);
    }
    assert_int_equal(*keys, '\0');
    return event;
}

/* The row must be the prompt, the part of the line from some place on, and the cursor there. */
static void check_screen(void)
{
    char row[COLUMNS * 5], expected[SIZE + 10] = PROMPT;
    unsigned characters = 0, before = 0;

    for (size_t i = editor.first; i < editor.length && characters <= ROOM; i++) {
        characters += (editor.text[i] & 0xc0) != 0x80;
        if (characters <= ROOM) {
            strncat(expected, editor.text + i, 1);
        }
    }
    for (size_t i = editor.first; i < editor.cursor; i++) {
        before += (editor.text[i] & 0xc0) != 0x80;
    }
    for (size_t end = strlen(expected); end > 0 && expected[end - 1] == ' '; end--) {
        expected[end - 1] = '\0';
    }
    row_text(row);
    assert_string_equal(row, expected);
    assert_true(editor.first <= editor.cursor && before <= ROOM);
    assert_int_equal(screen.column, strlen(PROMPT) + before);
    assert_true(editor.cursor == 0 || before > 0); /* what is before the cursor is seen */
}

#define LEFT "\x1b[D"
#define RIGHT "\x1b[C"
#define UP "\x1b[A"
#define DOWN "\x1b[B"

static void test_table(void **state)
{
    static const struct {
        const char *keys, *line; /* "|" is the cursor */
    } table[] = {
        {"", "|"},
        {"abc", "abc|"},
        {"abc" LEFT LEFT "X", "aX|bc"},
        {"abc" LEFT LEFT LEFT LEFT "X", "X|abc"},
        {"abc" LEFT RIGHT RIGHT "X", "abcX|"},
        {"abc\x1bOD\x1bODX", "aX|bc"},
        {"abc\x02\x02\x06X", "abX|c"},
        {"abc\x01X", "X|abc"},
        {"abc\x1b[HX", "X|abc"},
        {"abc\x1b[1~X", "X|abc"},
        {"abc\x1b[7~X", "X|abc"},
        {"abc\x1bOHX", "X|abc"},
        {"abc\x01\x05X", "abcX|"},
        {"abc\x01\x1b[FX", "abcX|"},
        {"abc\x01\x1b[4~X", "abcX|"},
        {"abc\x01\x1b[8~X", "abcX|"},
        {"abc\x01\x1bOFX", "abcX|"},
        {"abc\b", "ab|"},
        {"abc\x7f\x7f\x7f\x7f", "|"},
        {"abc" LEFT "\b", "a|c"},
        {"abc\x01\b", "|abc"},
        {"abc\x01\x1b[3~", "|bc"},
        {"abc\x01\x04\x04", "|c"},
        {"abc\x04\x1b[3~", "abc|"},
        {"abc" LEFT LEFT "\x0b", "a|"},
        {"abc\x0b", "abc|"},
        {"abc" LEFT "\x15", "|c"},
        {"abc\x15", "|"},
        {"one two  three\x17", "one two  |"},
        {"one two  three\x17\x17", "one |"},
        {"one two  " LEFT "\x17", "one | "},
        {"one\x17\x17", "|"},
        {"a\x0c"
         "b",
         "ab|"},
        {"gr\xc3\xbc\xc3\x9f"
         "e" LEFT LEFT "\b",
         "gr|\xc3\x9f"
         "e"},
        {"\xe4\xbd\xa0\xe5\xa5\xbd" LEFT "\x1b[3~", "\xe4\xbd\xa0|"},
        {"\xf0\x9f\x98\x80x" LEFT LEFT "y", "y|\xf0\x9f\x98\x80x"},
        /* What is no character, or none to print, is refused. */
        {"a\xff\x80\xc3z", "az|"},
        {"a\xc0\x80"
         "b",
         "ab|"},
        {"a\xe0\x80\x80"
         "b",
         "ab|"},
        {"a\xed\xa0\x80"
         "b",
         "ab|"},
        {"a\xf4\x90\x80\x80"
         "b",
         "ab|"},
        {"a\xc2\x9b"
         "b",
         "ab|"},
        {"a\xe4\xbd" LEFT "b", "b|a"},
        /* Keys that mean nothing here leave nothing. */
        {"a\x1b[5~\x1b[6~\x1b[2~\x1b[15~\x1b[200~b", "ab|"},
        {"a\x1b[1;5Cb\x1b[[Ac\x1bxd\x1bOPe", "abcde|"},
        {"a\x1b[1;5Db", "b|a"},
        {"a\x1b\x1b[Db", "b|a"},
        {"a\x1b[\x15"
         "b",
         "b|"},
        {"a\x07\x0e\x10\x19\x1c\x1d\x1e\x1f"
         "b",
         "ab|"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char with_cursor[SIZE + 1];

        (void)set_up(state);
        assert_int_equal(type(table[i].keys), LINE_EDIT_MORE);
        (void)snprintf(with_cursor, sizeof with_cursor, "%.*s|%.*s", (int)editor.cursor,
                       editor.text, (int)(editor.length - editor.cursor),
                       editor.text + editor.cursor);
        assert_string_equal(with_cursor, table[i].line);
        check_screen();
    }
}

static void test_enter(void **state)
{
    (void)state;
    assert_int_equal(type("abc" LEFT "\r"), LINE_EDIT_ENTER);
    assert_string_equal(text, "abc");
    assert_string_equal(screen.above, "> abc\n");
    begin();
    assert_int_equal(type("\n"), LINE_EDIT_ENTER);
    assert_string_equal(text, "");
    begin();
    assert_int_equal(type("\x04"), LINE_EDIT_DROP);
    begin();
    assert_int_equal(type("abc" UP "\x03"), LINE_EDIT_DROP);
    begin();
    assert_int_equal(type("\t"), LINE_EDIT_TAB);
    assert_int_equal(editor.tabs, 1);
    assert_int_equal(type("\t"), LINE_EDIT_TAB);
    assert_int_equal(editor.tabs, 2);
    assert_int_equal(type("x\t"), LINE_EDIT_TAB);
    assert_int_equal(editor.tabs, 1);
}

/* What is typed by a script at the end of a short line is echoed as it is. */
static void test_plain_echo(void **state)
{
    (void)state;
    type("udp-send");
    assert_string_equal(screen.above, "");
    assert_int_equal(screen.column, 10);
    assert_true(line_edit_insert(&editor, " -h", 3));
    check_screen();
}

static void test_long_line(void **state)
{
    static const char digits[] = "0123456789";

    (void)state;
    for (unsigned i = 0; i < SIZE - 1; i++) {
        char key[2] = {digits[i % 10], '\0'};

        type(key);
        check_screen();
    }
    assert_int_equal(screen.bells, 0);
    type("x");
    assert_int_equal(screen.bells, 1);
    assert_int_equal(editor.length, SIZE - 1);
    for (unsigned i = 0; i < SIZE; i++) {
        type(LEFT);
        check_screen();
    }
    assert_int_equal(editor.cursor, 0);
    for (unsigned i = 0; i < SIZE; i++) {
        type(i % 2 ? "\x06" : RIGHT);
        check_screen();
    }
    type("\x01");
    check_screen();
    type("\x05");
    check_screen();
    for (unsigned i = 0; i < 50; i++) {
        type("\b");
        check_screen();
    }
    type("\r");
    assert_string_equal(text, "0123456789012");
}

/* When a line that was scrolled is entered, all of it is seen. */
static void test_long_line_entered(void **state)
{
    (void)state;
    type("0123456789 0123456789 0123456789 0123456789\x01\r");
    assert_string_equal(screen.above, PROMPT "0123456789 0123456789 0123456789 0123456789\n");
}

static void test_history(void **state)
{
    (void)state;
    type(UP DOWN "x\b");
    assert_int_equal(editor.length, 0);
    type("one\r");
    begin();
    type("two\r");
    begin();
    type("two\r");
    begin();
    type("  \r");
    begin();
    type("draft" UP);
    check_screen();
    assert_int_equal(editor.length, 3);
    assert_memory_equal(text, "two", 3);
    type(UP);
    assert_memory_equal(text, "one", 3);
    type(UP UP UP); /* the oldest stays */
    assert_memory_equal(text, "one", 3);
    check_screen();
    type("\x0e\x0e");
    assert_int_equal(editor.length, 5);
    assert_memory_equal(text, "draft", 5);
    check_screen();
    type(DOWN "!");
    assert_memory_equal(text, "draft!", 6);
    type("\x10\x10 more\r"); /* an old line, changed, is a new one; the draft is gone */
    assert_string_equal(text, "one more");
    assert_string_equal(line_history_get(&history, 1), "one more");
    assert_string_equal(line_history_get(&history, 2), "two");
    assert_string_equal(line_history_get(&history, 3), "one");
    assert_null(line_history_get(&history, 4));
    assert_null(line_history_get(&history, 0));
}

/* A full history loses its oldest lines, also to the draft, and nothing else. */
static void test_history_is_bounded(void **state)
{
    char line[SIZE];
    unsigned kept = 0;

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        (void)snprintf(line, sizeof line, "%u%.*s", i, (int)(i % 40),
                       "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
        begin();
        type(line);
        type("\x10\x0e");
        check_screen();
        assert_int_equal(type("\r"), LINE_EDIT_ENTER);
        assert_string_equal(text, line);
        assert_string_equal(line_history_get(&history, 1), line);
        assert_true(history.used <= HISTORY);
    }
    while (line_history_get(&history, kept + 1) != NULL) {
        kept++;
    }
    assert_true(kept >= 3);
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    history.size = 20;
    history.used = 0;
    line_history_add(&history, line);
    assert_null(line_history_get(&history, 1));
    line_history_drop(&history);
    assert_int_equal(history.used, 0);
}

/* The same line again and nothing before it: going up with a draft that pushes it out. */
static void test_draft_takes_the_room(void **state)
{
    (void)state;
    history.size = SIZE;
    type("0123456789012345678901234567890123456789\r");
    begin();
    type("0123456789012345678901234567890123456789!" UP);
    assert_int_equal(editor.length, 41);
    assert_int_equal(editor.back, 0);
    check_screen();
    type("\r");
    assert_int_equal(strlen(line_history_get(&history, 1)), 41);
    assert_null(line_history_get(&history, 2));
}

/* The simple editor: characters in an array. */
static struct {
    char character[SIZE][5];
    unsigned length, cursor;
} model;

static size_t model_bytes(void)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < model.length; i++) {
        bytes += strlen(model.character[i]);
    }
    return bytes;
}

static void model_remove(unsigned from, unsigned to)
{
    memmove(model.character + from, model.character + to,
            (model.length - to) * sizeof model.character[0]);
    model.length -= to - from;
    model.cursor = from;
}

static void model_insert(const char *character)
{
    if (model_bytes() + strlen(character) > SIZE - 1) {
        return;
    }
    memmove(model.character + model.cursor + 1, model.character + model.cursor,
            (model.length - model.cursor) * sizeof model.character[0]);
    strcpy(model.character[model.cursor++], character);
    model.length++;
}

static unsigned model_word(void)
{
    unsigned at = model.cursor;

    while (at > 0 && model.character[at - 1][0] == ' ') {
        at--;
    }
    while (at > 0 && model.character[at - 1][0] != ' ') {
        at--;
    }
    return at;
}

static void random_key(void)
{
    static const char *const characters[] = {
        "a", "b", " ", "\xc3\xbc", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80", "-", "&"};
    int choice = rand() % 24;
    const char *character = characters[rand() % 8];

    switch (choice) {
    case 0:
        type(LEFT);
        model.cursor -= model.cursor > 0;
        break;
    case 1:
        type(RIGHT);
        model.cursor += model.cursor < model.length;
        break;
    case 2:
        type("\x1b[1~");
        model.cursor = 0;
        break;
    case 3:
        type("\x05");
        model.cursor = model.length;
        break;
    case 4:
        type("\x7f");
        model_remove(model.cursor - (model.cursor > 0), model.cursor);
        break;
    case 5:
        type("\x1b[3~");
        model_remove(model.cursor, model.cursor + (model.cursor < model.length));
        break;
    case 6:
        type("\x17");
        model_remove(model_word(), model.cursor);
        break;
    case 7:
        if (rand() % 8 == 0) {
            type("\x0b");
            model_remove(model.cursor, model.length);
        } else if (rand() % 8 == 0) {
            type("\x15");
            model_remove(0, model.cursor);
        }
        break;
    case 8:
        type("\x1b[17~\x80");
        break;
    case 9:
        line_edit_draw(&editor);
        break;
    default:
        type(character);
        model_insert(character);
        break;
    }
}

static void test_random_keys(void **state)
{
    (void)state;
    srand(4);
    for (unsigned round = 0; round < 200; round++) {
        begin();
        memset(&model, 0, sizeof model);
        for (unsigned i = 0; i < 200; i++) {
            char line[SIZE] = "";
            size_t cursor = 0;

            random_key();
            for (unsigned c = 0; c < model.length; c++) {
                cursor += c < model.cursor ? strlen(model.character[c]) : 0;
                strcat(line, model.character[c]);
            }
            assert_int_equal(editor.length, strlen(line));
            assert_memory_equal(editor.text, line, editor.length);
            assert_int_equal(editor.cursor, cursor);
            check_screen();
        }
    }
}

/* Any bytes at all: the line stays UTF-8 that fits, and the screen shows it. */
static void test_random_bytes(void **state)
{
    (void)state;
    srand(7);
    for (unsigned i = 0; i < 200000; i++) {
        static const char special[] = "\x1b[[O;13~ABCDHF\r\t\x04\x10\x0e\xc3\xe4\xf0\x80\xbf";
        uint8_t byte = (uint8_t)(rand() % 2 ? rand() % 256 : special[rand() % (int)sizeof special]);
        enum line_edit_event event = line_edit_byte(&editor, byte);

        assert_true(editor.cursor <= editor.length && editor.length < SIZE);
        assert_true(history.used <= history.size);
        if (event == LINE_EDIT_ENTER || event == LINE_EDIT_DROP) {
            begin();
        }
        check_screen();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_table, set_up),
        cmocka_unit_test_setup(test_enter, set_up),
        cmocka_unit_test_setup(test_plain_echo, set_up),
        cmocka_unit_test_setup(test_long_line, set_up),
        cmocka_unit_test_setup(test_long_line_entered, set_up),
        cmocka_unit_test_setup(test_history, set_up),
        cmocka_unit_test_setup(test_history_is_bounded, set_up),
        cmocka_unit_test_setup(test_draft_takes_the_room, set_up),
        cmocka_unit_test_setup(test_random_keys, set_up),
        cmocka_unit_test_setup(test_random_bytes, set_up),
    };

    return cmocka_run_group_tests_name("line_edit", tests, NULL, NULL);
}
