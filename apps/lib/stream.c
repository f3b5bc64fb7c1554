/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending and receiving on connected stream sockets.
 */
#include "stream.h"

#include "delay.h"
#include "moment.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLICE_MS 200
#define PAUSE_MS 10

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Waits for events in slices, until a moment. Returns 1 when there are some, 0 when the time is
 * over, -1 and errno. */
static int wait_for(int fd, short events, uint64_t until, const atomic_bool *stop)
{
    struct pollfd ready = {.fd = fd, .events = events};

    for (;;) {
        uint64_t now = moment_ms();
        if (now >= until)
            return 0;
        int result = poll(&ready, 1, until - now < SLICE_MS ? (int)(until - now) : SLICE_MS);
        if (result > 0)
            return 1;
        if (result < 0 && errno != EINTR)
            return -1;
        if (stop && atomic_load(stop)) {
            errno = ECANCELED;
            return -1;
        }
    }
}

/* After connect() has said that it goes on without the caller. */
static int end_connect(int fd, int most_ms)
{
    int error = 0, ready = wait_for(fd, POLLOUT, moment_ms() + (uint64_t)most_ms, NULL);
    socklen_t size = sizeof error;

    if (ready == 0)
        errno = ETIMEDOUT;
    if (ready <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -1;
    errno = error;
    return error == 0 ? 0 : -1;
}

int stream_connect(int fd, const struct sockaddr *to, socklen_t length, int most_ms)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -1;
    if (connect(fd, to, length) < 0 &&
        ((errno != EINPROGRESS && errno != EINTR) || end_connect(fd, most_ms) < 0))
        return -1;
    return fcntl(fd, F_SETFL, flags) < 0 ? -1 : 0;
}

ssize_t stream_receive_until(int fd, void *buffer, size_t size, uint64_t until,
                             const atomic_bool *stop)
{
    for (;;) {
        int ready = wait_for(fd, POLLIN, until, stop);
        if (ready == 0)
            errno = ETIMEDOUT;
        if (ready <= 0)
            return -1;
        ssize_t length = recv(fd, buffer, size, MSG_DONTWAIT);
        if (length >= 0 || !would_block(errno))
            return length;
    }
}

ssize_t stream_receive(int fd, void *buffer, size_t size, const atomic_bool *stop)
{
    return stream_receive_until(fd, buffer, size, UINT64_MAX, stop);
}

ssize_t stream_send_some(int fd, const char *bytes, size_t length)
{
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    return sent < 0 && would_block(errno) ? 0 : sent;
}

int stream_send_paced(int fd, const char *bytes, size_t length, struct stream_pace *pace,
                      const atomic_bool *stop)
{
    uint64_t now = moment_ms(), period = (uint64_t)pace->period_ms;
    uint64_t until = now + (pace->left_ms > 0 ? pace->left_ms : period);
    bool was_ready = false;

    while (length > 0) {
        ssize_t sent = stream_send_some(fd, bytes, length);
        if (sent < 0)
            return -1;
        bytes += sent;
        length -= (size_t)sent;
        pace->taken += (size_t)sent;
        now = moment_ms();
        if (pace->taken >= pace->bytes) {
            pace->taken = 0;
            until = now + period;
        }
        if (now >= until) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (sent > 0) {
            was_ready = false;
            continue;
        }
        /* A stack that is short of memory calls the socket ready, and takes nothing. */
        if (was_ready)
            delay_ms(PAUSE_MS);
        /* Some stacks call it ready only when there is much room: a slow peer takes less. */
        int ready = wait_for(fd, POLLOUT, now + SLICE_MS, stop);
        if (ready < 0)
            return -1;
        was_ready = ready > 0;
    }
    pace->left_ms = until - now;
    return 0;
}

int stream_send_all(int fd, const char *bytes, size_t length, int stall_ms, const atomic_bool *stop)
{
    struct stream_pace pace = {.bytes = 1, .period_ms = stall_ms};

    return stream_send_paced(fd, bytes, length, &pace, stop);
}

void stream_close_gently(int fd, void *buffer, size_t size, int wait_ms)
{
    uint64_t now = moment_ms(), end = now + STREAM_GENTLE_MOST_MS;

    if (shutdown(fd, SHUT_WR) == 0) {
        while (now < end && wait_for(fd, POLLIN, now + (uint64_t)wait_ms, NULL) > 0 &&
               recv(fd, buffer, size, MSG_DONTWAIT) > 0)
            now = moment_ms();
    }
    close(fd);
}

void stream_abort(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}
