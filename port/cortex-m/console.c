/* SPDX-License-Identifier: BSD-3-Clause */
/* Input: the line discipline and the two rings behind it. How it works is told in console.h. */
#include "console.h"
#include <string.h>
#include "board.h"
#include "console_internal.h"
#include "job.h"
#include "kernel.h"
#include "keys.h"

#define CTRL(c) ((c) - '@')
#define DELETE 0x7f
#define BEL "\a"

/* Free-running positions: tail - head is what is inside. */
static struct {
    volatile uint8_t data[BOARD_CONSOLE_RX];
    volatile uint32_t head, tail;
    struct semaphore arrived;
} rx;

/* CTRL('D') stands for the end of input here: it cannot be part of a line. */
static struct {
    char data[BOARD_CONSOLE_INPUT];
    uint32_t head, tail;
    struct semaphore ready;
    struct mutex lock;
} input;

static struct {
    struct mutex lock; /* the discipline: the console thread, and who changes the mode */
    char text[BOARD_LINE_MAX];
    size_t length;
    struct keys keys;
    bool after_cr; /* an LF now belongs to the CR before it */
} line;

/* Who edits a line by itself. */
static struct semaphore *volatile editor; /* its news; NULL: nobody */

static struct thread console_thread;
static uint8_t console_stack[BOARD_CONSOLE_STACK] __attribute__((aligned(8)));
static volatile uint32_t lost;    /* by the interrupt, the ring was full */
static volatile uint32_t refused; /* by the console thread */
static void (*interrupt_hook)(void);

_Static_assert(BOARD_LINE_MAX <= BOARD_CONSOLE_INPUT, "the longest line fits in the ring");
_Static_assert((BOARD_CONSOLE_RX & (BOARD_CONSOLE_RX - 1)) == 0 &&
                   (BOARD_CONSOLE_INPUT & (BOARD_CONSOLE_INPUT - 1)) == 0,
               "rings are powers of two, so that their positions may wrap");

void console_rx(uint8_t byte)
{
    if (rx.tail - rx.head == BOARD_CONSOLE_RX) {
        lost++;
        return;
    }
    rx.data[rx.tail % BOARD_CONSOLE_RX] = byte;
    rx.tail++;
    semaphore_post(&rx.arrived);
}

uint32_t console_dropped(void)
{
    return lost + refused;
}

static void echo(const char *text)
{
    console_echo(text, strlen(text));
}

static void refuse(size_t bytes)
{
    refused += (uint32_t)bytes;
    echo(BEL);
}

/* Puts `size` bytes into the ring, all or none. */
static void put(const char *data, size_t size)
{
    bool fits;

    mutex_lock(&input.lock);
    fits = BOARD_CONSOLE_INPUT - (input.tail - input.head) >= size;
    for (size_t i = 0; fits && i < size; i++) {
        input.data[input.tail++ % BOARD_CONSOLE_INPUT] = data[i];
    }
    mutex_unlock(&input.lock);
    if (!fits) {
        refuse(size);
    }
}

/* The same for who reads lines. */
static void commit(const char *data, size_t size)
{
    put(data, size);
    semaphore_post(&input.ready);
}

static void erase(size_t count)
{
    for (; count > 0 && line.length > 0; count--) {
        line.length--;
        if (((uint8_t)line.text[line.length] & 0xc0) != 0x80) { /* not inside a UTF-8 character */
            echo("\b \b");
        } else {
            count++;
        }
    }
}

/* Who edits a line gets the ^C in its place before what is typed next. */
static void interrupt(void)
{
    bool edited;

    echo("^C\n");
    mutex_lock(&line.lock);
    edited = editor != NULL;
    line.length = 0;
    line.keys = (struct keys){0};
    mutex_lock(&input.lock);
    input.head = input.tail;
    mutex_unlock(&input.lock);
    if (edited) {
        put("\x03", 1);
        semaphore_post(editor);
    }
    mutex_unlock(&line.lock);
    if (!edited) {
        interrupt_hook();
    }
}

static void finish_line(void)
{
    line.text[line.length++] = '\n';
    echo("\n");
    commit(line.text, line.length);
    line.length = 0;
}

static void add(char c)
{
    if (line.length == sizeof line.text - 2) { /* room for a newline, and a reader's NUL */
        refuse(1);
        return;
    }
    line.text[line.length++] = c;
    console_echo(&c, 1);
}

/* A byte for a program's line. Discipline locked. */
static void discipline(uint8_t c)
{
    int key = keys_next(&line.keys, c);

    switch (key) {
    case '\r':
    case '\n':
        finish_line();
        break;
    case '\b':
    case DELETE:
        erase(1);
        break;
    case CTRL('D'):
        if (line.length == 0) {
            commit("\x04", 1);
        }
        break;
    case CTRL('U'):
        erase(line.length);
        break;
    case KEY_NONE:
        break;
    default:
        if (key == c && (c >= ' ' || c == '\t')) {
            add((char)c);
        }
        break;
    }
}

static void handle(uint8_t c)
{
    bool pair = c == '\n' && line.after_cr;

    line.after_cr = c == '\r';
    if (c == CTRL('C')) {
        interrupt();
    } else if (!pair) {
        mutex_lock(&line.lock);
        if (editor == NULL) {
            discipline(c);
        } else {
            put((const char *)&c, 1);
            semaphore_post(editor);
        }
        mutex_unlock(&line.lock);
    }
}

/* What was typed ahead without an end is in the editor's line then. */
void console_edit(struct semaphore *news)
{
    mutex_lock(&line.lock);
    put(line.text, line.length);
    line.length = 0;
    editor = news;
    console_edits(news);
    mutex_unlock(&line.lock);
    semaphore_post(news);
}

/* What was typed ahead is in lines for programs then: no line takes more room than its bytes. */
void console_edit_end(void)
{
    bool interrupted = false;

    mutex_lock(&line.lock);
    editor = NULL;
    console_edits(NULL);
    line.keys = (struct keys){0};
    for (uint32_t left = input.tail - input.head; left > 0; left--) {
        uint8_t c = (uint8_t)console_key();

        interrupted |= c == CTRL('C');
        discipline(c);
    }
    mutex_unlock(&line.lock);
    if (interrupted) {
        interrupt_hook();
    }
}

int console_key(void)
{
    int key = -1;

    mutex_lock(&input.lock);
    if (input.head != input.tail) {
        key = (uint8_t)input.data[input.head++ % BOARD_CONSOLE_INPUT];
    }
    mutex_unlock(&input.lock);
    return key;
}

bool console_disturbed(void)
{
    return console_was_disturbed(input.head != input.tail);
}

static void console_main(void *arg)
{
    uint32_t told = 0;

    (void)arg;
    for (;;) {
        (void)semaphore_wait(&rx.arrived, KERNEL_FOREVER, 0);
        handle(rx.data[rx.head % BOARD_CONSOLE_RX]);
        rx.head++;
        if (lost != told) {
            told = lost;
            echo(BEL);
        }
    }
}

/* Takes up to a line's end; 0 bytes and *end at a mark, which is taken too. Lock held. */
static size_t take(char *data, size_t size, bool *end)
{
    size_t taken = 0;

    while (taken < size && input.head != input.tail) {
        char c = input.data[input.head % BOARD_CONSOLE_INPUT];

        if (c == CTRL('D')) {
            *end = taken == 0;
            input.head += *end;
            break;
        }
        data[taken++] = c;
        input.head++;
        if (c == '\n') {
            break;
        }
    }
    return taken;
}

int console_read(char *data, size_t size, bool (*is_over)(void))
{
    for (;;) {
        bool end = false, more, over;
        size_t taken = 0;

        mutex_lock(&input.lock);
        over = is_over != NULL && is_over();
        if (!over) {
            taken = take(data, size, &end);
        }
        more = input.head != input.tail;
        mutex_unlock(&input.lock);
        if (over) {
            return -1;
        }
        if (taken > 0 || end) {
            if (more) { /* the rest of the line is another reader's */
                semaphore_post(&input.ready);
            }
            return (int)taken;
        }
        if (semaphore_wait(&input.ready, KERNEL_FOREVER, KERNEL_INTERRUPTIBLE) ==
            KERNEL_INTERRUPTED) {
            return -1;
        }
    }
}

void console_init(bool crlf, void (*on_interrupt)(void))
{
    console_set_crlf(crlf);
    interrupt_hook = on_interrupt;
    (void)thread_start(&console_thread, "console", PRIORITY_CONSOLE, console_main, NULL,
                       console_stack, sizeof console_stack);
}
