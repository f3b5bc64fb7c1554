/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * block: waits in the call that its argument names, so that a test can interrupt it.
 *
 *     block [-s] CALL [HOST] PORT
 *
 * Theory of operation: what the call needs is set up first, "blocking in CALL" is printed, and then
 * the call has nothing to do but wait. Without -s a signal does what it does by default. With -s a
 * handler (sa_flags 0) sets a flag; the program says what the call returned and whether the handler
 * ran, waits in a poll() that nothing must end early, since one signal ends one call, closes all
 * and ends with status 0.
 * HOST PORT is where connect, recv, send and close find a TCP peer, who must not read from the
 * last two; accept, recvfrom, poll and select wait at PORT; getaddrinfo asks for
 * nobodyPORT.example; the others have no use for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 4096
#define SLICE_MS 50
#define AFTERWARDS_MS 200
#define FULL_MS 300 /* who cannot send for that long has a peer that takes no more */

static volatile sig_atomic_t interrupted;

struct scene {
    const char *call;
    bool has_handler;
    const char *host;
    int port;
    int fd;
    unsigned long sent;
    char *chunk; /* CHUNK bytes */
    thrd_t helper;
    mtx_t lock;
    cnd_t changed;
};

static void on_interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "block: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void say(const struct scene *scene)
{
    printf("blocking in %s\n", scene->call);
    fflush(stdout);
}

static void say_result(const struct scene *scene, long result)
{
    int error = errno;

    if (result >= 0) {
        printf("%s returned %ld\n", scene->call, result);
    } else {
        printf("%s returned -1, %s\n", scene->call, error == EINTR ? "EINTR" : strerror(error));
    }
}

static struct sockaddr_in address_of(const char *host, int port)
{
    struct sockaddr_in address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    if (host != NULL && inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        errno = EINVAL;
        give_up(host);
    }
    return address;
}

static int open_bound(int type, int port)
{
    struct sockaddr_in address = address_of(NULL, port);
    int fd = socket(AF_INET, type, 0);
    int on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        give_up("bind");
    }
    return fd;
}

static int open_connected(const struct scene *scene)
{
    struct sockaddr_in address = address_of(scene->host, scene->port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        give_up("connect");
    }
    if (send(fd, "before", 6, MSG_NOSIGNAL) != 6) {
        give_up("send");
    }
    return fd;
}

static void in_accept(struct scene *scene)
{
    scene->fd = open_bound(SOCK_STREAM, scene->port);
    if (listen(scene->fd, 5) < 0) {
        give_up("listen");
    }
    say(scene);
    say_result(scene, accept(scene->fd, NULL, NULL));
}

static void in_recv(struct scene *scene)
{
    char byte;

    scene->fd = open_connected(scene);
    say(scene);
    say_result(scene, recv(scene->fd, &byte, 1, 0));
}

static void in_recvfrom(struct scene *scene)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    char byte;

    scene->fd = open_bound(SOCK_DGRAM, scene->port);
    say(scene);
    say_result(scene, recvfrom(scene->fd, &byte, 1, 0, (struct sockaddr *)&from, &length));
}

static void in_connect(struct scene *scene)
{
    struct sockaddr_in address = address_of(scene->host, scene->port);

    scene->fd = socket(AF_INET, SOCK_STREAM, 0);
    say(scene);
    say_result(scene, connect(scene->fd, (struct sockaddr *)&address, sizeof address));
}

/* Whatever was taken counts: the peer must get exactly that. */
static void in_send(struct scene *scene)
{
    ssize_t n;

    scene->fd = open_connected(scene);
    say(scene);
    while ((n = send(scene->fd, scene->chunk, CHUNK, MSG_NOSIGNAL)) == CHUNK) {
        scene->sent += CHUNK;
    }
    say_result(scene, n);
    scene->sent += n > 0 ? (unsigned long)n : 0;
    printf("sent %lu bytes\n", scene->sent + 6);
}

/* The peer reads nothing, so lingering takes its 30 seconds. After EINTR the descriptor may still
 * be there (POSIX leaves it open), so close() is called again. */
static void in_close(struct scene *scene)
{
    struct linger patient = {.l_onoff = 1, .l_linger = 30};
    struct pollfd writable = {.events = POLLOUT};
    int result;

    scene->fd = open_connected(scene);
    if (setsockopt(scene->fd, SOL_SOCKET, SO_LINGER, &patient, sizeof patient) < 0) {
        give_up("setsockopt");
    }
    do { /* until the peer's window is full, too */
        while (send(scene->fd, scene->chunk, CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
        }
        writable.fd = scene->fd;
    } while (poll(&writable, 1, FULL_MS) > 0);
    say(scene);
    result = close(scene->fd);
    say_result(scene, result);
    if (result < 0 && close(scene->fd) < 0 && errno != EBADF) {
        give_up("close");
    }
    scene->fd = -1;
}

static void in_poll(struct scene *scene)
{
    struct pollfd wanted = {.events = POLLIN};

    wanted.fd = scene->fd = open_bound(SOCK_DGRAM, scene->port);
    say(scene);
    say_result(scene, poll(&wanted, 1, -1));
}

static void in_select(struct scene *scene)
{
    fd_set wanted;

    scene->fd = open_bound(SOCK_DGRAM, scene->port);
    FD_ZERO(&wanted);
    FD_SET(scene->fd, &wanted);
    say(scene);
    say_result(scene, select(scene->fd + 1, &wanted, NULL, NULL, NULL));
}

static void in_getaddrinfo(struct scene *scene)
{
    struct addrinfo *found = NULL;
    char name[32];
    int code;

    snprintf(name, sizeof name, "nobody%d.example", scene->port);
    say(scene);
    code = getaddrinfo(name, "80", NULL, &found);
    if (code == EAI_SYSTEM) {
        say_result(scene, -1);
    } else {
        printf("getaddrinfo returned %d, %s\n", code, gai_strerror(code));
    }
    if (code == 0) {
        freeaddrinfo(found);
    }
}

static void in_fgets(struct scene *scene)
{
    char line[16];

    say(scene);
    say_result(scene, fgets(line, sizeof line, stdin) != NULL ? 0 : -1);
}

static void in_thrd_sleep(struct scene *scene)
{
    const struct timespec long_time = {.tv_sec = 3600};

    say(scene);
    say_result(scene, thrd_sleep(&long_time, NULL));
}

static void wait_for_handler(void)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};

    while (!interrupted) {
        thrd_sleep(&slice, NULL);
    }
}

/* Without a handler it waits in a call, as the main thread does. */
static int help_join(void *argument)
{
    struct scene *scene = argument;
    char byte;

    if (scene->has_handler) {
        wait_for_handler();
    } else {
        (void)recv(scene->fd, &byte, 1, 0);
    }
    return 0;
}

static void in_thrd_join(struct scene *scene)
{
    scene->fd = open_bound(SOCK_DGRAM, scene->port);
    if (thrd_create(&scene->helper, help_join, scene) != thrd_success) {
        give_up("thrd_create");
    }
    say(scene);
    say_result(scene, thrd_join(scene->helper, NULL) == thrd_success ? 0 : -1);
}

static int help_condition(void *argument)
{
    struct scene *scene = argument;

    wait_for_handler();
    mtx_lock(&scene->lock);
    cnd_signal(&scene->changed);
    mtx_unlock(&scene->lock);
    return 0;
}

static void in_cnd_wait(struct scene *scene)
{
    if (mtx_init(&scene->lock, mtx_plain) != thrd_success ||
        cnd_init(&scene->changed) != thrd_success ||
        thrd_create(&scene->helper, help_condition, scene) != thrd_success) {
        give_up("thrd_create");
    }
    say(scene);
    mtx_lock(&scene->lock);
    while (!interrupted) {
        cnd_wait(&scene->changed, &scene->lock);
    }
    mtx_unlock(&scene->lock);
    say_result(scene, 0);
    thrd_join(scene->helper, NULL);
    cnd_destroy(&scene->changed);
    mtx_destroy(&scene->lock);
}

/* A call that is not the one interrupted waits as long as it was told to, and sockets still work.
 */
static void go_on(void)
{
    struct pollfd wanted = {.events = POLLIN};
    int result;

    wanted.fd = open_bound(SOCK_DGRAM, 0);
    result = poll(&wanted, 1, AFTERWARDS_MS);
    printf("then poll returned %d%s\n", result, result < 0 && errno == EINTR ? ", EINTR" : "");
    fflush(stdout); /* at the end it would wait until the peer has closed */
    close(wanted.fd);
}

static void (*find(const char *call))(struct scene *)
{
    static const struct {
        const char *call;
        void (*wait)(struct scene *scene);
    } calls[] = {
        {"accept", in_accept},
        {"recv", in_recv},
        {"recvfrom", in_recvfrom},
        {"connect", in_connect},
        {"send", in_send},
        {"close", in_close},
        {"poll", in_poll},
        {"select", in_select},
        {"getaddrinfo", in_getaddrinfo},
        {"fgets", in_fgets},
        {"thrd_sleep", in_thrd_sleep},
        {"thrd_join", in_thrd_join},
        {"cnd_wait", in_cnd_wait},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(calls[i].call, call) == 0) {
            return calls[i].wait;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct scene scene = {.fd = -1};
    struct sigaction action;
    void (*wait)(struct scene *);
    int first = 1, spare;

    if (argc > 1 && strcmp(argv[1], "-s") == 0) {
        scene.has_handler = true;
        first++;
    }
    wait = argc - first >= 2 ? find(argv[first]) : NULL;
    if (wait == NULL) {
        fprintf(stderr, "usage: block [-s] CALL [HOST] PORT\n");
        return 2;
    }
    scene.call = argv[first];
    scene.host = argc - first >= 3 ? argv[first + 1] : NULL;
    scene.port = atoi(argv[argc - 1]);
    scene.chunk = calloc(1, CHUNK);
    interrupted = 0; /* on a board it is still there from the run before */
    if (scene.has_handler) {
        memset(&action, 0, sizeof action);
        action.sa_handler = on_interrupt;
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, NULL);
    }
    spare = open_bound(SOCK_DGRAM, 0); /* the stack runs, whatever the call is */
    wait(&scene);
    printf("%s\n", interrupted ? "the handler ran" : "no handler ran");
    go_on();
    if (scene.fd >= 0) {
        close(scene.fd);
    }
    close(spare);
    free(scene.chunk);
    return 0;
}
