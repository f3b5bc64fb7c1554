/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a file or a folder below a directory, one component after another. Each is opened in the
 * directory before it, which cannot be changed into another one any more.
 */
#define _GNU_SOURCE /* O_PATH */
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* A directory may be passed that may not be read. Linux has this instead of POSIX's O_SEARCH. */
#define DIRECTORY_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define LIST_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* Closes it, and leaves errno as it is. */
static void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* Opens the first component of *path below `directory`, which it closes; *path becomes the rest. */
static int open_next(int directory, const char **path)
{
    char name[256];
    size_t length = strcspn(*path, "/");
    int fd = -1;

    errno = ENAMETOOLONG;
    if (length < sizeof name) {
        memcpy(name, *path, length);
        name[length] = '\0';
        *path += length + strspn(*path + length, "/");
        fd = openat(directory, name,
                    O_NOFOLLOW | (**path ? DIRECTORY_FLAGS : O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    }
    close_quietly(directory);
    return fd;
}

int beneath_open(const char *root, const char *path)
{
    int fd = open(root, DIRECTORY_FLAGS);

    path += strlen(root);
    path += strspn(path, "/");
    while (fd >= 0 && *path)
        fd = open_next(fd, &path);
    return fd;
}

DIR *beneath_open_directory(const char *root, const char *path)
{
    int place = beneath_open(root, path);

    if (place < 0)
        return NULL;
    int fd = openat(place, ".", LIST_FLAGS); /* root itself is open to pass only */
    close_quietly(place);
    if (fd < 0)
        return NULL;
    DIR *directory = fdopendir(fd);
    if (!directory)
        close_quietly(fd);
    return directory;
}

int beneath_look(DIR *directory, const char *path, const char *name, struct stat *state)
{
    (void)path;
    return fstatat(dirfd(directory), name, state, AT_SYMLINK_NOFOLLOW);
}
