/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page that lists a folder.
 *
 * It is sorted in memory of a fixed size, however many names there are: the folder is read once
 * more for each ROOM bytes of names, and each time those are kept that come next. A name that
 * appears or goes meanwhile is in the page or not; none comes twice.
 *
 * Names are whatever the folder's owner, or who may write into it, has made of them. As text each
 * character of them that means something in HTML is a reference, and what is no valid UTF-8 or
 * turns the direction of text is U+FFFD; in links all but letters, digits and "-._~" is
 * percent-encoded, so that no name can end an attribute, name a scheme or begin a query.
 */
#include "file_index.h"

#include "file_body.h"
#include "file_name.h"
#include "percent.h"
#include "served_folder.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What tells folders from files, before their names; folders come first. */
#define FOLDER 'd'
#define PLAIN 'f'

/* A kind, a name and a NUL. */
#define RECORD_MOST (FILE_NAME_MOST + 2)
#define ROOM (BUFSIZ / 2 > RECORD_MOST ? BUFSIZ / 2 : RECORD_MOST)

struct file_index {
    struct served_folder folder;
    const char *name; /* of the folder */
    unsigned long folders, files;
    uint64_t bytes; /* of all files */
    /* Records that come next, one behind the other and in order. */
    size_t length;
    char records[ROOM];
    char last[RECORD_MOST];  /* the one that is in the page already, or "" */
    char limit[RECORD_MOST]; /* the first one that found no room, or "" */
    char record[RECORD_MOST];
};

/* --- Which names come next --- */

/* Where the last of the records begins. */
static size_t last_record(const struct file_index *index)
{
    size_t at = index->length - 1;

    while (at > 0 && index->records[at - 1])
        at--;
    return at;
}

static void set_limit(struct file_index *index, const char *record)
{
    memcpy(index->limit, record, strlen(record) + 1);
}

/* Keeps a record, if it is among those that come next. */
static void keep(struct file_index *index, const char *record)
{
    size_t at = 0, size = strlen(record) + 1;

    if (strcmp(record, index->last) <= 0 || (index->limit[0] && strcmp(record, index->limit) >= 0))
        return;
    while (at < index->length && strcmp(index->records + at, record) < 0)
        at += strlen(index->records + at) + 1;
    while (index->length > at && index->length + size > ROOM) {
        index->length = last_record(index);
        set_limit(index, index->records + index->length);
    }
    if (index->length + size > ROOM) {
        set_limit(index, record);
        return;
    }
    memmove(index->records + at + size, index->records + at, index->length - at);
    memcpy(index->records + at, record, size);
    index->length += size;
}

/* Reads the folder for those behind index->last. */
static void collect(struct file_index *index)
{
    char *record = index->record;
    const char *name;
    bool is_folder;

    index->length = 0;
    index->limit[0] = '\0';
    served_folder_rewind(&index->folder);
    while ((name = served_folder_next(&index->folder, &is_folder)) != NULL) {
        record[0] = is_folder ? FOLDER : PLAIN;
        memcpy(record + 1, name, strlen(name) + 1);
        keep(index, record);
    }
}

/* --- The page --- */

static const char page_begin[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n"
    "<style>\n"
    ":root{color-scheme:light dark;--link:#0a58b5}\n"
    "@media(prefers-color-scheme:dark){:root{--link:#86bcff}}\n"
    "body{max-width:44rem;margin:0 auto;padding:1.5rem 1rem;font:1rem/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.3rem;overflow-wrap:anywhere}\n"
    "ul{padding:0;border:1px solid #8886;border-radius:.6rem;overflow:hidden}\n"
    "li{display:flex}li+li{border-top:1px solid #8883}\n"
    "a{flex:1;display:flex;align-items:baseline;gap:1rem;padding:.6rem 1rem;text-decoration:none;"
    "color:inherit}\n"
    "a:hover,a:focus-visible{background:#8882}\n"
    "b{flex:1;font-weight:400;overflow-wrap:anywhere;color:var(--link)}\n"
    ".d b{font-weight:600}\n"
    "small,p{opacity:.75;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "p{font-size:.9rem;padding:0 1rem}\n"
    "</style>\n"
    "<title>Files in /";

/* A character that means something in HTML. */
static bool is_markup(uint32_t code)
{
    return code < 0x80 && strchr("<>&\"'", (int)code);
}

/* A name, as text. */
static void put_text(struct file_body *body, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code;
        size_t n = text_utf8_character(text, left, &code);
        if (n == 0 || !text_is_shown(code)) {
            file_body_text(body, "\xef\xbf\xbd"); /* U+FFFD */
        } else if (is_markup(code)) {
            file_body_text(body, "&#");
            file_body_number(body, code);
            file_body_text(body, ";");
        } else {
            file_body_bytes(body, text, n);
        }
        n = n ? n : 1;
        text += n;
        left -= n;
    }
}

/* The same in a link. */
static void put_link(struct file_body *body, const char *name)
{
    char bytes[4], one[2] = "";

    for (; *name; name++) {
        struct draft encoded = {.bytes = bytes, .size = sizeof bytes};
        one[0] = *name;
        percent_encode(one, &encoded);
        file_body_bytes(body, encoded.bytes, encoded.length);
    }
}

/* "1.2 MB": never more than it is. */
static void put_size(struct file_body *body, uint64_t bytes)
{
    static const char *const units[] = {" B", " KB", " MB", " GB", " TB", " PB", " EB"};
    size_t unit = 0;
    unsigned tenth = 0;

    for (; bytes >= 1000; unit++) {
        tenth = (unsigned)(bytes % 1000 / 100);
        bytes /= 1000;
    }
    file_body_number(body, bytes);
    if (unit > 0 && bytes < 100) {
        file_body_text(body, ".");
        file_body_number(body, tenth);
    }
    file_body_text(body, units[unit]);
}

static void put_count(struct file_body *body, uint64_t count, const char *what)
{
    file_body_number(body, count);
    file_body_text(body, what);
    file_body_text(body, count == 1 ? "" : "s");
}

static void put_folder(struct file_index *index, struct file_body *body, const char *name)
{
    file_body_text(body, "<li class=\"d\"><a href=\"");
    put_link(body, name);
    file_body_text(body, "/\"><b>");
    put_text(body, name);
    file_body_text(body, "/</b></a>\n");
    index->folders++;
}

static void put_file(struct file_index *index, struct file_body *body, const char *name)
{
    uint64_t bytes;

    if (!served_folder_size(&index->folder, name, &bytes))
        return; /* it has gone */
    file_body_text(body, "<li><a href=\"");
    put_link(body, name);
    file_body_text(body, "\"><b>");
    put_text(body, name);
    file_body_text(body, "</b><small title=\"");
    put_count(body, bytes, " byte");
    file_body_text(body, "\">");
    put_size(body, bytes);
    file_body_text(body, "</small></a>\n");
    index->files++;
    index->bytes += bytes;
}

/* Rows for the records; the last one becomes index->last. */
static void put_records(struct file_index *index, struct file_body *body)
{
    const char *record = index->records, *end = record + index->length;
    size_t size;

    for (; record < end && !body->has_failed; record += size) {
        size = strlen(record) + 1;
        if (record[0] == FOLDER)
            put_folder(index, body, record + 1);
        else
            put_file(index, body, record + 1);
        memcpy(index->last, record, size);
    }
}

static void put_begin(const struct file_index *index, struct file_body *body)
{
    file_body_text(body, page_begin);
    put_text(body, index->name);
    file_body_text(body, "</title></head>\n<body><h1>Files in /");
    put_text(body, index->name);
    file_body_text(body, "</h1>\n<ul>\n");
    if (index->name[0])
        file_body_text(body, "<li class=\"d\"><a href=\"../\"><b>../</b></a>\n");
}

static void put_end(const struct file_index *index, struct file_body *body)
{
    file_body_text(body, "</ul>\n<p>");
    put_count(body, index->folders, " folder");
    file_body_text(body, ", ");
    put_count(body, index->files, " file");
    file_body_text(body, ", ");
    put_size(body, index->bytes);
    file_body_text(body, "</p>\n</body></html>\n");
}

enum served_result file_index_open(struct file_index **index, const char *root, const char *name)
{
    *index = malloc(sizeof **index);
    if (!*index)
        return SERVED_FAILED;
    (*index)->name = name;
    (*index)->folders = (*index)->files = 0;
    (*index)->bytes = 0;
    (*index)->last[0] = '\0';
    enum served_result result = served_folder_open(&(*index)->folder, root, name);
    if (result != SERVED_OPEN) {
        int error = errno;
        free(*index);
        *index = NULL;
        errno = error;
    }
    return result;
}

bool file_index_send(struct file_index *index, struct file_session *session, size_t head,
                     uint64_t *sent)
{
    struct file_body body;

    file_body_begin(&body, session, head);
    put_begin(index, &body);
    do {
        collect(index);
        put_records(index, &body);
    } while (index->limit[0] && !body.has_failed);
    if (index->folder.error) {
        /* Without its end, so that nobody takes it for all. */
        file_session_complain(session, "readdir", strerror(index->folder.error));
        session->end = SESSION_DONE;
        body.has_failed = true;
    }
    put_end(index, &body);
    *sent = body.sent;
    return file_body_end(&body);
}

void file_index_close(struct file_index *index)
{
    served_folder_close(&index->folder);
    free(index);
}
