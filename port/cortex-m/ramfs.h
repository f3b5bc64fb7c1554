/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files in RAM: a bounded store with one flat directory.
 *
 * Theory of operation: the memory is cut into blocks of 64 to 512 bytes. A file is a chain of
 * blocks, linked by index in a table behind them, and one block more that holds its name and size;
 * so a new file takes one block, and files may be as many as there are blocks. Nothing is ever
 * moved: what is free is free for whoever asks. Holes are real zeros and take room. A file that is
 * removed while it is open lives on without a name until its last close. Each file remembers the
 * block that was used last, so that reading and writing on are constant in time; a step backwards
 * walks the chain from its beginning.
 * Plain C with no memory of its own but 16 bytes; one thread at a time (the lock of files.c). The
 * functions are those of struct tree (tree.h), except for what is said here.
 */
#ifndef PORTSIDE_RAMFS_H
#define PORTSIDE_RAMFS_H

#include <stddef.h>
#include <stdint.h>
#include "tree.h"

#define RAMFS_NAME_MAX 43

/* Makes an empty store of `size` bytes at `memory`, which is aligned to 4. */
void ramfs_init(void *memory, size_t size);

/* Bytes that files can have in all, and what of it is free: exactly what the files that there are
 * can grow by, when they end at a block's end. */
size_t ramfs_size(void);
size_t ramfs_free(void);
size_t ramfs_block_size(void);

int ramfs_look(const char *name, struct tree_facts *facts);
int ramfs_open(const char *name, int flags, uint32_t *handle);
void ramfs_close(uint32_t handle);
int ramfs_facts(uint32_t handle, struct tree_facts *facts);
int ramfs_read(uint32_t handle, uint32_t position, void *data, size_t size);
int ramfs_write(uint32_t handle, uint32_t position, const void *data, size_t size);
int ramfs_truncate(uint32_t handle, uint32_t size);
int ramfs_remove(const char *name);

/* Replaces what is called `to`, whether or not it is open. */
int ramfs_rename(const char *from, const char *to);
int ramfs_list(const char *directory, uint32_t *cursor, const char **entry, uint16_t *inode);

#endif
