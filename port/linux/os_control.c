/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket's system calls, see os_control.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "os_control.h"

#define BACKLOG 8
/* A client that is slower waits for nobody but itself. */
#define CLIENT_SECONDS 2

int os_control_listen(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int length;

    if (fd < 0) {
        return -1;
    }
    /* A name that begins with a NUL is no file's. */
    length =
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "portside-%d", (int)getpid());
    if (bind(fd, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int os_control_accept(int listener, bool *may_ask)
{
    const struct timeval patience = {.tv_sec = CLIENT_SECONDS};
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t size = sizeof peer;
    int fd;

    do {
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0) {
        return -1;
    }
    *may_ask = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
               (peer.uid == geteuid() || peer.uid == 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return fd;
}

static long milliseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

ssize_t os_control_read(int client, char *request, size_t size)
{
    const long deadline = milliseconds_now() + CLIENT_SECONDS * 1000L;
    size_t length = 0;

    for (;;) {
        struct pollfd readable = {.fd = client, .events = POLLIN};
        const long left = deadline - milliseconds_now();
        ssize_t n;

        if (length == size || left <= 0 || poll(&readable, 1, (int)left) <= 0) {
            return -1;
        }
        n = recv(client, request + length, size - length, MSG_DONTWAIT);
        if (n <= 0) {
            return n == 0 ? (ssize_t)length : -1;
        }
        length += (size_t)n;
    }
}

bool os_control_write(int client, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        ssize_t n = send(client, next, size, MSG_NOSIGNAL);

        if (n <= 0) {
            return false;
        }
        next += n;
        size -= (size_t)n;
    }
    return true;
}

void os_control_close(int client)
{
    close(client);
}

const char *os_program_name(void)
{
    return program_invocation_short_name;
}

int os_process(void)
{
    return (int)getpid();
}
