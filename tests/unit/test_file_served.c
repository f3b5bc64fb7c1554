/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of apps/lib: files that clients name, in a directory with traps; and files that are
 * received, which have their name only in the end.
 */
#define _GNU_SOURCE /* nftw() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../apps/lib/saved_file.h"
#include "../../apps/lib/served_file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <threads.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct place {
    char top[100], root[120], old[4096];
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Compares what is in the file. */
static void assert_file(const char *path, const char *expected)
{
    char text[100];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static bool is_there(const char *path)
{
    struct stat state;

    return lstat(path, &state) == 0;
}

static int remove_one(const char *path, const struct stat *state, int kind, struct FTW *where)
{
    (void)state;
    (void)kind;
    (void)where;
    return remove(path);
}

/* Each test has a directory of its own, with the served one in it, and works there. */
static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    const char *tmp = getenv("TMPDIR");

    assert_non_null(place);
    assert_non_null(getcwd(place->old, sizeof place->old));
    snprintf(place->top, sizeof place->top, "%s/portside-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(place->top));
    char *real = realpath(place->top, NULL);
    assert_non_null(real);
    assert_true(strlen(real) < sizeof place->top);
    memcpy(place->top, real, strlen(real) + 1);
    free(real);
    snprintf(place->root, sizeof place->root, "%s/served", place->top);
    assert_int_equal(mkdir(place->root, 0777), 0);
    assert_int_equal(chdir(place->root), 0);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    int result = chdir(place->old);

    nftw(place->top, remove_one, 10, FTW_DEPTH | FTW_PHYS);
    free(place);
    return result;
}

static enum served_result try_name(const struct place *place, const char *name)
{
    struct served_file file;
    enum served_result result = served_file_open(&file, place->root, name);

    if (result == SERVED_OPEN)
        assert_int_equal(close(file.fd), 0);
    return result;
}

static void names_in_a_directory_with_traps(void **state)
{
    const struct place *place = *state;
    static const struct {
        const char *name;
        enum served_result result;
    } cases[] = {
        {"file", SERVED_OPEN},           {"sub/file", SERVED_OPEN},
        {"./file", SERVED_OPEN},         {"sub//file", SERVED_OPEN},
        {"inside", SERVED_OPEN},         {"absolute", SERVED_OPEN},
        {"deep/file", SERVED_OPEN},      {"missing", SERVED_MISSING},
        {"sub/missing", SERVED_MISSING}, {"file/x", SERVED_MISSING},
        {"file/", SERVED_MISSING},       {"dangling", SERVED_MISSING},
        {"", SERVED_DIRECTORY},          {".", SERVED_DIRECTORY},
        {"sub", SERVED_DIRECTORY},       {"sub/", SERVED_DIRECTORY},
        {"..", SERVED_REFUSED},          {"../secret", SERVED_REFUSED},
        {"sub/../file", SERVED_REFUSED}, {"/etc/passwd", SERVED_REFUSED},
        {"outside", SERVED_REFUSED},     {"up/secret", SERVED_REFUSED},
        {"twice", SERVED_REFUSED},       {"beside", SERVED_REFUSED},
        {"loop", SERVED_REFUSED},        {"fifo", SERVED_REFUSED},
        {"socket", SERVED_REFUSED},      {"device", SERVED_REFUSED},
    };
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    char absolute[200];

    write_file("file", "x");
    write_file("../secret", "y");
    assert_int_equal(mkdir("../served-too", 0777), 0);
    write_file("../served-too/file", "z");
    assert_int_equal(mkdir("sub", 0777), 0);
    write_file("sub/file", "x");
    snprintf(absolute, sizeof absolute, "%s/file", place->root);
    assert_int_equal(symlink("sub/file", "inside"), 0);
    assert_int_equal(symlink(absolute, "absolute"), 0);
    assert_int_equal(symlink("sub", "deep"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(symlink("../secret", "outside"), 0);
    assert_int_equal(symlink("..", "up"), 0);
    assert_int_equal(symlink("outside", "twice"), 0);
    assert_int_equal(symlink("../served-too/file", "beside"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(symlink("/dev/null", "device"), 0);
    assert_int_equal(mkfifo("fifo", 0666), 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(try_name(place, cases[i].name), cases[i].result);
    close(fd);
    /* "/" is a directory like others, but for the slash at its end. */
    struct place top = {.root = "/"};
    assert_int_equal(try_name(&top, absolute + 1), SERVED_OPEN);
    assert_int_equal(try_name(&top, "dev/null"), SERVED_REFUSED);
}

#define NOBODY 65534

static void permissions(void **state)
{
    const struct place *place = *state;
    bool is_root = geteuid() == 0;

    write_file("file", "x");
    assert_int_equal(mkdir("sub", 0700), 0);
    write_file("sub/file", "x");
    assert_int_equal(chmod("file", 0), 0);
    assert_int_equal(chmod("sub", 0), 0);
    assert_int_equal(chmod(place->top, 0755), 0);
    if (is_root && seteuid(NOBODY) != 0)
        skip(); /* a name space without that user: nothing is forbidden */
    enum served_result file = try_name(place, "file"), sub = try_name(place, "sub/file");
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod("sub", 0700), 0);
    assert_int_equal(file, SERVED_REFUSED);
    assert_int_equal(sub, SERVED_REFUSED);
}

/* What may not be listed can still be passed. */
static void a_directory_that_cannot_be_read(void **state)
{
    const struct place *place = *state;
    bool is_root = geteuid() == 0;

    assert_int_equal(mkdir("sub", 0755), 0);
    write_file("sub/file", "x");
    assert_int_equal(chmod("sub", 0111), 0);
    assert_int_equal(chmod(place->top, 0755), 0);
    if (is_root && seteuid(NOBODY) != 0)
        skip(); /* as above */
    enum served_result result = try_name(place, "sub/file");
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod("sub", 0700), 0);
    assert_int_equal(result, SERVED_OPEN);
}

static atomic_bool over;

/* Makes the name belong to a file inside and to a link out of the directory, by turns. */
static int swap_file(void *argument)
{
    (void)argument;
    while (!atomic_load(&over)) {
        if (symlink("../../secret/name", "new") != 0 || rename("new", "sub/name") != 0 ||
            link("inside", "new") != 0 || rename("new", "sub/name") != 0)
            return 1;
    }
    return 0;
}

/* The same with the directory that the file is in. */
static int swap_directory(void *argument)
{
    (void)argument;
    while (!atomic_load(&over)) {
        if (rename("sub", "away") != 0 || symlink("../secret", "sub") != 0 || unlink("sub") != 0 ||
            rename("away", "sub") != 0)
            return 1;
    }
    return 0;
}

static void race(const struct place *place, thrd_start_t swap)
{
    struct stat inside;
    unsigned opened = 0, refused = 0;
    thrd_t thread;
    int result = 1;

    write_file("inside", "x");
    assert_int_equal(mkdir("sub", 0777), 0);
    assert_int_equal(link("inside", "sub/name"), 0);
    assert_int_equal(mkdir("../secret", 0777), 0);
    write_file("../secret/name", "y");
    assert_int_equal(stat("inside", &inside), 0);
    atomic_init(&over, false);
    assert_int_equal(thrd_create(&thread, swap, NULL), thrd_success);
    for (unsigned tries = 0; tries < 300000 && (tries < 20000 || opened < 50 || refused < 50);
         tries++) {
        struct served_file file;
        if (served_file_open(&file, place->root, "sub/name") != SERVED_OPEN) {
            refused++;
            continue;
        }
        opened++;
        close(file.fd);
        assert_int_equal(file.inode, inside.st_ino);
    }
    atomic_store(&over, true);
    assert_int_equal(thrd_join(thread, &result), thrd_success);
    assert_int_equal(result, 0);
    assert_true(opened >= 50);
    assert_true(refused >= 50);
}

static void a_swap_never_lets_a_file_out(void **state)
{
    race(*state, swap_file);
}

static void a_swap_of_its_directory_neither(void **state)
{
    race(*state, swap_directory);
}

static void tags_tell_states_apart(void **state)
{
    const struct place *place = *state;
    struct served_file file, other;
    char bytes[80] = "";
    struct draft tag = {.bytes = bytes, .size = sizeof bytes - 1};

    write_file("file", "12345");
    assert_int_equal(served_file_open(&file, place->root, "file"), SERVED_OPEN);
    close(file.fd);
    assert_int_equal(file.size, 5);
    served_file_tag(&file, &tag);
    assert_int_equal(bytes[0], '"');
    assert_int_equal(bytes[tag.length - 1], '"');
    assert_true(served_file_has_tag(&file, bytes));
    other = file;
    other.size++;
    assert_false(served_file_has_tag(&other, bytes));
    other = file;
    other.inode++;
    assert_false(served_file_has_tag(&other, bytes));
    other = file;
    other.seconds++;
    assert_false(served_file_has_tag(&other, bytes));
    other = file;
    other.nanoseconds++;
    assert_false(served_file_has_tag(&other, bytes));
    assert_false(served_file_has_tag(&file, ""));
    bytes[tag.length - 1] = '\0';
    assert_false(served_file_has_tag(&file, bytes));
    /* The longest there can be. */
    struct served_file longest = {
        .size = UINT64_MAX, .inode = UINT64_MAX, .seconds = UINT64_MAX, .nanoseconds = 999999999};
    struct draft whole = {.bytes = bytes, .size = sizeof bytes - 1};
    served_file_tag(&longest, &whole);
    bytes[whole.length] = '\0';
    assert_true(served_file_has_tag(&longest, bytes));
}

/* --- Files that are received --- */

static char buffer[7];

static bool prepare(struct saved_file *file, const char *name, bool resume)
{
    return saved_file_prepare(file, "test", name, resume, buffer, sizeof buffer);
}

static void a_file_has_its_name_in_the_end(void **state)
{
    struct saved_file file;
    char hash[SHA256_TEXT_SIZE];

    (void)state;
    write_file("file", "old");
    write_file("file.part", "of another try");
    assert_true(prepare(&file, "file", false));
    assert_file("file.part", "of another try");
    assert_true(saved_file_write(&file, "a", 1));
    assert_true(saved_file_write(&file, "bc", 2));
    assert_file("file", "old");
    assert_file("file.part", "abc");
    assert_true(saved_file_finish(&file));
    assert_file("file", "abc");
    assert_false(is_there("file.part"));
    assert_int_equal(file.length, 3);
    sha256_final_text(&file.hash, hash);
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    saved_file_close(&file);
}

static void a_cut_leaves_the_part_alone(void **state)
{
    struct saved_file file;

    (void)state;
    assert_true(prepare(&file, "file", false));
    assert_true(saved_file_write(&file, "abc", 3));
    saved_file_close(&file);
    assert_file("file.part", "abc");
    assert_false(is_there("file"));
    /* Nothing came: nothing is left, and nothing is changed. */
    assert_true(prepare(&file, "file", false));
    saved_file_close(&file);
    assert_file("file.part", "abc");
    assert_true(prepare(&file, "new", false));
    saved_file_close(&file);
    assert_false(is_there("new"));
    assert_false(is_there("new.part"));
}

static void a_part_is_resumed(void **state)
{
    struct saved_file file;
    char hash[SHA256_TEXT_SIZE];

    (void)state;
    write_file("file.part", "abcdbcdecdefdefgefghfghighij");
    assert_true(prepare(&file, "file", true));
    assert_int_equal(file.length, 28);
    assert_true(saved_file_write(&file, "hijkijkljklmklmnlmnomnopnopq", 28));
    assert_true(saved_file_finish(&file));
    sha256_final_text(&file.hash, hash);
    assert_string_equal(hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    saved_file_close(&file);
    assert_file("file", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    assert_false(is_there("file.part"));
    /* There is none: from the beginning. */
    assert_true(prepare(&file, "file", true));
    assert_int_equal(file.length, 0);
    assert_true(saved_file_write(&file, "x", 1));
    assert_true(saved_file_finish(&file));
    saved_file_close(&file);
    assert_file("file", "x");
}

static void what_was_resumed_may_be_of_no_use(void **state)
{
    struct saved_file file;
    char hash[SHA256_TEXT_SIZE];

    (void)state;
    write_file("file.part", "something else");
    assert_true(prepare(&file, "file", true));
    saved_file_restart(&file);
    assert_int_equal(file.length, 0);
    assert_true(saved_file_write(&file, "abc", 3));
    assert_true(saved_file_finish(&file));
    sha256_final_text(&file.hash, hash);
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    saved_file_close(&file);
    assert_file("file", "abc");
}

static void an_empty_file_is_a_file(void **state)
{
    struct saved_file file;

    (void)state;
    assert_true(prepare(&file, "file", false));
    assert_true(saved_file_finish(&file));
    saved_file_close(&file);
    assert_file("file", "");
    assert_false(is_there("file.part"));
}

static void other_things_than_files(void **state)
{
    struct saved_file file;

    (void)state;
    assert_int_equal(mkdir("sub", 0777), 0);
    assert_false(prepare(&file, "sub", false));
    saved_file_close(&file);
    assert_false(prepare(&file, "sub/", false));
    saved_file_close(&file);
    assert_false(prepare(&file, "/dev/null", true)); /* it has no part */
    saved_file_close(&file);
    assert_false(is_there("/dev/null.part"));
    assert_true(prepare(&file, "/dev/null", false));
    assert_true(saved_file_write(&file, "abc", 3));
    assert_true(saved_file_finish(&file));
    saved_file_close(&file);
    assert_int_equal(mkdir("file.part", 0777), 0);
    assert_false(prepare(&file, "file", true));
    saved_file_close(&file);
    assert_true(prepare(&file, "file", false));
    assert_false(saved_file_write(&file, "abc", 3));
    saved_file_close(&file);
    assert_false(is_there("file"));
    assert_int_equal(mkfifo("pipe.part", 0666), 0);
    assert_false(prepare(&file, "pipe", true));
    saved_file_close(&file);
    assert_true(is_there("pipe.part"));
}

/* A link under the part's name is not followed. */
static void a_link_is_no_part(void **state)
{
    struct saved_file file;

    (void)state;
    write_file("victim", "precious");
    assert_int_equal(symlink("victim", "file.part"), 0);
    assert_true(prepare(&file, "file", false));
    assert_true(saved_file_write(&file, "abc", 3));
    assert_true(saved_file_finish(&file));
    saved_file_close(&file);
    assert_file("victim", "precious");
    assert_file("file", "abc");
}

static void two_programs_with_one_part(void **state)
{
    struct saved_file first, second;

    (void)state;
    assert_true(prepare(&first, "file", false));
    assert_true(prepare(&second, "file", false));
    assert_true(saved_file_write(&first, "abc", 3));
    assert_true(saved_file_write(&second, "a", 1));
    assert_false(saved_file_finish(&first));
    saved_file_close(&first);
    assert_false(is_there("file"));
    assert_true(saved_file_write(&second, "bcd", 3));
    assert_true(saved_file_finish(&second));
    saved_file_close(&second);
    assert_file("file", "abcd");
}

static void a_full_disk(void **state)
{
    struct saved_file file;

    (void)state;
    assert_true(prepare(&file, "/dev/full", false));
    assert_false(saved_file_write(&file, "abc", 3));
    assert_int_equal(file.length, 0);
    saved_file_close(&file);
}

int main(void)
{
#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(names_in_a_directory_with_traps),
        IN_A_PLACE(permissions),
        IN_A_PLACE(a_directory_that_cannot_be_read),
        IN_A_PLACE(a_swap_never_lets_a_file_out),
        IN_A_PLACE(a_swap_of_its_directory_neither),
        IN_A_PLACE(tags_tell_states_apart),
        IN_A_PLACE(a_file_has_its_name_in_the_end),
        IN_A_PLACE(a_cut_leaves_the_part_alone),
        IN_A_PLACE(a_part_is_resumed),
        IN_A_PLACE(what_was_resumed_may_be_of_no_use),
        IN_A_PLACE(an_empty_file_is_a_file),
        IN_A_PLACE(other_things_than_files),
        IN_A_PLACE(a_link_is_no_part),
        IN_A_PLACE(two_programs_with_one_part),
        IN_A_PLACE(a_full_disk),
    };

    return cmocka_run_group_tests_name("file_served", tests, NULL, NULL);
}
