/* SPDX-License-Identifier: BSD-3-Clause */
/* The C library behind the wrappers of port/include, for descriptors that are no sockets. */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int ps_libc_close(int fd);
ssize_t ps_libc_read(int fd, void *data, size_t length);
ssize_t ps_libc_write(int fd, const void *data, size_t length);
int ps_libc_fcntl(int fd, int command, long value);
int ps_libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

int ps_libc_close(int fd)
{
    return close(fd);
}

ssize_t ps_libc_read(int fd, void *data, size_t length)
{
    return read(fd, data, length);
}

ssize_t ps_libc_write(int fd, const void *data, size_t length)
{
    return write(fd, data, length);
}

int ps_libc_fcntl(int fd, int command, long value)
{
    return fcntl(fd, command, value);
}

int ps_libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    return poll(fds, count, timeout_ms);
}
