/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How every app says what went wrong: one line on stderr and an exit status.
 */
#ifndef APPS_LIB_REPORT_H
#define APPS_LIB_REPORT_H

#include <stdbool.h>

/* Exit statuses that all apps share; 130 and 143 come from interrupt.h. */
#define STATUS_DONE 0
#define STATUS_FAILED 1
#define STATUS_USAGE 2

/* What a function that reads options returns when the app shall go on instead of ending. */
#define STATUS_GO_ON (-1)

/* "udp-send: sendto 10.0.0.1:8080: No route to host", the reason from errno. `where` may be NULL.
 * Returns STATUS_FAILED. */
int report_failure(const char *program, const char *call, const char *where);

/* The same for a bind() to `where`, with the error's name behind its text: "Address already in use
 * (EADDRINUSE)". */
int report_bind_failure(const char *program, const char *where);

/* "udp-send: " and the formatted line, without "\n" in it. Return STATUS_FAILED and STATUS_USAGE.
 */
int report_failed(const char *program, const char *format, ...);
int report_usage(const char *program, const char *format, ...);

/* For the end of main(): what was printed must have arrived. Returns `status`, or, where that is
 * STATUS_DONE and standard output took not all, STATUS_FAILED with a line. */
int report_end(const char *program, int status);

/* What getopt() complained of: `result` is its '?' or ':', `option` its optopt. The option string
 * starts with a colon, so that getopt() itself prints nothing. Returns STATUS_USAGE. */
int report_option(const char *program, int result, int option);

/* Reads a decimal number from least to most; false for anything else, with no line printed. */
bool number_parse(const char *text, unsigned long least, unsigned long most, unsigned long *value);

/* The same for the value of an option, with a usage line when it is false. */
bool option_number(const char *program, int option, const char *text, unsigned long least,
                   unsigned long most, unsigned long *value);

#endif
