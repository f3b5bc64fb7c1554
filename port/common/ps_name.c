/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of hosts, see ps_name.h. */
#include "ps_name.h"
#include <string.h>

#define NAME_MAX_BYTES 253
#define LABEL_MAX_BYTES 63

bool ps_name_is_good(const char *name)
{
    size_t length = strlen(name);

    if (length > 0 && name[length - 1] == '.') {
        length--;
    }
    if (length > NAME_MAX_BYTES) {
        return false;
    }
    for (size_t at = 0, label; at <= length; at += label + 1) {
        label = strcspn(name + at, ".");
        if (label == 0 || label > LABEL_MAX_BYTES) {
            return false;
        }
    }
    return true;
}
