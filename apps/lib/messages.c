/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages from the command line or typed.
 */
#include "messages.h"

#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool messages_init(struct messages *messages, const char *program, size_t most)
{
    *messages = (struct messages){.program = program, .repeat = 1};
    messages->texts = malloc((most + 1) * sizeof *messages->texts);
    if (!messages->texts)
        report_failure(program, "malloc", NULL);
    return messages->texts != NULL;
}

void messages_add(struct messages *messages, char *text)
{
    messages->texts[messages->count++] = text;
}

void messages_free(struct messages *messages)
{
    free(messages->texts);
    free(messages->bytes);
    line_free(&messages->line);
}

/* Makes `text` the current message; false and errno when it cannot be. */
static bool encode(struct messages *messages, const char *text, size_t length)
{
    free(messages->bytes);
    messages->bytes = encoding_encode(messages->encoding, text, length, &messages->length);
    return messages->bytes != NULL;
}

static int complain(const struct messages *messages, const char *what)
{
    if (errno == EILSEQ)
        report_failed(messages->program, "%s cannot be written in that encoding", what);
    else
        report_failure(messages->program, what, NULL);
    return -1;
}

bool messages_encode(struct messages *messages, struct encoding *encoding)
{
    messages->encoding = encoding;
    for (size_t i = 0; i < messages->count; i++) {
        if (!encode(messages, messages->texts[i], strlen(messages->texts[i]))) {
            complain(messages, messages->texts[i]);
            return false;
        }
    }
    return true;
}

static int next_text(struct messages *messages)
{
    if (messages->index == messages->count) {
        messages->index = 0;
        messages->round++;
    }
    if (messages->round == messages->repeat)
        return 0;
    const char *text = messages->texts[messages->index++];
    return encode(messages, text, strlen(text)) ? 1 : complain(messages, text);
}

static void prompt(void)
{
    fputs("message> ", stdout);
    fflush(stdout);
}

static void set_prompted(struct messages *messages, bool prompted)
{
    if (messages->print)
        mtx_lock(messages->print);
    messages->prompted = prompted;
    if (prompted)
        prompt();
    if (messages->print)
        mtx_unlock(messages->print);
}

void messages_begin_print(struct messages *messages)
{
    mtx_lock(messages->print);
    if (messages->prompted)
        putchar('\n');
}

void messages_end_print(struct messages *messages)
{
    if (messages->prompted)
        prompt();
    mtx_unlock(messages->print);
}

static int next_line(struct messages *messages)
{
    if (messages->round > 0 && messages->round < messages->repeat) {
        messages->round++;
        return 1;
    }
    if (isatty(STDIN_FILENO))
        set_prompted(messages, true);
    int result = line_read(&messages->line, stdin);
    set_prompted(messages, false);
    if (result < 0)
        return complain(messages, "line");
    if (result == 0 || (messages->line.length == 4 && !memcmp(messages->line.bytes, "exit", 4)))
        return 0;
    messages->round = 1;
    return encode(messages, messages->line.bytes, messages->line.length)
               ? 1
               : complain(messages, "line");
}

int messages_next(struct messages *messages)
{
    return messages->count > 0 ? next_text(messages) : next_line(messages);
}
