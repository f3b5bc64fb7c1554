/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scene: puts sockets into states, one typed line each, and shows what netstat and stats say of it.
 * Each line is answered by what it did and "ok", or by the call that failed and its reason.
 *   udp PORT          listen PORT BACKLOG    accept SLOT      connect ADDRESS PORT
 *   send SLOT BYTES   receive SLOT BYTES     shutdown SLOT    close SLOT
 *   churn SLOT COUNT  netstat   stats   handle   signals
 * A new socket is "slot N fd M". send takes what fits without waiting, receive waits for all.
 * churn accepts and closes COUNT connections, with a netstat for each. handle sets a handler for
 * SIGUSR1, and signals tells how often it ran.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#if __has_include("ps_netstat.h")
#include "ps_netstat.h"
#include "ps_stats.h"
#endif

#define SLOTS 64
#define LINE 80
#define BLOCK 512

struct scene {
    int slots[SLOTS];
    int used;
    char line[LINE];
    char verb[16], where[INET_ADDRSTRLEN];
    long first, second;
    char block[BLOCK];
};

static volatile sig_atomic_t signals;

static void count_signal(int sig)
{
    (void)sig;
    signals = signals + 1;
}

#if __has_include("ps_netstat.h")
static void write_out(struct ps_out *out, const char *text, size_t length)
{
    (void)out;
    (void)fwrite(text, 1, length, stdout);
}

static void show(bool all)
{
    struct ps_out out = {write_out};

    if (all) {
        ps_stats(&out);
    } else {
        ps_netstat(&out);
    }
}
#else
static void show(bool all)
{
    (void)all;
}
#endif

static int add(struct scene *scene, int fd)
{
    if (fd < 0 || scene->used == SLOTS) {
        return -1;
    }
    printf("slot %d fd %d\n", scene->used, fd);
    scene->slots[scene->used++] = fd;
    return 0;
}

static struct sockaddr_in at(const char *ip, long port)
{
    struct sockaddr_in address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = ip != NULL ? inet_addr(ip) : htonl(INADDR_ANY);
    return address;
}

static int open_bound(struct scene *scene, int type)
{
    struct sockaddr_in address = at(NULL, scene->first);
    int fd = socket(AF_INET, type, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        (type == SOCK_STREAM && listen(fd, (int)scene->second) < 0)) {
        return -1;
    }
    return add(scene, fd);
}

static int open_connected(struct scene *scene)
{
    struct sockaddr_in address = at(scene->where, scene->second);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        return -1;
    }
    return add(scene, fd);
}

static int send_all(struct scene *scene, int fd)
{
    long sent = 0;

    memset(scene->block, 's', BLOCK);
    while (sent < scene->second) {
        long left = scene->second - sent;
        ssize_t n = send(fd, scene->block, left < BLOCK ? (size_t)left : BLOCK,
                         MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            break;
        }
        if (n < 0) {
            return -1;
        }
        sent += n;
    }
    printf("sent %ld\n", sent);
    return 0;
}

static int receive_all(struct scene *scene, int fd)
{
    for (long left = scene->second; left > 0;) {
        ssize_t n = recv(fd, scene->block, left < BLOCK ? (size_t)left : BLOCK, 0);

        if (n <= 0) {
            return -1;
        }
        left -= n;
    }
    return 0;
}

static int churn(struct scene *scene, int listener)
{
    for (long i = 0; i < scene->second;) {
        int fd = accept(listener, NULL, NULL);

        if (fd >= 0) {
            show(false);
            close(fd);
            i++;
        } else if (errno != ECONNABORTED) {
            return -1;
        }
    }
    return 0;
}

static int handle(void)
{
    const struct sigaction action = {.sa_handler = count_signal};

    return sigaction(SIGUSR1, &action, NULL);
}

static bool is(const struct scene *scene, const char *verb)
{
    return strcmp(scene->verb, verb) == 0;
}

static int run(struct scene *scene)
{
    int fd = scene->first >= 0 && scene->first < SLOTS ? scene->slots[scene->first] : -1;

    return is(scene, "udp")        ? open_bound(scene, SOCK_DGRAM)
           : is(scene, "listen")   ? open_bound(scene, SOCK_STREAM)
           : is(scene, "accept")   ? add(scene, accept(fd, NULL, NULL))
           : is(scene, "connect")  ? open_connected(scene)
           : is(scene, "send")     ? send_all(scene, fd)
           : is(scene, "receive")  ? receive_all(scene, fd)
           : is(scene, "shutdown") ? shutdown(fd, SHUT_WR)
           : is(scene, "close")    ? close(fd)
           : is(scene, "churn")    ? churn(scene, fd)
           : is(scene, "handle")   ? handle()
           : is(scene, "signals")  ? (printf("signals %d\n", (int)signals), 0)
           : is(scene, "netstat")  ? (show(false), 0)
           : is(scene, "stats")    ? (show(true), 0)
                                   : (errno = EINVAL, -1);
}

/* Verb, one word and a number, or two numbers. */
static void split(struct scene *scene)
{
    const char *word = strtok(scene->line, " \n");

    snprintf(scene->verb, sizeof scene->verb, "%s", word != NULL ? word : "");
    word = strtok(NULL, " \n");
    snprintf(scene->where, sizeof scene->where, "%s", word != NULL ? word : "");
    scene->first = word != NULL ? strtol(word, NULL, 10) : 0;
    word = strtok(NULL, " \n");
    scene->second = word != NULL ? strtol(word, NULL, 10) : 0;
}

/* A signal that comes while it waits is no end of input. */
static bool read_line(struct scene *scene)
{
    for (;;) {
        errno = 0;
        if (fgets(scene->line, LINE, stdin) != NULL) {
            return true;
        }
        if (!ferror(stdin) || errno != EINTR) {
            return false;
        }
        clearerr(stdin);
    }
}

int main(void)
{
    struct scene *scene = calloc(1, sizeof *scene);

    if (scene == NULL) {
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    while (read_line(scene)) {
        split(scene);
        if (run(scene) < 0) {
            printf("%s: %s\n", scene->verb, strerror(errno));
        } else {
            printf("ok\n");
        }
        fflush(stdout);
    }
    free(scene);
    return 0;
}
