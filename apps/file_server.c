/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file-server: serves the files of a directory, by HTTP or to clients that just send a name.
 */
#include "lib/address.h"
#include "lib/clients.h"
#include "lib/file_session.h"
#include "lib/interrupt.h"
#include "lib/listener.h"
#include "lib/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "file-server"

struct options {
    struct listener_options listener;
    const char *directory;
};

static int read_options(int argc, char **argv, struct options *options);
static int open_directory(struct file_server *server, const char *directory);
static int listen_at(int fd, const struct options *options);
static int serve_clients(int fd, const struct file_server *server);

int main(int argc, char **argv)
{
    struct options options = {.listener.backlog = 5, .directory = "."};
    struct file_server server = {0};
    int fd = -1;

    interrupt_install();
    int status = read_options(argc, argv, &options);
    if (status == STATUS_GO_ON)
        status = open_directory(&server, options.directory);

    /* 1. Create the socket. */
    if (status == STATUS_GO_ON) {
        fd = socket(options.listener.local.any.sa_family, SOCK_STREAM, 0);
        if (fd < 0)
            status = report_failure(PROGRAM, "socket", NULL);
    }
    /* 2. Bind it, so that clients find it. 3. Make it a listening socket. */
    if (status == STATUS_GO_ON)
        status = listen_at(fd, &options);

    /* 4. Accept clients: each gets a socket and a thread of its own. */
    if (status == STATUS_GO_ON)
        status = serve_clients(fd, &server);

    /* 5. Close it. */
    if (fd >= 0)
        close(fd);
    encoding_close(server.encoding);
    free(server.root);
    return report_end(PROGRAM, status);
}

/* Finds out where the directory really is: no name may lead out of it. */
static int open_directory(struct file_server *server, const char *directory)
{
    struct stat state;

    server->root = realpath(directory, NULL);
    if (!server->root)
        return report_failed(PROGRAM, "-d: \"%s\": %s", directory, strerror(errno));
    if (stat(server->root, &state) < 0)
        return report_failure(PROGRAM, "stat", directory);
    if (!S_ISDIR(state.st_mode))
        return report_failed(PROGRAM, "-d: \"%s\" is not a directory", directory);
    server->encoding = encoding_open("utf-8");
    if (!server->encoding)
        return report_failure(PROGRAM, "malloc", NULL);
    return STATUS_GO_ON;
}

static int listen_at(int fd, const struct options *options)
{
    char where[ADDRESS_TEXT_SIZE];
    int status = listener_open(PROGRAM, fd, &options->listener, where);

    if (status != STATUS_GO_ON)
        return status;
    printf("listening on %s backlog %lu, serving %s\n", where, options->listener.backlog,
           options->directory);
    fflush(stdout);
    return STATUS_GO_ON;
}

static int serve_clients(int fd, const struct file_server *server)
{
    struct clients clients = {.program = PROGRAM, .serve = file_session_serve, .server = server};
    struct address address;
    int client;

    if (!clients_init(&clients))
        return STATUS_FAILED;
    while ((client = clients_accept(&clients, fd, &address)) >= 0)
        clients_serve_in_thread(&clients, client, &address);
    clients_end(&clients);
    return STATUS_FAILED;
}

static int show_help(void)
{
    printf(
        "usage: file-server [-b ADDR] [-l BACKLOG] [-d DIR] PORT\n"
        "Serves the files below DIR to many clients at once, for reading only, at PORT (0: any\n"
        "free port). A client that sends \"GET /NAME HTTP/1.1\" is answered by HTTP: GET and "
        "HEAD,\n"
        "parts of files, several requests on a connection, and for a folder its index.html or a "
        "page\n"
        "that lists it. One that sends a bare NAME, ended by a newline, a NUL, the end of its "
        "stream\n"
        "or %d ms of silence, gets the bytes and a close; for a file that is missing or refused, "
        "the\n"
        "close alone.\n"
        "NAME is relative to DIR. Refused are names of more than %d bytes, with control\n"
        "characters, with \"..\" between slashes or a slash at the beginning, and whatever is not "
        "a\n"
        "regular file or lies outside of DIR (symbolic links, where the system tells of them). A\n"
        "client is dropped that sends no whole request within %d seconds, or takes less than %d\n"
        "bytes of its answer in %d seconds.\n"
        "  -b ADDR     listen at this address only (default: all of them)\n"
        "  -l BACKLOG  how many clients may wait to be accepted, 0 to 65535 (default 5); the\n"
        "              stack may round it\n"
        "  -d DIR      serve this directory (default \".\")\n"
        "  -h          show this help\n",
        FILE_SESSION_SILENCE_MS, FILE_NAME_MOST, FILE_SESSION_SECONDS, FILE_SESSION_PACE,
        FILE_SESSION_SECONDS);
    return STATUS_DONE;
}

static int read_options(int argc, char **argv, struct options *options)
{
    int option, status;

    while ((option = getopt(argc, argv, ":" LISTENER_OPTIONS "d:h")) != -1) {
        switch (option) {
        case 'b':
        case 'l':
            status = listener_option(PROGRAM, option, optarg, &options->listener);
            if (status != STATUS_GO_ON)
                return status;
            break;
        case 'd':
            options->directory = optarg;
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    return listener_operands(PROGRAM, argc - optind, argv + optind, &options->listener);
}
