/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library behind the wrappers of port/include, for what does not concern lwIP.
 *
 * A call that blocks in the kernel takes the interrupt that came while it waited (ps.h), as a
 * socket call does: otherwise one signal would end two calls. One that was due before stays, and
 * the signal thread's next attempt ends the call.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "thread.h"

int ps_libc_close(int fd);
ssize_t ps_libc_read(int fd, void *data, size_t length);
ssize_t ps_libc_write(int fd, const void *data, size_t length);
int ps_libc_fcntl(int fd, int command, long value);
int ps_libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
char *ps_fgets(char *line, int size, FILE *file);
int ps_thrd_sleep(const struct timespec *time, struct timespec *left);
int ps_thrd_join(thrd_t thread, int *result);
int ps_cnd_wait(cnd_t *condition, mtx_t *mutex);
int ps_cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until);
int ps_nanosleep(const struct timespec *time, struct timespec *left);

static bool is_due(void)
{
    const struct linux_thread *t = linux_thread_known();

    return t != NULL && t->ps.interrupt;
}

/* After a wait: `was_due` before it, and whether it ended with EINTR. */
static void take_interrupt(bool was_due, bool interrupted)
{
    if (is_due() && (!was_due || interrupted)) {
        linux_thread_known()->ps.interrupt = false;
    }
}

int ps_libc_close(int fd)
{
    return close(fd);
}

ssize_t ps_libc_read(int fd, void *data, size_t length)
{
    bool was_due = is_due();
    ssize_t n = read(fd, data, length);

    take_interrupt(was_due, n < 0 && errno == EINTR);
    return n;
}

ssize_t ps_libc_write(int fd, const void *data, size_t length)
{
    bool was_due = is_due();
    ssize_t n = write(fd, data, length);

    take_interrupt(was_due, n < 0 && errno == EINTR);
    return n;
}

int ps_libc_fcntl(int fd, int command, long value)
{
    return fcntl(fd, command, value);
}

int ps_libc_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    bool was_due = is_due();
    int result = poll(fds, count, timeout_ms);

    take_interrupt(was_due, result < 0 && errno == EINTR);
    return result;
}

char *ps_fgets(char *line, int size, FILE *file)
{
    bool was_due = is_due();
    char *read = fgets(line, size, file);

    take_interrupt(was_due, read == NULL && errno == EINTR);
    return read;
}

int ps_thrd_sleep(const struct timespec *time, struct timespec *left)
{
    bool was_due = is_due();
    int result = thrd_sleep(time, left);

    take_interrupt(was_due, result == -1);
    return result;
}

int ps_thrd_join(thrd_t thread, int *result)
{
    bool was_due = is_due();
    int error = thrd_join(thread, result);

    take_interrupt(was_due, false);
    return error;
}

int ps_cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    bool was_due = is_due();
    int error = cnd_wait(condition, mutex);

    take_interrupt(was_due, false);
    return error;
}

int ps_cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
    bool was_due = is_due();
    int error = cnd_timedwait(condition, mutex, until);

    take_interrupt(was_due, false);
    return error;
}

int ps_nanosleep(const struct timespec *time, struct timespec *left)
{
    bool was_due = is_due();
    int result = nanosleep(time, left);

    take_interrupt(was_due, result < 0 && errno == EINTR);
    return result;
}
