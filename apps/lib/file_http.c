/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers of file-server to HTTP requests (RFC 9110, 9112): GET and HEAD of files, whole or in
 * part, and of folders.
 */
#include "file_session.h"

#include "file_index.h"
#include "number.h"
#include "percent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct answer {
    int status;
    const char *type;         /* of the body */
    bool has_file;            /* it is open */
    uint64_t first;           /* which part of it */
    uint64_t length;          /* of the body */
    struct file_index *index; /* the body is this folder's page; or NULL */
    const char *remark;       /* behind the status in a body of text, or "" */
};

/* "404 Not Found" */
static const char *status_text(int status)
{
    static const char *const texts[] = {
        "200 OK",
        "206 Partial Content",
        "301 Moved Permanently",
        "304 Not Modified",
        "400 Bad Request",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "414 URI Too Long",
        "416 Range Not Satisfiable",
        "431 Request Header Fields Too Large",
        "503 Service Unavailable",
        "505 HTTP Version Not Supported",
    };
    size_t i = 0;

    while (strtol(texts[i], NULL, 10) != status)
        i++;
    return texts[i];
}

/* Reads the rest of the head. *status becomes that of the answer that refuses it, or 0. False at
 * the end of the session. */
static bool read_fields(struct file_session *session, int *status)
{
    struct http_line *line = &session->line;
    struct http_request *request = &session->request;

    *status = http_request_line(request, line->bytes, line->length, line->cut);
    while (*status == 0) {
        if (!file_session_line(session, false))
            return false;
        if (session->head > HTTP_REQUEST_HEAD_MOST) {
            *status = 431;
        } else if (line->length == 0) {
            *status = http_request_end(request);
            break;
        } else {
            *status = http_request_field(request, line->bytes, line->length, line->cut);
        }
    }
    /* Where the next request begins is not known then. */
    if (*status != 0)
        request->keep_alive = false;
    return true;
}

/* Whether the client has this state of the file already (RFC 9110, 13.1.2: weak or not). */
static bool is_known(const struct http_request *request, const struct served_file *file)
{
    const char *tag = request->if_none_match;

    if (strncmp(tag, "W/", 2) == 0)
        tag += 2;
    return strcmp(tag, "*") == 0 || served_file_has_tag(file, tag);
}

/* What the file's state and the request's fields make of an open file. */
static void choose_part(struct file_session *session, struct answer *answer)
{
    const struct http_request *request = &session->request;
    const struct served_file *file = &session->file;
    static const struct http_range whole = {.kind = RANGE_NONE};
    bool is_get = strcmp(request->method, "GET") == 0;
    bool is_same = !request->has_if_range || served_file_has_tag(file, request->if_range);

    answer->has_file = true;
    if (is_known(request, file)) {
        answer->status = 304;
        return;
    }
    answer->status = 200;
    switch (http_range_apply(is_get && is_same ? &request->range : &whole, file->size,
                             &answer->first, &answer->length)) {
    case RANGE_PART:
        answer->status = 206;
        if (lseek(file->fd, (off_t)answer->first, SEEK_SET) < 0)
            answer->status = 503;
        break;
    case RANGE_OUTSIDE:
        answer->status = 416;
        break;
    default:
        break;
    }
}

/* The folder's own page, where somebody has written one. */
static bool open_written_page(struct file_session *session)
{
    static const char page[] = "index.html";
    char *name = session->request.name;
    size_t length = strlen(name);

    if (length + sizeof page - 1 > FILE_NAME_MOST)
        return false;
    memcpy(name + length, page, sizeof page);
    bool is_open = served_file_open(&session->file, session->server->root, name) == SERVED_OPEN;
    name[length] = '\0';
    return is_open;
}

static void refuse(struct file_session *session, enum served_result result, struct answer *answer)
{
    switch (result) {
    case SERVED_MISSING:
        answer->status = 404;
        break;
    case SERVED_REFUSED:
        answer->status = 403;
        break;
    default:
        file_session_complain(session, "open", strerror(errno));
        answer->status = 503;
        break;
    }
}

static void look_up_folder(struct file_session *session, struct answer *answer)
{
    const char *name = session->request.name;

    answer->type = "text/html; charset=utf-8";
    if (open_written_page(session)) {
        choose_part(session, answer);
        return;
    }
    enum served_result result = file_index_open(&answer->index, session->server->root, name);
    if (result == SERVED_OPEN) {
        answer->status = 200;
    } else if (result == SERVED_FAILED && errno == ENOTSUP) {
        answer->status = 403;
        answer->remark = ": this system cannot list the folder; its files are there by their names";
    } else {
        refuse(session, result, answer);
    }
}

static void look_up(struct file_session *session, struct answer *answer)
{
    const char *name = session->request.name;
    size_t length = strlen(name);

    answer->type = file_name_type(name);
    if (length == 0 || name[length - 1] == '/') {
        look_up_folder(session, answer);
        return;
    }
    enum served_result result = served_file_open(&session->file, session->server->root, name);
    if (result == SERVED_OPEN)
        choose_part(session, answer);
    else if (result == SERVED_DIRECTORY) /* links in its page are relative to the slash */
        answer->status = length < FILE_NAME_MOST ? 301 : 403;
    else
        refuse(session, result, answer);
}

static bool is_success(const struct answer *answer)
{
    return answer->status < 300;
}

static void field_number(struct draft *head, const char *name, uint64_t value)
{
    draft_text(head, name);
    draft_number(head, value, 10);
}

static void write_content_range(const struct file_session *session, const struct answer *answer,
                                struct draft *head)
{
    draft_text(head, "Content-Range: bytes ");
    if (answer->status == 206) {
        draft_number(head, answer->first, 10);
        field_number(head, "-", answer->first + answer->length - 1);
    } else {
        draft_text(head, "*");
    }
    field_number(head, "/", session->file.size);
    draft_text(head, "\r\n");
}

/* The same name, as a folder's. A name cannot begin with "/", so that this is no other server's. */
static void write_location(const struct http_request *request, struct draft *head)
{
    draft_text(head, "Location: /");
    percent_encode(request->name, head);
    draft_text(head, "/\r\n");
}

static void write_body_fields(const struct http_request *request, const struct answer *answer,
                              struct draft *head)
{
    if (!answer->index) {
        field_number(head, "Content-Length: ", answer->length);
        draft_text(head, "\r\n");
    } else if (!request->is_1_0) {
        draft_text(head, "Transfer-Encoding: chunked\r\n");
    }
    draft_text(head, "Content-Type: ");
    draft_text(head, is_success(answer) ? answer->type : "text/plain");
    draft_text(head, "\r\nX-Content-Type-Options: nosniff\r\n");
}

static void write_head(const struct file_session *session, const struct answer *answer,
                       struct draft *head)
{
    const struct http_request *request = &session->request;

    draft_text(head, "HTTP/1.1 ");
    draft_text(head, status_text(answer->status));
    draft_text(head, "\r\n");
    if (answer->status != 304)
        write_body_fields(request, answer, head);
    if (answer->index)
        draft_text(head, FILE_INDEX_FIELDS);
    else if (is_success(answer))
        draft_text(head, "Accept-Ranges: bytes\r\n");
    if (answer->has_file && answer->status < 400 && served_file_is_dated(&session->file)) {
        draft_text(head, "ETag: ");
        served_file_tag(&session->file, head);
        draft_text(head, "\r\n");
    }
    if (answer->status == 301)
        write_location(request, head);
    if (answer->status == 206 || answer->status == 416)
        write_content_range(session, answer, head);
    if (answer->status == 405)
        draft_text(head, "Allow: GET, HEAD\r\n");
    if (!request->keep_alive)
        draft_text(head, "Connection: close\r\n");
    else if (request->is_1_0)
        draft_text(head, "Connection: keep-alive\r\n");
    draft_text(head, "\r\n");
}

/* "404 Not Found\n" */
static void write_text(const struct answer *answer, struct draft *text)
{
    draft_text(text, status_text(answer->status));
    draft_text(text, answer->remark);
    draft_text(text, "\n");
}

/* Sends head and body; *sent counts the bytes of the body. */
static bool send_answer(struct file_session *session, struct answer *answer, uint64_t *sent)
{
    struct draft out = {.bytes = session->work, .size = sizeof session->work};
    bool has_body = strcmp(session->request.method, "HEAD") != 0 && answer->status != 304;

    if (!is_success(answer)) {
        write_text(answer, &out);
        answer->length = out.length;
        out.length = 0;
    }
    write_head(session, answer, &out);
    if (has_body && answer->index)
        return file_index_send(answer->index, session, out.length, sent);
    if (has_body && is_success(answer))
        return file_session_send_file(session, out.length, answer->length, sent);
    if (has_body)
        write_text(answer, &out);
    *sent = has_body ? answer->length : 0;
    return file_session_send(session, out.length);
}

static void tell(struct file_session *session, int status, uint64_t sent)
{
    const struct http_request *request = &session->request;

    file_session_event(session, request->method[0] ? request->method : "?", request->name,
                       strlen(request->name));
    printf("%d, ", status);
    number_print(stdout, sent);
    puts(" bytes");
    clients_end_line(session->client->clients);
}

bool http_answer(struct file_session *session)
{
    struct http_request *request = &session->request;
    struct answer answer = {.remark = ""};
    uint64_t sent = 0;

    if (!read_fields(session, &answer.status))
        return false;
    if (answer.status == 0) {
        if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
            look_up(session, &answer);
        else
            answer.status = 405;
    }
    /* Without chunks the end of the page is that of the connection. */
    if (answer.index && request->is_1_0)
        request->keep_alive = false;
    bool goes_on = send_answer(session, &answer, &sent);
    if (answer.has_file)
        close(session->file.fd);
    if (answer.index)
        file_index_close(answer.index);
    tell(session, answer.status, sent);
    if (goes_on)
        session->end = SESSION_DONE;
    return goes_on && request->keep_alive;
}
