/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page that lists a folder: folders first, then files, each by name.
 */
#ifndef APPS_LIB_FILE_INDEX_H
#define APPS_LIB_FILE_INDEX_H

#include "file_session.h"

/* What else the head of the answer says: the page is all there is, and no name in it, whatever it
 * is called, can load or run anything. */
#define FILE_INDEX_FIELDS \
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:\r\n"

struct file_index;

/* Opens the folder of that name, "" or one that ends in a slash, below `root`. SERVED_OPEN: *index
 * is there until file_index_close(). SERVED_FAILED: errno says why, ENOTSUP when the system cannot
 * list it. Both strings must stay. */
enum served_result file_index_open(struct file_index **index, const char *root, const char *name);

/* Sends the page as the body behind `head` bytes of session->work; *sent counts its bytes. False
 * when the session is over. */
bool file_index_send(struct file_index *index, struct file_session *session, size_t head,
                     uint64_t *sent);

void file_index_close(struct file_index *index);

#endif
