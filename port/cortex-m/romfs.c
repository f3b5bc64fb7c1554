/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of /rom, out of the table that rom_table makes. */
#include "romfs.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_INODE 2

struct rom_file {
    const char *name;
    const uint8_t *data;
    uint32_t size;
};

/* rom_table's. */
extern const struct rom_file rom_files[];
extern const uint32_t rom_files_count;

static uint16_t inode_of(uint32_t handle)
{
    return (uint16_t)(handle + FIRST_INODE);
}

static int facts_of(uint32_t handle, struct tree_facts *facts)
{
    *facts = (struct tree_facts){
        .size = rom_files[handle].size,
        .mode = S_IFREG | 0444,
        .inode = inode_of(handle),
        .links = 1,
    };
    return 0;
}

static int find(const char *name, uint32_t *handle)
{
    for (uint32_t i = 0; i < rom_files_count; i++) {
        if (strcmp(rom_files[i].name, name) == 0) {
            *handle = i;
            return 0;
        }
    }
    return -ENOENT;
}

static int look(const char *name, struct tree_facts *facts)
{
    uint32_t handle;
    int result = find(name, &handle);

    return result == 0 ? facts_of(handle, facts) : result;
}

static int open_file(const char *name, int flags, uint32_t *handle)
{
    int result = find(name, handle);

    if (result == 0 && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) {
        return -EEXIST;
    }
    if (result == 0 ? (flags & O_ACCMODE) != O_RDONLY : (flags & O_CREAT) != 0) {
        return -EROFS;
    }
    return result;
}

static void close_file(uint32_t handle)
{
    (void)handle;
}

static int read_file(uint32_t handle, uint32_t position, void *data, size_t size)
{
    const struct rom_file *file = &rom_files[handle];

    if (position >= file->size) {
        return 0;
    }
    if (size > file->size - position) {
        size = file->size - position;
    }
    memcpy(data, file->data + position, size);
    return (int)size;
}

static int list(const char *directory, uint32_t *cursor, const char **entry, uint16_t *inode)
{
    (void)directory;
    if (*cursor >= rom_files_count) {
        return 0;
    }
    *entry = rom_files[*cursor].name;
    *inode = inode_of(*cursor);
    (*cursor)++;
    return 1;
}

const struct tree romfs_tree = {
    .name = "rom",
    .mode = S_IFDIR | 0555,
    .name_max = NAME_MAX,
    .look = look,
    .acquire = open_file,
    .release = close_file,
    .facts = facts_of,
    .read_at = read_file,
    .list = list,
};
