/* SPDX-License-Identifier: BSD-3-Clause */
/* getentropy() for boards: as good as the seed that the port's random numbers got at the start. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "arch/cc.h"

#define MOST 256 /* as POSIX has it */

int getentropy(void *buffer, size_t length)
{
    unsigned char *at = buffer;

    if (length > MOST) {
        errno = EIO;
        return -1;
    }
    while (length > 0) {
        uint32_t word = port_random();
        size_t n = length < sizeof word ? length : sizeof word;

        memcpy(at, &word, n);
        at += n;
        length -= n;
    }
    return 0;
}
