/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * many-sockets: opens COUNT UDP sockets, or as many as there are, binds the last to PORT, and waits
 * for a datagram there: first in select(), then for another in poll() over all of them.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 20000

static int receive(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 1 ? 0 : 1;
}

static int wait_in_select(int fd)
{
    struct timeval limit = {.tv_sec = WAIT_MS / 1000};
    fd_set *wanted = calloc(1, sizeof *wanted);
    int ready;

    FD_ZERO(wanted);
    FD_SET(fd, wanted);
    ready = select(fd + 1, wanted, NULL, NULL, &limit);
    printf("select found %d, the last %s\n", ready, FD_ISSET(fd, wanted) ? "too" : "not");
    fflush(stdout);
    free(wanted);
    return receive(fd);
}

static int wait_in_poll(struct pollfd *fds, nfds_t count)
{
    int ready = poll(fds, count, WAIT_MS);

    printf("poll found %d, the last %s\n", ready, fds[count - 1].revents & POLLIN ? "too" : "not");
    fflush(stdout);
    return receive(fds[count - 1].fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    struct pollfd *fds;
    nfds_t wanted, count;
    int status;

    if (argc != 3) {
        fprintf(stderr, "usage: many-sockets COUNT PORT\n");
        return 2;
    }
    wanted = (nfds_t)atol(argv[1]);
    while ((fds = calloc(wanted, sizeof *fds)) == NULL) {
        wanted /= 2; /* there are not more sockets than memory for this */
    }
    for (count = 0; count < wanted; count++) {
        fds[count].events = POLLIN;
        fds[count].fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (fds[count].fd < 0) {
            printf("no more: %s\n", strerror(errno));
            break;
        }
    }
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[2]));
    if (bind(fds[count - 1].fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    printf("opened %lu, the last is %d\n", (unsigned long)count, fds[count - 1].fd);
    fflush(stdout);
    status = wait_in_select(fds[count - 1].fd);
    status |= wait_in_poll(fds, count);
    for (nfds_t i = 0; i < count; i++) {
        close(fds[i].fd);
    }
    free(fds);
    return status;
}
