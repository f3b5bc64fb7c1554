/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors of files: their table and the calls on them. How it works is told in files.h. */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "files_internal.h"
#include "job_internal.h"
#include "lwipopts.h"

#define COUNT (LWIP_SOCKET_OFFSET - FILES_FIRST)
#define OFFSET_MAX INT32_MAX

enum {
    READABLE = 1 << 0,
    WRITABLE = 1 << 1,
    APPENDS = 1 << 2,
    NONBLOCK = 1 << 3, /* kept for F_GETFL: no file ever blocks */
    CLOEXEC = 1 << 4,  /* kept for F_GETFD: there is no exec */
    DIRECTORY = 1 << 5,
};

struct open_file {
    const void *owner;
    uint32_t handle; /* the tree's; a directory's inode */
    uint32_t offset;
    uint8_t device; /* of the tree; 0: this entry is free */
    uint8_t flags;
};

static struct open_file files[COUNT];
static struct mutex lock;

_Static_assert(sizeof(struct open_file) == 16, "what a descriptor costs");

void files_enter(void)
{
    ps_port_checkpoint();
    mutex_lock(&lock);
}

void files_leave(void)
{
    mutex_unlock(&lock);
}

int files_result(int result)
{
    files_leave();
    if (result < 0) {
        errno = -result;
        return -1;
    }
    return result;
}

/* The calling job's file, or NULL. Lock held. */
static struct open_file *file_of(int fd)
{
    struct open_file *file = &files[fd - FILES_FIRST];

    if (fd < FILES_FIRST || fd >= LWIP_SOCKET_OFFSET || file->device == 0 ||
        file->owner != job_self()) {
        return NULL;
    }
    return file;
}

/* A free entry: its index, or -EMFILE or -ENFILE, by whose files the others are. Lock held. */
static int free_entry(void)
{
    const void *owner = job_self();
    int own = 0;

    for (int i = 0; i < COUNT; i++) {
        if (files[i].device == 0) {
            return i;
        }
        own += files[i].owner == owner;
    }
    return own == COUNT ? -EMFILE : -ENFILE;
}

/* What open() can say before the tree is asked. */
static int check_open(const struct place *place, int flags)
{
    struct tree_facts facts;
    int result;

    if ((flags & O_ACCMODE) == O_ACCMODE ||
        ((flags & O_TRUNC) != 0 && (flags & O_ACCMODE) == O_RDONLY)) {
        return -EINVAL;
    }
    if (place->directory || place->name[0] == '\0' || (flags & O_DIRECTORY) != 0) {
        result = files_look(place, &facts);
        if (result == 0 && S_ISDIR(facts.mode)) {
            if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) {
                return -EEXIST;
            }
            return (flags & O_CREAT) != 0 || (flags & O_ACCMODE) != O_RDONLY ? -EISDIR : 0;
        }
        if ((flags & O_CREAT) != 0) {
            return place->directory ? -EISDIR : -EINVAL;
        }
        return result == 0 ? -ENOTDIR : result;
    }
    return 0;
}

static int open_place(const struct place *place, int flags, uint32_t *handle)
{
    int result = check_open(place, flags);

    if (result == 0 && place->name[0] == '\0') {
        *handle = TREE_ROOT_INODE;
        return TREE_DIRECTORY;
    }
    return result == 0 ? place->tree->open(place->name, flags, handle) : result;
}

static uint8_t flags_of(int flags, bool directory)
{
    int access = flags & O_ACCMODE;

    return (uint8_t)((access != O_WRONLY ? READABLE : 0) | (access != O_RDONLY ? WRITABLE : 0) |
                     ((flags & O_APPEND) != 0 ? APPENDS : 0) |
                     ((flags & O_NONBLOCK) != 0 ? NONBLOCK : 0) |
                     ((flags & O_CLOEXEC) != 0 ? CLOEXEC : 0) | (directory ? DIRECTORY : 0));
}

int files_open(const char *path, int flags)
{
    struct place place;
    uint32_t handle;
    int result, entry;

    files_enter();
    entry = free_entry();
    if (entry < 0) {
        return files_result(entry);
    }
    result = files_find(path, &place);
    if (result == 0) {
        result = open_place(&place, flags, &handle);
    }
    if (result < 0) {
        return files_result(result);
    }
    files[entry] = (struct open_file){
        .owner = job_self(),
        .handle = handle,
        .device = place.device,
        .flags = flags_of(flags, result == TREE_DIRECTORY),
    };
    return files_result(entry + FILES_FIRST);
}

/* Lock held. */
static void close_file(struct open_file *file)
{
    if ((file->flags & DIRECTORY) == 0) {
        files_tree(file->device)->close(file->handle);
    }
    file->device = 0;
}

int files_close(int fd)
{
    struct open_file *file;

    files_enter();
    file = file_of(fd);
    if (file == NULL) {
        return files_result(-EBADF);
    }
    close_file(file);
    return files_result(0);
}

void files_close_owned(const void *owner)
{
    mutex_lock(&lock);
    for (int i = 0; i < COUNT; i++) {
        if (files[i].device != 0 && files[i].owner == owner) {
            close_file(&files[i]);
        }
    }
    mutex_unlock(&lock);
}

unsigned files_count(void)
{
    unsigned count = 0;

    for (int i = 0; i < COUNT; i++) {
        count += files[i].device != 0;
    }
    return count;
}

bool files_is_open(int fd)
{
    bool open;

    files_enter();
    open = file_of(fd) != NULL;
    files_leave();
    return open;
}

/* Lock held. */
static int facts_of(const struct open_file *file, struct tree_facts *facts)
{
    const struct tree *tree = files_tree(file->device);

    if ((file->flags & DIRECTORY) != 0) {
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

    if (file == NULL || (file->flags & READABLE) == 0) {
        return -EBADF;
    }
    if ((file->flags & DIRECTORY) != 0) {
        return -EISDIR;
    }
    size = limited(file->offset, size);
    if (size == 0) {
        return 0;
    }
    result = files_tree(file->device)->read(file->handle, file->offset, data, size);
    if (result > 0) {
        file->offset += (uint32_t)result;
    }
    return result;
}

int files_read(int fd, void *data, size_t size)
{
    files_enter();
    return files_result(read_file(file_of(fd), data, size));
}

static int write_file(struct open_file *file, const void *data, size_t size)
{
    struct tree_facts facts;
    int result;

    if (file == NULL || (file->flags & WRITABLE) == 0) {
        return -EBADF;
    }
    if (size == 0) {
        return 0;
    }
    if ((file->flags & APPENDS) != 0) {
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
    result = files_tree(file->device)->write(file->handle, file->offset, data, size);
    if (result > 0) {
        file->offset += (uint32_t)result;
    }
    return result;
}

int files_write(int fd, const void *data, size_t size)
{
    files_enter();
    return files_result(write_file(file_of(fd), data, size));
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
    return files_result(seek_file(file_of(fd), offset, whence));
}

int files_fstat(int fd, struct stat *st)
{
    struct tree_facts facts;
    const struct open_file *file;
    int result;

    files_enter();
    file = file_of(fd);
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
    if ((file->flags & WRITABLE) == 0 || length < 0) {
        return -EINVAL;
    }
    tree = files_tree(file->device);
    return tree->truncate(file->handle, (uint32_t)length);
}

/* As write(): a file in /ram that is to grow takes its room now. */
int ftruncate(int fd, off_t length)
{
    files_enter();
    return files_result(truncate_file(file_of(fd), length));
}

/* What is written is where it belongs. EINVAL for the console. */
int fsync(int fd)
{
    if (fd >= STDIN_FILENO && fd <= STDERR_FILENO) {
        errno = EINVAL;
        return -1;
    }
    files_enter();
    return files_result(file_of(fd) != NULL ? 0 : -EBADF);
}

static int status_flags(const struct open_file *file)
{
    int access = (file->flags & READABLE) == 0   ? O_WRONLY
                 : (file->flags & WRITABLE) == 0 ? O_RDONLY
                                                 : O_RDWR;

    return access | ((file->flags & APPENDS) != 0 ? O_APPEND : 0) |
           ((file->flags & NONBLOCK) != 0 ? O_NONBLOCK : 0);
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
        replace(file, APPENDS, (value & O_APPEND) != 0);
        replace(file, NONBLOCK, (value & O_NONBLOCK) != 0);
        return 0;
    case F_GETFD:
        return (file->flags & CLOEXEC) != 0 ? FD_CLOEXEC : 0;
    case F_SETFD:
        replace(file, CLOEXEC, (value & FD_CLOEXEC) != 0);
        return 0;
    default:
        return -EINVAL;
    }
}

int files_fcntl(int fd, int command, long value)
{
    files_enter();
    return files_result(control_file(file_of(fd), command, value));
}
