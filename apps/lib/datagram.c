/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving datagrams whole, or knowing that they were not.
 */
#include "datagram.h"

#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define MOST 65507u
#define LEAST 1472u

bool datagram_allocate(struct datagram *datagram)
{
    datagram->size = MOST;
    datagram->bytes = malloc(MOST);
    datagram->grows = !datagram->bytes;
    if (!datagram->bytes) {
        datagram->size = LEAST;
        datagram->bytes = malloc(LEAST);
    }
    datagram->length = 0;
    if (!datagram->bytes)
        errno = ENOMEM;
    return datagram->bytes != NULL;
}

void datagram_free(struct datagram *datagram)
{
    free(datagram->bytes);
    datagram->bytes = NULL;
}

/* As recvmsg(). */
static ssize_t receive(int fd, struct datagram *datagram, int flags)
{
    struct iovec part = {.iov_base = datagram->bytes, .iov_len = datagram->size};
    struct msghdr message;

    memset(&message, 0, sizeof message);
    address_clear(&datagram->from);
    message.msg_name = &datagram->from.storage;
    message.msg_namelen = datagram->from.length;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ssize_t length = recvmsg(fd, &message, flags | MSG_DONTWAIT);
    if (length < 0)
        return -1;
    /* Some stacks return the length that a truncated datagram had. */
    datagram->length = (size_t)length < datagram->size ? (size_t)length : datagram->size;
    datagram->truncated = (message.msg_flags & MSG_TRUNC) != 0;
    datagram->from.length = message.msg_namelen;
    return length;
}

/* Twice the room, or the most; false when there is no memory for it. */
static bool grow(struct datagram *datagram)
{
    size_t size = datagram->size < MOST / 2 ? 2 * datagram->size : MOST;
    char *larger = datagram->size < MOST ? malloc(size) : NULL;

    if (!larger)
        return false;
    free(datagram->bytes);
    datagram->bytes = larger;
    datagram->size = size;
    return true;
}

int datagram_receive(int fd, struct datagram *datagram, int timeout_ms)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    for (;;) {
        int ready = poll(&readable, 1, timeout_ms);
        if (ready == 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -1;
        if (ready < 0)
            continue;
        if (datagram->grows) {
            while (receive(fd, datagram, MSG_PEEK) >= 0 && datagram->truncated && grow(datagram))
                continue;
        }
        /* The stack may still find that the datagram is damaged: then go on waiting. */
        if (receive(fd, datagram, 0) >= 0)
            return 1;
        if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
            return -1;
    }
}

void datagram_show(const struct datagram *datagram, struct encoding *encoding)
{
    char from[ADDRESS_TEXT_SIZE];

    address_format(&datagram->from, from);
    printf("%s %lu bytes%s: ", from, (unsigned long)datagram->length,
           datagram->truncated ? " (truncated)" : "");
    text_show(stdout, encoding, datagram->bytes, datagram->length);
    putchar('\n');
    fflush(stdout);
}
