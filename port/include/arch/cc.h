/* SPDX-License-Identifier: BSD-3-Clause */
/* What lwIP asks of the compiler and the C library (its doc/sys_arch.txt), for every target. */
#ifndef PORTSIDE_ARCH_CC_H
#define PORTSIDE_ARCH_CC_H

#include <errno.h>
#include <fcntl.h> /* apps and sockets.c must agree on O_NONBLOCK */
#include <limits.h>
#include <poll.h> /* lwIP takes these bits over */
#include <stdint.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>

/* Debug output and assertions go where the port sends them; an assertion ends the program. */
void port_diagnostic(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void port_assert_failed(const char *message, const char *file, int line);

#define LWIP_PLATFORM_DIAG(x) \
    do {                      \
        port_diagnostic x;    \
    } while (0)
#define LWIP_PLATFORM_ASSERT(x) port_assert_failed(x, __FILE__, __LINE__)

/* Unpredictable: ports, transaction identifiers and the like come from it. */
uint32_t port_random(void);
#define LWIP_RAND() port_random()

#endif
