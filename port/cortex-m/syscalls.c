/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What newlib asks of a system: the console's three descriptors, the others for files.c, and the
 * clocks.
 * A terminal for programs: isatty(0) is true, and a read returns one line at most. For those in
 * the background input is at its end, and nothing is a terminal. To newlib's
 * stdio alone standard input looks like a pipe, for reading from a terminal would make it flush
 * the line-buffered FILEs of every thread in the system; the reader's own stdout is flushed here.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "console.h"
#include "files.h"
#include "job_internal.h"
#include "kernel_arch.h"

#define BUFFER_SIZE 128 /* of a FILE */
#define NS_PER_MS 1000000
#define MS_PER_S 1000

int _open(const char *path, int flags, int mode);
int _close(int fd);
int _read(int fd, void *data, size_t size);
int _write(int fd, const void *data, size_t size);
off_t _lseek(int fd, off_t offset, int whence);
int _fstat(int fd, struct stat *st);
int _isatty(int fd);
int _stat(const char *path, struct stat *st);
int _unlink(const char *path);
int _getpid(void);
int _gettimeofday(struct timeval *now, void *zone);

static int fail(int error)
{
    errno = error;
    return -1;
}

static bool is_console(int fd)
{
    return fd >= STDIN_FILENO && fd <= STDERR_FILENO;
}

int _open(const char *path, int flags, int mode)
{
    (void)mode;
    return files_open(path, flags);
}

int _close(int fd)
{
    return is_console(fd) ? 0 : files_close(fd);
}

int _read(int fd, void *data, size_t size)
{
    int length;

    if (fd != STDIN_FILENO) {
        return is_console(fd) ? fail(EBADF) : files_read(fd, data, size);
    }
    if (size == 0) {
        ps_port_checkpoint();
        return 0;
    }
    if (job_is_background()) {
        ps_port_checkpoint();
        return 0;
    }
    (void)fflush(stdout);
    length = console_read(data, size, job_is_over);
    return job_interrupted(length < 0 ? KERNEL_INTERRUPTED : KERNEL_OK) ? -1 : length;
}

int _write(int fd, const void *data, size_t size)
{
    if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
        return is_console(fd) ? fail(EBADF) : files_write(fd, data, size);
    }
    console_write(data, size);
    ps_port_checkpoint();
    return (int)size;
}

off_t _lseek(int fd, off_t offset, int whence)
{
    return is_console(fd) ? fail(ESPIPE) : files_lseek(fd, offset, whence);
}

int _fstat(int fd, struct stat *st)
{
    if (!is_console(fd)) {
        return files_fstat(fd, st);
    }
    *st = (struct stat){
        .st_mode = fd == STDIN_FILENO ? S_IFIFO : S_IFCHR,
        .st_blksize = BUFFER_SIZE,
    };
    return 0;
}

int _isatty(int fd)
{
    if (!is_console(fd)) {
        errno = files_is_open(fd) ? ENOTTY : EBADF;
        return 0;
    }
    if (job_is_background()) {
        errno = ENOTTY;
        return 0;
    }
    return 1;
}

int _stat(const char *path, struct stat *st)
{
    return files_stat(path, st);
}

int _unlink(const char *path)
{
    return files_unlink(path);
}

int _getpid(void)
{
    int pid = job_pid();

    return pid != 0 ? pid : 1;
}

/* The kernel's clock wraps after 49 days; asked at least that often, this does not. */
static uint64_t now_ms(void)
{
    static uint32_t last, wraps;
    uint32_t saved = kernel_arch_lock();
    uint32_t now = kernel_arch_now_ms();
    uint64_t result;

    wraps += now < last;
    last = now;
    result = (uint64_t)wraps << 32 | now;
    kernel_arch_unlock(saved);
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    uint64_t ms = now_ms();

    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
        return fail(EINVAL);
    }
    now->tv_sec = (time_t)(ms / MS_PER_S);
    now->tv_nsec = (long)(ms % MS_PER_S) * NS_PER_MS;
    return 0;
}

int timespec_get(struct timespec *now, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

int _gettimeofday(struct timeval *now, void *zone)
{
    struct timespec spec;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &spec);
    now->tv_sec = spec.tv_sec;
    now->tv_usec = spec.tv_nsec / 1000;
    return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
    uint64_t start = now_ms(), end, now;

    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= MS_PER_S * NS_PER_MS) {
        return fail(EINVAL);
    }
    end = start + (uint64_t)time->tv_sec * MS_PER_S +
          ((uint64_t)time->tv_nsec + NS_PER_MS - 1) / NS_PER_MS;
    ps_port_checkpoint();
    while ((now = now_ms()) < end) {
        uint32_t ms = end - now < INT32_MAX ? (uint32_t)(end - now) : INT32_MAX;

        /* One more: a wait ends up to a millisecond before its time is over. */
        if (job_interrupted(thread_sleep(ms + 1, KERNEL_INTERRUPTIBLE))) {
            now = now_ms();
            now = now < end ? end - now : 0;
            if (left != NULL) {
                left->tv_sec = (time_t)(now / MS_PER_S);
                left->tv_nsec = (long)(now % MS_PER_S) * NS_PER_MS;
            }
            return -1;
        }
    }
    return 0;
}

int usleep(useconds_t useconds)
{
    const struct timespec time = {
        .tv_sec = (time_t)(useconds / 1000000u),
        .tv_nsec = (long)(useconds % 1000000u) * 1000,
    };

    return nanosleep(&time, NULL);
}

unsigned sleep(unsigned seconds)
{
    const struct timespec time = {(time_t)seconds, 0};
    struct timespec left = {0, 0};

    return nanosleep(&time, &left) == 0 ? 0 : (unsigned)left.tv_sec + (left.tv_nsec > 0);
}
