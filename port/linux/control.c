/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket's commands: see control.h.
 *
 * Theory of operation: one thread takes one client after another. A request is a command's words;
 * the answer begins with a line that says whose it is. A client that is slow or gone costs the
 * thread two seconds and the program nothing: its answer is thrown away. The thread is none of the
 * program's; it ends with the process.
 */
#include <errno.h>
#include <string.h>
#include "control.h"
#include "lwip/opt.h"
#include "lwip/sys.h"
#include "os_control.h"
#include "ps_ifconfig.h"
#include "ps_netstat.h"
#include "ps_out.h"
#include "ps_stats.h"

#define REQUEST_MAX 512
#define WORDS_MAX 16
#define STATUS_FAILED 1
#define STATUS_USAGE 2

struct command {
    const char *name;
    /* argv as main() gets it; returns an exit status. */
    int (*run)(struct ps_out *out, int argc, char **argv);
};

static const struct command commands[] = {
    {"ifconfig", ps_ifconfig},
    {"netstat", ps_netstat_command},
    {"stats", ps_stats_command},
};

struct client {
    struct ps_out out; /* first: an out of this is one */
    int fd;
    bool gone;
};

static void write_client(struct ps_out *out, const char *text, size_t length)
{
    struct client *client = (struct client *)out;

    client->gone = client->gone || !os_control_write(client->fd, text, length);
}

static int run(struct ps_out *out, int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < LWIP_ARRAYSIZE(commands); i++) {
        if (strcmp(argv[0], commands[i].name) == 0) {
            return commands[i].run(out, argc, argv);
        }
    }
    ps_printf(out, "portside: unknown command\n");
    return STATUS_USAGE;
}

/* Cuts a request of `length` bytes into words; how many, or -1. */
static int split(char *request, size_t length, char *words[WORDS_MAX + 1])
{
    int count = 0;

    if (length == 0 || request[length - 1] != '\0') {
        return -1;
    }
    for (char *word = request; word < request + length; word += strlen(word) + 1) {
        if (count == WORDS_MAX) {
            return -1;
        }
        words[count++] = word;
    }
    words[count] = NULL;
    return count;
}

static void answer(struct client *client, const char *tap, bool may_ask)
{
    char request[REQUEST_MAX];
    char *words[WORDS_MAX + 1];
    char end[2] = {'\0', '0'};
    ssize_t length = os_control_read(client->fd, request, sizeof request);
    int count = length < 0 ? -1 : split(request, (size_t)length, words);
    int status;

    ps_printf(&client->out, "%.40s, process %d, %s\n", os_program_name(), os_process(), tap);
    if (!may_ask) {
        ps_printf(&client->out, "portside: only its user and root may ask process %d\n",
                  os_process());
        status = STATUS_FAILED;
    } else if (count < 0) {
        ps_printf(&client->out, "portside: no request of at most %d words\n", WORDS_MAX);
        status = STATUS_USAGE;
    } else {
        status = run(&client->out, count, words);
    }
    end[1] = (char)('0' + status);
    write_client(&client->out, end, sizeof end);
}

struct control {
    int listener;
    const char *tap;
};

static void control_thread(void *argument)
{
    const struct control *control = argument;

    for (;;) {
        struct client client = {.out = {write_client}};
        bool may_ask;

        client.fd = os_control_accept(control->listener, &may_ask);
        if (client.fd >= 0) {
            answer(&client, control->tap, may_ask);
            os_control_close(client.fd);
        } else {
            sys_msleep(100); /* no descriptor is free: the client waits until one is */
        }
    }
}

void control_start(const char *tap)
{
    static struct control control;

    control.tap = tap;
    control.listener = os_control_listen();
    if (control.listener < 0) {
        port_diagnostic("portside: no control socket: %s\n", strerror(errno));
        return;
    }
    sys_thread_new("control", control_thread, &control, 0, 0);
}
