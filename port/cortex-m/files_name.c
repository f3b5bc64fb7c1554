/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls on names of files, and the trees that names lead to. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "board.h"
#include "files.h"
#include "files_internal.h"
#include "hostfs.h"
#include "ramfs.h"
#include "romfs.h"

/* Of a FILE: newlib's stdio asks for buffers of st_blksize. */
#define FILE_BUFFER (BOARD_RAM_FILES < 65536 ? 128 : 512)
#define BLOCK_UNIT 512 /* of st_blocks */
#define ROOT_DEVICE 1

static uint8_t ram[BOARD_RAM_FILES] __attribute__((aligned(4)));
static char found[PATH_MAX]; /* absolute; one call at a time */

static int look_in_root(const char *name, struct tree_facts *facts)
{
    (void)name;
    (void)facts;
    return -ENOENT; /* the trees that are there are found before */
}

static int open_in_root(const char *name, int flags, uint32_t *handle)
{
    (void)name;
    *handle = 0;
    return (flags & O_CREAT) != 0 ? -EROFS : -ENOENT;
}

static int list_root(const char *directory, uint32_t *cursor, const char **entry, uint16_t *inode)
{
    const struct tree *tree;

    (void)directory;
    do {
        (*cursor)++;
        tree = files_tree(ROOT_DEVICE + *cursor);
    } while (tree != NULL && !files_is_there(tree));
    if (tree == NULL) {
        (*cursor)--;
        return 0;
    }
    *entry = tree->name;
    *inode = TREE_ROOT_INODE;
    return 1;
}

static const struct tree root_tree = {
    .name = "",
    .mode = S_IFDIR | 0555,
    .name_max = NAME_MAX,
    .look = look_in_root,
    .acquire = open_in_root,
    .list = list_root,
};

static const struct tree ramfs_tree = {
    .name = "ram",
    .mode = S_IFDIR | 0755,
    .name_max = RAMFS_NAME_MAX,
    .look = ramfs_look,
    .acquire = ramfs_open,
    .release = ramfs_close,
    .facts = ramfs_facts,
    .read_at = ramfs_read,
    .write_at = ramfs_write,
    .truncate = ramfs_truncate,
    .remove = ramfs_remove,
    .rename = ramfs_rename,
    .list = ramfs_list,
};

static const struct tree *const trees[] = {&root_tree, &romfs_tree, &ramfs_tree, &hostfs_tree};

const struct tree *files_tree(unsigned device)
{
    return device - 1 < sizeof trees / sizeof trees[0] ? trees[device - 1] : NULL;
}

bool files_is_there(const struct tree *tree)
{
    return tree->is_there == NULL || tree->is_there();
}

void files_init(void)
{
    ramfs_init(ram, sizeof ram);
}

void files_ram_usage(size_t *size, size_t *left)
{
    files_enter();
    *size = ramfs_size();
    *left = ramfs_free();
    files_leave();
}

/* A file is no directory: names below it are none. */
static int refuse_below(const struct tree *tree, char *name)
{
    char *slash = strchr(name, '/');
    struct tree_facts facts;
    int result = 0;

    if (!tree->subdirectories && slash != NULL) {
        *slash = '\0';
        result = tree->look(name, &facts);
        return result == 0 ? -ENOTDIR : result;
    }
    for (char *part = name; part != NULL; part = slash != NULL ? slash + 1 : NULL) {
        slash = strchr(part, '/');
        if ((slash != NULL ? (size_t)(slash - part) : strlen(part)) > tree->name_max) {
            return -ENAMETOOLONG;
        }
    }
    return result;
}

/* What remains of an absolute name that lies in the tree; NULL when it does not. */
static char *rest_in(const struct tree *tree, char *absolute)
{
    size_t length = strlen(tree->name);
    char *rest = &absolute[1 + length];

    if (!files_is_there(tree) || strncmp(&absolute[1], tree->name, length) != 0) {
        return NULL;
    }
    if (*rest == '/') {
        return rest + 1;
    }
    return *rest == '\0' ? rest : NULL;
}

int files_find(const char *path, struct place *place)
{
    char *name = NULL;
    int result = path_resolve(path, found, sizeof found, &place->directory);

    if (result != 0) {
        return result;
    }
    for (unsigned device = ROOT_DEVICE + 1; name == NULL; device++) {
        place->device = (uint8_t)(files_tree(device) != NULL ? device : ROOT_DEVICE);
        place->tree = files_tree(place->device);
        name = place->device != ROOT_DEVICE ? rest_in(place->tree, found) : &found[1];
    }
    place->name = name;
    return refuse_below(place->tree, name);
}

struct tree_facts files_directory(const struct tree *tree, uint16_t inode)
{
    return (struct tree_facts){.mode = tree->mode, .inode = inode, .links = 1};
}

int files_look(const struct place *place, struct tree_facts *facts)
{
    int result;

    if (place->name[0] == '\0') {
        *facts = files_directory(place->tree, TREE_ROOT_INODE);
        return 0;
    }
    result = place->tree->look(place->name, facts);
    return result == 0 && place->directory && !S_ISDIR(facts->mode) ? -ENOTDIR : result;
}

/* The same for a name as the program has it. */
static int look(const char *path, struct place *place, struct tree_facts *facts)
{
    int result = files_find(path, place);

    return result == 0 ? files_look(place, facts) : result;
}

void files_to_stat(unsigned device, const struct tree_facts *facts, struct stat *st)
{
    *st = (struct stat){
        .st_dev = (dev_t)device,
        .st_ino = facts->inode,
        .st_mode = facts->mode,
        .st_nlink = facts->links,
        .st_size = (off_t)facts->size,
        .st_blksize = FILE_BUFFER,
        .st_blocks = (blkcnt_t)((facts->size + BLOCK_UNIT - 1) / BLOCK_UNIT),
    };
    st->st_atime = st->st_mtime = st->st_ctime = (time_t)facts->mtime;
}

int files_stat(const char *path, struct stat *st)
{
    struct tree_facts facts;
    struct place place;
    int result;

    files_enter();
    result = look(path, &place, &facts);
    if (result == 0) {
        files_to_stat(place.device, &facts, st);
    }
    return files_result(result);
}

/* What stat() does, for /host too: the host follows its links. */
int lstat(const char *restrict path, struct stat *restrict st)
{
    return files_stat(path, st);
}

static int remove_place(const struct place *place)
{
    struct tree_facts facts;

    if (place->name[0] == '\0') {
        return -EISDIR;
    }
    if (place->directory) {
        int result = files_look(place, &facts);

        return result == 0 ? -EISDIR : result;
    }
    return place->tree->remove != NULL ? place->tree->remove(place->name) : -EROFS;
}

int files_unlink(const char *path)
{
    struct place place;
    int result;

    files_enter();
    result = files_find(path, &place);
    return files_result(result == 0 ? remove_place(&place) : result);
}

/* `new` is the name in the tree that the place `to` is of. Lock held. */
static int rename_places(const struct place *from, const struct place *to, const char *new)
{
    struct tree_facts facts;

    if (from->name[0] == '\0' || new[0] == '\0') {
        return from->tree == to->tree || from->name[0] == '\0' ? -EBUSY : -EXDEV;
    }
    if (from->tree != to->tree) {
        return -EXDEV;
    }
    if (from->directory || to->directory) {
        int result = files_look(from, &facts);

        if (result != 0 || !S_ISDIR(facts.mode)) {
            return result != 0 ? result : -ENOTDIR;
        }
    }
    return from->tree->rename != NULL ? from->tree->rename(from->name, new) : -EROFS;
}

/* Between names of one tree; of directories, too, on /host. ENOMEM: the second name is kept on the
 * heap meanwhile. */
int rename(const char *old, const char *new)
{
    struct place from, to;
    char *kept = NULL;
    int result;

    files_enter();
    result = files_find(new, &to);
    if (result == 0) {
        kept = strdup(to.name);
        result = kept != NULL ? files_find(old, &from) : -ENOMEM;
    }
    if (result == 0) {
        result = rename_places(&from, &to, kept);
    }
    free(kept);
    return files_result(result);
}

/* There are no directories to make: EEXIST, EROFS or EPERM. */
int mkdir(const char *path, mode_t mode)
{
    struct tree_facts facts;
    struct place place;
    int result;

    (void)mode;
    files_enter();
    result = files_find(path, &place);
    if (result == 0) {
        place.directory = false;
        result = files_look(&place, &facts) == 0 ? -EEXIST
                 : place.tree->write_at != NULL  ? -EPERM
                                                 : -EROFS;
    }
    return files_result(result);
}

int access(const char *path, int mode)
{
    struct tree_facts facts;
    struct place place;
    int result;

    files_enter();
    result = look(path, &place, &facts);
    if (result == 0 && (mode & W_OK) != 0) {
        result = place.tree->write_at == NULL ? -EROFS : (facts.mode & S_IWUSR) == 0 ? -EACCES : 0;
    }
    if (result == 0 && (mode & X_OK) != 0) {
        result = (facts.mode & S_IXUSR) == 0 ? -EACCES : 0;
    }
    return files_result(result);
}

/* `resolved` (PATH_MAX bytes) may be NULL: the caller frees what is returned. */
char *realpath(const char *restrict path, char *restrict resolved)
{
    struct tree_facts facts;
    struct place place;
    char *name = NULL;
    int result;

    files_enter();
    result = look(path, &place, &facts);
    if (result == 0) {
        name = resolved != NULL ? resolved : malloc(strlen(found) + 1);
        result = name != NULL ? 0 : -ENOMEM;
    }
    if (result == 0) {
        memcpy(name, found, strlen(found) + 1);
    }
    (void)files_result(result);
    return name;
}

char *getcwd(char *buffer, size_t size)
{
    static const char directory[] = PATH_WORKING_DIRECTORY;

    if (buffer == NULL) {
        return strdup(directory);
    }
    if (size < sizeof directory) {
        errno = size == 0 ? EINVAL : ERANGE;
        return NULL;
    }
    return memcpy(buffer, directory, sizeof directory);
}
