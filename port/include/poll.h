/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <poll.h> of the lwIP targets: the kernel's values on Linux, so that one call may go either way.
 * A call takes descriptors of sockets only, or none of them (the C library's, where it has one).
 */
#ifndef PORTSIDE_POLL_H
#define PORTSIDE_POLL_H

#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200

typedef unsigned long nfds_t;

struct pollfd {
    int fd;
    short events;
    short revents;
};

#define poll ps_poll
int ps_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
