/* SPDX-License-Identifier: BSD-3-Clause */
/* TAP devices and changes of their state, by the kernel's headers alone: see os.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "os.h"

#define TAP_DEVICE "/dev/net/tun"
#define TAPS_TRIED 256

_Static_assert(sizeof(struct os_slice) == sizeof(struct iovec) &&
                   offsetof(struct os_slice, base) == offsetof(struct iovec, iov_base) &&
                   offsetof(struct os_slice, length) == offsetof(struct iovec, iov_len),
               "a slice is an iovec");
_Static_assert(OS_TAP_NAME_SIZE == IFNAMSIZ, "room for an interface's name");

static int attach(int fd, const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

    memcpy(request.ifr_name, name, strlen(name) + 1);
    return ioctl(fd, TUNSETIFF, &request);
}

static int attach_named(int fd, const char *name, char *error, size_t size)
{
    /* The kernel would make one, if we may: a TAP that nobody knows and that goes with us. */
    if (if_nametoindex(name) == 0) {
        snprintf(error, size, "there is no interface %s; 'ip tuntap add %s mode tap' makes it",
                 name, name);
        return -1;
    }
    if (attach(fd, name) == 0) {
        return 0;
    }
    snprintf(error, size, "TAP %s: %s", name,
             errno == EBUSY    ? "taken by another program"
             : errno == EINVAL ? "it is no TAP"
             : errno == EPERM  ? "it is another user's"
                               : strerror(errno));
    return -1;
}

/* The first TAP that nobody holds; one that is not ours to use is passed over. */
static int attach_first_free(int fd, char *name, char *error, size_t size)
{
    unsigned busy = 0, foreign = 0;

    for (unsigned i = 0; i < TAPS_TRIED; i++) {
        snprintf(name, OS_TAP_NAME_SIZE, "tap%u", i);
        if (if_nametoindex(name) == 0) {
            continue;
        }
        if (attach(fd, name) == 0) {
            return 0;
        }
        if (errno != EBUSY && errno != EPERM && errno != EINVAL) {
            snprintf(error, size, "TAP %s: %s", name, strerror(errno));
            return -1;
        }
        *(errno == EBUSY ? &busy : &foreign) += 1;
    }
    if (busy + foreign == 0) {
        snprintf(error, size,
                 "there is no TAP (tap0, tap1 ...); 'ip tuntap add tap0 mode tap' makes one");
    } else {
        snprintf(error, size, "no TAP is free: %u of tap0, tap1 ... in use, %u not ours to use",
                 busy, foreign);
    }
    return -1;
}

/* Name, MTU, state and address of the interface. */
static int inspect(struct os_tap *tap)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0) {
        return -1;
    }
    memcpy(request.ifr_name, tap->name, sizeof request.ifr_name);
    error = ioctl(fd, SIOCGIFMTU, &request);
    tap->mtu = (unsigned)request.ifr_mtu;
    if (error == 0) {
        error = ioctl(fd, SIOCGIFFLAGS, &request);
        tap->up = (request.ifr_flags & IFF_UP) != 0;
    }
    if (error == 0) {
        error = ioctl(fd, SIOCGIFHWADDR, &request);
        memcpy(tap->mac, request.ifr_hwaddr.sa_data, sizeof tap->mac);
    }
    close(fd);
    tap->index = if_nametoindex(tap->name);
    return error;
}

int os_tap_open(struct os_tap *tap, const char *name, char *error, size_t error_size)
{
    int result;

    memset(tap, 0, sizeof *tap);
    tap->fd = open(TAP_DEVICE, O_RDWR | O_CLOEXEC);
    if (tap->fd < 0) {
        snprintf(error, error_size, "open %s: %s", TAP_DEVICE, strerror(errno));
        return -1;
    }
    if (name != NULL) {
        memcpy(tap->name, name, strlen(name) + 1);
        result = attach_named(tap->fd, name, error, error_size);
    } else {
        result = attach_first_free(tap->fd, tap->name, error, error_size);
    }
    if (result == 0 && inspect(tap) != 0) {
        snprintf(error, error_size, "interface %s: %s", tap->name, strerror(errno));
        result = -1;
    }
    if (result != 0) {
        close(tap->fd);
        tap->fd = -1;
    }
    return result;
}

ssize_t os_tap_read(const struct os_tap *tap, struct os_slice *slices, unsigned count, bool nowait)
{
    ssize_t n;

    do {
        n = preadv2(tap->fd, (struct iovec *)(void *)slices, (int)count, -1,
                    nowait ? RWF_NOWAIT : 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && nowait && (errno == EAGAIN || errno == EOPNOTSUPP)) {
        return 0; /* before Linux 5.11 a TAP cannot say it: batches of one */
    }
    return n;
}

ssize_t os_tap_write(const struct os_tap *tap, const struct os_slice *slices, unsigned count)
{
    return writev(tap->fd, (const struct iovec *)(const void *)slices, (int)count);
}

int os_watch_open(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void take_change(struct os_tap *tap, struct nlmsghdr *header)
{
    struct ifinfomsg *info = NLMSG_DATA(header);
    unsigned left = (unsigned)IFLA_PAYLOAD(header);

    tap->up = (info->ifi_flags & IFF_UP) != 0;
    for (struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == IFLA_MTU) {
            memcpy(&tap->mtu, RTA_DATA(a), sizeof tap->mtu);
        }
    }
}

bool os_watch_wait(int fd, struct os_tap *tap)
{
    union {
        struct nlmsghdr header;
        char bytes[16384];
    } buffer;

    for (;;) {
        ssize_t n = recv(fd, &buffer, sizeof buffer, 0);
        bool changed = false;

        if (n < 0 && errno != EINTR) { /* ENOBUFS: changes were lost, so look */
            if (inspect(tap) != 0) {
                return false;
            }
            return true;
        }
        for (struct nlmsghdr *h = &buffer.header; n > 0 && NLMSG_OK(h, (size_t)n);
             h = NLMSG_NEXT(h, n)) {
            struct ifinfomsg *info = NLMSG_DATA(h);

            if ((h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK) ||
                (unsigned)info->ifi_index != tap->index || info->ifi_family == AF_BRIDGE) {
                continue;
            }
            if (h->nlmsg_type == RTM_DELLINK) {
                return false;
            }
            take_change(tap, h);
            changed = true;
        }
        if (changed) {
            return true;
        }
    }
}
