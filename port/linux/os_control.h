/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket's system calls: an abstract Unix socket "@portside-PID", so that it belongs
 * to the network namespace and goes with the process. A client sends its words, each with a NUL
 * behind it, and shuts its sending side down; it gets text, a NUL and a digit, the exit status.
 */
#ifndef PORTSIDE_LINUX_OS_CONTROL_H
#define PORTSIDE_LINUX_OS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens the listening socket: a descriptor, or -1 with errno. Once. */
int os_control_listen(void);

/* Waits for the next client: a descriptor that the caller closes, or -1 with errno. *may_ask: it is
 * this process' user, or root. */
int os_control_accept(int listener, bool *may_ask);

/* Reads a whole request: its bytes, or -1 when it is longer than `size` or does not end in time. */
ssize_t os_control_read(int client, char *request, size_t size);

/* Writes all of it; false when the client has gone or does not read. */
bool os_control_write(int client, const void *data, size_t size);

void os_control_close(int client);

/* The name that the program was started by, without its folder; and its process ID. */
const char *os_program_name(void);
int os_process(void);

#endif
