/* SPDX-License-Identifier: BSD-3-Clause */
/* echo: accepts one client at PORT and sends back what it gets, as it is and without a word, until
 * the client closes. */
#include <netinet/in.h>
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

static int echo(int client)
{
    size_t size = CHUNK;
    char *bytes = malloc(size);
    const char *failed;
    unsigned long count = 0;

    while (bytes == NULL && size > CHUNK_MIN) {
        size /= 2;
        bytes = malloc(size);
    }
    failed = bytes == NULL ? "malloc" : NULL;
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
    struct sockaddr_in address;
    int listener, client, status;

    if (argc != 2) {
        fprintf(stderr, "usage: echo PORT\n");
        return 2;
    }
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0) {
        return fail("socket");
    }
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 1) < 0) {
        return fail("listen");
    }
    printf("listening\n");
    fflush(stdout);
    client = accept(listener, NULL, NULL);
    if (client < 0) {
        return fail("accept");
    }
    status = echo(client);
    close(client);
    close(listener);
    return status;
}
