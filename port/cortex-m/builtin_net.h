/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's commands that show what the stack and the memory hold, for the table of builtins.c:
 * see struct builtin. */
#ifndef PORTSIDE_BUILTIN_NET_H
#define PORTSIDE_BUILTIN_NET_H

int builtin_mem(int argc, char **argv);
int builtin_netstat(int argc, char **argv);
int builtin_stats(int argc, char **argv);

#endif
