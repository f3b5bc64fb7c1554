/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How file-client downloads by HTTP/1.1.
 *
 * The length of the file comes from Content-Length, or from the end of the chunks; a server that
 * gives neither ends the connection, and whether that was a cut cannot be told.
 */
#include "download.h"

#include "http_chunked.h"
#include "percent.h"
#include "report.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* The answer is useless. */
static enum download_result fail(struct download *download, const char *wrong)
{
    progress_end(&download->progress);
    report_failed(download->program, "%s: the answer is useless: %s", download->where, wrong);
    return DOWNLOAD_FAILED;
}

/* "file-client: 192.168.77.1:8080: "nosuch": 404 Not Found" */
static enum download_result fail_status(struct download *download)
{
    const struct http_reply *reply = &download->reply;

    download_begin_line(download);
    fprintf(stderr, "%d%s", reply->status, reply->reason[0] ? " " : "");
    text_show(stderr, download->encoding, reply->reason, strlen(reply->reason));
    if (reply->status < 400 && reply->location[0]) {
        fputs(", not followed: it is at ", stderr);
        text_show_quoted(stderr, download->encoding, reply->location, strlen(reply->location));
    }
    fputc('\n', stderr);
    fflush(stderr);
    return DOWNLOAD_FAILED;
}

/* An IPv6 address stands in brackets, without the interface that only means something here. */
static void write_host(const char *host, struct draft *request)
{
    bool is_ipv6 = strchr(host, ':') != NULL;

    draft_text(request, is_ipv6 ? "[" : "");
    draft_bytes(request, host, is_ipv6 ? strcspn(host, "%") : strlen(host));
    draft_text(request, is_ipv6 ? "]" : "");
}

/* Writes the request, and frees nothing: the draft's bytes are the caller's. */
static void write_request(const struct download *download, struct draft *request)
{
    draft_text(request, download->name[0] == '/' ? "GET " : "GET /");
    percent_encode(download->name, request);
    draft_text(request, " HTTP/1.1\r\nHost: ");
    write_host(download->host, request);
    if (download->port != 80) {
        draft_text(request, ":");
        draft_number(request, download->port, 10);
    }
    draft_text(request, "\r\nAccept-Encoding: identity\r\nConnection: close\r\n");
    if (download->file.length > 0) {
        draft_text(request, "Range: bytes=");
        draft_number(request, download->file.length, 10);
        draft_text(request, "-\r\n");
        if (download->file.tag[0]) {
            draft_text(request, "If-Range: ");
            draft_text(request, download->file.tag);
            draft_text(request, "\r\n");
        }
    }
    draft_text(request, "\r\n");
}

static bool send_request(struct download *download)
{
    size_t size = 3 * strlen(download->name) + strlen(download->host) + HTTP_TAG_SIZE + 160;
    struct draft request = {.bytes = malloc(size), .size = size};

    if (!request.bytes) {
        report_failure(download->program, "malloc", NULL);
        return false;
    }
    write_request(download, &request);
    bool is_sent = download_send(download, request.bytes, request.length);
    free(request.bytes);
    return is_sent;
}

/* Reads a line of the head, of which *head bytes were read before. */
static bool read_line(struct download *download, size_t *head)
{
    bool complete = false;

    http_line_start(&download->line);
    while (!complete) {
        if (download->at == download->length && !download_receive(download)) {
            if (download->ended)
                fail(download, "the connection ended before its head did");
            return false;
        }
        size_t taken = http_line_take(&download->line, download->buffer + download->at,
                                      download->length - download->at, &complete);
        download->at += taken;
        *head += taken;
        if (*head > DOWNLOAD_HEAD_MOST) {
            fail(download, "its head is too long");
            return false;
        }
    }
    return true;
}

/* Reads a head. What is wrong with it goes to *wrong; false after a line on stderr. */
static bool read_head(struct download *download, size_t *head, const char **wrong)
{
    struct http_line *line = &download->line;

    if (!read_line(download, head))
        return false;
    *wrong = http_reply_line(&download->reply, line->bytes, line->length);
    while (!*wrong) {
        if (!read_line(download, head))
            return false;
        if (line->length == 0) {
            *wrong = http_reply_end(&download->reply);
            break;
        }
        *wrong = http_reply_field(&download->reply, line->bytes, line->length, line->cut);
    }
    return true;
}

static bool read_final_head(struct download *download)
{
    const char *wrong = NULL;
    size_t head = 0;

    do {
        if (!read_head(download, &head, &wrong))
            return false;
        if (wrong) {
            fail(download, wrong);
            return false;
        }
    } while (download->reply.status < 200); /* an intermediate answer: the real one follows */
    return true;
}

/* Saves what comes, up to `most` bytes. False after a line on stderr. */
static bool save_plain(struct download *download, uint64_t most)
{
    while (most > 0) {
        if (download->at == download->length && !download_receive(download))
            return download->ended;
        size_t n = download->length - download->at;
        n = n < most ? n : (size_t)most;
        if (!download_save(download, download->buffer + download->at, n))
            return false;
        download->at += n;
        most -= n;
    }
    return true;
}

static enum download_result save_chunks(struct download *download)
{
    struct http_chunked chunked = {0};
    size_t taken;

    for (;;) {
        if (download->at == download->length && !download_receive(download))
            return download->ended ? download_cut(download, "the connection ended")
                                   : DOWNLOAD_FAILED;
        const char *bytes = download->buffer + download->at;
        enum http_chunked_result result =
            http_chunked_take(&chunked, bytes, download->length - download->at, &taken);
        download->at += taken;
        if (result == CHUNKED_BAD)
            return fail(download, "its chunks make no sense");
        if (result == CHUNKED_END)
            return DOWNLOAD_DONE;
        if (result != CHUNKED_DATA)
            continue;
        if (download->has_total && taken > download->total - download->file.length)
            return fail(download, "its chunks are more than its Content-Range");
        if (!download_save(download, bytes, taken))
            return DOWNLOAD_FAILED;
    }
}

static enum download_result save_body(struct download *download)
{
    const struct http_reply *reply = &download->reply;

    if (reply->is_chunked) {
        enum download_result result = save_chunks(download);
        if (result != DOWNLOAD_DONE || !download->has_total)
            return result;
    } else if (!save_plain(download, reply->has_length ? reply->length : UINT64_MAX)) {
        return DOWNLOAD_FAILED;
    }
    if (download->has_total && download->file.length != download->total)
        return download_cut(download, "the connection ended");
    return DOWNLOAD_DONE;
}

/* The server sends a part: is it the one that is missing? */
static enum download_result save_part(struct download *download)
{
    struct http_reply *reply = &download->reply;
    const struct http_content_range *range = &reply->range;
    uint64_t length = range->last - range->first + 1;

    if (!reply->has_range || !range->has_part || !range->has_size ||
        range->first != download->file.length)
        return fail(download, "it is another part of the file than was asked for");
    if (reply->has_length && reply->length != length)
        return fail(download, "its Content-Length and its Content-Range differ");
    if (reply->tag[0] && download->file.tag[0] && strcmp(reply->tag, download->file.tag) != 0)
        return fail(download, "it is a part of another file than the one that is kept");
    reply->has_length = true;
    reply->length = length;
    download->has_total = true;
    download->total = range->size;
    return save_body(download);
}

/* What is kept is of no use. */
static void restart(struct download *download, const char *why)
{
    download_begin_line(download);
    fprintf(stderr, "%s: it comes from the beginning\n", why);
    fflush(stderr);
    saved_file_restart(&download->file);
}

/* Nothing comes behind what is there already: because that is all, or because it is no beginning
 * of this file. */
static enum download_result end_part(struct download *download)
{
    const struct http_reply *reply = &download->reply;

    download->has_total = reply->has_range && reply->range.has_size;
    download->total = reply->range.size;
    if (download->has_total && download->total == download->file.length)
        return DOWNLOAD_DONE;
    download->has_total = false;
    restart(download, "what is kept is no part of it");
    return DOWNLOAD_AGAIN;
}

enum download_result download_http(struct download *download)
{
    const struct http_reply *reply = &download->reply;

    if (!send_request(download) || !read_final_head(download))
        return DOWNLOAD_FAILED;
    switch (reply->status) {
    case 200:
        if (download->file.length > 0)
            restart(download, download->file.tag[0] ? "the file has changed meanwhile"
                                                    : "the server sends no parts");
        saved_file_set_tag(&download->file, reply->tag);
        download->has_total = reply->has_length && !reply->is_chunked;
        download->total = reply->length;
        return save_body(download);
    case 206: /* this and the next only when the rest was asked for */
        return download->file.length > 0 ? save_part(download) : fail_status(download);
    case 416:
        return download->file.length > 0 ? end_part(download) : fail_status(download);
    default:
        return fail_status(download);
    }
}
