/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending and receiving on connected stream sockets: what send() and recv() leave to the caller.
 */
#ifndef APPS_LIB_STREAM_H
#define APPS_LIB_STREAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* A good size for a buffer that one recv() fills: a segment's worth. Allocate it: threads of
 * small systems have small stacks. */
#define STREAM_CHUNK 1460

/* Connects, but no longer than that: then -1 and errno ETIMEDOUT. What connect() says else is as it
 * is; the socket blocks again afterwards. */
int stream_connect(int fd, const struct sockaddr *to, socklen_t length, int most_ms);

/* Waits until something is there, and receives it. Looks at *stop, unless it is NULL, five times a
 * second. Returns the bytes received; 0 at the end of the stream, after which it must not be called
 * again; -1 and errno, ECANCELED when *stop became true. */
ssize_t stream_receive(int fd, void *buffer, size_t size, const atomic_bool *stop);

/* The same, but no longer than until that moment (moment_ms()): then it returns -1 and errno
 * ETIMEDOUT, even when something is there. */
ssize_t stream_receive_until(int fd, void *buffer, size_t size, uint64_t until,
                             const atomic_bool *stop);

/* Sends what fits at once, at least one byte, without waiting and without SIGPIPE. Returns the
 * bytes taken, 0 when nothing fits now, or -1 and errno. */
ssize_t stream_send_some(int fd, const char *bytes, size_t length);

/* How fast a peer must read, at least: that many bytes in each period. One that reads a byte now
 * and then would hold a thread for ever. Only time that is spent sending counts. */
struct stream_pace {
    size_t bytes;
    int period_ms;
    /* Zero before the first call of stream_send_paced(); they go on from one to the next. */
    size_t taken;     /* in this period */
    uint64_t left_ms; /* of it */
};

/* Sends all of it to a peer that keeps up that pace. Returns 0, or -1 and errno: ETIMEDOUT when it
 * does not, ECANCELED when *stop became true. */
int stream_send_paced(int fd, const char *bytes, size_t length, struct stream_pace *pace,
                      const atomic_bool *stop);

/* Sends all of it. A peer that takes nothing for stall_ms is given up. Returns 0, or -1 and errno:
 * ETIMEDOUT then, ECANCELED when *stop became true. */
int stream_send_all(int fd, const char *bytes, size_t length, int stall_ms,
                    const atomic_bool *stop);

/* How long stream_close_gently() listens to a peer that goes on sending. */
#define STREAM_GENTLE_MOST_MS 5000

/* Closes so that all that was sent arrives: closing with bytes unread resets a connection, so
 * this ends the sending side, throws away what still comes, and closes when the peer has closed or
 * after wait_ms of silence. Needs a buffer to throw it into. */
void stream_close_gently(int fd, void *buffer, size_t size, int wait_ms);

/* Closes with a reset, at once: for a peer that does not read. */
void stream_abort(int fd);

#endif
