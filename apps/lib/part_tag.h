/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ETag of what is in FILE.part, in a file of its own beside it: FILE.part.etag. With it a
 * server can tell whether its file is still the same when the rest is asked for.
 */
#ifndef APPS_LIB_PART_TAG_H
#define APPS_LIB_PART_TAG_H

#include "http_line.h"

/* What was written; "" when there is none, or it is no strong ETag. */
void part_tag_read(const char *part, char tag[HTTP_TAG_SIZE]);

/* Writes it anew, or removes it when the tag is "". It is a help and no more: what fails here
 * leaves a part that is resumed without it. */
void part_tag_write(const char *part, const char *tag);

#endif
