/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that is received: it has its name only when all of it is there.
 *
 * Until then it is FILE.part, which is made when the first byte comes, so that a refused request
 * leaves nothing behind. A device or a FIFO, and standard output, are written as they are.
 */
#ifndef APPS_LIB_SAVED_FILE_H
#define APPS_LIB_SAVED_FILE_H

#include "http_line.h"
#include "sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct saved_file {
    const char *program;
    const char *name;        /* "-": standard output */
    char *part;              /* allocated; NULL when it is written as it is */
    int fd;                  /* -1: there is none */
    uint64_t length;         /* bytes that are in it */
    struct sha256 hash;      /* of these */
    char tag[HTTP_TAG_SIZE]; /* the ETag of the file that they are of, or "" */
};

/* Every function that returns false has put a line on stderr. */

/* Looks whether the file can be written at all; opens it when it is no file that will be renamed.
 * With `resume` takes what is in FILE.part already, if there is one, and its ETag; the buffer is
 * for reading it. */
bool saved_file_prepare(struct saved_file *file, const char *program, const char *name, bool resume,
                        char *buffer, size_t size);

bool saved_file_write(struct saved_file *file, const char *bytes, size_t length);

/* What was resumed is not wanted: the next byte is the first one again. */
void saved_file_restart(struct saved_file *file);

/* Before the first byte: the ETag of the file that comes, "" for none. */
void saved_file_set_tag(struct saved_file *file, const char *tag);

/* All of it is there: gives it its name. */
bool saved_file_finish(struct saved_file *file);

/* Ends the use of it. A part that holds bytes stays, an empty one does not. */
void saved_file_close(struct saved_file *file);

#endif
