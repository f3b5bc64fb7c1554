/* SPDX-License-Identifier: BSD-3-Clause */
/* getaddrinfo as an app expects it: the stack is up, a signal ends it, errors have a text. */
#include <netdb.h>
#include <string.h>
#include "ps_internal.h"

int ps_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result)
{
    struct ps_thread *t;
    int code;

    ps_port_start();
    t = ps_port_thread();
    if (t != NULL) {
        t->inside = true;
        ps_port_checkpoint();
        t->hit = false;
    }
    code = t != NULL && t->interrupt ? EAI_SYSTEM : lwip_getaddrinfo(node, service, hints, result);
    if (t != NULL) {
        if (code == EAI_SYSTEM || (code != 0 && t->hit)) {
            ps_consume(t);
            code = EAI_SYSTEM;
        } else if (code == EAI_FAIL) { /* all that lwIP itself says */
            code = t->name_code;
        }
        t->inside = false;
        ps_port_checkpoint();
        if (code == EAI_SYSTEM) {
            errno = EINTR;
        }
    }
    return code;
}

const char *ps_gai_strerror(int code)
{
    switch (code) {
    case 0:
        return "Success";
    case EAI_NONAME:
        return "Name or service not known";
    case EAI_SERVICE:
        return "Service is not a port number";
    case EAI_FAIL:
        return "Name could not be resolved";
    case EAI_MEMORY:
        return "Out of memory";
    case EAI_FAMILY:
        return "Address family not supported";
    case EAI_AGAIN:
        return "No name server answers";
    case EAI_SYSTEM:
        return strerror(errno);
    default:
        return "Unknown error";
    }
}
