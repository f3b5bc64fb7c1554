/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done with an open file. How it works is told in files.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "files.h"
#include "files_internal.h"

#define OFFSET_MAX INT32_MAX

/* Lock held. */
static int facts_of(const struct open_file *file, struct tree_facts *facts)
{
    const struct tree *tree = files_tree(file->device);

    if ((file->flags & FILE_DIRECTORY) != 0) {
        *facts = files_directory(tree, (uint16_t)file->handle);
        return 0;
    }
    return tree->facts(file->handle, facts);
}

/* Up to `size`, so that no offset exceeds OFFSET_MAX. */
static size_t limited(uint32_t offset, size_t size)
{
    return size < OFFSET_MAX - offset ? size : OFFSET_MAX - offset;
}

static int read_file(struct open_file *file, void *data, size_t size)
{
    int result;

    if (file == NULL || (file->flags & FILE_READABLE) == 0) {
        return -EBADF;
    }
    if ((file->flags & FILE_DIRECTORY) != 0) {
        return -EISDIR;
    }
    size = limited(file->offset, size);
    if (size == 0) {
        return 0;
    }
    result = files_tree(file->device)->read_at(file->handle, file->offset, data, size);
    if (result > 0) {
        file->offset += (uint32_t)result;
    }
    return result;
}

int files_read(int fd, void *data, size_t size)
{
    files_enter();
    return files_result(read_file(files_entry(fd), data, size));
}

static int write_file(struct open_file *file, const void *data, size_t size)
{
    struct tree_facts facts;
    int result;

    if (file == NULL || (file->flags & FILE_WRITABLE) == 0) {
        return -EBADF;
    }
    if (size == 0) {
        return 0;
    }
    if ((file->flags & FILE_APPENDS) != 0) {
        result = facts_of(file, &facts);
        if (result < 0) {
            return result;
        }
        file->offset = facts.size;
    }
    size = limited(file->offset, size);
    if (size == 0) {
        return -EFBIG;
    }
    result = files_tree(file->device)->write_at(file->handle, file->offset, data, size);
    if (result > 0) {
        file->offset += (uint32_t)result;
    }
    return result;
}

int files_write(int fd, const void *data, size_t size)
{
    files_enter();
    return files_result(write_file(files_entry(fd), data, size));
}

static int seek_file(struct open_file *file, off_t offset, int whence)
{
    struct tree_facts facts;
    int64_t from = 0;
    int result;

    if (file == NULL) {
        return -EBADF;
    }
    if (whence == SEEK_CUR) {
        from = file->offset;
    } else if (whence == SEEK_END) {
        result = facts_of(file, &facts);
        if (result < 0) {
            return result;
        }
        from = facts.size;
    } else if (whence != SEEK_SET) {
        return -EINVAL;
    }
    from += offset;
    if (from < 0 || from > OFFSET_MAX) {
        return from < 0 ? -EINVAL : -EOVERFLOW;
    }
    file->offset = (uint32_t)from;
    return (int)from;
}

off_t files_lseek(int fd, off_t offset, int whence)
{
    files_enter();
    return files_result(seek_file(files_entry(fd), offset, whence));
}

int files_fstat(int fd, struct stat *st)
{
    struct tree_facts facts;
    const struct open_file *file;
    int result;

    files_enter();
    file = files_entry(fd);
    result = file != NULL ? facts_of(file, &facts) : -EBADF;
    if (result == 0) {
        files_to_stat(file->device, &facts, st);
    }
    return files_result(result);
}

static int truncate_file(const struct open_file *file, off_t length)
{
    const struct tree *tree;

    if (file == NULL) {
        return -EBADF;
    }
    if ((file->flags & FILE_WRITABLE) == 0 || length < 0) {
        return -EINVAL;
    }
    tree = files_tree(file->device);
    return tree->truncate(file->handle, (uint32_t)length);
}

/* As write(): a file in /ram that is to grow takes its room now. */
int ftruncate(int fd, off_t length)
{
    files_enter();
    return files_result(truncate_file(files_entry(fd), length));
}

/* What is written is where it belongs. EINVAL for the console. */
int fsync(int fd)
{
    if (fd >= STDIN_FILENO && fd <= STDERR_FILENO) {
        errno = EINVAL;
        return -1;
    }
    files_enter();
    return files_result(files_entry(fd) != NULL ? 0 : -EBADF);
}

static int status_flags(const struct open_file *file)
{
    int access = (file->flags & FILE_READABLE) == 0   ? O_WRONLY
                 : (file->flags & FILE_WRITABLE) == 0 ? O_RDONLY
                                                      : O_RDWR;

    return access | ((file->flags & FILE_APPENDS) != 0 ? O_APPEND : 0) |
           ((file->flags & FILE_NONBLOCK) != 0 ? O_NONBLOCK : 0);
}

static void replace(struct open_file *file, unsigned mask, bool set)
{
    file->flags = (uint8_t)((file->flags & ~mask) | (set ? mask : 0));
}

static int control_file(struct open_file *file, int command, long value)
{
    if (file == NULL) {
        return -EBADF;
    }
    switch (command) {
    case F_GETFL:
        return status_flags(file);
    case F_SETFL:
        replace(file, FILE_APPENDS, (value & O_APPEND) != 0);
        replace(file, FILE_NONBLOCK, (value & O_NONBLOCK) != 0);
        return 0;
    case F_GETFD:
        return (file->flags & FILE_CLOEXEC) != 0 ? FD_CLOEXEC : 0;
    case F_SETFD:
        replace(file, FILE_CLOEXEC, (value & FD_CLOEXEC) != 0);
        return 0;
    default:
        return -EINVAL;
    }
}

int files_fcntl(int fd, int command, long value)
{
    files_enter();
    return files_result(control_file(files_entry(fd), command, value));
}
