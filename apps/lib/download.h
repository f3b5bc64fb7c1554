/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What file-client does on one connection: it asks for a file, by either protocol, and saves it.
 */
#ifndef APPS_LIB_DOWNLOAD_H
#define APPS_LIB_DOWNLOAD_H

#include "address.h"
#include "encoding.h"
#include "http_line.h"
#include "http_reply.h"
#include "progress.h"
#include "saved_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* So long it may take to connect. */
#define DOWNLOAD_CONNECT_SECONDS 30

/* A server that is silent for so long is given up. */
#define DOWNLOAD_SILENCE_SECONDS 10

/* The longest head of an answer; a line of it that is longer than the room is only read up to
 * there. */
#define DOWNLOAD_HEAD_MOST 16384
#define DOWNLOAD_LINE_SIZE 512

struct download {
    const char *program;
    const char *host; /* as it was given */
    unsigned port;
    const char *name;              /* of the file, at the server */
    char where[ADDRESS_TEXT_SIZE]; /* the server */
    struct encoding *encoding;     /* UTF-8 */
    int fd;                        /* connected */
    struct saved_file file;
    struct progress progress;
    uint64_t total; /* bytes of the whole file, when has_total */
    bool has_total;
    bool ended; /* by the server: it must not be read any more */
    /* What was received and not yet looked at. */
    size_t at, length;
    struct http_line line;
    struct http_reply reply;
    char line_room[DOWNLOAD_LINE_SIZE];
    char buffer[BUFSIZ];
};

enum download_result {
    DOWNLOAD_DONE,   /* all of it was received; the file is not yet finished */
    DOWNLOAD_AGAIN,  /* connect once more: it must be asked for from the beginning */
    DOWNLOAD_FAILED, /* after a line on stderr */
};

/* The file may hold a beginning already: then the rest is asked for. */
enum download_result download_http(struct download *download);

/* The tutorial's protocol. */
enum download_result download_raw(struct download *download);

/* For these two: */

/* Sends it all. False after a line on stderr. */
bool download_send(struct download *download, const char *bytes, size_t length);

/* Receives into the buffer, which is used up. False, and `ended`, at the end of the stream; false
 * alone after a line on stderr. */
bool download_receive(struct download *download);

/* Saves bytes of the file. False after a line on stderr. */
bool download_save(struct download *download, const char *bytes, size_t length);

/* Begins a line on stderr: "file-client: 192.168.77.1:8080: "nosuch": ". */
void download_begin_line(struct download *download);

/* "file-client: 192.168.77.1:8080: the connection ended after 100 of 1000 bytes, kept in x.part" */
enum download_result download_cut(struct download *download, const char *how);

#endif
