/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tree of files offers to the calls on names and descriptors (files.h): /rom, /ram, /host.
 *
 * Names are those below the tree's own, absolute and resolved, without a slash at either end. All
 * functions return 0 or more, or a negated errno, and are called with the lock of files.c held;
 * where one is missing, the tree is read-only in that respect. None may block for the sake of
 * another thread.
 */
#ifndef PORTSIDE_TREE_H
#define PORTSIDE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The inode of a tree's own directory. */
#define TREE_ROOT_INODE 1

/* What acquire() returns for a directory, whose inode it puts in the handle's place. */
#define TREE_DIRECTORY 1

struct tree_facts {
    uint32_t size;  /* bytes */
    uint32_t mtime; /* seconds */
    uint32_t mode;  /* as st_mode */
    uint16_t inode; /* as st_ino, which newlib gives 16 bits */
    uint16_t links; /* names that the file has */
};

struct tree {
    const char *name;    /* "rom" for /rom */
    uint32_t mode;       /* st_mode of the tree's own directory */
    size_t name_max;     /* longest name of a file */
    bool subdirectories; /* whether names may have slashes */

    /* Whether the tree is there at all; NULL: always. */
    bool (*is_there)(void);

    /* The facts of a file or subdirectory. */
    int (*look)(const char *name, struct tree_facts *facts);

    /* Opens a file with open()'s flags, of which O_APPEND and O_NONBLOCK are the caller's to see
     * to. 0 with a handle for the calls below, or TREE_DIRECTORY. */
    int (*acquire)(const char *name, int flags, uint32_t *handle);
    void (*release)(uint32_t handle);
    int (*facts)(uint32_t handle, struct tree_facts *facts);

    /* Bytes transferred; 0 at the end of the file. `size` is at least 1, and position + size does
     * not exceed INT32_MAX. A write that finds no room for all writes a part. */
    int (*read_at)(uint32_t handle, uint32_t position, void *data, size_t size);
    int (*write_at)(uint32_t handle, uint32_t position, const void *data, size_t size);
    int (*truncate)(uint32_t handle, uint32_t size);

    int (*remove)(const char *name);
    int (*rename)(const char *from, const char *to);

    /* The next entry of the directory `name` ("": the tree's own) after *cursor, which begins with
     * 0 and is moved on: 1, 0 at the end. The entry's name stays valid while the lock is held. */
    int (*list)(const char *name, uint32_t *cursor, const char **entry, uint16_t *inode);
};

#endif
