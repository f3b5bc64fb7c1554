/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Diagnostics, exit statuses and numbers of the command line.
 */
#include "report.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report_line(const char *program, const char *format, va_list arguments)
{
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    fflush(stderr);
}

int report_failure(const char *program, const char *call, const char *where)
{
    int error = errno;

    return report_failed(program, "%s%s%s: %s", call, where ? " " : "", where ? where : "",
                         strerror(error));
}

/* What bind() may say; NULL for anything else. */
static const char *name_of(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "EADDRINUSE";
    case EADDRNOTAVAIL:
        return "EADDRNOTAVAIL";
    case EACCES:
        return "EACCES";
    case EAFNOSUPPORT:
        return "EAFNOSUPPORT";
    case EINVAL:
        return "EINVAL";
    default:
        return NULL;
    }
}

int report_bind_failure(const char *program, const char *where)
{
    int error = errno;
    const char *name = name_of(error);

    if (!name)
        return report_failure(program, "bind", where);
    return report_failed(program, "bind %s: %s (%s)", where, strerror(error), name);
}

int report_failed(const char *program, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_line(program, format, arguments);
    va_end(arguments);
    return STATUS_FAILED;
}

int report_usage(const char *program, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_line(program, format, arguments);
    va_end(arguments);
    return STATUS_USAGE;
}

int report_end(const char *program, int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (status != STATUS_DONE)
        return status;
    return report_failed(program, "standard output: %s",
                         errno != 0 ? strerror(errno) : "not all could be written");
}

int report_option(const char *program, int result, int option)
{
    if (result == ':')
        return report_usage(program, "option -%c needs a value (-h shows help)", option);
    if (option == '-') /* the first of "--help" */
        return report_usage(program, "no long options here (-h shows help)");
    if (!isprint(option))
        return report_usage(program, "unknown option (-h shows help)");
    return report_usage(program, "unknown option -%c (-h shows help)", option);
}

bool number_parse(const char *text, unsigned long least, unsigned long most, unsigned long *value)
{
    char *end;

    /* strtoul() itself would take blanks and a sign. */
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    *value = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *value >= least && *value <= most;
}

bool option_number(const char *program, int option, const char *text, unsigned long least,
                   unsigned long most, unsigned long *value)
{
    if (number_parse(text, least, most, value))
        return true;
    report_usage(program, "-%c: \"%s\" is not a number from %lu to %lu", option, text, least, most);
    return false;
}
