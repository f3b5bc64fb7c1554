/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A folder that a client asked for.
 *
 * It is found as a file is (served_file.c) and opened without following a link; its entries are
 * looked at in the open directory, so that nobody can put another one in its place meanwhile. Only
 * where a symbolic link leads is asked by its path.
 */
#include "served_folder.h"

#include "beneath.h"
#include "file_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum served_result served_folder_open(struct served_folder *folder, const char *root,
                                      const char *name)
{
    char *real;
    enum served_result result = served_path_resolve(root, name, &real);

    if (result != SERVED_DIRECTORY) {
        int error = errno;
        free(real);
        errno = error;
        return result == SERVED_OPEN ? SERVED_MISSING : result;
    }
    *folder = (struct served_folder){.root = root};
    folder->directory = beneath_open_directory(root, real);
    int error = errno;
    free(real);
    if (!folder->directory) {
        errno = error;
        return error == EACCES || error == EPERM ? SERVED_REFUSED : SERVED_FAILED;
    }
    folder->path = served_path(root, name, FILE_NAME_MOST);
    if (!folder->path) {
        closedir(folder->directory);
        errno = ENOMEM;
        return SERVED_FAILED;
    }
    folder->base = strlen(folder->path);
    folder->below = folder->base - strlen(name);
    return SERVED_OPEN;
}

/* Makes folder->path that of the entry. False when no request can have its name. */
static bool name_entry(struct served_folder *folder, const char *name)
{
    size_t length = strlen(name);

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || length > FILE_NAME_MOST)
        return false;
    memcpy(folder->path + folder->base, name, length + 1);
    return file_name_is_allowed(folder->path + folder->below,
                                folder->base - folder->below + length);
}

/* What is behind the entry in folder->path. False when it would not be served. */
static bool look_behind(const struct served_folder *folder, const char *name, struct stat *state)
{
    char *real;

    if (beneath_look(folder->directory, folder->path, name, state) < 0)
        return false;
    if (S_ISLNK(state->st_mode)) {
        served_path_resolve(folder->root, folder->path + folder->below, &real);
        bool is_there = real && lstat(real, state) == 0;
        free(real);
        if (!is_there)
            return false;
    }
    return S_ISREG(state->st_mode) || S_ISDIR(state->st_mode);
}

/* A link to a folder ends in a slash, and that is a request as well. */
static bool has_room_for_slash(const struct served_folder *folder)
{
    return strlen(folder->path + folder->below) < FILE_NAME_MOST;
}

const char *served_folder_next(struct served_folder *folder, bool *is_folder)
{
    const struct dirent *entry;
    struct stat state;

    for (;;) {
        errno = 0;
        entry = readdir(folder->directory);
        if (!entry)
            break;
        if (!name_entry(folder, entry->d_name) || !look_behind(folder, entry->d_name, &state))
            continue;
        *is_folder = S_ISDIR(state.st_mode);
        if ((!*is_folder || has_room_for_slash(folder)) && access(folder->path, R_OK) == 0)
            return entry->d_name;
    }
    folder->error = errno;
    return NULL;
}

void served_folder_rewind(struct served_folder *folder)
{
    rewinddir(folder->directory);
}

bool served_folder_size(struct served_folder *folder, const char *name, uint64_t *size)
{
    struct stat state;

    if (!name_entry(folder, name) || !look_behind(folder, name, &state))
        return false;
    *size = (uint64_t)state.st_size;
    return S_ISREG(state.st_mode);
}

void served_folder_close(struct served_folder *folder)
{
    closedir(folder->directory);
    free(folder->path);
}
