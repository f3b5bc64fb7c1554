/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What both protocols of file-client do with their connection.
 */
#include "download.h"

#include "moment.h"
#include "number.h"
#include "report.h"
#include "stream.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool download_send(struct download *download, const char *bytes, size_t length)
{
    if (stream_send_all(download->fd, bytes, length, DOWNLOAD_SILENCE_SECONDS * 1000, NULL) == 0)
        return true;
    report_failure(download->program, "send", download->where);
    return false;
}

bool download_receive(struct download *download)
{
    uint64_t until = moment_ms() + DOWNLOAD_SILENCE_SECONDS * UINT64_C(1000);
    ssize_t length =
        stream_receive_until(download->fd, download->buffer, sizeof download->buffer, until, NULL);

    download->at = 0;
    download->length = length > 0 ? (size_t)length : 0;
    if (length > 0)
        return true;
    if (length == 0)
        download->ended = true;
    else if (errno == ETIMEDOUT)
        download_cut(download, "the server fell silent");
    else if (errno == ECONNRESET || errno == ECONNABORTED)
        download_cut(download, "the connection was reset");
    else
        report_failure(download->program, "recv", download->where);
    return false;
}

bool download_save(struct download *download, const char *bytes, size_t length)
{
    if (!saved_file_write(&download->file, bytes, length))
        return false;
    progress_add(&download->progress, length, download->file.length,
                 download->has_total ? download->total : 0);
    return true;
}

void download_begin_line(struct download *download)
{
    progress_end(&download->progress);
    fprintf(stderr, "%s: %s: ", download->program, download->where);
    text_show_quoted(stderr, download->encoding, download->name, strlen(download->name));
    fputs(": ", stderr);
}

enum download_result download_cut(struct download *download, const char *how)
{
    const struct saved_file *file = &download->file;

    progress_end(&download->progress);
    fprintf(stderr, "%s: %s: %s after ", download->program, download->where, how);
    number_print(stderr, file->length);
    if (download->has_total) {
        fputs(" of ", stderr);
        number_print(stderr, download->total);
    }
    fputs(" bytes", stderr);
    if (file->part && file->fd >= 0)
        fprintf(stderr, ", kept in %s", file->part);
    fputc('\n', stderr);
    fflush(stderr);
    return DOWNLOAD_FAILED;
}

/* In one piece: what follows a first small segment waits until that is acknowledged (Nagle). */
static bool send_name(struct download *download)
{
    size_t length = strlen(download->name);
    char *line = text_copy(download->name, length);

    if (!line) {
        report_failure(download->program, "malloc", NULL);
        return false;
    }
    line[length] = '\n';
    bool is_sent = download_send(download, line, length + 1);
    free(line);
    return is_sent;
}

enum download_result download_raw(struct download *download)
{
    if (!send_name(download))
        return DOWNLOAD_FAILED;
    while (download_receive(download)) {
        if (!download_save(download, download->buffer, download->length))
            return DOWNLOAD_FAILED;
    }
    if (!download->ended)
        return DOWNLOAD_FAILED;
    if (download->file.length > 0)
        return DOWNLOAD_DONE;
    download_begin_line(download);
    fputs("the answer is empty: the file is missing, refused or empty\n", stderr);
    return DOWNLOAD_FAILED;
}
