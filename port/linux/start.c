/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starts the stack inside a Linux process, when the program makes its first socket: so -h and a
 * wrong argument need no TAP. Everything comes from the environment (README.md lists it); the
 * program itself does not know on which stack it runs.
 */
#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control.h"
#include "finish.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"
#include "os.h"
#include "ps.h"
#include "ps_netif.h"
#include "ps_random.h"
#include "tapif.h"

#define DEFAULT_GATEWAY "192.168.77.1"
#define FIRST_HOST 2 /* tap0 is 192.168.77.2 */
#define LAST_HOST 254

static struct tapif tapif;
static struct netif netif;

void port_diagnostic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

void port_assert_failed(const char *message, const char *file, int line)
{
    fprintf(stderr, "portside: assertion failed: %s, %s:%d\n", message, file, line);
    abort();
}

/* One line, then the end: 2 for what the user wrote, 1 for what the system refused. */
static _Noreturn void fail(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("portside: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static void open_tap(void)
{
    const char *which = setting("PORTSIDE_IF", "tap");
    char error[160];

    if (strcmp(which, "tap") != 0 && strncmp(which, "tap:", 4) != 0) {
        fail(2, "PORTSIDE_IF: '%s' is not tap or tap:NAME", which);
    }
    if (which[3] == ':' && (which[4] == '\0' || strlen(which + 4) >= OS_TAP_NAME_SIZE)) {
        fail(2, "PORTSIDE_IF: '%s' is no interface name", which + 4);
    }
    if (os_tap_open(&tapif.tap, which[3] == ':' ? which + 4 : NULL, error, sizeof error) != 0) {
        fail(1, "%s", error);
    }
    if (!tapif.tap.up) {
        port_diagnostic("portside: %s is down; 'ip link set %s up' connects it\n", tapif.tap.name,
                        tapif.tap.name);
    }
}

/* A locally administered address that differs from TAP to TAP and stays while the TAP does. */
static void choose_mac(void)
{
    static const uint64_t no_key[2];
    const char *text = setting("PORTSIDE_MAC", NULL);
    uint64_t hash = ps_siphash(no_key, tapif.tap.mac, sizeof tapif.tap.mac);
    const char *next = text;
    u8_t any = 0;

    if (text == NULL) {
        memcpy(tapif.mac, &hash, sizeof tapif.mac);
        tapif.mac[0] = 0x02;
        return;
    }
    for (size_t i = 0; i < sizeof tapif.mac; i++) {
        char *end = NULL;
        unsigned long byte = isxdigit((unsigned char)*next) ? strtoul(next, &end, 16) : 256;

        any |= (u8_t)byte;
        if (byte > 255 || end - next != 2 || *end != (i < sizeof tapif.mac - 1 ? ':' : '\0') ||
            (i == 0 && (byte & 1) != 0) || (i == sizeof tapif.mac - 1 && any == 0)) {
            fail(2, "PORTSIDE_MAC: '%s' is not a unicast address like 02:00:00:00:00:01", text);
        }
        tapif.mac[i] = (u8_t)byte;
        next = end + 1;
    }
}

/* 192.168.77.2/24 plus the number that the TAP's name ends with. */
static void default_address(char *text, size_t size)
{
    const char *digits = tapif.tap.name + strlen(tapif.tap.name);
    unsigned long number;

    while (digits > tapif.tap.name && isdigit((unsigned char)digits[-1])) {
        digits--;
    }
    number = strtoul(digits, NULL, 10);
    if (number > LAST_HOST - FIRST_HOST) {
        fail(2, "PORTSIDE_IP: needed, since %s has no address of its own", tapif.tap.name);
    }
    snprintf(text, size, "192.168.77.%lu/24", FIRST_HOST + number);
}

static void signal_ready(void *sem)
{
    sys_sem_signal(sem);
}

static void start_lwip(void)
{
    sys_sem_t ready;

    if (sys_sem_new(&ready, 0) != ERR_OK) {
        fail(1, "out of memory");
    }
    tcpip_init(signal_ready, &ready);
    sys_arch_sem_wait(&ready, 0);
    sys_sem_free(&ready);
    LOCK_TCPIP_CORE();
    netif_add_noaddr(&netif, &tapif, tapif_init, ps_netif_input);
    UNLOCK_TCPIP_CORE();
}

static bool is_interrupted(void)
{
    return ps_port_thread()->interrupt;
}

static void start(void)
{
    const char *capture = setting("PORTSIDE_PCAP", NULL);
    const char *gateway = setting("PORTSIDE_GW", DEFAULT_GATEWAY);
    char text[32];
    const char *address, *wrong;
    ip4_addr_t ip, mask;
    uint8_t seed[32];

    address = setting("PORTSIDE_IP", NULL);
    if (address != NULL && strcmp(address, "dhcp") != 0 && !ps_parse_cidr(address, &ip, &mask)) {
        fail(2, "PORTSIDE_IP: '%s' is not ADDRESS/LENGTH or dhcp", address);
    }
    if (!ps_parse_ipv4(gateway, &ip)) {
        fail(2, "PORTSIDE_GW: '%s' is not an IPv4 address", gateway);
    }
    open_tap();
    choose_mac();
    if (address == NULL) {
        default_address(text, sizeof text);
        address = text;
    }
    if (capture != NULL && os_pcap_open(capture) != 0) {
        fail(1, "PORTSIDE_PCAP: %s: %s", capture, strerror(errno));
    }
    os_entropy(seed, sizeof seed);
    ps_random_seed(seed, sizeof seed);
    start_lwip();
    os_signals_start(); /* from here on a signal may close and drain what lwIP holds */
    tapif_start(&tapif);
    control_start(tapif.tap.name);
    wrong = ps_netif_configure(&netif, address, gateway, is_interrupted);
    if (wrong != NULL) {
        fail(1, "%s: %s", tapif.tap.name, wrong);
    }
    finish_at_exit();
}

void ps_port_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start);
}
