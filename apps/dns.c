/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dns: the addresses of a host, as every program here would find them.
 */
#include "lib/address.h"
#include "lib/report.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "dns"

static int show_help(void)
{
    printf("usage: dns NAME\n"
           "Asks the name server for the addresses of the host NAME and prints each on a line.\n"
           "  -h  show this help\n");
    return STATUS_DONE;
}

/* The address alone: it is formatted with its port, and IPv6 in brackets. */
static void show(const struct addrinfo *found)
{
    struct address address;
    char text[ADDRESS_TEXT_SIZE], *begin = text, *end;

    address_clear(&address);
    if (found->ai_addrlen > sizeof address.storage)
        return;
    memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address_format(&address, text);
    if (text[0] == '[') {
        begin = text + 1;
        end = strrchr(text, ']');
    } else {
        end = strrchr(text, ':');
    }
    if (end)
        *end = '\0';
    printf("%s\n", begin);
}

static int look_up(const char *name)
{
    struct addrinfo hints, *list;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM; /* else the same address comes once for each type */
    int error = getaddrinfo(name, NULL, &hints, &list);
    if (error != 0)
        return report_failed(PROGRAM, "getaddrinfo %s: %s", name, gai_strerror(error));
    for (const struct addrinfo *each = list; each; each = each->ai_next)
        show(each);
    freeaddrinfo(list);
    return report_end(PROGRAM, STATUS_DONE);
}

int main(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, ":h")) != -1) {
        if (option == 'h')
            return report_end(PROGRAM, show_help());
        return report_option(PROGRAM, option, optopt);
    }
    if (argc - optind != 1)
        return report_usage(PROGRAM, "needs NAME, got %d arguments (-h shows help)", argc - optind);
    return look_up(argv[optind]);
}
