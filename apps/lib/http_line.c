/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of HTTP heads.
 */
#include "http_line.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

void http_line_start(struct http_line *line)
{
    line->length = 0;
    line->cut = false;
}

size_t http_line_take(struct http_line *line, const char *bytes, size_t count, bool *complete)
{
    const char *end = memchr(bytes, '\n', count);
    size_t length = end ? (size_t)(end - bytes) : count;
    size_t room = line->size - 1 - line->length;

    /* The CR of the end may come by itself: it is kept until the LF shows what it is. */
    line->cut = line->cut || length > room;
    memcpy(line->bytes + line->length, bytes, length < room ? length : room);
    line->length += length < room ? length : room;
    *complete = end != NULL;
    if (*complete) {
        if (line->length > 0 && line->bytes[line->length - 1] == '\r' && !line->cut)
            line->length--;
        line->bytes[line->length] = '\0';
    }
    return end ? length + 1 : length;
}

bool http_is_token(char character)
{
    return isalnum((unsigned char)character) ||
           (character != '\0' && strchr("!#$%&'*+-.^_`|~", character));
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

bool http_field_split(char *line, size_t length, char **value)
{
    size_t name = 0;

    while (name < length && http_is_token(line[name]))
        name++;
    if (name == 0 || name == length || line[name] != ':')
        return false;
    for (size_t i = name; i < length; i++) {
        if (iscntrl((unsigned char)line[i]) && line[i] != '\t')
            return false;
    }
    while (is_blank(line[length - 1]))
        line[--length] = '\0';
    line[name] = '\0';
    *value = line + name + 1;
    while (is_blank(**value))
        ++*value;
    return true;
}

bool http_is_strong_tag(const char *text)
{
    size_t length = strlen(text);

    if (length < 2 || text[0] != '"' || text[length - 1] != '"')
        return false;
    for (size_t i = 1; i < length - 1; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte <= 0x20 || byte == '"' || byte == 0x7f)
            return false;
    }
    return true;
}

bool http_list_has(const char *list, const char *word)
{
    size_t length = strlen(word);

    while (*list) {
        while (is_blank(*list) || *list == ',')
            list++;
        size_t n = strcspn(list, ",");
        size_t trimmed = n;
        while (trimmed > 0 && is_blank(list[trimmed - 1]))
            trimmed--;
        if (trimmed == length && strncasecmp(list, word, length) == 0)
            return true;
        list += n;
    }
    return false;
}
