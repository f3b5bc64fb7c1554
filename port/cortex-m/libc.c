/* SPDX-License-Identifier: BSD-3-Clause */
/* The C library behind the wrappers of port/common, for descriptors that are no sockets, and where
 * lwIP's diagnostics go. */
#include <stdarg.h>
#include "console.h"
#include "files.h"
#include "ps_internal.h"
#include <unistd.h>
/* The library's own functions are wanted here. */
#undef close
#undef read
#undef write

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

/* The console has no flags to set. */
int ps_libc_fcntl(int fd, int command, long value)
{
    if (fd < 0 || fd >= FILES_FIRST) {
        return files_fcntl(fd, command, value);
    }
    if (command == F_GETFL) {
        return fd == STDIN_FILENO ? O_RDONLY : O_WRONLY;
    }
    errno = EINVAL;
    return -1;
}

/* Files are always ready. The console cannot be polled, nor sockets together with files. */
int ps_libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    const short ready = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
    int events = 0;

    LWIP_UNUSED_ARG(timeout_ms);
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = 0;
        if (fds[i].fd >= 0) {
            fds[i].revents = files_is_open(fds[i].fd) ? fds[i].events & ready : POLLNVAL;
        }
        events += fds[i].revents != 0;
    }
    return events;
}

void port_diagnostic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    console_vprintf(format, arguments);
    va_end(arguments);
}
