/* SPDX-License-Identifier: BSD-3-Clause */
/* The store of /ram. How it works is told in ramfs.h. */
#include "ramfs.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BLOCK_MIN 64u /* a node fits exactly */
#define BLOCK_MAX 512u
#define BLOCKS_ENOUGH 1024u /* from here on larger blocks are better than more */
#define BLOCKS_MAX 0xfff0u
#define NONE 0xffffu
#define FIRST_INODE 2

/* A file: the contents of one block. Its handle is the block's number. */
struct node {
    char name[RAMFS_NAME_MAX + 1];
    uint32_t size;
    uint32_t mtime;
    uint16_t next;               /* in the directory */
    uint16_t first;              /* block of data, or NONE */
    uint16_t at_index, at_block; /* a block of the chain and its place in it; NONE: not known */
    uint16_t opens;
    uint16_t linked; /* 1 while it has a name */
};

_Static_assert(sizeof(struct node) == BLOCK_MIN, "a node takes the smallest block");

static struct {
    uint8_t *blocks;
    uint16_t *links; /* of each block: the next of its file, or of those that are free */
    uint16_t block_size, count, free_first, free_count;
    uint16_t directory; /* the first node */
} store;

static uint8_t *block(uint32_t index)
{
    return store.blocks + index * store.block_size;
}

static struct node *node_at(uint32_t handle)
{
    return (struct node *)(void *)block(handle);
}

static uint32_t blocks_for(uint32_t size)
{
    return (size + store.block_size - 1) / store.block_size;
}

void ramfs_init(void *memory, size_t size)
{
    size_t block_size = BLOCK_MIN, count;

    while (block_size < BLOCK_MAX && size / block_size > BLOCKS_ENOUGH) {
        block_size *= 2;
    }
    count = size / (block_size + sizeof(uint16_t));
    store.blocks = memory;
    store.block_size = (uint16_t)block_size;
    store.count = (uint16_t)(count < BLOCKS_MAX ? count : BLOCKS_MAX);
    store.links = (uint16_t *)(void *)block(store.count);
    store.directory = NONE;
    for (uint16_t i = 0; i < store.count; i++) {
        store.links[i] = (uint16_t)(i + 1);
    }
    store.free_first = 0;
    store.free_count = store.count;
}

size_t ramfs_size(void)
{
    return (size_t)store.count * store.block_size;
}

size_t ramfs_free(void)
{
    return (size_t)store.free_count * store.block_size;
}

size_t ramfs_block_size(void)
{
    return store.block_size;
}

/* There is one. */
static uint16_t take_block(void)
{
    uint16_t taken = store.free_first;

    store.free_first = store.links[taken];
    store.free_count--;
    store.links[taken] = NONE;
    return taken;
}

static void give_chain(uint16_t first)
{
    while (first != NONE) {
        uint16_t next = store.links[first];

        store.links[first] = store.free_first;
        store.free_first = first;
        store.free_count++;
        first = next;
    }
}

/* The block with this place in a file, which has so many. */
static uint16_t find_block(struct node *n, uint32_t index)
{
    if (n->at_block == NONE || n->at_index > index) {
        n->at_block = n->first;
        n->at_index = 0;
    }
    while (n->at_index < index) {
        n->at_block = store.links[n->at_block];
        n->at_index++;
    }
    return n->at_block;
}

/* The bytes at `position`, and how many of `size` lie in one piece there. */
static uint8_t *piece_at(struct node *n, uint32_t position, size_t size, size_t *length)
{
    uint32_t offset = position % store.block_size;

    *length = store.block_size - offset;
    if (*length > size) {
        *length = size;
    }
    return block(find_block(n, position / store.block_size)) + offset;
}

/* Bytes that the file can have, at most. */
static uint32_t room_of(const struct node *n)
{
    return (blocks_for(n->size) + store.free_count) * store.block_size;
}

/* Makes the file `size` bytes long, for which there is room; zeros from its old end to `zeros_end`,
 * the rest is the caller's to fill. */
static void grow(struct node *n, uint32_t size, uint32_t zeros_end)
{
    uint32_t have = blocks_for(n->size), wanted = blocks_for(size);

    for (; have < wanted; have++) {
        uint16_t last = have > 0 ? find_block(n, have - 1) : NONE;
        uint16_t taken = take_block();

        if (last == NONE) {
            n->first = taken;
        } else {
            store.links[last] = taken;
        }
    }
    for (uint32_t at = n->size; at < zeros_end;) {
        size_t length;
        uint8_t *piece = piece_at(n, at, zeros_end - at, &length);

        memset(piece, 0, length);
        at += (uint32_t)length;
    }
    n->size = size;
}

static void shrink(struct node *n, uint32_t size)
{
    uint32_t keep = blocks_for(size);

    if (keep == 0) {
        give_chain(n->first);
        n->first = NONE;
        n->at_block = NONE;
    } else {
        uint16_t last = find_block(n, keep - 1);

        give_chain(store.links[last]);
        store.links[last] = NONE;
    }
    n->size = size;
}

static void touch(struct node *n)
{
    n->mtime = (uint32_t)time(NULL);
}

/* The file called `name`: 0, -ENOENT or -ENAMETOOLONG. */
static int find(const char *name, uint32_t *handle)
{
    if (strlen(name) > RAMFS_NAME_MAX) {
        return -ENAMETOOLONG;
    }
    for (uint16_t at = store.directory; at != NONE; at = node_at(at)->next) {
        if (strcmp(node_at(at)->name, name) == 0) {
            *handle = at;
            return 0;
        }
    }
    return -ENOENT;
}

static int create(const char *name, uint32_t *handle)
{
    struct node *n;

    if (store.free_count == 0) {
        return -ENOSPC;
    }
    *handle = take_block();
    n = node_at(*handle);
    *n = (struct node){.next = store.directory, .first = NONE, .at_block = NONE, .linked = 1};
    memcpy(n->name, name, strlen(name) + 1);
    touch(n);
    store.directory = (uint16_t)*handle;
    return 0;
}

static void free_if_unused(uint32_t handle)
{
    struct node *n = node_at(handle);

    if (n->opens == 0 && !n->linked) {
        give_chain(n->first);
        give_chain((uint16_t)handle);
    }
}

/* Takes the file's name away, and the file when nobody has it open. */
static void forget(uint32_t handle)
{
    struct node *n = node_at(handle);
    uint16_t *at = &store.directory;

    while (*at != handle) {
        at = &node_at(*at)->next;
    }
    *at = n->next;
    n->linked = 0;
    free_if_unused(handle);
}

int ramfs_facts(uint32_t handle, struct tree_facts *facts)
{
    const struct node *n = node_at(handle);

    *facts = (struct tree_facts){
        .size = n->size,
        .mtime = n->mtime,
        .mode = S_IFREG | 0644,
        .inode = (uint16_t)(handle + FIRST_INODE),
        .links = n->linked,
    };
    return 0;
}

int ramfs_look(const char *name, struct tree_facts *facts)
{
    uint32_t handle;
    int result = find(name, &handle);

    return result == 0 ? ramfs_facts(handle, facts) : result;
}

int ramfs_open(const char *name, int flags, uint32_t *handle)
{
    int result = find(name, handle);

    if (result == 0 && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) {
        return -EEXIST;
    }
    if (result == -ENOENT && (flags & O_CREAT) != 0) {
        result = create(name, handle);
    }
    if (result == 0) {
        node_at(*handle)->opens++;
        if ((flags & O_TRUNC) != 0) {
            (void)ramfs_truncate(*handle, 0);
        }
    }
    return result;
}

void ramfs_close(uint32_t handle)
{
    node_at(handle)->opens--;
    free_if_unused(handle);
}

int ramfs_read(uint32_t handle, uint32_t position, void *data, size_t size)
{
    struct node *n = node_at(handle);
    size_t length;

    if (position >= n->size) {
        return 0;
    }
    if (size > n->size - position) {
        size = n->size - position;
    }
    for (size_t done = 0; done < size; done += length) {
        const uint8_t *piece = piece_at(n, position + (uint32_t)done, size - done, &length);

        memcpy((uint8_t *)data + done, piece, length);
    }
    return (int)size;
}

int ramfs_write(uint32_t handle, uint32_t position, const void *data, size_t size)
{
    struct node *n = node_at(handle);
    uint32_t room = room_of(n);
    size_t length;

    if (position >= room) {
        return -ENOSPC;
    }
    if (size > room - position) {
        size = room - position;
    }
    if (position + size > n->size) {
        grow(n, position + (uint32_t)size, position);
    }
    for (size_t done = 0; done < size; done += length) {
        uint8_t *piece = piece_at(n, position + (uint32_t)done, size - done, &length);

        memcpy(piece, (const uint8_t *)data + done, length);
    }
    touch(n);
    return (int)size;
}

int ramfs_truncate(uint32_t handle, uint32_t size)
{
    struct node *n = node_at(handle);

    if (size > room_of(n)) {
        return -ENOSPC;
    }
    if (size < n->size) {
        shrink(n, size);
    } else {
        grow(n, size, size);
    }
    touch(n);
    return 0;
}

int ramfs_remove(const char *name)
{
    uint32_t handle;
    int result = find(name, &handle);

    if (result == 0) {
        forget(handle);
    }
    return result;
}

int ramfs_rename(const char *from, const char *to)
{
    uint32_t moved, replaced;
    int result = find(from, &moved), found;

    if (result != 0) {
        return result;
    }
    found = find(to, &replaced);
    if (found == -ENAMETOOLONG || (found == 0 && replaced == moved)) {
        return found;
    }
    if (found == 0) {
        forget(replaced);
    }
    memcpy(node_at(moved)->name, to, strlen(to) + 1);
    return 0;
}

/* By number, so that an entry is neither left out nor told twice when others come and go. */
int ramfs_list(const char *directory, uint32_t *cursor, const char **entry, uint16_t *inode)
{
    uint32_t next = NONE;

    (void)directory;
    for (uint16_t at = store.directory; at != NONE; at = node_at(at)->next) {
        if (at >= *cursor && at < next) {
            next = at;
        }
    }
    if (next == NONE) {
        return 0;
    }
    *cursor = next + 1;
    *entry = node_at(next)->name;
    *inode = (uint16_t)(next + FIRST_INODE);
    return 1;
}
