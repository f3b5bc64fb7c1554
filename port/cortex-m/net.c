/* SPDX-License-Identifier: BSD-3-Clause */
/* Brings lwIP and the board's network interface up, from the boot arguments. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "board.h"
#include "boot.h"
#include "console.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "main.h"
#include "ps.h"
#include "ps_ifconfig.h"
#include "ps_lease.h"
#include "ps_netif.h"
#include "ps_random.h"
#include "shell.h"

/* Silicon negotiates for seconds; QEMU's link is up at once. */
#define LINK_MS 10000u
#define LINK_STEP_MS 10u

static struct netif netif;

static void signal_ready(void *sem)
{
    sys_sem_signal(sem);
}

/* The host's seed if there is one, and what the board itself has. */
static void seed_random(const char *seed)
{
    uint32_t own[4];

    ps_random_seed(seed, strlen(seed));
    for (size_t i = 0; i < LWIP_ARRAYSIZE(own); i++) {
        own[i] = board_entropy();
    }
    ps_random_seed(own, sizeof own);
}

static bool wait_for_link(void)
{
    u32_t start = sys_now();

    while (!netif_is_link_up(&netif)) {
        if (sys_now() - start >= LINK_MS) {
            return false;
        }
        sys_msleep(LINK_STEP_MS);
    }
    return true;
}

int net_start(const struct boot_args *args)
{
    const struct netif *added;
    const char *wrong;
    sys_sem_t ready;

    seed_random(args->seed);
    (void)sys_sem_new(&ready, 0);
    tcpip_init(signal_ready, &ready);
    sys_arch_sem_wait(&ready, 0);
    LOCK_TCPIP_CORE();
    added = netif_add_noaddr(&netif, NULL, board_netif_init, ps_netif_input);
    UNLOCK_TCPIP_CORE();
    if (added == NULL) {
        const char *why = board_netif_fault();

        console_printf("portside: %s: no network: %s\n", board_name,
                       why != NULL ? why : "out of memory");
        return -1;
    }
    board_netif_start(&netif);
    if (!wait_for_link()) {
        console_printf("portside: no link: is the cable in?\n"); /* it may come later */
    }
    wrong = ps_netif_configure(&netif, args->ip, args->gw, shell_interrupted);
    if (wrong != NULL) {
        if (strcmp(args->ip, "dhcp") == 0) {
            console_printf("portside: ip=dhcp: %s\n", wrong);
        } else {
            console_printf("portside: ip=%s gw=%s: %s\n", args->ip, args->gw, wrong);
        }
        return -1;
    }
    return 0;
}

void ps_port_frames(const struct netif *interface, struct ps_frames *frames)
{
    struct board_frames counted;

    board_netif_frames(interface, &counted);
    frames->in = counted.in;
    frames->in_bytes = counted.in_bytes;
    frames->out = counted.out;
    frames->out_bytes = counted.out_bytes;
}

bool ps_port_drops(const struct netif *interface, unsigned number, const char **cause, u32_t *count)
{
    uint32_t counted;
    bool known = board_netif_drops(interface, number, cause, &counted);

    if (known) {
        *count = counted;
    }
    return known;
}

void ps_port_say(const char *text)
{
    console_write(text, strlen(text));
}

/* The stack is up before the first app runs. */
void ps_port_start(void)
{
}
