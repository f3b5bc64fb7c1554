/* SPDX-License-Identifier: BSD-3-Clause */
/* <dirent.h>: a directory that is read is a block of the heap with a place in it, so that it needs
 * no descriptor and ends with the job. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "files_internal.h"

struct directory {
    const struct tree *tree;
    uint32_t cursor;
    struct dirent entry;
};

/* What can be listed, at `path`. Lock held. */
static int find(const char *path, const struct tree **tree)
{
    struct tree_facts facts;
    struct place place;
    int result = files_find(path, &place);

    if (result == 0) {
        result = files_look(&place, &facts);
    }
    if (result != 0) {
        return result;
    }
    if (!S_ISDIR(facts.mode)) {
        return -ENOTDIR;
    }
    *tree = place.tree;
    return place.tree->list != NULL ? 0 : -ENOTSUP;
}

DIR *opendir(const char *path)
{
    DIR *directory = calloc(1, sizeof *directory);
    int result;

    if (directory == NULL) {
        return NULL;
    }
    files_enter();
    result = find(path, &directory->tree);
    if (files_result(result) != 0) {
        free(directory);
        return NULL;
    }
    return directory;
}

struct dirent *readdir(DIR *directory)
{
    struct dirent *entry = &directory->entry;
    const char *name;
    int more;

    files_enter();
    more = directory->tree->list("", &directory->cursor, &name, &entry->d_ino);
    if (more > 0) {
        memcpy(entry->d_name, name, strlen(name) + 1);
    }
    files_leave();
    return more > 0 ? entry : NULL;
}

void rewinddir(DIR *directory)
{
    directory->cursor = 0;
}

int closedir(DIR *directory)
{
    free(directory);
    return 0;
}
