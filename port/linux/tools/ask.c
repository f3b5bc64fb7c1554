/* SPDX-License-Identifier: BSD-3-Clause */
/* struct ucred */
#define _GNU_SOURCE
/*
 * ifconfig, netstat, stats: asks running programs on lwIP. What is asked is the name that this is
 * started by; os_control.h has the protocol.
 *
 * Without -p every program of the network namespace is asked: /proc/net/unix lists their sockets.
 * A change must mean one of them.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define STATUS_FAILED 1
#define STATUS_USAGE 2
#define PATIENCE_SECONDS 5
#define PROCESSES_MAX 1024
#define ANSWER_MAX (16 << 20)
#define PID_MAX 4194304    /* the most that Linux numbers */
#define ACCEPTS "00010000" /* the flags of a listening socket in /proc/net/unix */

static const char *program;

static void complain(const char *what, long process, const char *why)
{
    fprintf(stderr, "%s: %s process %ld: %s\n", program, what, process, why);
}

/* The processes that listen; how many, or -1 with errno. */
static int find_processes(long processes[PROCESSES_MAX])
{
    FILE *table = fopen("/proc/net/unix", "re");
    char line[512];
    int count = 0;

    if (table == NULL) {
        return -1;
    }
    while (count < PROCESSES_MAX && fgets(line, sizeof line, table) != NULL) {
        char flags[16], path[128];

        if (sscanf(line, "%*s %*s %*s %15s %*s %*s %*s %127s", flags, path) == 2 &&
            strcmp(flags, ACCEPTS) == 0 && strncmp(path, "@portside-", 10) == 0) {
            long process = strtol(path + 10, NULL, 10);

            if (process > 0) {
                processes[count++] = process;
            }
        }
    }
    fclose(table);
    return count;
}

static int connect_to(long process)
{
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct ucred peer;
    socklen_t size = sizeof peer;
    int length;

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "portside-%ld", process);
    if (connect(fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    /* Anybody may have taken that name. */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != process) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

static bool send_words(int fd, char **words)
{
    for (; *words != NULL; words++) {
        size_t size = strlen(*words) + 1;

        if (send(fd, *words, size, MSG_NOSIGNAL) != (ssize_t)size) {
            return false;
        }
    }
    return shutdown(fd, SHUT_WR) == 0;
}

/* What a program says of itself is for a terminal. */
static void make_harmless(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text != '\n' && (*text < ' ' || *text > '~')) {
            *text = '?';
        }
    }
}

/* Reads the answer to its end; NULL with errno, or with 0 when the process broke it off. The caller
 * frees it. */
static char *read_answer(int fd, size_t *length)
{
    char *answer = NULL;
    size_t size = 0;
    ssize_t n;

    *length = 0;
    do {
        if (size - *length < 4096) {
            char *larger = size < ANSWER_MAX ? realloc(answer, size += 65536) : NULL;

            if (larger == NULL) {
                free(answer);
                return NULL;
            }
            answer = larger;
        }
        n = recv(fd, answer + *length, size - *length, 0);
        *length += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    if (n < 0 || *length < 2 || answer[*length - 2] != '\0') {
        errno = n < 0 ? errno : 0;
        free(answer);
        return NULL;
    }
    return answer;
}

/* Prints what the process answers to the words: text to stdout, or one line to stderr when it
 * refuses. Its exit status. */
static int ask(long process, char **words, bool heading)
{
    char *answer = NULL, *text;
    size_t length = 0;
    int fd = connect_to(process);
    int status;

    if (fd < 0 && errno == ECONNREFUSED) {
        complain("ask", process, "it does not run, or has no stack (yet)");
        return STATUS_FAILED;
    }
    if (fd >= 0 && send_words(fd, words)) {
        answer = read_answer(fd, &length);
    }
    if (answer == NULL) {
        complain("ask", process,
                 errno == EAGAIN ? "no answer"
                 : errno == 0    ? "it has ended"
                                 : strerror(errno));
        status = STATUS_FAILED;
    } else {
        status = answer[length - 1] - '0';
        make_harmless(answer);
        text = strchr(answer, '\n');
        text = text != NULL ? text + 1 : answer;
        fputs(status != 0 ? text : heading ? answer : text, status != 0 ? stderr : stdout);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(answer);
    return status;
}

static int ask_all(const long processes[], int count, char **words)
{
    int status = 0;

    for (int i = 0; i < count; i++) {
        int its = ask(processes[i], words, true);

        status = its != 0 ? its : status;
    }
    return status;
}

static int refuse_to_choose(const long processes[], int count)
{
    fprintf(stderr, "%s: which program? -p takes one of", program);
    for (int i = 0; i < count; i++) {
        fprintf(stderr, " %ld", processes[i]);
    }
    fputc('\n', stderr);
    return STATUS_USAGE;
}

static int show_help(void)
{
    if (strcmp(program, "ifconfig") == 0) {
        printf("usage: ifconfig [-p PID] [IF [up|down|dhcp|ADDRESS/LENGTH [gw ADDRESS]]]\n"
               "Shows the network interfaces of running programs on lwIP, or changes one.\n");
    } else {
        printf("usage: %s [-p PID]\n"
               "Shows %s of running programs on lwIP.\n",
               program,
               strcmp(program, "netstat") == 0 ? "sockets and connections"
                                               : "pools, packets and drops");
    }
    printf("  -p PID  this process only (default: all of this network namespace)\n"
           "  -h      show this help\n");
    return 0;
}

int main(int argc, char **argv)
{
    long processes[PROCESSES_MAX];
    long chosen = 0;
    char *end;
    int count, option;
    bool is_change;

    program = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
    while ((option = getopt(argc, argv, "+:p:h")) != -1) {
        switch (option) {
        case 'p':
            chosen = strtol(optarg, &end, 10);
            if (end == optarg || *end != '\0' || chosen < 1 || chosen > PID_MAX) {
                fprintf(stderr, "%s: -p: \"%s\" is not a process ID\n", program, optarg);
                return STATUS_USAGE;
            }
            break;
        case 'h':
            return show_help();
        default:
            fprintf(stderr, "%s: %s (-h shows help)\n", program,
                    option == ':' ? "-p needs a process ID" : "unknown option");
            return STATUS_USAGE;
        }
    }
    argv[--optind] = (char *)program; /* the command's words begin here */
    if (chosen != 0) {
        return ask(chosen, argv + optind, false);
    }
    count = find_processes(processes);
    if (count <= 0) {
        fprintf(stderr, "%s: %s\n", program,
                count < 0 ? "/proc/net/unix cannot be read"
                          : "no program on lwIP runs in this network namespace");
        return STATUS_FAILED;
    }
    is_change = strcmp(program, "ifconfig") == 0 && argc - optind > 2;
    if (is_change && count > 1) {
        return refuse_to_choose(processes, count);
    }
    return count == 1 ? ask(processes[0], argv + optind, !is_change)
                      : ask_all(processes, count, argv + optind);
}
