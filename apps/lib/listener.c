/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server's listening socket.
 */
#include "listener.h"

#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const char listener_help[] =
    "  -b ADDR     listen at this address only (default: all of IPv4; \"::\": all of them)\n"
    "  -l BACKLOG  how many clients may wait to be accepted, 0 to 65535 (default 5); the\n"
    "              stack may round it\n";

/* "192.168.77.1:8080"; an IPv6 address has more colons. */
static bool has_port(const char *value)
{
    const char *colon = strchr(value, ':');

    return colon && colon == strrchr(value, ':');
}

int listener_option(const char *program, int option, const char *value,
                    struct listener_options *options)
{
    const char *wrong;

    if (option == 'l')
        return option_number(program, option, value, 0, 65535, &options->backlog) ? STATUS_GO_ON
                                                                                  : STATUS_USAGE;
    options->address = value;
    if (has_port(value))
        return report_usage(program, "-b: \"%s\": the port stands by itself, as PORT", value);
    if ((wrong = address_parse_ip(value, 0, &options->local)) != NULL)
        return report_usage(program, "-b: \"%s\" %s", value, wrong);
    return STATUS_GO_ON;
}

int listener_operands(const char *program, int count, char **operands,
                      struct listener_options *options)
{
    const char *wrong;
    uint16_t port;

    if (count != 1)
        return report_usage(program, "needs PORT, got %d arguments (-h shows help)", count);
    if ((wrong = address_parse_port(operands[0], &port)) != NULL)
        return report_usage(program, "\"%s\" %s", operands[0], wrong);
    if (options->address)
        address_parse_ip(options->address, port, &options->local);
    else
        address_any(&options->local, port);
    return STATUS_GO_ON;
}

int listener_open(const char *program, int fd, const struct listener_options *options,
                  char where[ADDRESS_TEXT_SIZE])
{
    const struct address *local = &options->local;
    struct address bound;
    int on = 1;

    /* Connections of an earlier run that linger in TIME_WAIT shall not keep the port. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return report_failure(program, "setsockopt SO_REUSEADDR", NULL);
    address_format(local, where);
    if (bind(fd, &local->any, local->length) < 0)
        return report_bind_failure(program, where);
    if (listen(fd, (int)options->backlog) < 0)
        return report_failure(program, "listen", where);
    if (address_of_socket(fd, &bound) < 0)
        return report_failure(program, "getsockname", NULL);
    address_format(&bound, where);
    return STATUS_GO_ON;
}
