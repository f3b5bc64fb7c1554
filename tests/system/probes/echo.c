/* SPDX-License-Identifier: BSD-3-Clause */
/* echo: accepts one client at PORT and sends back what it gets, as it is and without a word, until
 * the client closes. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 32768

static int fail(const char *call)
{
    perror(call);
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    unsigned long count = 0;
    char *bytes = malloc(CHUNK);
    int listener, client;
    ssize_t n;

    if (argc != 2) {
        fprintf(stderr, "usage: echo PORT\n");
        return 2;
    }
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bytes == NULL) {
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
    while ((n = recv(client, bytes, CHUNK, 0)) > 0) {
        for (ssize_t sent = 0, part; sent < n; sent += part) {
            part = send(client, bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL);
            if (part < 0) {
                return fail("send");
            }
        }
        count += (unsigned long)n;
    }
    if (n < 0) {
        return fail("recv");
    }
    close(client);
    close(listener);
    free(bytes);
    printf("echoed %lu bytes\n", count);
    return 0;
}
