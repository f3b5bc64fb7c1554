/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which names of files a server accepts from the wire, and what they tell.
 */
#ifndef APPS_LIB_FILE_NAME_H
#define APPS_LIB_FILE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the longest name. */
#define FILE_NAME_MOST 255

/* A name is relative to the directory that is served. Refused are: none at all, more than
 * FILE_NAME_MOST bytes, a "/" at the beginning, ".." between slashes, and control characters. A
 * backslash is a character like others. */
bool file_name_is_allowed(const char *name, size_t length);

/* The media type that the name's ending stands for; "application/octet-stream" for all others. */
const char *file_name_type(const char *name);

/* What comes behind the last slash. */
const char *file_name_last(const char *name);

#endif
