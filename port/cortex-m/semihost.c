/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to the emulator or debugger; numbers and blocks from ARM's semihosting specification. */
#include "semihost.h"
#include <stdint.h>

enum {
    SYS_ERRNO = 0x13, /* changes nothing: a probe */
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
