/* SPDX-License-Identifier: BSD-3-Clause */
/* The line discipline and the two rings behind it. How it works is told in console.h. */
#include "console.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "board.h"
#include "job.h"
#include "kernel.h"

#define PRINTF_SIZE 160
#define PRINTF_CUT "...\n" /* the end of what was longer */

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
    char text[BOARD_LINE_MAX];
    size_t length;
    bool after_cr; /* an LF now belongs to the CR before it */
} line;

static struct mutex output_lock;
static volatile uint32_t lost;    /* by the interrupt, the ring was full */
static volatile uint32_t refused; /* by the console thread */
static bool is_crlf;
static void (*interrupt_hook)(void);

_Static_assert(BOARD_LINE_MAX <= BOARD_CONSOLE_INPUT, "the longest line fits in the ring");
_Static_assert((BOARD_CONSOLE_RX & (BOARD_CONSOLE_RX - 1)) == 0 &&
                   (BOARD_CONSOLE_INPUT & (BOARD_CONSOLE_INPUT - 1)) == 0,
               "rings are powers of two, so that their positions may wrap");

static struct thread console_thread;
static uint8_t console_stack[BOARD_CONSOLE_STACK] __attribute__((aligned(8)));

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

void console_write(const char *data, size_t size)
{
    bool locked = kernel_running();

    if (locked) {
        mutex_lock(&output_lock);
    }
    transmit(data, size);
    if (locked) {
        mutex_unlock(&output_lock);
    }
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

static void echo(const char *text)
{
    console_write(text, strlen(text));
}

static void refuse(size_t bytes)
{
    refused += (uint32_t)bytes;
    echo(BEL);
}

/* Hands `size` bytes to the readers, all or none. */
static void commit(const char *data, size_t size)
{
    mutex_lock(&input.lock);
    if (BOARD_CONSOLE_INPUT - (input.tail - input.head) < size) {
        mutex_unlock(&input.lock);
        refuse(size);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        input.data[input.tail++ % BOARD_CONSOLE_INPUT] = data[i];
    }
    mutex_unlock(&input.lock);
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

static void interrupt(void)
{
    echo("^C\n");
    line.length = 0;
    mutex_lock(&input.lock);
    input.head = input.tail;
    mutex_unlock(&input.lock);
    interrupt_hook();
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
    console_write(&c, 1);
}

static void handle(uint8_t c)
{
    bool pair = c == '\n' && line.after_cr;

    line.after_cr = c == '\r';
    switch (c) {
    case '\r':
    case '\n':
        if (!pair) {
            finish_line();
        }
        break;
    case '\b':
    case DELETE:
        erase(1);
        break;
    case CTRL('C'):
        interrupt();
        break;
    case CTRL('D'):
        if (line.length == 0) {
            commit("\x04", 1);
        }
        break;
    case CTRL('U'):
        erase(line.length);
        break;
    default:
        if (c >= ' ' || c == '\t') {
            add((char)c);
        }
        break;
    }
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
    is_crlf = crlf;
    interrupt_hook = on_interrupt;
    (void)thread_start(&console_thread, "console", PRIORITY_CONSOLE, console_main, NULL,
                       console_stack, sizeof console_stack);
}
