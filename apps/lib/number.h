/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers of 64 bits as text: sizes of files, which small C libraries' printf() does not know.
 */
#ifndef APPS_LIB_NUMBER_H
#define APPS_LIB_NUMBER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for the longest number and the NUL. */
#define NUMBER_SIZE 21

enum number_result { NUMBER_GOOD, NUMBER_BAD, NUMBER_TOO_LARGE };

/* Reads `length` digits of base 10 or 16, and nothing but digits: no sign, no blank. At least one
 * digit. A number that is too large leaves UINT64_MAX in *value. */
enum number_result number_read(const char *digits, size_t length, unsigned base, uint64_t *value);

/* Writes the number and a NUL. Returns `text`. */
char *number_write(uint64_t value, unsigned base, char text[NUMBER_SIZE]);

/* Prints it in decimal. */
void number_print(FILE *out, uint64_t value);

#endif
