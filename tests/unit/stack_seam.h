/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP and the socket layer inside a test, without a TAP: what port/linux/start.c is in a program.
 * Include it in the test's one source file; the rest comes from libportside.a. Besides lwIP's
 * loopback there is one Ethernet interface, 10.0.0.1/24, whose frames end in the test.
 */
#ifndef PORTSIDE_TESTS_STACK_SEAM_H
#define PORTSIDE_TESTS_STACK_SEAM_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lwip/etharp.h"
#include "lwip/tcpip.h"
#include "ps.h"
#include "ps_netif.h"
#include "ps_random.h"

static struct netif stack_netif;

/* Takes each frame that lwIP sends and answers for the driver; core lock held. By the test. */
static err_t stack_sent(const struct pbuf *p);

void port_diagnostic(const char *format, ...)
{
    LWIP_UNUSED_ARG(format);
}

void port_assert_failed(const char *message, const char *file, int line)
{
    fprintf(stderr, "assertion failed: %s, %s:%d\n", message, file, line);
    abort();
}

static err_t stack_link_output(struct netif *netif, struct pbuf *p)
{
    LWIP_UNUSED_ARG(netif);
    return stack_sent(p);
}

static err_t stack_netif_init(struct netif *netif)
{
    static const u8_t mac[] = {0x02, 0, 0, 0, 0, 1};

    netif->name[0] = 't';
    netif->name[1] = 's';
    netif->hwaddr_len = sizeof mac;
    memcpy(netif->hwaddr, mac, sizeof mac);
    netif->mtu = 1500;
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = stack_link_output;
    return ERR_OK;
}

static void stack_is_ready(void *sem)
{
    sys_sem_signal(sem);
}

static void stack_start(void)
{
    ip4_addr_t address, mask;
    sys_sem_t ready;

    if (sys_sem_new(&ready, 0) != ERR_OK) {
        abort();
    }
    ps_random_seed("a test", 6);
    tcpip_init(stack_is_ready, &ready);
    sys_arch_sem_wait(&ready, 0);
    sys_sem_free(&ready);
    IP4_ADDR(&address, 10, 0, 0, 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    LOCK_TCPIP_CORE();
    netif_add(&stack_netif, &address, &mask, &address, NULL, stack_netif_init, ps_netif_input);
    netif_set_default(&stack_netif);
    netif_set_up(&stack_netif);
    UNLOCK_TCPIP_CORE();
}

void ps_port_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, stack_start);
}

/* One step of waiting for a condition; the test's alarm() bounds the whole. */
static inline void stack_pause(void)
{
    const struct timespec step = {.tv_nsec = 200000};

    nanosleep(&step, NULL);
}

#endif
