/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a file that a client named, if it may have it.
 *
 * A name without ".." can still lead out of the directory, by a symbolic link, and what it leads
 * to may change between two looks at it. So the file is opened first and looked at then: what was
 * opened must be a regular file, and the very file that the name's real path, which must lie below
 * the root, belongs to. Before that the kind is looked at once more than needed, for opening a
 * FIFO or a device can have effects by itself.
 */
#include "served_file.h"

#include "file_name.h"
#include "http_request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum served_result result_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        return SERVED_MISSING;
    case EACCES:
    case EPERM:
    case ELOOP:
        return SERVED_REFUSED;
    default:
        return SERVED_FAILED;
    }
}

static enum served_result result_of_kind(mode_t mode)
{
    return S_ISREG(mode) ? SERVED_OPEN : S_ISDIR(mode) ? SERVED_DIRECTORY : SERVED_REFUSED;
}

static enum served_result look_at(const char *path)
{
    struct stat state;

    return stat(path, &state) < 0 ? result_of(errno) : result_of_kind(state.st_mode);
}

static bool is_same(const char *path, const struct stat *opened)
{
    struct stat state;

    return stat(path, &state) == 0 && state.st_dev == opened->st_dev &&
           state.st_ino == opened->st_ino;
}

/* The bytes of root before the slash that comes next. */
static size_t root_prefix(const char *root)
{
    return strcmp(root, "/") == 0 ? 0 : strlen(root);
}

static bool is_below(const char *path, const char *root)
{
    size_t length = root_prefix(root);

    return strncmp(path, root, length) == 0 && path[length] == '/';
}

/* Whether the file opened under this path is the one that its real path leads to, below root. */
static enum served_result check_place(const char *path, const char *root, const struct stat *opened)
{
    char *real = realpath(path, NULL);

    if (!real)
        return result_of(errno);
    bool allowed = is_below(real, root) && is_same(real, opened);
    free(real);
    return allowed ? SERVED_OPEN : SERVED_REFUSED;
}

static enum served_result check_opened(struct served_file *file, const char *path, const char *root)
{
    struct stat state;

    if (fstat(file->fd, &state) < 0)
        return SERVED_FAILED;
    file->size = (uint64_t)state.st_size;
    file->inode = (uint64_t)state.st_ino;
    file->seconds = (uint64_t)state.st_mtim.tv_sec;
    file->nanoseconds = (uint64_t)state.st_mtim.tv_nsec;
    enum served_result result = result_of_kind(state.st_mode);
    return result == SERVED_OPEN ? check_place(path, root, &state) : result;
}

static enum served_result open_path(struct served_file *file, const char *path, const char *root)
{
    enum served_result result = look_at(path);

    if (result != SERVED_OPEN)
        return result;
    file->fd = open(path, O_RDONLY | O_NONBLOCK);
    if (file->fd < 0)
        return result_of(errno);
    result = check_opened(file, path, root);
    if (result != SERVED_OPEN) {
        int error = errno;
        close(file->fd);
        errno = error;
    }
    return result;
}

enum served_result served_file_open(struct served_file *file, const char *root, const char *name)
{
    size_t root_length = root_prefix(root), length = strlen(name);

    if (length > 0 && !file_name_is_allowed(name, length))
        return SERVED_REFUSED;
    char *path = malloc(root_length + 1 + length + 1);
    if (!path)
        return SERVED_FAILED;
    memcpy(path, root, root_length);
    path[root_length] = '/';
    memcpy(path + root_length + 1, name, length + 1);
    enum served_result result = open_path(file, path, root);
    int error = errno;
    free(path);
    errno = error;
    return result;
}

void served_file_tag(const struct served_file *file, struct draft *tag)
{
    draft_text(tag, "\"");
    draft_number(tag, file->size, 16);
    draft_text(tag, "-");
    draft_number(tag, file->seconds, 16);
    draft_text(tag, ".");
    draft_number(tag, file->nanoseconds, 16);
    draft_text(tag, "-");
    draft_number(tag, file->inode, 16);
    draft_text(tag, "\"");
}

bool served_file_has_tag(const struct served_file *file, const char *text)
{
    char bytes[HTTP_TAG_SIZE];
    struct draft tag = {.bytes = bytes, .size = sizeof bytes};

    served_file_tag(file, &tag);
    return strlen(text) == tag.length && memcmp(text, bytes, tag.length) == 0;
}
