/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * full-house: what a constrained board promises to hold at once. Listens at PORT, has UDP sockets
 * bound to PORT and PORT + 1, accepts CLIENTS clients, says "full", and reads nothing until a line
 * is typed. Then it reads: of each client up to its end, of the UDP sockets what is there, and
 * tells how many bytes and datagrams that were.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UDP_SOCKETS 2
#define CLIENTS_MAX 8
#define CHUNK 512

struct house {
    int listener, udp[UDP_SOCKETS], clients[CLIENTS_MAX];
    int count;
    char *bytes; /* CHUNK of them */
};

static int open_bound(int type, int port)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, type, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("full-house: bind");
        exit(1);
    }
    return fd;
}

static void fill(struct house *house, int port)
{
    house->listener = open_bound(SOCK_STREAM, port);
    if (listen(house->listener, house->count) < 0) {
        perror("full-house: listen");
        exit(1);
    }
    for (int i = 0; i < UDP_SOCKETS; i++) {
        house->udp[i] = open_bound(SOCK_DGRAM, port + i);
    }
    printf("ready\n");
    fflush(stdout);
    for (int i = 0; i < house->count; i++) {
        house->clients[i] = accept(house->listener, NULL, NULL);
        if (house->clients[i] < 0) {
            perror("full-house: accept");
            exit(1);
        }
    }
    printf("full\n");
    fflush(stdout);
}

static void empty(const struct house *house)
{
    for (int i = 0; i < UDP_SOCKETS; i++) {
        unsigned datagrams = 0;

        while (recv(house->udp[i], house->bytes, CHUNK, MSG_DONTWAIT) >= 0) {
            datagrams++;
        }
        printf("socket %d had %u datagrams\n", i, datagrams);
        close(house->udp[i]);
    }
    for (int i = 0; i < house->count; i++) {
        unsigned long bytes = 0;
        ssize_t n;

        while ((n = recv(house->clients[i], house->bytes, CHUNK, 0)) > 0) {
            bytes += (unsigned long)n;
        }
        printf("client %d sent %lu bytes%s\n", i, bytes, n < 0 ? " and was cut" : "");
        close(house->clients[i]);
    }
    close(house->listener);
}

int main(int argc, char **argv)
{
    struct house house;
    char line[16];

    if (argc != 3 || atoi(argv[1]) < 1 || atoi(argv[1]) > CLIENTS_MAX) {
        fprintf(stderr, "usage: full-house CLIENTS PORT\n");
        return 2;
    }
    house.count = atoi(argv[1]);
    house.bytes = malloc(CHUNK);
    if (house.bytes == NULL) {
        perror("full-house: malloc");
        return 1;
    }
    fill(&house, atoi(argv[2]));
    if (fgets(line, sizeof line, stdin) == NULL) {
        return 1;
    }
    empty(&house);
    free(house.bytes);
    return 0;
}
