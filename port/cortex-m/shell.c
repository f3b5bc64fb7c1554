/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell, see shell.h. One command runs at a time, in the foreground. */
#include "shell.h"
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include "board.h"
#include "builtins.h"
#include "console.h"
#include "job.h"
#include "kernel.h"
#include "words.h"

#define WORDS_MAX 32
#define STATUS_USAGE 2
#define STATUS_CANNOT_RUN 126
#define STATUS_UNKNOWN 127

static struct thread *volatile shell_thread; /* while it waits for a line */
static struct job *volatile foreground;
static volatile bool interrupted; /* ^C came while there was neither: it is the next job's */

void shell_interrupt(void)
{
    struct job *job = foreground;
    struct thread *reader = shell_thread;

    if (job != NULL) {
        job_signal(job, SIGINT);
    } else if (reader != NULL) {
        thread_interrupt(reader);
    } else {
        interrupted = true;
    }
}

bool shell_interrupted(void)
{
    return interrupted;
}

static int run_app(const struct app *app, int argc, char *argv[])
{
    struct job *job = job_start(app, argc, argv);
    int status;

    if (job == NULL) {
        console_printf("%s: no job, thread or memory is free\n", app->name);
        return STATUS_CANNOT_RUN;
    }
    foreground = job;
    if (interrupted) {
        interrupted = false;
        job_signal(job, SIGINT);
    }
    status = job_wait(job);
    foreground = NULL;
    return status;
}

int shell_command(const char *line)
{
    static char text[BOARD_LINE_MAX]; /* of the one foreground command */
    static char *words[WORDS_MAX];
    size_t length = strlen(line);
    const struct builtin *builtin;
    const struct app *app;
    int count;

    if (length >= sizeof text) {
        console_printf("the command line is too long\n");
        return STATUS_USAGE;
    }
    memcpy(text, line, length + 1);
    count = words_split(text, words, WORDS_MAX);
    if (count < 0) {
        console_printf(count == WORDS_TOO_MANY ? "too many words\n" : "a quote is not closed\n");
        return STATUS_USAGE;
    }
    if (count == 0) {
        return 0;
    }
    builtin = builtin_find(words[0]);
    if (builtin != NULL) {
        return builtin->run(count, words);
    }
    app = app_find(words[0]);
    if (app == NULL) {
        console_printf("%s: unknown command; help lists those there are\n", words[0]);
        return STATUS_UNKNOWN;
    }
    return run_app(app, count, words);
}

/* Prompts for a whole line and reads it without its newline; false when ^C or ^D came instead. */
static bool read_line(char *line, size_t size)
{
    int length;

    shell_thread = thread_self(); /* before the prompt is seen: a ^C may answer it at once */
    interrupted = false;          /* it came after the last job had ended */
    console_printf("portside> ");
    length = console_read(line, size - 1, NULL);
    shell_thread = NULL;
    (void)thread_clear_interrupt(thread_self()); /* a ^C that came too late for the wait */
    if (length <= 0) {
        return false;
    }
    line[length - 1] = '\0';
    return true;
}

_Noreturn void shell_run(void)
{
    static char line[BOARD_LINE_MAX];

    for (;;) {
        int status;

        if (!read_line(line, sizeof line)) {
            continue;
        }
        status = shell_command(line);
        if (status != 0) {
            console_printf("exit status %d\n", status);
        }
    }
}
