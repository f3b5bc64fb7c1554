/* SPDX-License-Identifier: BSD-3-Clause */
/* <threads.h> on linux: the C library's, with waits that take an interrupt which came meanwhile. */
#ifndef PORTSIDE_LINUX_THREADS_H
#define PORTSIDE_LINUX_THREADS_H

#include_next <threads.h>

#define thrd_sleep ps_thrd_sleep
#define thrd_join ps_thrd_join
#define cnd_wait ps_cnd_wait
#define cnd_timedwait ps_cnd_timedwait

int ps_thrd_sleep(const struct timespec *time, struct timespec *left);
int ps_thrd_join(thrd_t thread, int *result);
int ps_cnd_wait(cnd_t *condition, mtx_t *mutex);
int ps_cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until);

#endif
