/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file-client: downloads a file, by HTTP or by the tutorial's protocol.
 */
#include "lib/address.h"
#include "lib/download.h"
#include "lib/file_name.h"
#include "lib/interrupt.h"
#include "lib/moment.h"
#include "lib/number.h"
#include "lib/report.h"
#include "lib/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "file-client"

struct options {
    const char *host, *name, *file;
    uint16_t port;
    bool resumes, is_raw, is_quiet;
};

static int read_options(int argc, char **argv, struct options *options);
static struct download *prepare(const struct options *options);
static int download_file(struct download *download, const struct options *options);
static int connect_to_server(struct download *download, const struct address *remotes,
                             size_t count);
static int connect_to(struct download *download, const struct address *remote);
static int finish(struct download *download, uint64_t resumed);

int main(int argc, char **argv)
{
    struct options options = {0};

    interrupt_install();
    interrupt_ignore_pipe();
    int status = read_options(argc, argv, &options);
    if (status != STATUS_GO_ON)
        return report_end(PROGRAM, status);
    struct download *download = prepare(&options);
    if (!download)
        return STATUS_FAILED;
    status = STATUS_FAILED;
    if (saved_file_prepare(&download->file, PROGRAM, options.file, options.resumes,
                           download->buffer, sizeof download->buffer))
        status = download_file(download, &options);
    saved_file_close(&download->file);
    encoding_close(download->encoding);
    free(download);
    return report_end(PROGRAM, status);
}

static struct download *prepare(const struct options *options)
{
    struct download *download = calloc(1, sizeof *download);
    struct encoding *encoding = encoding_open("utf-8");

    if (!download || !encoding) {
        report_failure(PROGRAM, "malloc", NULL);
        encoding_close(encoding);
        free(download);
        return NULL;
    }
    download->program = PROGRAM;
    download->host = options->host;
    download->port = options->port;
    download->name = options->name;
    download->encoding = encoding;
    download->line = (struct http_line){.bytes = download->line_room, .size = DOWNLOAD_LINE_SIZE};
    return download;
}

static int download_file(struct download *download, const struct options *options)
{
    uint64_t there = download->file.length;
    enum download_result result = DOWNLOAD_AGAIN;
    struct address *remotes;
    size_t count;
    const char *wrong =
        address_resolve_all(options->host, options->port, SOCK_STREAM, NULL, &remotes, &count);

    if (wrong)
        return report_failed(PROGRAM, "getaddrinfo %s: %s", options->host, wrong);
    progress_start(&download->progress, !options->is_quiet);
    while (result == DOWNLOAD_AGAIN) {
        /* 1. Create the socket. 2. Connect to the server. */
        if (connect_to_server(download, remotes, count) != STATUS_GO_ON) {
            result = DOWNLOAD_FAILED;
            break;
        }
        /* 3. Ask for the file, and save what comes. */
        result = options->is_raw ? download_raw(download) : download_http(download);
        /* 4. Close the socket. */
        close(download->fd);
    }
    free(remotes);
    progress_end(&download->progress);
    return result == DOWNLOAD_DONE ? finish(download, there) : STATUS_FAILED;
}

/* A name may have several addresses: the first one that answers is as good as the others. */
static int connect_to_server(struct download *download, const struct address *remotes, size_t count)
{
    int status = STATUS_FAILED;

    for (size_t i = 0; status != STATUS_GO_ON && i < count; i++)
        status = connect_to(download, &remotes[i]);
    return status;
}

static int connect_to(struct download *download, const struct address *remote)
{
    download->fd = socket(remote->any.sa_family, SOCK_STREAM, 0);
    if (download->fd < 0)
        return report_failure(PROGRAM, "socket", NULL);
    download->ended = false;
    download->at = download->length = 0;
    address_format(remote, download->where);
    if (stream_connect(download->fd, &remote->any, remote->length,
                       DOWNLOAD_CONNECT_SECONDS * 1000) == 0)
        return STATUS_GO_ON;
    int status = report_failure(PROGRAM, "connect", download->where);
    close(download->fd);
    return status;
}

/* Gives the file its name, and prints the result. */
static int finish(struct download *download, uint64_t resumed)
{
    const char *name = download->file.name;
    bool is_stdout = strcmp(name, "-") == 0;
    FILE *out = is_stdout ? stderr : stdout;
    unsigned long ms = (unsigned long)(moment_ms() - download->progress.start);
    char hash[SHA256_TEXT_SIZE];

    if (!saved_file_finish(&download->file))
        return STATUS_FAILED;
    sha256_final_text(&download->file.hash, hash);
    fputs("received ", out);
    number_print(out, download->progress.received);
    fprintf(out, " bytes in %lu.%03lu s, SHA-256 %s", ms / 1000, ms % 1000, hash);
    if (!is_stdout)
        fprintf(out, ", saved as %s", name);
    if (download->progress.received < download->file.length) {
        fputs(", resumed at byte ", out);
        number_print(out, resumed);
    }
    if (!download->has_total && !download->reply.is_chunked)
        fputs(", length unknown", out);
    fputc('\n', out); /* report_end() sees to it that it arrives */
    return STATUS_DONE;
}

static int show_help(void)
{
    printf(
        "usage: file-client [-o FILE] [-c] [-R] [-q] HOST PORT NAME\n"
        "Downloads NAME from the server at HOST PORT by HTTP, and prints its bytes, the seconds\n"
        "and its SHA-256. It is FILE.part until all of it is there. A server that does not answer\n"
        "the call within %d seconds, or is silent for %d seconds then, is given up. \"length "
        "unknown\"\n"
        "in the result means that the server did not tell it, so that a cut cannot be told from\n"
        "the end.\n"
        "  -o FILE  save it as FILE (default: what comes behind the last slash of NAME); \"-\" is\n"
        "           standard output; a device or a FIFO is written as it is, without FILE.part\n"
        "  -c       go on where FILE.part ends. FILE.part.etag tells the server which file that\n"
        "           was, and it sends all of it when it has changed since. Without an ETag of the\n"
        "           server's nobody knows: compare the SHA-256\n"
        "  -R       send NAME and a newline, and take what comes until the server closes: the\n"
        "           tutorial's protocol, which knows no length; an empty answer is an error\n"
        "  -q       show no progress (it is shown on a terminal only)\n"
        "  -h       show this help\n",
        DOWNLOAD_CONNECT_SECONDS, DOWNLOAD_SILENCE_SECONDS);
    return STATUS_DONE;
}

/* What the options say together. */
static int check_options(struct options *options)
{
    if (options->resumes && options->is_raw)
        return report_usage(PROGRAM, "-c and -R: the tutorial's protocol cannot go on");
    if (options->resumes && options->file && strcmp(options->file, "-") == 0)
        return report_usage(PROGRAM, "-c and -o -: what went to standard output is not known");
    if (options->is_raw && strchr(options->name, '\n'))
        return report_usage(PROGRAM, "-R: a newline would end the name");
    if (options->file && options->file[0] == '\0')
        return report_usage(PROGRAM, "-o: \"\" is no name of a file");
    if (options->file)
        return STATUS_GO_ON;
    options->file = file_name_last(options->name);
    if (options->file[0] == '\0' || strcmp(options->file, ".") == 0 ||
        strcmp(options->file, "..") == 0 || strcmp(options->file, "-") == 0 ||
        strlen(options->file) > FILE_NAME_MOST)
        return report_usage(PROGRAM, "\"%s\" ends in no name of a file: give one with -o",
                            options->name);
    return STATUS_GO_ON;
}

static int read_options(int argc, char **argv, struct options *options)
{
    const char *wrong;
    int option;

    while ((option = getopt(argc, argv, ":o:cRqh")) != -1) {
        switch (option) {
        case 'o':
            options->file = optarg;
            break;
        case 'c':
            options->resumes = true;
            break;
        case 'R':
            options->is_raw = true;
            break;
        case 'q':
            options->is_quiet = true;
            break;
        case 'h':
            return show_help();
        default:
            return report_option(PROGRAM, option, optopt);
        }
    }
    argc -= optind;
    argv += optind;
    if (argc != 3)
        return report_usage(PROGRAM, "needs HOST, PORT and NAME, got %d arguments (-h shows help)",
                            argc);
    if ((wrong = address_parse_port(argv[1], &options->port)) != NULL)
        return report_usage(PROGRAM, "\"%s\" %s", argv[1], wrong);
    if (options->port == 0)
        return report_usage(PROGRAM, "port 0: no server is there");
    options->host = argv[0];
    options->name = argv[2];
    return check_options(options);
}
