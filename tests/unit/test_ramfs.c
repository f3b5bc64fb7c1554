/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unit tests of the store behind /ram (port/cortex-m/ramfs.c): by hand, and 300 000 operations by
 * chance beside a model that keeps whole files in plain arrays. RAMFS_SEED=N repeats a run.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include "ramfs.h"

#define SMALL 4096
#define GUARD 0xa5

static uint8_t *memory; /* exactly what was asked for, so that its ends are guarded */
static size_t memory_size;

static void make(size_t size)
{
    free(memory);
    memory_size = size;
    memory = malloc(size + 8);
    memset(memory, GUARD, size + 8); /* what is never written must not show */
    ramfs_init(memory, size);
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = memory_size; i < memory_size + 8; i++) {
        assert_int_equal(memory[i], GUARD);
    }
    free(memory);
    memory = NULL;
    return 0;
}

static uint32_t must_open(const char *name, int flags)
{
    uint32_t handle = 0;

    assert_int_equal(ramfs_open(name, flags, &handle), 0);
    return handle;
}

static uint32_t size_of(const char *name)
{
    struct tree_facts facts;

    assert_int_equal(ramfs_look(name, &facts), 0);
    assert_true(S_ISREG(facts.mode));
    return facts.size;
}

static void put(const char *name, const char *text)
{
    uint32_t handle = must_open(name, O_WRONLY | O_CREAT | O_TRUNC);

    assert_int_equal(ramfs_write(handle, 0, text, strlen(text)), strlen(text));
    ramfs_close(handle);
}

static void check_text(uint32_t handle, const char *text)
{
    char data[256];
    int length = ramfs_read(handle, 0, data, sizeof data);

    assert_int_equal(length, strlen(text));
    assert_memory_equal(data, text, strlen(text));
}

static void check_file(const char *name, const char *text)
{
    uint32_t handle = must_open(name, O_RDONLY);

    check_text(handle, text);
    ramfs_close(handle);
}

static void test_sizes(void **state)
{
    (void)state;
    make(SMALL);
    assert_int_equal(ramfs_block_size(), 64);
    assert_int_equal(ramfs_size(), SMALL / 66 * 64);
    assert_int_equal(ramfs_free(), ramfs_size());
    make(100 * 1024);
    assert_int_equal(ramfs_block_size(), 128);
    make(512 * 1024);
    assert_int_equal(ramfs_block_size(), 512);
    assert_true(ramfs_size() > 512 * 1024 * 99 / 100);
}

static void test_create_and_read(void **state)
{
    uint32_t handle;
    struct tree_facts facts;

    (void)state;
    make(SMALL);
    assert_int_equal(ramfs_look("a", &facts), -ENOENT);
    assert_int_equal(ramfs_open("a", O_RDWR, &handle), -ENOENT);
    put("a", "hello");
    check_file("a", "hello");
    assert_int_equal(ramfs_open("a", O_RDWR | O_CREAT | O_EXCL, &handle), -EEXIST);
    handle = must_open("a", O_RDWR | O_CREAT);
    check_text(handle, "hello");
    ramfs_close(handle);
    handle = must_open("a", O_RDWR | O_TRUNC);
    assert_int_equal(size_of("a"), 0);
    ramfs_close(handle);
    assert_int_equal(ramfs_free(), ramfs_size() - 64);
    assert_int_equal(ramfs_remove("a"), 0);
    assert_int_equal(ramfs_remove("a"), -ENOENT);
    assert_int_equal(ramfs_free(), ramfs_size());
}

static void test_names(void **state)
{
    char name[RAMFS_NAME_MAX + 2];
    struct tree_facts facts;
    uint32_t handle;

    (void)state;
    make(SMALL);
    memset(name, 'n', sizeof name);
    name[RAMFS_NAME_MAX + 1] = '\0';
    assert_int_equal(ramfs_open(name, O_RDWR | O_CREAT, &handle), -ENAMETOOLONG);
    assert_int_equal(ramfs_look(name, &facts), -ENAMETOOLONG);
    assert_int_equal(ramfs_remove(name), -ENAMETOOLONG);
    put("x", "1");
    assert_int_equal(ramfs_rename("x", name), -ENAMETOOLONG);
    assert_int_equal(ramfs_rename(name, "x"), -ENAMETOOLONG);
    check_file("x", "1");
    name[RAMFS_NAME_MAX] = '\0';
    put(name, "long");
    check_file(name, "long");
    assert_int_equal(ramfs_rename(name, "y"), 0);
    check_file("y", "long");
}

static void test_full(void **state)
{
    uint8_t *data = malloc(2 * SMALL);
    uint32_t handle, other;
    int room;

    (void)state;
    make(SMALL);
    memset(data, 'd', 2 * SMALL);
    handle = must_open("full", O_RDWR | O_CREAT);
    room = (int)ramfs_free();
    /* What fits is written first; then nothing is. */
    assert_int_equal(ramfs_write(handle, 0, data, 2 * SMALL), room);
    assert_int_equal(ramfs_free(), 0);
    assert_int_equal(ramfs_write(handle, (uint32_t)room, data, 1), -ENOSPC);
    assert_int_equal(ramfs_open("more", O_RDWR | O_CREAT, &other), -ENOSPC);
    assert_int_equal(ramfs_truncate(handle, (uint32_t)room + 1), -ENOSPC);
    assert_int_equal(ramfs_write(handle, 5, "abc", 3), 3); /* over what is there: always */
    assert_int_equal(size_of("full"), room);
    /* Without an entry a rename works. */
    assert_int_equal(ramfs_rename("full", "new name"), 0);
    assert_int_equal(ramfs_truncate(handle, (uint32_t)room - 64), 0);
    assert_int_equal(ramfs_free(), 64);
    assert_int_equal(ramfs_remove("new name"), 0);
    ramfs_close(handle);
    assert_int_equal(ramfs_free(), ramfs_size());
    free(data);
}

/* As many files as there are blocks. */
static void test_many_files(void **state)
{
    unsigned count = 0;
    uint32_t handle;
    char name[16];
    const char *entry;
    uint32_t cursor = 0;
    uint16_t inode;

    (void)state;
    make(SMALL);
    for (;;) {
        (void)snprintf(name, sizeof name, "file %u", count);
        if (ramfs_open(name, O_RDWR | O_CREAT, &handle) != 0) {
            break;
        }
        ramfs_close(handle);
        count++;
    }
    assert_int_equal(count, ramfs_size() / 64);
    while (ramfs_list("", &cursor, &entry, &inode) > 0) {
        (void)snprintf(name, sizeof name, "file %u", --count);
        assert_int_equal(ramfs_remove(entry), 0); /* while it is listed */
    }
    assert_int_equal(count, 0);
    assert_int_equal(ramfs_free(), ramfs_size());
}

static void test_holes(void **state)
{
    uint8_t data[600];
    uint32_t handle;

    (void)state;
    make(SMALL);
    handle = must_open("hole", O_RDWR | O_CREAT);
    memset(data, 'x', sizeof data);
    assert_int_equal(ramfs_write(handle, 0, data, 300), 300);
    assert_int_equal(ramfs_truncate(handle, 10), 0);
    assert_int_equal(ramfs_write(handle, 500, "end", 3), 3);
    assert_int_equal(ramfs_read(handle, 0, data, sizeof data), 503);
    for (int i = 0; i < 503; i++) {
        assert_int_equal(data[i], i < 10 ? 'x' : i < 500 ? 0 : "end"[i - 500]);
    }
    assert_int_equal(ramfs_truncate(handle, 550), 0);
    assert_int_equal(ramfs_read(handle, 503, data, sizeof data), 47);
    for (int i = 0; i < 47; i++) {
        assert_int_equal(data[i], 0);
    }
    /* A hole for which there is no room leaves all as it is. */
    assert_int_equal(ramfs_write(handle, SMALL, "x", 1), -ENOSPC);
    assert_int_equal(size_of("hole"), 550);
    assert_int_equal(ramfs_write(handle, INT32_MAX - 1, "x", 1), -ENOSPC);
    assert_int_equal(ramfs_read(handle, INT32_MAX - 1, data, 1), 0);
    ramfs_close(handle);
}

static void test_remove_while_open(void **state)
{
    uint32_t a, b, fresh;
    struct tree_facts facts;
    size_t before;

    (void)state;
    make(SMALL);
    put("f", "contents");
    before = ramfs_free();
    a = must_open("f", O_RDWR);
    b = must_open("f", O_RDONLY);
    assert_int_equal(ramfs_remove("f"), 0);
    assert_int_equal(ramfs_look("f", &facts), -ENOENT);
    assert_int_equal(ramfs_free(), before);
    fresh = must_open("f", O_RDWR | O_CREAT);
    assert_int_equal(ramfs_write(fresh, 0, "new", 3), 3);
    check_text(a, "contents");
    assert_int_equal(ramfs_write(a, 8, "!", 1), 1);
    ramfs_close(a);
    check_text(b, "contents!");
    assert_int_equal(ramfs_facts(b, &facts), 0);
    assert_int_equal(facts.links, 0);
    ramfs_close(b);
    assert_int_equal(ramfs_free(), before);
    check_text(fresh, "new");
    ramfs_close(fresh);
}

static void test_rename(void **state)
{
    uint32_t from, to;
    struct tree_facts old, new;

    (void)state;
    make(SMALL);
    assert_int_equal(ramfs_rename("a", "b"), -ENOENT);
    put("a", "a's");
    put("b", "b's");
    from = must_open("a", O_RDWR);
    to = must_open("b", O_RDONLY);
    assert_int_equal(ramfs_look("a", &old), 0);
    assert_int_equal(ramfs_rename("a", "a"), 0);
    assert_int_equal(ramfs_rename("a", "b"), 0);
    assert_int_equal(ramfs_look("a", &new), -ENOENT);
    assert_int_equal(ramfs_look("b", &new), 0);
    assert_int_equal(old.inode, new.inode);
    check_text(to, "b's");
    check_text(from, "a's");
    check_file("b", "a's");
    ramfs_close(to);
    assert_int_equal(ramfs_write(from, 3, "...", 3), 3);
    ramfs_close(from);
    check_file("b", "a's...");
    assert_int_equal(ramfs_free(), ramfs_size() - 2 * 64);
}

/* --- By chance, beside a model --- */

#define FILES 6   /* names */
#define HANDLES 5 /* open at once */
#define MODEL_SIZE 5000
#define OPERATIONS 100000

struct model_file {
    uint8_t data[MODEL_SIZE];
    uint32_t size;
    unsigned opens, links;
};

static struct model {
    struct model_file *names[FILES];
    struct {
        struct model_file *file;
        uint32_t handle;
    } open[HANDLES];
    struct model_file pool[FILES + HANDLES];
} model;

static uint32_t chance;

/* xorshift32 */
static uint32_t pick(uint32_t below)
{
    chance ^= chance << 13;
    chance ^= chance >> 17;
    chance ^= chance << 5;
    return chance % below;
}

static const char *name_of(unsigned i)
{
    static const char *const names[FILES] = {"a", "bb", "c.part", "dddddddddddddddd", "e", "f"};

    return names[i];
}

static size_t blocks_of(const struct model_file *f)
{
    return 1 + (f->size + ramfs_block_size() - 1) / ramfs_block_size();
}

static size_t model_free(void)
{
    size_t blocks = ramfs_size() / ramfs_block_size();

    for (size_t i = 0; i < FILES + HANDLES; i++) {
        if (model.pool[i].links + model.pool[i].opens > 0) {
            blocks -= blocks_of(&model.pool[i]);
        }
    }
    return blocks * ramfs_block_size();
}

/* The most bytes that the file may have. */
static uint32_t model_room(const struct model_file *f)
{
    return (uint32_t)(model_free() + (blocks_of(f) - 1) * ramfs_block_size());
}

static void step_open(void)
{
    unsigned name = pick(FILES), slot = pick(HANDLES);
    int flags = O_RDWR | (pick(2) ? O_CREAT : 0) | (pick(4) ? 0 : O_EXCL) | (pick(4) ? 0 : O_TRUNC);
    struct model_file *f = model.names[name];
    int expected = 0, result;

    if (model.open[slot].file != NULL) {
        return;
    }
    if (f == NULL && (flags & O_CREAT) == 0) {
        expected = -ENOENT;
    } else if (f != NULL && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) {
        expected = -EEXIST;
    } else if (f == NULL && model_free() == 0) {
        expected = -ENOSPC;
    }
    result = ramfs_open(name_of(name), flags, &model.open[slot].handle);
    assert_int_equal(result, expected);
    if (result != 0) {
        return;
    }
    if (f == NULL) {
        for (f = model.pool; f->links + f->opens > 0; f++) {
        }
        f->size = 0;
        f->links = 1;
        model.names[name] = f;
    }
    if ((flags & O_TRUNC) != 0) {
        f->size = 0;
    }
    f->opens++;
    model.open[slot].file = f;
}

static void step_close(void)
{
    unsigned slot = pick(HANDLES);

    if (model.open[slot].file != NULL) {
        ramfs_close(model.open[slot].handle);
        model.open[slot].file->opens--;
        model.open[slot].file = NULL;
    }
}

static void step_write(void)
{
    static uint8_t data[MODEL_SIZE];
    unsigned slot = pick(HANDLES);
    struct model_file *f = model.open[slot].file;
    uint32_t size = 1 + pick(pick(3) ? 300 : 3000), position;
    uint32_t room, fits;
    int result;

    if (f == NULL) {
        return;
    }
    position = pick(3) && f->size < MODEL_SIZE ? pick(f->size + 1) : pick(MODEL_SIZE);
    if (size > MODEL_SIZE - position) {
        size = MODEL_SIZE - position;
    }
    for (uint32_t i = 0; i < size; i++) {
        data[i] = (uint8_t)pick(256);
    }
    room = model_room(f);
    result = ramfs_write(model.open[slot].handle, position, data, size);
    if (position >= room) {
        assert_int_equal(result, -ENOSPC);
        return;
    }
    fits = size < room - position ? size : room - position;
    assert_int_equal(result, fits);
    if (position > f->size) {
        memset(f->data + f->size, 0, position - f->size);
    }
    memcpy(f->data + position, data, fits);
    if (position + fits > f->size) {
        f->size = position + fits;
    }
}

static void step_read(void)
{
    uint8_t data[MODEL_SIZE];
    unsigned slot = pick(HANDLES);
    const struct model_file *f = model.open[slot].file;
    uint32_t size = 1 + pick(1000), position;
    int expected;

    if (f == NULL) {
        return;
    }
    position = pick(f->size + 100);
    expected = position >= f->size         ? 0
               : size < f->size - position ? (int)size
                                           : (int)(f->size - position);
    assert_int_equal(ramfs_read(model.open[slot].handle, position, data, size), expected);
    if (expected > 0) {
        assert_memory_equal(data, f->data + position, (size_t)expected);
    }
}

static void step_truncate(void)
{
    unsigned slot = pick(HANDLES);
    struct model_file *f = model.open[slot].file;
    uint32_t size = pick(MODEL_SIZE);
    int result;

    if (f == NULL) {
        return;
    }
    result = ramfs_truncate(model.open[slot].handle, size);
    assert_int_equal(result, size > (f->size > size ? f->size : model_room(f)) ? -ENOSPC : 0);
    if (result == 0) {
        if (size > f->size) {
            memset(f->data + f->size, 0, size - f->size);
        }
        f->size = size;
    }
}

static void step_remove(void)
{
    unsigned name = pick(FILES);
    struct model_file *f = model.names[name];

    assert_int_equal(ramfs_remove(name_of(name)), f != NULL ? 0 : -ENOENT);
    if (f != NULL) {
        f->links = 0;
        model.names[name] = NULL;
    }
}

static void step_rename(void)
{
    unsigned from = pick(FILES), to = pick(FILES);
    struct model_file *f = model.names[from];

    assert_int_equal(ramfs_rename(name_of(from), name_of(to)), f != NULL ? 0 : -ENOENT);
    if (f != NULL && from != to) {
        if (model.names[to] != NULL) {
            model.names[to]->links = 0;
        }
        model.names[to] = f;
        model.names[from] = NULL;
    }
}

static void check_facts(void)
{
    unsigned slot = pick(HANDLES), listed = 0, there = 0;
    struct tree_facts facts;
    uint32_t cursor = 0;
    const char *entry;
    uint16_t inode;

    assert_int_equal(ramfs_free(), model_free());
    for (unsigned i = 0; i < FILES; i++) {
        there += model.names[i] != NULL;
        assert_int_equal(ramfs_look(name_of(i), &facts), model.names[i] != NULL ? 0 : -ENOENT);
        if (model.names[i] != NULL) {
            assert_int_equal(facts.size, model.names[i]->size);
        }
    }
    while (ramfs_list("", &cursor, &entry, &inode) > 0) {
        assert_int_equal(ramfs_look(entry, &facts), 0);
        assert_int_equal(facts.inode, inode);
        listed++;
    }
    assert_int_equal(listed, there);
    if (model.open[slot].file != NULL) {
        assert_int_equal(ramfs_facts(model.open[slot].handle, &facts), 0);
        assert_int_equal(facts.size, model.open[slot].file->size);
        assert_int_equal(facts.links, model.open[slot].file->links);
    }
}

static void run_by_chance(size_t size, uint32_t seed)
{
    static void (*const steps[])(void) = {
        step_open,  step_open, step_close,    step_write,  step_write,
        step_write, step_read, step_truncate, step_remove, step_rename,
    };

    printf("seed %u, %zu bytes\n", seed, size);
    chance = seed;
    make(size);
    memset(&model, 0, sizeof model);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        steps[pick(sizeof steps / sizeof steps[0])]();
        check_facts();
    }
    for (unsigned i = 0; i < HANDLES; i++) {
        if (model.open[i].file != NULL) {
            ramfs_close(model.open[i].handle);
        }
    }
    for (unsigned i = 0; i < FILES; i++) {
        (void)ramfs_remove(name_of(i));
    }
    assert_int_equal(ramfs_free(), ramfs_size());
}

static void test_by_chance(void **state)
{
    const char *given = getenv("RAMFS_SEED");
    uint32_t seed = given != NULL ? (uint32_t)strtoul(given, NULL, 0) : 20240607u;

    (void)state;
    run_by_chance(SMALL, seed);      /* often full */
    run_by_chance(20 * 1024, seed);  /* seldom */
    run_by_chance(100 * 1024, seed); /* never, blocks of 128 bytes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_sizes, tear_down),
        cmocka_unit_test_teardown(test_create_and_read, tear_down),
        cmocka_unit_test_teardown(test_names, tear_down),
        cmocka_unit_test_teardown(test_full, tear_down),
        cmocka_unit_test_teardown(test_many_files, tear_down),
        cmocka_unit_test_teardown(test_holes, tear_down),
        cmocka_unit_test_teardown(test_remove_while_open, tear_down),
        cmocka_unit_test_teardown(test_rename, tear_down),
        cmocka_unit_test_teardown(test_by_chance, tear_down),
    };

    return cmocka_run_group_tests_name("ramfs", tests, NULL, NULL);
}
