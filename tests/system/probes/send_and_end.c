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

#define CHUNK 4096

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    uint32_t at = 0, count;
    uint8_t *bytes = malloc(CHUNK);
    int fd;

    if (argc != 4 || bytes == NULL) {
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
    while (at < count) {
        size_t part = count - at < CHUNK ? count - at : CHUNK;

        for (size_t i = 0; i < part; i++) {
            bytes[i] = (uint8_t)((at + i) * 2654435761u >> 24);
        }
        for (size_t done = 0; done < part;) {
            ssize_t n = send(fd, bytes + done, part - done, MSG_NOSIGNAL);

            if (n < 0) {
                perror("send");
                return 1;
            }
            done += (size_t)n;
        }
        at += (uint32_t)part;
    }
    close(fd);
    free(bytes);
    printf("sent %lu bytes\n", (unsigned long)at);
    return 0;
}
