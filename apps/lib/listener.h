/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server's listening socket: what all servers do with it.
 */
#ifndef APPS_LIB_LISTENER_H
#define APPS_LIB_LISTENER_H

#include "address.h"

struct listener_options {
    struct address local;
    const char *address; /* of -b, as it was given; or NULL */
    unsigned long backlog;
};

/* For getopt(), and what -h says about them. */
#define LISTENER_OPTIONS "b:l:"
extern const char listener_help[];

/* Takes an option, one of these. Returns STATUS_GO_ON, or STATUS_USAGE after a line on stderr. */
int listener_option(const char *program, int option, const char *value,
                    struct listener_options *options);

/* The same for what follows the options: PORT, and nothing else. */
int listener_operands(const char *program, int count, char **operands,
                      struct listener_options *options);

/* Binds the new stream socket fd and listens. `where` gets the address it has then. Returns
 * STATUS_GO_ON, or STATUS_FAILED after a line on stderr. */
int listener_open(const char *program, int fd, const struct listener_options *options,
                  char where[ADDRESS_TEXT_SIZE]);

#endif
