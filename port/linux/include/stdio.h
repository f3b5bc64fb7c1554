/* SPDX-License-Identifier: BSD-3-Clause */
/* <stdio.h> on linux: the C library's, with an fgets that takes the interrupt which ended it. */
#ifndef PORTSIDE_LINUX_STDIO_H
#define PORTSIDE_LINUX_STDIO_H

#include_next <stdio.h>

#define fgets ps_fgets
char *ps_fgets(char *line, int size, FILE *file);

#endif
