/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of files from the wire.
 */
#include "file_name.h"

#include <string.h>
#include <strings.h>

bool file_name_is_allowed(const char *name, size_t length)
{
    size_t component = 0; /* where it begins */

    if (length == 0 || length > FILE_NAME_MOST || name[0] == '/')
        return false;
    for (size_t i = 0; i <= length; i++) {
        unsigned char byte = (unsigned char)(i < length ? name[i] : '/');
        if (byte < 0x20 || byte == 0x7f)
            return false;
        if (byte != '/')
            continue;
        if (i - component == 2 && memcmp(name + component, "..", 2) == 0)
            return false;
        component = i + 1;
    }
    return true;
}

const char *file_name_type(const char *name)
{
    static const char *const types[][2] = {
        {"html", "text/html"},      {"htm", "text/html"},      {"txt", "text/plain; charset=utf-8"},
        {"css", "text/css"},        {"js", "text/javascript"}, {"json", "application/json"},
        {"png", "image/png"},       {"jpg", "image/jpeg"},     {"svg", "image/svg+xml"},
        {"pdf", "application/pdf"},
    };
    const char *dot = strrchr(file_name_last(name), '.');

    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(dot + 1, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

const char *file_name_last(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}
