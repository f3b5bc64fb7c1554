/* SPDX-License-Identifier: BSD-3-Clause */
/* Completion of commands and names of files, see complete.h. */
#include "complete.h"
#include <string.h>
#include "builtins.h"
#include "console.h"
#include "files_internal.h"
#include "job.h"
#include "line_edit.h"

#define WIDTH 16 /* of a name in the list */
#define COLUMNS 4

/* What could stand at the cursor. */
struct choice {
    bool is_command;
    const struct tree *tree; /* whose top is listed */
    const char *typed;       /* what is there of the name, `length` bytes */
    size_t length;
};

static char folder[64]; /* in which the file is; longer ones are not completed */

/* The next that fits after *cursor, which begins with 0; NULL at the end. Files locked. */
static const char *next(const struct choice *choice, uint32_t *cursor)
{
    const char *name;
    uint16_t inode;

    for (;;) {
        if (!choice->is_command) {
            if (choice->tree->list("", cursor, &name, &inode) <= 0) {
                return NULL;
            }
        } else if (*cursor < builtins_count) {
            name = builtins[(*cursor)++].name;
        } else if (*cursor < builtins_count + apps_count) {
            name = apps[(*cursor)++ - builtins_count].name;
        } else {
            return NULL;
        }
        if (strncmp(name, choice->typed, choice->length) == 0) {
            return name;
        }
    }
}

/* Where the word at the cursor begins. */
static const char *word_of(const struct line_edit *e)
{
    const char *word = e->text + e->cursor;

    while (word > e->text && word[-1] != ' ') {
        word--;
    }
    return word;
}

/* Finds the tree that the word's folder names. False when it cannot be listed. Files locked. */
static bool find_tree(struct choice *choice, const char *word)
{
    const char *slash = word + choice->length;
    struct tree_facts facts;
    struct place place;
    size_t length;

    while (slash > word && slash[-1] != '/') {
        slash--;
    }
    length = (size_t)(slash - word);
    choice->typed = slash;
    choice->length -= length;
    if (length >= sizeof folder) {
        return false;
    }
    memcpy(folder, word, length);
    folder[length] = '\0';
    if (files_find(length > 0 ? folder : PATH_WORKING_DIRECTORY, &place) != 0 ||
        files_look(&place, &facts) != 0 || place.name[0] != '\0' || place.tree->list == NULL) {
        return false;
    }
    choice->tree = place.tree;
    return true;
}

static bool find(const struct line_edit *e, struct choice *choice)
{
    const char *word = word_of(e);

    const char *first = e->text;

    *choice = (struct choice){.typed = word, .length = (size_t)(e->text + e->cursor - word)};
    while (first < word && *first == ' ') {
        first++;
    }
    choice->is_command = first == word;
    return choice->is_command || find_tree(choice, word);
}

/* How many bytes all that fit have in common, whole characters; *one is the first of them. */
static size_t common(const struct choice *choice, const char **one, unsigned *count)
{
    uint32_t cursor = 0;
    const char *name;
    size_t length = 0;

    *count = 0;
    while ((name = next(choice, &cursor)) != NULL) {
        size_t same = 0;

        if ((*count)++ == 0) {
            *one = name;
            length = strlen(name);
            continue;
        }
        while (same < length && name[same] == (*one)[same]) {
            same++;
        }
        length = same;
    }
    while (length > 0 && *count > 1 && ((uint8_t)(*one)[length] & 0xc0) == 0x80) {
        length--;
    }
    return length;
}

static void list(const struct choice *choice, struct line_edit *e)
{
    uint32_t cursor = 0;
    const char *name;
    unsigned count = 0;

    e->write("\n", 1);
    while ((name = next(choice, &cursor)) != NULL) {
        console_printf("%-*s%s", WIDTH, name, ++count % COLUMNS == 0 ? "\n" : " ");
    }
    if (count % COLUMNS != 0) {
        e->write("\n", 1);
    }
    line_edit_draw(e);
}

/* Names with what the shell would take apart are put in as they are up to there. */
static size_t plain(const char *text, size_t length)
{
    size_t plain = strcspn(text, " \t'\"\\");

    return plain < length ? plain : length;
}

static void complete_choice(const struct choice *choice, struct line_edit *e)
{
    const char *one = NULL;
    unsigned count;
    size_t length = common(choice, &one, &count), more;
    bool is_root = choice->tree == files_tree(1);

    if (count == 0) {
        e->write("\a", 1);
        return;
    }
    more = length - choice->length;
    if (more > 0) {
        size_t fits = plain(one + choice->length, more);

        if (!line_edit_insert(e, one + choice->length, fits) || fits < more) {
            return;
        }
    }
    if (count == 1) {
        (void)line_edit_insert(e, is_root ? "/" : " ", 1);
    } else if (more == 0 && e->tabs > 1) {
        list(choice, e);
    } else if (more == 0) {
        e->write("\a", 1);
    }
}

void complete(struct line_edit *e)
{
    struct choice choice;

    files_enter();
    if (find(e, &choice)) {
        complete_choice(&choice, e);
    }
    files_leave();
}
