/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ETag of what is in FILE.part.
 */
#include "part_tag.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its name, which the caller frees; NULL without memory. */
static char *name_of(const char *part)
{
    size_t size = strlen(part) + sizeof ".etag";
    char *name = malloc(size);

    if (name)
        snprintf(name, size, "%s.etag", part);
    return name;
}

static void read_from(const char *name, char tag[HTTP_TAG_SIZE])
{
    struct stat state;

    /* Opening what is no file could block. */
    if (stat(name, &state) < 0 || !S_ISREG(state.st_mode))
        return;
    int fd = open(name, O_RDONLY);
    if (fd < 0)
        return;
    ssize_t length = read(fd, tag, HTTP_TAG_SIZE - 1);
    close(fd);
    tag[length > 0 ? length : 0] = '\0';
    if (!http_is_strong_tag(tag))
        tag[0] = '\0';
}

void part_tag_read(const char *part, char tag[HTTP_TAG_SIZE])
{
    char *name = name_of(part);

    tag[0] = '\0';
    if (name)
        read_from(name, tag);
    free(name);
}

static void write_to(const char *name, const char *tag)
{
    /* Of its own making, whatever had the name. */
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);

    if (fd < 0)
        return;
    bool is_written = write(fd, tag, strlen(tag)) == (ssize_t)strlen(tag);
    if (close(fd) < 0 || !is_written)
        unlink(name);
}

void part_tag_write(const char *part, const char *tag)
{
    char *name = name_of(part);

    if (!name)
        return;
    unlink(name);
    if (tag[0])
        write_to(name, tag);
    free(name);
}
