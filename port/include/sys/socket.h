/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * <sys/socket.h> of the lwIP targets: lwIP's types and constants, and the POSIX names mapped to
 * the wrappers of port/common/ps_socket.c. Object-like macros, so that `&bind` works, too.
 * Each function does what POSIX says as far as lwIP does; what differs is in the wrapper's comment.
 */
#ifndef PORTSIDE_SYS_SOCKET_H
#define PORTSIDE_SYS_SOCKET_H

#ifdef __iovec_defined /* glibc's <fcntl.h> has it with _GNU_SOURCE */
#define iovec iovec
#endif
#include "lwip/sockets.h"
#undef iovec
#if !LWIP_IPV6
#undef AF_INET6 /* lwIP's is AF_UNSPEC then; socket() shall refuse it */
#define AF_INET6 10
#endif
#define __iovec_defined 1

/* listen() clamps what is asked for to what the accept mailbox holds. */
#define SOMAXCONN DEFAULT_ACCEPTMBOX_SIZE

#define socket ps_socket
#define bind ps_bind
#define connect ps_connect
#define listen ps_listen
#define accept ps_accept
#define shutdown ps_shutdown
#define send ps_send
#define sendto ps_sendto
#define sendmsg ps_sendmsg
#define recv ps_recv
#define recvfrom ps_recvfrom
#define recvmsg ps_recvmsg
#define getsockname ps_getsockname
#define getpeername ps_getpeername
#define getsockopt ps_getsockopt
#define setsockopt ps_setsockopt

/* AF_INET6 fails with EAFNOSUPPORT in a build without IPv6, as any other family does. */
int ps_socket(int domain, int type, int protocol);
/* A second bind of a SOCK_STREAM socket fails with EINVAL, as on Linux (lwIP would hang). */
int ps_bind(int fd, const struct sockaddr *address, socklen_t length);
int ps_connect(int fd, const struct sockaddr *address, socklen_t length);
int ps_listen(int fd, int backlog);
int ps_accept(int fd, struct sockaddr *address, socklen_t *length);
int ps_shutdown(int fd, int how);
ssize_t ps_send(int fd, const void *data, size_t length, int flags);
ssize_t ps_sendto(int fd, const void *data, size_t length, int flags,
                  const struct sockaddr *address, socklen_t address_length);
ssize_t ps_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t ps_recv(int fd, void *data, size_t length, int flags);
ssize_t ps_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *address,
                    socklen_t *address_length);
ssize_t ps_recvmsg(int fd, struct msghdr *message, int flags);
int ps_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int ps_getpeername(int fd, struct sockaddr *address, socklen_t *length);
int ps_getsockopt(int fd, int level, int option, void *value, socklen_t *length);
int ps_setsockopt(int fd, int level, int option, const void *value, socklen_t length);

#endif
