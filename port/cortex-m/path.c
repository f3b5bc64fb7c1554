/* SPDX-License-Identifier: BSD-3-Clause */
/* Resolves names by their text, see path.h. */
#include "path.h"
#include <errno.h>
#include <limits.h>
#include <string.h>

/* Cuts the last part off an absolute name; its new length. */
static size_t parent_of(const char *name, size_t length)
{
    while (length > 0 && name[--length] != '/') {
    }
    return length;
}

static bool is_part(const char *part, size_t length, const char *text)
{
    return strlen(text) == length && memcmp(part, text, length) == 0;
}

int path_resolve(const char *path, char *out, size_t size, bool *directory)
{
    size_t length = 0;

    if (path[0] == '\0') {
        return -ENOENT;
    }
    if (strnlen(path, size) == size) {
        return -ENAMETOOLONG;
    }
    if (path[0] != '/') {
        length = sizeof PATH_WORKING_DIRECTORY - 1;
        memcpy(out, PATH_WORKING_DIRECTORY, length);
    }
    *directory = true;
    for (const char *part = path + strspn(path, "/"); *part != '\0';) {
        size_t part_length = strcspn(part, "/");
        const char *next = part + part_length + strspn(part + part_length, "/");

        *directory = true;
        if (is_part(part, part_length, "..")) {
            length = parent_of(out, length);
        } else if (!is_part(part, part_length, ".")) {
            if (part_length > NAME_MAX || length + 1 + part_length >= size) {
                return -ENAMETOOLONG;
            }
            out[length++] = '/';
            memcpy(&out[length], part, part_length);
            length += part_length;
            *directory = part[part_length] == '/';
        }
        part = next;
    }
    if (length == 0) {
        out[length++] = '/';
    }
    out[length] = '\0';
    return 0;
}
