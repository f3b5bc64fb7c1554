/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of /host. How it works is told in hostfs.h. */
#include "hostfs.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include "semihost.h"

#define HANDLE_BITS 16
#define HANDLE_MASK 0xffffu
#define HASH_START 2166136261u /* FNV-1a */
#define HASH_PRIME 16777619u

/* A handle as the callers keep it: the host's, which is a small number, and the inode. */
static uint32_t packed(int handle, uint16_t inode)
{
    return (uint32_t)inode << HANDLE_BITS | (uint32_t)handle;
}

static int host_handle(uint32_t handle)
{
    return (int)(handle & HANDLE_MASK);
}

static uint16_t inode_of(const char *name)
{
    uint32_t hash = HASH_START;

    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * HASH_PRIME;
    }
    hash = (hash >> 16) ^ (hash & 0xffffu);
    return (uint16_t)(hash > TREE_ROOT_INODE ? hash : TREE_ROOT_INODE + 1);
}

/* The host's numbers are Linux's: up to 34 they are newlib's, too. */
static int host_error(void)
{
    static const struct {
        uint8_t host, ours;
    } others[] = {
        {36, ENAMETOOLONG}, {39, ENOTEMPTY},           {40, ELOOP},
        {75, EOVERFLOW},    {122, ENOSPC /* quota */},
    };
    int error = semihost_errno();

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].host == error) {
            return -others[i].ours;
        }
    }
    return error > 0 && error < 35 ? -error : -EIO;
}

static int open_as(const char *name, enum semihost_mode mode)
{
    int handle = semihost_open(name, mode);

    if (handle < 0) {
        return host_error();
    }
    if (handle > (int)HANDLE_MASK) {
        (void)semihost_close(handle);
        return -ENFILE;
    }
    return handle;
}

/* Opens a file that is there, for writing where that may be, and tells by *mode whether it may. */
static int open_there(const char *name, enum semihost_mode *mode)
{
    int handle;

    if (name[0] == ':') {
        return -EINVAL;
    }
    *mode = SEMIHOST_R_PLUS_B;
    handle = open_as(name, SEMIHOST_R_PLUS_B);
    if (handle == -EACCES || handle == -EROFS || handle == -EPERM || handle == -ETXTBSY) {
        *mode = SEMIHOST_RB;
        handle = open_as(name, SEMIHOST_RB);
    }
    if (handle >= 0 && semihost_seek(handle, 0) < 0) {
        (void)semihost_close(handle);
        return -ENXIO;
    }
    return handle;
}

/* Whether the file is longer than `length` bytes. */
static bool goes_on_after(int handle, int32_t length)
{
    char byte;

    return semihost_seek(handle, (uint32_t)length) == 0 && semihost_read(handle, &byte, 1) == 0;
}

/* The length; -EOVERFLOW when it is 2 GiB or more. */
static int32_t length_of(int handle)
{
    for (;;) {
        int32_t length = semihost_length(handle);

        if (length < 0) {
            return -EOVERFLOW;
        }
        if (!goes_on_after(handle, length)) {
            return length;
        }
        if (semihost_length(handle) == length) { /* else it grew meanwhile */
            return -EOVERFLOW;
        }
    }
}

static int fill_in(int handle, uint16_t inode, enum semihost_mode mode, struct tree_facts *facts)
{
    int32_t length = length_of(handle);

    if (length < 0) {
        return length;
    }
    *facts = (struct tree_facts){
        .size = (uint32_t)length,
        .mode = S_IFREG | (mode == SEMIHOST_RB ? 0444 : 0644),
        .inode = inode,
        .links = 1,
    };
    return 0;
}

static int look(const char *name, struct tree_facts *facts)
{
    enum semihost_mode mode;
    int handle = open_there(name, &mode), result;

    if (handle == -EISDIR || handle == -ENXIO) {
        *facts = (struct tree_facts){
            .mode = handle == -EISDIR ? hostfs_tree.mode : S_IFIFO | 0644,
            .inode = inode_of(name),
            .links = 1,
        };
        return 0;
    }
    if (handle < 0) {
        return handle;
    }
    result = fill_in(handle, inode_of(name), mode, facts);
    (void)semihost_close(handle);
    return result;
}

/* Which mode opens the file so that all of `flags` holds; makes the file when it is to be made. */
static int mode_for(const char *name, int flags, enum semihost_mode *mode)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY, creates = (flags & O_CREAT) != 0;
    int handle = open_there(name, mode);

    if (handle == -EISDIR) {
        return writes || creates ? -EISDIR : TREE_DIRECTORY;
    }
    if (handle >= 0) {
        (void)semihost_close(handle);
    } else if (handle != -ENOENT || !creates) {
        return handle;
    }
    if (creates && (flags & O_EXCL) != 0 && handle >= 0) {
        return -EEXIST;
    }
    if (handle < 0) {
        handle = open_as(name, SEMIHOST_AB);
        if (handle < 0) {
            return handle;
        }
        (void)semihost_close(handle);
    }
    if (!writes) {
        *mode = SEMIHOST_RB;
    } else {
        *mode = (flags & O_TRUNC) != 0 ? SEMIHOST_W_PLUS_B : SEMIHOST_R_PLUS_B;
    }
    return 0;
}

static int open_file(const char *name, int flags, uint32_t *handle)
{
    enum semihost_mode mode;
    int result = mode_for(name, flags, &mode), opened;
    int32_t length;

    if (result != 0) {
        *handle = inode_of(name);
        return result;
    }
    opened = open_as(name, mode);
    if (opened < 0) {
        return opened;
    }
    length = length_of(opened);
    if (length < 0) {
        (void)semihost_close(opened);
        return length;
    }
    *handle = packed(opened, inode_of(name));
    return 0;
}

static void close_file(uint32_t handle)
{
    (void)semihost_close(host_handle(handle));
}

static int facts_of(uint32_t handle, struct tree_facts *facts)
{
    return fill_in(host_handle(handle), (uint16_t)(handle >> HANDLE_BITS), SEMIHOST_R_PLUS_B,
                   facts);
}

static int read_file(uint32_t handle, uint32_t position, void *data, size_t size)
{
    size_t left;

    if (semihost_seek(host_handle(handle), position) < 0) {
        return host_error();
    }
    left = semihost_read(host_handle(handle), data, size);
    if (left > size) {
        return -EIO;
    }
    if (left == size && (uint32_t)semihost_length(host_handle(handle)) > position) {
        return -EIO;
    }
    return (int)(size - left);
}

static int write_file(uint32_t handle, uint32_t position, const void *data, size_t size)
{
    size_t left;

    if (semihost_seek(host_handle(handle), position) < 0) {
        return host_error();
    }
    left = semihost_write(host_handle(handle), data, size);
    return left < size ? (int)(size - left) : -ENOSPC;
}

static int truncate_file(uint32_t handle, uint32_t size)
{
    return length_of(host_handle(handle)) == (int32_t)size ? 0 : -EINVAL;
}

/* SYS_REMOVE would take an empty directory, too. */
static int remove_file(const char *name)
{
    int handle = name[0] == ':' ? -EINVAL : open_as(name, SEMIHOST_R_PLUS_B);

    if (handle >= 0) {
        (void)semihost_close(handle);
    }
    if (handle == -EISDIR || handle == -EINVAL) {
        return handle;
    }
    return semihost_remove(name) == 0 ? 0 : host_error();
}

static int rename_file(const char *from, const char *to)
{
    if (from[0] == ':' || to[0] == ':') {
        return -EINVAL;
    }
    return semihost_rename(from, to) == 0 ? 0 : host_error();
}

const struct tree hostfs_tree = {
    .name = "host",
    .mode = S_IFDIR | 0755,
    .name_max = NAME_MAX,
    .subdirectories = true,
    .is_there = semihost_present,
    .look = look,
    .acquire = open_file,
    .release = close_file,
    .facts = facts_of,
    .read_at = read_file,
    .write_at = write_file,
    .truncate = truncate_file,
    .remove = remove_file,
    .rename = rename_file,
};
