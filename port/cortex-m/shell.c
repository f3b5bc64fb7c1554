/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell, see shell.h: its prompt, and what a line stands for. Its jobs are in shell_jobs.c. */
#include "shell.h"
#include <string.h>
#include "board.h"
#include "builtins.h"
#include "complete.h"
#include "console.h"
#include "job.h"
#include "kernel.h"
#include "line_edit.h"
#include "shell_jobs.h"
#include "words.h"

#define WORDS_MAX 32
#define WORD_MAX 60
#define COLUMNS 80 /* of the terminal: the usual, and a wider one does no harm */
#define STATUS_USAGE 2
#define STATUS_UNKNOWN 127

char shell_line[BOARD_LINE_MAX];

static char history_data[BOARD_HISTORY];
static struct line_history history = {.data = history_data, .size = sizeof history_data};
static struct line_edit editor = {
    .text = shell_line,
    .size = BOARD_LINE_MAX,
    .prompt = "portside> ",
    .columns = COLUMNS,
    .write = console_write,
    .history = &history,
};

_Static_assert(BOARD_HISTORY >= 2 * BOARD_LINE_MAX,
               "the line that is typed fits in the history, and the one before it");

static int run(int argc, char *argv[], bool background)
{
    const struct builtin *builtin = builtin_find(argv[0]);
    const struct app *app = app_find(argv[0]);

    if (builtin != NULL && background) {
        console_printf("%s: a command of the shell itself does not run in the background\n",
                       builtin->name);
        return STATUS_USAGE;
    }
    if (builtin != NULL) {
        return builtin_run(builtin, argc, argv);
    }
    if (app == NULL) {
        console_printf("%.*s: unknown command; help lists those there are\n", WORD_MAX, argv[0]);
        return STATUS_UNKNOWN;
    }
    return background ? shell_jobs_start(app, argc, argv) : shell_jobs_run(app, argc, argv);
}

int shell_command(char *line, bool may_background)
{
    static char *words[WORDS_MAX]; /* the shell runs one command at a time */
    bool background = words_take_ampersand(line);
    int count = words_split(line, words, WORDS_MAX);

    if (count < 0) {
        console_printf(count == WORDS_TOO_MANY ? "portside: more than %d words\n"
                                               : "portside: a quote is not closed\n",
                       WORDS_MAX - 1);
        return STATUS_USAGE;
    }
    if (background && (count == 0 || !may_background)) {
        console_printf("portside: nothing %s in the background\n",
                       may_background ? "to run" : "runs");
        return STATUS_USAGE;
    }
    return count > 0 ? run(count, words, background) : 0;
}

/* Tells what there is to tell, with the line below it. */
static void tell(void)
{
    bool disturbed = console_disturbed();

    if (shell_jobs_have_ended()) {
        console_printf("\r\x1b[K");
        shell_jobs_tell();
        disturbed = true;
    }
    if (disturbed) {
        line_edit_draw(&editor);
    }
}

/* Takes what was typed. */
static enum line_edit_event take(void)
{
    enum line_edit_event event = LINE_EDIT_MORE;
    int byte;

    while (event == LINE_EDIT_MORE && (byte = console_key()) >= 0) {
        event = line_edit_byte(&editor, (uint8_t)byte);
        if (event == LINE_EDIT_TAB) {
            complete(&editor);
            event = LINE_EDIT_MORE;
        }
    }
    return event;
}

/* Prompts for a line and reads it; false when ^C or ^D came instead. */
static bool read_line(void)
{
    enum line_edit_event event;

    console_edit(&shell_news); /* before the prompt is seen: it may be answered at once */
    shell_clear_interrupt();   /* it came after the last job had ended */
    shell_jobs_tell();
    line_edit_begin(&editor);
    for (;;) {
        uint32_t wait = shell_jobs_reap();

        tell();
        event = take();
        if (event != LINE_EDIT_MORE) {
            break;
        }
        (void)semaphore_wait(&shell_news, wait, 0);
    }
    console_edit_end();
    return event == LINE_EDIT_ENTER; /* a ^C behind it is for what the line runs */
}

_Noreturn void shell_run(void)
{
    for (;;) {
        if (read_line()) {
            int status = shell_command(shell_line, true);

            if (status != 0) {
                console_printf("exit status %d\n", status);
            }
        }
    }
}
