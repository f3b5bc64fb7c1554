/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of port/common share among themselves, and the C library behind the wrappers. */
#ifndef PORTSIDE_PS_INTERNAL_H
#define PORTSIDE_PS_INTERNAL_H

#include <poll.h>
#include <sys/socket.h>
#include "lwip/tcpip.h"
#include "ps.h"

/* Stands for "no send timeout" (24.8 days): lwIP wants one set before a kick can shorten it. */
#define PS_NO_SEND_TIMEOUT INT32_MAX

struct netconn;

/* The netconn behind a socket, or NULL. */
struct netconn *ps_netconn_of(int fd);
bool ps_is_stream(const struct netconn *conn);

/* When lwIP has freed or soon frees the connection of a socket that is still open, the socket lets
 * go of it. Anything but a stream, and NULL, is left alone. Core lock not held. */
void ps_let_go_of_ended(struct netconn *conn);

/* Begins a call; false, with EINTR, when it would block and an interrupt is due. */
bool ps_enter(int fd, bool blocks);

/* Ends a call that returned `result`, and returns what the app gets; `idle` is what the call
 * returns when a wait ran out. */
ssize_t ps_leave(ssize_t result, ssize_t idle);

/* Takes the calling thread's interrupt back. */
void ps_consume(struct ps_thread *t);

/* Records fd's owner (and, when there is one, its birth); returns the previous one. */
const void *ps_owner_set(int fd, const void *owner);

/* lwip_close() without the wrapper around it: for the ends of jobs and programs. */
int ps_close_socket(int fd);

/* Whether the calling thread's wait was just interrupted. */
bool ps_was_hit(void);

/* The C library's own, for descriptors that are no sockets; each port has them in libc.c. */
int ps_libc_close(int fd);
ssize_t ps_libc_read(int fd, void *data, size_t length);
ssize_t ps_libc_write(int fd, const void *data, size_t length);
int ps_libc_fcntl(int fd, int command, long value);
int ps_libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
