/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <sys/select.h> in place of the C library's: lwIP's descriptors start above the library's own
 * (LWIP_SOCKET_OFFSET), and glibc's fd_set ends at 1024. The size comes from the target's
 * lwipopts.h (PS_FD_SETSIZE), which holds macros only.
 */
#ifndef _SYS_SELECT_H
#define _SYS_SELECT_H

#include <stddef.h>
#include <string.h>
#if __has_include(<bits/types/struct_timeval.h>) /* glibc */
#include <bits/types/sigset_t.h>
#include <bits/types/struct_timespec.h>
#include <bits/types/struct_timeval.h>
#include <bits/types/time_t.h>
typedef __suseconds_t suseconds_t;
#define __suseconds_t_defined
#else /* newlib */
#include <sys/_sigset.h>
#include <sys/_timeval.h>
#include <sys/timespec.h>
typedef __sigset_t sigset_t;
#define _SIGSET_T_DECLARED
#define _SYS_TYPES_FD_SET
#endif
#include "lwipopts.h"

#define FD_SETSIZE PS_FD_SETSIZE
#define PS_FD_BITS (8 * sizeof(unsigned long))

typedef struct fd_set {
    unsigned long fds_bits[(FD_SETSIZE + PS_FD_BITS - 1) / PS_FD_BITS];
} fd_set;

#define PS_FD_IN(n) ((n) >= 0 && (n) < FD_SETSIZE)
#define PS_FD_WORD(n, p) ((p)->fds_bits[(size_t)(n) / PS_FD_BITS])
#define PS_FD_MASK(n) (1UL << ((size_t)(n) % PS_FD_BITS))

/* Unlike the library's, these do nothing for a descriptor that does not fit. */
#define FD_SET(n, p) ((void)(PS_FD_IN(n) && (PS_FD_WORD(n, p) |= PS_FD_MASK(n))))
#define FD_CLR(n, p) ((void)(PS_FD_IN(n) && (PS_FD_WORD(n, p) &= ~PS_FD_MASK(n))))
#define FD_ISSET(n, p) (PS_FD_IN(n) && (PS_FD_WORD(n, p) & PS_FD_MASK(n)) != 0)
#define FD_ZERO(p) ((void)memset((p), 0, sizeof *(p)))

#define select ps_select
int ps_select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
              struct timeval *timeout);

#endif
