/* SPDX-License-Identifier: BSD-3-Clause */
/* <sys/stat.h> for boards: newlib's, and lstat(), which it declares for no bare metal. */
#ifndef PORTSIDE_CORTEX_M_SYS_STAT_H
#define PORTSIDE_CORTEX_M_SYS_STAT_H

#include_next <sys/stat.h>

/* As stat(): no tree tells of symbolic links. */
int lstat(const char *__restrict path, struct stat *__restrict st);

#endif
