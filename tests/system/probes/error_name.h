/* SPDX-License-Identifier: BSD-3-Clause */
/* What probes call errors, so that the answers of two C libraries compare: their numbers and texts
 * differ. */
#ifndef PORTSIDE_ERROR_NAME_H
#define PORTSIDE_ERROR_NAME_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* "ENOENT" for ENOENT; the library's text for an error that is not in the list. */
static inline const char *error_name(int error)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {EACCES, "EACCES"}, {EBADF, "EBADF"},     {EBUSY, "EBUSY"},
        {EEXIST, "EEXIST"}, {EFBIG, "EFBIG"},     {EINVAL, "EINVAL"},
        {EISDIR, "EISDIR"}, {ENOENT, "ENOENT"},   {ENAMETOOLONG, "ENAMETOOLONG"},
        {ENOSPC, "ENOSPC"}, {ENOTDIR, "ENOTDIR"}, {ENOTTY, "ENOTTY"},
        {EPERM, "EPERM"},   {EROFS, "EROFS"},     {EOVERFLOW, "EOVERFLOW"},
        {ENXIO, "ENXIO"},   {EXDEV, "EXDEV"},     {ESPIPE, "ESPIPE"},
        {ERANGE, "ERANGE"}, {ENOTSUP, "ENOTSUP"}, {EMFILE, "EMFILE"},
        {ENFILE, "ENFILE"}, {EIO, "EIO"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].number == error) {
            return names[i].name;
        }
    }
    return strerror(error);
}

#endif
