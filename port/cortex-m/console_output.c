/* SPDX-License-Identifier: BSD-3-Clause */
/* The console's output, and the line that is edited while others write. See console.h. */
#include <stdio.h>
#include <string.h>
#include "board.h"
#include "console.h"
#include "console_internal.h"
#include "kernel.h"

#define PRINTF_SIZE 160
#define PRINTF_CUT "...\n" /* the end of what was longer */
#define ERASE_ROW "\r\x1b[K"

static struct mutex lock;
static bool is_crlf;

/* Who edits a line. */
static struct {
    const struct thread *thread; /* NULL: nobody */
    struct semaphore *news;
    bool disturbed, open; /* others have written, and their last row has no end */
} editor;

void console_set_crlf(bool crlf)
{
    is_crlf = crlf;
}

static void transmit(const char *data, size_t size)
{
    while (is_crlf && size > 0) {
        const char *newline = memchr(data, '\n', size);
        size_t plain = newline != NULL ? (size_t)(newline - data) : size;

        board_console_write(data, plain);
        if (newline != NULL) {
            board_console_write("\r\n", 2);
            plain++;
        }
        data += plain;
        size -= plain;
    }
    board_console_write(data, size);
}

void console_echo(const char *data, size_t size)
{
    mutex_lock(&lock);
    transmit(data, size);
    mutex_unlock(&lock);
}

/* Before a write: makes room where a line is edited. Locked. */
static void disturb(const char *data, size_t size)
{
    if (editor.thread == NULL || thread_self() == editor.thread || size == 0) {
        return;
    }
    if (!editor.disturbed) {
        transmit(ERASE_ROW, sizeof ERASE_ROW - 1);
    }
    editor.disturbed = true;
    editor.open = data[size - 1] != '\n';
    if (!editor.open) { /* some write a row in pieces */
        semaphore_post(editor.news);
    }
}

void console_write(const char *data, size_t size)
{
    bool locked = kernel_running();

    if (locked) {
        mutex_lock(&lock);
        disturb(data, size);
    }
    transmit(data, size);
    if (locked) {
        mutex_unlock(&lock);
    }
}

void console_edits(struct semaphore *news)
{
    mutex_lock(&lock);
    editor.thread = news != NULL ? thread_self() : NULL;
    editor.news = news;
    editor.disturbed = false;
    mutex_unlock(&lock);
}

bool console_was_disturbed(bool typed)
{
    bool disturbed;

    mutex_lock(&lock);
    disturbed = editor.disturbed && (!editor.open || typed);
    if (disturbed) {
        transmit("\n", editor.open);
        editor.disturbed = false;
    }
    mutex_unlock(&lock);
    return disturbed;
}

void console_vprintf(const char *format, va_list args)
{
    char text[PRINTF_SIZE];
    int length = vsnprintf(text, sizeof text, format, args);

    if (length >= (int)sizeof text) {
        memcpy(text + sizeof text - sizeof PRINTF_CUT, PRINTF_CUT, sizeof PRINTF_CUT);
        length = sizeof text - 1;
    }
    if (length > 0) {
        console_write(text, (size_t)length);
    }
}

void console_printf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    console_vprintf(format, args);
    va_end(args);
}
