/* SPDX-License-Identifier: BSD-3-Clause */
/* echo: accepts one client at PORT and sends back what it gets, as it is and without a word, until
 * the client closes. With -u it does so with datagrams, for ever. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 32768 /* or less, where there is less memory */
#define CHUNK_MIN 512

static int fail(const char *call)
{
    perror(call);
    return 1;
}

static int send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

        if (n < 0) {
            return -1;
        }
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

/* As much as there is. Returns NULL when even CHUNK_MIN bytes are too many. */
static char *allocate(size_t *size)
{
    char *bytes;

    for (*size = CHUNK; (bytes = malloc(*size)) == NULL && *size > CHUNK_MIN; *size /= 2) {
    }
    return bytes;
}

static int echo_datagrams(int fd)
{
    size_t size;
    char *bytes = allocate(&size);

    while (bytes != NULL) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, bytes, size, 0, (struct sockaddr *)&from, &length);

        if (n < 0 || sendto(fd, bytes, (size_t)n, 0, (struct sockaddr *)&from, length) < 0) {
            break;
        }
    }
    free(bytes);
    return fail("recvfrom, sendto or malloc");
}

static int echo(int client)
{
    size_t size;
    char *bytes = allocate(&size);
    const char *failed = bytes == NULL ? "malloc" : NULL;
    unsigned long count = 0;

    while (failed == NULL) {
        ssize_t n = recv(client, bytes, size, 0);

        if (n < 0) {
            failed = "recv";
        } else if (n == 0) {
            break;
        } else if (send_all(client, bytes, (size_t)n) < 0) {
            failed = "send";
        } else {
            count += (unsigned long)n;
        }
    }
    if (failed != NULL) {
        perror(failed);
    } else {
        printf("echoed %lu bytes\n", count);
    }
    free(bytes);
    return failed != NULL;
}

int main(int argc, char **argv)
{
    bool datagrams = argc == 3 && strcmp(argv[1], "-u") == 0;
    struct sockaddr_in address;
    int listener, client, status;

    if (argc != 2 && !datagrams) {
        fprintf(stderr, "usage: echo [-u] PORT\n");
        return 2;
    }
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[argc - 1]));
    listener = socket(AF_INET, datagrams ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (listener < 0) {
        return fail("socket");
    }
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        (!datagrams && listen(listener, 1) < 0)) {
        return fail("listen");
    }
    printf("listening\n");
    fflush(stdout);
    if (datagrams) {
        return echo_datagrams(listener);
    }
    client = accept(listener, NULL, NULL);
    if (client < 0) {
        return fail("accept");
    }
    status = echo(client);
    close(client);
    close(listener);
    return status;
}
