/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * second-bind: binds two sockets to one port, of UDP and then of TCP, and tells how the second
 * bind ends. Status 0 when it could try, whatever the stack said; else 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The numbers differ from one C library to the next; the names are what programs rely on. */
static void show_errno(const char *protocol, unsigned port, int error)
{
    const char *name = error == EADDRINUSE ? "EADDRINUSE"
                       : error == EINVAL   ? "EINVAL"
                       : error == EACCES   ? "EACCES"
                       : error == ENOBUFS  ? "ENOBUFS"
                                           : "errno";

    printf("%s port %u: second bind: %s (%d, %s)\n", protocol, port, name, error, strerror(error));
}

static bool fail(const char *protocol, const char *call)
{
    fprintf(stderr, "second-bind: %s %s: %s\n", protocol, call, strerror(errno));
    return false;
}

static bool bind_both(const char *protocol, int first, int second)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t length = sizeof address;

    /* Port 0: one that is free. */
    if (bind(first, (struct sockaddr *)&address, sizeof address) < 0)
        return fail(protocol, "first bind");
    if (getsockname(first, (struct sockaddr *)&address, &length) < 0)
        return fail(protocol, "getsockname");
    if (bind(second, (struct sockaddr *)&address, sizeof address) < 0)
        show_errno(protocol, ntohs(address.sin_port), errno);
    else
        printf("%s port %u: second bind: done\n", protocol, ntohs(address.sin_port));
    fflush(stdout);
    return true;
}

static bool try_protocol(const char *protocol, int type)
{
    int first = socket(AF_INET, type, 0);
    int second = socket(AF_INET, type, 0);
    bool tried =
        first >= 0 && second >= 0 ? bind_both(protocol, first, second) : fail(protocol, "socket");

    if (first >= 0)
        close(first);
    if (second >= 0)
        close(second);
    return tried;
}

int main(void)
{
    bool udp = try_protocol("udp", SOCK_DGRAM);
    bool tcp = try_protocol("tcp", SOCK_STREAM);

    return udp && tcp ? 0 : 1;
}
