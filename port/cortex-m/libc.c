/* SPDX-License-Identifier: BSD-3-Clause */
/* The C library behind the wrappers of port/common, for descriptors that are no sockets, and where
 * lwIP's diagnostics go. */
#include <stdarg.h>
#include "console.h"
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
    LWIP_UNUSED_ARG(fd);
    LWIP_UNUSED_ARG(command);
    LWIP_UNUSED_ARG(value);
    errno = EINVAL;
    return -1;
}

/* Only sockets can be polled. */
int ps_libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int bad = 0;

    LWIP_UNUSED_ARG(timeout_ms);
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = fds[i].fd >= 0 ? POLLNVAL : 0;
        bad += fds[i].fd >= 0;
    }
    return bad;
}

void port_diagnostic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    console_vprintf(format, arguments);
    va_end(arguments);
}
