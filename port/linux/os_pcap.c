/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture of every frame, in the format that tcpdump and Wireshark read (pcap, nanoseconds off).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "os.h"

#define SLICES_MAX 128
#define LINKTYPE_ETHERNET 1

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int file = -1;

int os_pcap_open(const char *path)
{
    const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t zone, accuracy, snap_length, link_type;
    } header = {0xa1b2c3d4, 2, 4, 0, 0, 65535 + 14, LINKTYPE_ETHERNET};
    ssize_t n;

    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) {
        return -1;
    }
    n = write(file, &header, sizeof header);
    if (n != (ssize_t)sizeof header) {
        if (n >= 0) {
            errno = ENOSPC;
        }
        close(file);
        file = -1;
        return -1;
    }
    return 0;
}

void os_pcap_frame(const struct os_slice *slices, unsigned count)
{
    struct {
        uint32_t seconds, microseconds, captured, length;
    } record;
    struct iovec pieces[SLICES_MAX + 1];
    struct timespec now;
    size_t length = 0;

    if (file < 0) {
        return;
    }
    for (unsigned i = 0; i < count && i < SLICES_MAX; i++) {
        pieces[i + 1].iov_base = slices[i].base;
        pieces[i + 1].iov_len = slices[i].length;
        length += slices[i].length;
    }
    pieces[0].iov_base = &record;
    pieces[0].iov_len = sizeof record;
    record.captured = record.length = (uint32_t)length;
    pthread_mutex_lock(&lock);
    clock_gettime(CLOCK_REALTIME, &now);
    record.seconds = (uint32_t)now.tv_sec;
    record.microseconds = (uint32_t)(now.tv_nsec / 1000);
    if (file >= 0 && writev(file, pieces, (int)count + 1) != (ssize_t)(sizeof record + length)) {
        fprintf(stderr, "portside: PORTSIDE_PCAP: write: %s, the capture ends here\n",
                strerror(errno != 0 ? errno : ENOSPC));
        close(file);
        file = -1;
    }
    pthread_mutex_unlock(&lock);
}

void os_entropy(void *bytes, size_t size)
{
    while (getrandom(bytes, size, 0) != (ssize_t)size) {
        /* only a signal can cut 256 bytes or fewer short */
    }
}
