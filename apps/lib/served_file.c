/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a file that a client named, if it may have it.
 *
 * A name without ".." can still lead out of the directory, by a symbolic link, and where it leads
 * may change between two looks at it. So the links are resolved once, by realpath(): the path that
 * comes out must lie below the root, and is then opened without following any link (beneath.h).
 * The kind of file is looked at before, for opening a FIFO or a device can have effects by itself,
 * and again afterwards.
 */
#include "served_file.h"

#include "beneath.h"
#include "file_name.h"
#include "http_line.h"

#include <errno.h>
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

/* What the path leads to, after all links. A directory may be root itself. */
static enum served_result resolve_path(const char *path, const char *root, char **real)
{
    enum served_result result = look_at(path);

    if (result != SERVED_OPEN && result != SERVED_DIRECTORY)
        return result;
    *real = realpath(path, NULL);
    if (!*real)
        return result_of(errno);
    if (is_below(*real, root) || (result == SERVED_DIRECTORY && strcmp(*real, root) == 0))
        return result;
    free(*real);
    *real = NULL;
    return SERVED_REFUSED;
}

char *served_path(const char *root, const char *name, size_t room)
{
    size_t root_length = root_prefix(root), length = strlen(name);
    char *path = malloc(root_length + 1 + length + room + 1);

    if (path) {
        memcpy(path, root, root_length);
        path[root_length] = '/';
        memcpy(path + root_length + 1, name, length + 1);
    }
    return path;
}

enum served_result served_path_resolve(const char *root, const char *name, char **real)
{
    size_t length = strlen(name);

    *real = NULL;
    if (length > 0 && !file_name_is_allowed(name, length))
        return SERVED_REFUSED;
    char *path = served_path(root, name, 0);
    if (!path)
        return SERVED_FAILED;
    enum served_result result = resolve_path(path, root, real);
    int error = errno;
    free(path);
    errno = error;
    return result;
}

/* Opens what realpath() made of a name. */
static enum served_result open_real(struct served_file *file, const char *real, const char *root)
{
    struct stat state;

    file->fd = beneath_open(root, real);
    if (file->fd < 0)
        return result_of(errno);
    enum served_result result =
        fstat(file->fd, &state) < 0 ? SERVED_FAILED : result_of_kind(state.st_mode);
    if (result != SERVED_OPEN) {
        int error = errno;
        close(file->fd);
        errno = error;
        return result;
    }
    file->size = (uint64_t)state.st_size;
    file->inode = (uint64_t)state.st_ino;
    file->seconds = (uint64_t)state.st_mtim.tv_sec;
    file->nanoseconds = (uint64_t)state.st_mtim.tv_nsec;
    return SERVED_OPEN;
}

enum served_result served_file_open(struct served_file *file, const char *root, const char *name)
{
    char *real;
    enum served_result result = served_path_resolve(root, name, &real);

    if (result == SERVED_OPEN)
        result = open_real(file, real, root);
    int error = errno;
    free(real);
    errno = error;
    return result;
}

bool served_file_is_dated(const struct served_file *file)
{
    return file->seconds != 0 || file->nanoseconds != 0;
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
    return served_file_is_dated(file) && strlen(text) == tag.length &&
           memcmp(text, bytes, tag.length) == 0;
}
