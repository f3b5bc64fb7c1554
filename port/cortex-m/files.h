/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files on boards: POSIX's calls over the trees /rom (romfs.h), /ram (ramfs.h) and /host
 * (hostfs.h).
 *
 * Theory of operation: newlib's open(), read() and so on end in the functions of syscalls.c, which
 * hands descriptors from FILES_FIRST up to here; sockets begin at LWIP_SOCKET_OFFSET. One table of
 * descriptors, 16 bytes each, serves all jobs; an entry belongs to the job that opened it, for
 * others it is EBADF, and it is closed when the job has ended, however it ends. One kernel mutex
 * keeps calls apart, so each is atomic, also towards the offset that threads of a job share. Every
 * call is a kill point on entry and nowhere else: a job never ends inside one. Nothing waits for
 * another thread but for that mutex, and nothing returns EINTR. A call on /host stops the whole
 * board, interrupts included, until the host has answered: milliseconds, unless its disk is slow.
 * No permissions, links, locks or dup(); the working directory is /ram; offsets end at 2^31 - 1.
 * A file is always ready for poll().
 */
#ifndef PORTSIDE_FILES_H
#define PORTSIDE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stat;

#define FILES_FIRST 3

/* Before the first call below. */
void files_init(void);

/* What the calls of the same name do; -1 with errno. Threads. */
int files_open(const char *path, int flags);
int files_close(int fd);
int files_read(int fd, void *data, size_t size);
int files_write(int fd, const void *data, size_t size);
off_t files_lseek(int fd, off_t offset, int whence);
int files_fstat(int fd, struct stat *st);
int files_stat(const char *path, struct stat *st);
int files_unlink(const char *path);
int files_fcntl(int fd, int command, long value);

/* Whether the calling job has this descriptor. Threads. */
bool files_is_open(int fd);

/* Closes what `owner` (a job, or NULL for the system) has open. Threads. */
void files_close_owned(const void *owner);

/* How many descriptors are open in the whole system, and how many `owner` has. Threads. */
unsigned files_count(void);
unsigned files_count_owned(const void *owner);

/* Bytes that files in /ram can have in all, and what is left of them (a new file takes one block
 * for itself, see ramfs.h). Threads. */
void files_ram_usage(size_t *size, size_t *left);

#endif
