/* SPDX-License-Identifier: BSD-3-Clause */
/* send-and-end: connects to HOST PORT, sends COUNT bytes, closes, and ends at once: byte i is
 * i x 2654435761 modulo 2^32, divided by 2^24. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 512

/* `bytes` has room for CHUNK of them. */
static int send_with(int fd, uint8_t *bytes, uint32_t count)
{
    for (uint32_t at = 0; at < count;) {
        size_t part = count - at < CHUNK ? count - at : CHUNK;
        ssize_t n;

        for (size_t i = 0; i < part; i++) {
            bytes[i] = (uint8_t)((at + i) * 2654435761u >> 24);
        }
        n = send(fd, bytes, part, MSG_NOSIGNAL);
        if (n < 0) {
            return -1;
        }
        at += (uint32_t)n;
    }
    return 0;
}

static int send_pattern(int fd, uint32_t count)
{
    uint8_t *bytes = malloc(CHUNK);
    int result = bytes != NULL ? send_with(fd, bytes, count) : -1;

    free(bytes);
    return result;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    uint32_t count;
    int fd;

    if (argc != 4) {
        fprintf(stderr, "usage: send-and-end HOST PORT COUNT\n");
        return 2;
    }
    count = (uint32_t)atol(argv[3]);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[2]));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("connect");
        return 1;
    }
    if (send_pattern(fd, count) < 0) {
        perror("send");
        return 1;
    }
    close(fd);
    printf("sent %lu bytes\n", (unsigned long)count);
    return 0;
}
