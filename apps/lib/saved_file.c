/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that is received.
 *
 * A fresh part is made with O_EXCL, after an old one was removed: so it is a new regular file, even
 * where a symbolic link had its name. And it is renamed only when the name still
 * belongs to it: another program that receives the same file has made a part of its own.
 */
#include "saved_file.h"

#include "part_tag.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const struct saved_file *file, const char *call)
{
    const char *name = file->part ? file->part : file->name;

    report_failure(file->program, call, strcmp(name, "-") == 0 ? "standard output" : name);
    return false;
}

/* What is under that name; 0 and errno when there is nothing. */
static mode_t mode_of(const char *name)
{
    struct stat state;

    return stat(name, &state) == 0 ? state.st_mode : 0;
}

static bool fail_kind(const struct saved_file *file, const char *name, mode_t mode)
{
    report_failed(file->program, "%s: %s", name,
                  S_ISDIR(mode) ? strerror(EISDIR) : "is no regular file");
    return false;
}

/* Reads what is in the open part. */
static bool take_part(struct saved_file *file, char *buffer, size_t size)
{
    ssize_t n;

    while ((n = read(file->fd, buffer, size)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(file, "read");
        sha256_update(&file->hash, buffer, (size_t)n);
        file->length += (uint64_t)n;
    }
    return true;
}

/* Takes what an earlier try has left. What cannot be used stays as it is. */
static bool resume_part(struct saved_file *file, char *buffer, size_t size)
{
    mode_t mode = mode_of(file->part);

    if (mode == 0)
        return errno == ENOENT || fail(file, "stat");
    if (!S_ISREG(mode))
        return fail_kind(file, file->part, mode);
    file->fd = open(file->part, O_RDWR | O_NONBLOCK);
    if (file->fd < 0)
        return fail(file, "open");
    part_tag_read(file->part, file->tag);
    bool is_good = take_part(file, buffer, size);
    if (!is_good || file->length == 0) {
        close(file->fd);
        file->fd = -1;
    }
    return is_good;
}

/* Whether a part can be made, as far as its folder tells: better known before the server is asked
 * for anything. */
static bool look_at_folder(const struct saved_file *file)
{
    char *slash = strrchr(file->part, '/');

    if (!slash)
        return access(".", W_OK) == 0 || fail(file, "open");
    char behind = slash[1];
    slash[1] = '\0'; /* the folder's name, with the slash */
    bool is_good = access(file->part, W_OK) == 0;
    slash[1] = behind;
    return is_good || fail(file, "open");
}

static bool open_as_it_is(struct saved_file *file)
{
    file->fd = open(file->name, O_WRONLY);
    return file->fd >= 0 || fail(file, "open");
}

bool saved_file_prepare(struct saved_file *file, const char *program, const char *name, bool resume,
                        char *buffer, size_t size)
{
    static const char suffix[] = ".part";

    *file = (struct saved_file){.program = program, .name = name, .fd = -1};
    sha256_init(&file->hash);
    if (strcmp(name, "-") == 0) {
        file->fd = STDOUT_FILENO;
        return true;
    }
    mode_t mode = mode_of(name);
    if (mode == 0 && errno != ENOENT)
        return fail(file, "stat");
    if ((S_ISCHR(mode) || S_ISFIFO(mode)) && !resume)
        return open_as_it_is(file);
    if (mode != 0 && !S_ISREG(mode))
        return fail_kind(file, name, mode);
    file->part = malloc(strlen(name) + sizeof suffix);
    if (!file->part)
        return fail(file, "malloc");
    memcpy(file->part, name, strlen(name));
    memcpy(file->part + strlen(name), suffix, sizeof suffix);
    if (resume && !resume_part(file, buffer, size))
        return false;
    return file->fd >= 0 || look_at_folder(file);
}

static bool make_part(struct saved_file *file)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL;

    file->fd = open(file->part, flags, 0666);
    if (file->fd < 0 && errno == EEXIST) {
        if (unlink(file->part) < 0)
            return fail(file, "unlink");
        file->fd = open(file->part, flags, 0666);
    }
    if (file->fd < 0)
        return fail(file, "open");
    part_tag_write(file->part, file->tag);
    return true;
}

bool saved_file_write(struct saved_file *file, const char *bytes, size_t length)
{
    if (file->fd < 0 && !make_part(file))
        return false;
    sha256_update(&file->hash, bytes, length);
    while (length > 0) {
        ssize_t n = write(file->fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return fail(file, "write");
        }
        bytes += n;
        length -= (size_t)n;
        file->length += (uint64_t)n;
    }
    return true;
}

void saved_file_restart(struct saved_file *file)
{
    if (file->fd >= 0 && file->part) {
        close(file->fd);
        file->fd = -1;
    }
    file->length = 0;
    file->tag[0] = '\0';
    sha256_init(&file->hash);
}

void saved_file_set_tag(struct saved_file *file, const char *tag)
{
    memcpy(file->tag, tag, strlen(tag) + 1);
}

/* Whether the part's name still belongs to what was written. */
static bool is_still_there(const struct saved_file *file)
{
    struct stat named, open;

    return stat(file->part, &named) == 0 && fstat(file->fd, &open) == 0 &&
           named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

bool saved_file_finish(struct saved_file *file)
{
    if (!file->part)
        return true;
    if (file->fd < 0 && !make_part(file)) /* an empty file */
        return false;
    if (fsync(file->fd) < 0)
        return fail(file, "fsync");
    if (!is_still_there(file)) {
        report_failed(file->program, "%s was replaced by another program", file->part);
        return false;
    }
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) < 0)
        return fail(file, "close");
    if (rename(file->part, file->name) < 0)
        return fail(file, "rename");
    part_tag_write(file->part, "");
    return true;
}

void saved_file_close(struct saved_file *file)
{
    if (file->fd >= 0 && file->fd != STDOUT_FILENO) {
        close(file->fd);
        if (file->part && file->length == 0) {
            unlink(file->part);
            part_tag_write(file->part, "");
        }
    }
    file->fd = -1;
    free(file->part);
    file->part = NULL;
}
