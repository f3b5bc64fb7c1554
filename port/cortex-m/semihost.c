/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to the emulator or debugger; numbers and blocks from ARM's semihosting specification. */
#include "semihost.h"
#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0a,
    SYS_FLEN = 0x0c,
    SYS_REMOVE = 0x0e,
    SYS_RENAME = 0x0f,
    SYS_ERRNO = 0x13, /* changes nothing: also the probe */
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
    ADP_STOPPED_APPLICATION_EXIT = 0x20026,
};

static volatile bool skipped;
static bool present;

static intptr_t request(uintptr_t number, const void *block)
{
    register uintptr_t r0 __asm("r0") = number;
    register const void *r1 __asm("r1") = block;

    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
    return (intptr_t)r0;
}

void semihost_skipped(void)
{
    skipped = true;
}

void semihost_probe(void)
{
    (void)request(SYS_ERRNO, NULL);
    present = !skipped;
}

bool semihost_present(void)
{
    return present;
}

int semihost_command_line(char *line, size_t size)
{
    struct {
        char *buffer;
        size_t size;
    } block = {line, size};

    if (!present || request(SYS_GET_CMDLINE, &block) != 0) {
        return -1;
    }
    line[size - 1] = '\0';
    return 0;
}

void semihost_exit(int status)
{
    const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)status};

    if (present) {
        (void)request(SYS_EXIT_EXTENDED, block);
    }
}

int semihost_open(const char *name, enum semihost_mode mode)
{
    const uintptr_t block[3] = {(uintptr_t)name, (uintptr_t)mode, strlen(name)};

    return (int)request(SYS_OPEN, block);
}

int semihost_close(int handle)
{
    const uintptr_t block[1] = {(uintptr_t)handle};

    return (int)request(SYS_CLOSE, block);
}

size_t semihost_read(int handle, void *data, size_t size)
{
    const uintptr_t block[3] = {(uintptr_t)handle, (uintptr_t)data, size};

    return (size_t)request(SYS_READ, block);
}

size_t semihost_write(int handle, const void *data, size_t size)
{
    const uintptr_t block[3] = {(uintptr_t)handle, (uintptr_t)data, size};

    return (size_t)request(SYS_WRITE, block);
}

int semihost_seek(int handle, uint32_t position)
{
    const uintptr_t block[2] = {(uintptr_t)handle, position};

    return (int)request(SYS_SEEK, block);
}

int32_t semihost_length(int handle)
{
    const uintptr_t block[1] = {(uintptr_t)handle};

    return (int32_t)request(SYS_FLEN, block);
}

int semihost_remove(const char *name)
{
    const uintptr_t block[2] = {(uintptr_t)name, strlen(name)};

    return (int)request(SYS_REMOVE, block);
}

int semihost_rename(const char *from, const char *to)
{
    const uintptr_t block[4] = {(uintptr_t)from, strlen(from), (uintptr_t)to, strlen(to)};

    return (int)request(SYS_RENAME, block);
}

int semihost_errno(void)
{
    return (int)request(SYS_ERRNO, NULL);
}
