/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors of files: their table, how they come and go. How it works is told in files.h. */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "files_internal.h"
#include "job_internal.h"
#include "lwipopts.h"

#define COUNT (LWIP_SOCKET_OFFSET - FILES_FIRST)

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

struct open_file *files_entry(int fd)
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
    return result == 0 ? place->tree->acquire(place->name, flags, handle) : result;
}

static uint8_t flags_of(int flags, bool directory)
{
    int access = flags & O_ACCMODE;

    return (uint8_t)((access != O_WRONLY ? FILE_READABLE : 0) |
                     (access != O_RDONLY ? FILE_WRITABLE : 0) |
                     ((flags & O_APPEND) != 0 ? FILE_APPENDS : 0) |
                     ((flags & O_NONBLOCK) != 0 ? FILE_NONBLOCK : 0) |
                     ((flags & O_CLOEXEC) != 0 ? FILE_CLOEXEC : 0) |
                     (directory ? FILE_DIRECTORY : 0));
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
    if ((file->flags & FILE_DIRECTORY) == 0) {
        files_tree(file->device)->release(file->handle);
    }
    file->device = 0;
}

int files_close(int fd)
{
    struct open_file *file;

    files_enter();
    file = files_entry(fd);
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

unsigned files_count_owned(const void *owner)
{
    unsigned count = 0;

    for (int i = 0; i < COUNT; i++) {
        count += files[i].device != 0 && files[i].owner == owner;
    }
    return count;
}

bool files_is_open(int fd)
{
    bool open;

    files_enter();
    open = files_entry(fd) != NULL;
    files_leave();
    return open;
}
