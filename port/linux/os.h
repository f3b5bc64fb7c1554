/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the linux port needs of the kernel. The os_*.c files see Linux's headers and none of lwIP's
 * (both define struct sockaddr and its like); this header is the border between them.
 */
#ifndef PORTSIDE_LINUX_OS_H
#define PORTSIDE_LINUX_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OS_TAP_NAME_SIZE 16
#define OS_FRAME_MAX 65535

struct os_tap {
    int fd;
    char name[OS_TAP_NAME_SIZE];
    unsigned index; /* the interface's */
    unsigned mtu;   /* bytes, without the Ethernet header */
    bool up;
    uint8_t mac[6]; /* the kernel's side of the cable */
};

/* A piece of a frame; laid out as struct iovec. */
struct os_slice {
    void *base;
    size_t length;
};

/* Attaches to the TAP called `name` (shorter than OS_TAP_NAME_SIZE), or to the first free of tap0,
 * tap1 ... for NULL. Returns 0, or -1 with one line in error. The caller closes tap->fd. */
int os_tap_open(struct os_tap *tap, const char *name, char *error, size_t error_size);

/* Reads one frame; waits for it unless nowait. Bytes, 0 when there is none (nowait), or -1 with
 * errno when the TAP has gone. Any thread. */
ssize_t os_tap_read(const struct os_tap *tap, struct os_slice *slices, unsigned count, bool nowait);

/* Writes one frame. Bytes, or -1 with errno. Any thread. */
ssize_t os_tap_write(const struct os_tap *tap, const struct os_slice *slices, unsigned count);

/* Changes of the interface: opens the source, -1 with errno. */
int os_watch_open(void);

/* Waits for the next change of tap; updates ->up and ->mtu. False when the interface has gone. */
bool os_watch_wait(int fd, struct os_tap *tap);

/* Starts a capture: a new file in pcap format. Returns 0, or -1 with errno. */
int os_pcap_open(const char *path);

/* Appends a frame of `length` bytes, if a capture was started. Any thread; whole records only.
 * A failed write ends the capture with one line on stderr. */
void os_pcap_frame(const struct os_slice *slices, unsigned count);

/* Fills `size` bytes (at most 256) with random ones from the kernel. */
void os_entropy(void *bytes, size_t size);

/* Takes SIGINT and SIGTERM over: see os_signal.c. Once, by the thread that starts the stack. */
void os_signals_start(void);

#endif
