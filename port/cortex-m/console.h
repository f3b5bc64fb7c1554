/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The console: a terminal on the board's UART.
 *
 * Theory of operation: the UART's receive interrupt hands each byte to console_rx(), which only
 * puts it into a ring. The console thread takes it out and keeps the line discipline: echo,
 * backspace, ^U (erase the line), CR or LF or both (end it), ^D on an empty line (end of input),
 * ^C (interrupt: forgets what was typed and calls the hook); keys of several bytes are dropped, so
 * that they do nothing to the terminal. Finished lines wait in a second ring for readers. While the
 * shell edits its own line, the bytes go into that ring as they come; what is left of them or of an
 * unfinished line changes hands with the mode. What does not fit is dropped, counted and answered
 * with BEL.
 * Output is polled, a whole write under one mutex, so that lines of two threads do not mix. What
 * programs in the background write takes the place of the line that is edited, which is shown again
 * below it.
 * Costs about 1 KB of RAM and a stack.
 */
#ifndef PORTSIDE_CONSOLE_H
#define PORTSIDE_CONSOLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct semaphore;

/* Starts the console thread; on_interrupt is called by it on ^C. With crlf each "\n" is sent as
 * "\r\n": a serial terminal needs it, an emulator's standard output does not. Main thread. */
void console_init(bool crlf, void (*on_interrupt)(void));

/* A byte has come. ISR (or a thread, with no other producer beside it). */
void console_rx(uint8_t byte);

/* Reads what there is of a line, at most `size` bytes with its newline; waits for one when there
 * is none. Returns the bytes, 0 at the end of input, -1 when thread_interrupt() ended the wait or
 * is_over (may be NULL) says that the caller is to take nothing more: what is typed behind a ^C is
 * the next reader's. Threads. */
int console_read(char *data, size_t size, bool (*is_over)(void));

/* From now on the calling thread edits a line: what is typed is for console_key(), a ^C, too, and
 * each post of `news` tells of something to be done. Ends with console_edit_end(), which calls the
 * hook for a ^C that nobody took. */
void console_edit(struct semaphore *news);
void console_edit_end(void);

/* The next byte typed, or -1. By who called console_edit(). */
int console_key(void);

/* Whether others have written whole rows since the last call, or a part of one and something was
 * typed: the line has to be shown again, and the cursor is at the begin of a row. By who called
 * console_edit(). */
bool console_disturbed(void);

/* Writes all of it. Threads; before the kernel runs, too. */
void console_write(const char *data, size_t size);

/* printf() to the console, cut at 160 bytes, without a FILE. As console_write(). */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void console_vprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Bytes of input that were dropped since start. ISR. */
uint32_t console_dropped(void);

#endif
