/* SPDX-License-Identifier: BSD-3-Clause */
/* What the calls on names, descriptors and directories share: the lock, and finding a tree. */
#ifndef PORTSIDE_FILES_INTERNAL_H
#define PORTSIDE_FILES_INTERNAL_H

#include "files.h"
#include "path.h"
#include "tree.h"

/* What a name stands for. The tree of "/" holds the others and no files. */
struct place {
    const struct tree *tree;
    uint8_t device;   /* the tree's number, see files_tree() */
    const char *name; /* inside the tree, "" for its own directory; valid until the lock goes */
    bool directory;   /* the name asks for a directory, as "x/" does */
};

enum {
    FILE_READABLE = 1 << 0,
    FILE_WRITABLE = 1 << 1,
    FILE_APPENDS = 1 << 2,
    FILE_NONBLOCK = 1 << 3, /* kept for F_GETFL: no file ever blocks */
    FILE_CLOEXEC = 1 << 4,  /* kept for F_GETFD: there is no exec */
    FILE_DIRECTORY = 1 << 5,
};

/* A descriptor's entry. */
struct open_file {
    const void *owner;
    uint32_t handle; /* the tree's; a directory's inode */
    uint32_t offset;
    uint8_t device; /* of the tree; 0: this entry is free */
    uint8_t flags;
};

/* The calling job's file, or NULL. Lock held. */
struct open_file *files_entry(int fd);

/* Begin and end of every call: a kill point, then the lock. */
void files_enter(void);
void files_leave(void);

/* Ends a call: unlocks, sets errno for a negated one and returns -1, else the result. */
int files_result(int result);

/* Finds the tree: 0 or a negated errno. Lock held. */
int files_find(const char *path, struct place *place);

/* Facts of a place, a directory's own included: 0 or a negated errno. Lock held. */
int files_look(const struct place *place, struct tree_facts *facts);

/* Facts as stat() tells them. */
void files_to_stat(unsigned device, const struct tree_facts *facts, struct stat *st);

/* Facts of a directory. */
struct tree_facts files_directory(const struct tree *tree, uint16_t inode);

/* The tree with this number, which is its st_dev; "/" has 1. NULL behind the last. */
const struct tree *files_tree(unsigned device);

/* Whether it is there. */
bool files_is_there(const struct tree *tree);

#endif
