/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending and receiving on connected stream sockets.
 */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLICE_MS 200

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Waits for events in slices. Returns 1 when there are some, 0 when the time (-1: none) is over,
 * -1 and errno. */
static int wait_for(int fd, short events, int timeout_ms, const atomic_bool *stop)
{
    struct pollfd ready = {.fd = fd, .events = events};

    for (int waited = 0; timeout_ms < 0 || waited < timeout_ms; waited += SLICE_MS) {
        int result = poll(&ready, 1, SLICE_MS);
        if (result > 0)
            return 1;
        if (result < 0 && errno != EINTR)
            return -1;
        if (stop && atomic_load(stop)) {
            errno = ECANCELED;
            return -1;
        }
        if (timeout_ms < 0)
            waited = 0;
    }
    return 0;
}

ssize_t stream_receive(int fd, void *buffer, size_t size, const atomic_bool *stop)
{
    for (;;) {
        if (wait_for(fd, POLLIN, -1, stop) < 0)
            return -1;
        ssize_t length = recv(fd, buffer, size, MSG_DONTWAIT);
        if (length >= 0 || !would_block(errno))
            return length;
    }
}

ssize_t stream_send_some(int fd, const char *bytes, size_t length)
{
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    return sent < 0 && would_block(errno) ? 0 : sent;
}

int stream_send_all(int fd, const char *bytes, size_t length, int stall_ms, const atomic_bool *stop)
{
    while (length > 0) {
        ssize_t sent = stream_send_some(fd, bytes, length);
        if (sent < 0)
            return -1;
        bytes += sent;
        length -= (size_t)sent;
        if (sent > 0)
            continue;
        int ready = wait_for(fd, POLLOUT, stall_ms, stop);
        if (ready == 0)
            errno = ETIMEDOUT;
        if (ready <= 0)
            return -1;
    }
    return 0;
}

void stream_close_gently(int fd, void *buffer, size_t size, int wait_ms)
{
    if (shutdown(fd, SHUT_WR) == 0) {
        while (wait_for(fd, POLLIN, wait_ms, NULL) > 0 && recv(fd, buffer, size, MSG_DONTWAIT) > 0)
            continue;
    }
    close(fd);
}

void stream_abort(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}
