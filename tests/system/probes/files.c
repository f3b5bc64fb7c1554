/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * files: asks the file calls below DIR (which must be empty) many questions and prints each with
 * its answer, so that the answers of two systems can be compared line by line.
 *
 *     files [-s] DIR      -s: only what semihosting can answer
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "error_name.h"

#define PAGE 1000 /* bytes of the larger file */

struct probe {
    const char *directory;
    bool semihosting;
    char *data;     /* PAGE bytes */
    char *names[2]; /* the paths of the question under way */
    struct stat st[2];
};

static long answer(const char *question, long result)
{
    if (result < 0) {
        printf("%s: %s\n", question, error_name(errno));
    } else {
        printf("%s: %ld\n", question, result);
    }
    return result;
}

/* Descriptors have other numbers elsewhere. */
static int opened(const char *question, int fd)
{
    (void)answer(question, fd < 0 ? -1 : 0);
    return fd;
}

#define ASK(call) answer(#call, (long)(call))
#define ASK_OPEN(call) opened(#call, call)

/* The path of a file below DIR, until the next but one. */
static const char *in(struct probe *p, const char *name)
{
    size_t size = strlen(p->directory) + strlen(name) + 2;

    free(p->names[0]);
    p->names[0] = p->names[1];
    p->names[1] = malloc(size);
    if (p->names[1] == NULL) {
        perror("files: malloc");
        exit(1);
    }
    (void)snprintf(p->names[1], size, "%s/%s", p->directory, name);
    return p->names[1];
}

static void show_stat(struct probe *p, const char *name)
{
    struct stat *st = &p->st[0];

    if (stat(in(p, name), st) != 0) {
        printf("stat %s: %s\n", name, error_name(errno));
        return;
    }
    printf("stat %s: %s, %ld bytes\n", name,
           S_ISREG(st->st_mode)   ? "file"
           : S_ISDIR(st->st_mode) ? "directory"
                                  : "other",
           S_ISDIR(st->st_mode) ? 0 : (long)st->st_size);
}

/* A file's contents, holes and all, as runs of one byte. */
static void show_contents(struct probe *p, const char *name)
{
    int fd = open(in(p, name), O_RDONLY);
    ssize_t n;
    int last = -1;
    long count = 0;

    printf("contents of %s:", name);
    while (fd >= 0 && (n = read(fd, p->data, PAGE)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (p->data[i] != last && count > 0) {
                printf(" %ldx%02x", count, (unsigned)last);
                count = 0;
            }
            last = (unsigned char)p->data[i];
            count++;
        }
    }
    if (count > 0) {
        printf(" %ldx%02x", count, (unsigned)last);
    }
    printf("\n");
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void put(struct probe *p, const char *name, const char *text)
{
    int fd = open(in(p, name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0) {
        printf("cannot make %s: %s\n", name, error_name(errno));
    }
}

static void ask_open(struct probe *p)
{
    int fd;

    puts("--- open");
    ASK_OPEN(open(in(p, "none"), O_RDONLY));
    ASK_OPEN(open(in(p, "none"), O_WRONLY | O_TRUNC));
    ASK_OPEN(open("", O_RDONLY));
    ASK_OPEN(open(in(p, "none/below"), O_RDONLY | O_CREAT, 0644));
    fd = ASK_OPEN(open(in(p, "a"), O_WRONLY | O_CREAT, 0644));
    ASK(write(fd, "hello", 5));
    ASK(read(fd, p->data, 1));
    ASK(close(fd));
    ASK(close(fd));
    ASK(read(fd, p->data, 1));
    ASK(write(fd, p->data, 1));
    ASK(lseek(fd, 0, SEEK_SET));
    ASK(fstat(fd, p->st));
    show_contents(p, "a");
    fd = ASK_OPEN(open(in(p, "a"), O_RDONLY));
    ASK(write(fd, "x", 1));
    ASK(read(fd, p->data, 0));
    ASK(read(fd, p->data, PAGE));
    ASK(read(fd, p->data, PAGE));
    ASK(isatty(fd) - 1);
    ASK(fsync(fd));
    ASK(close(fd));
    ASK_OPEN(open(in(p, "a/"), O_RDONLY));
    ASK_OPEN(open(in(p, "a/."), O_RDONLY));
    ASK_OPEN(open(in(p, "a/x"), O_RDONLY));
    ASK_OPEN(open(in(p, "new/"), O_WRONLY | O_CREAT, 0644));
    ASK_OPEN(open(in(p, "a"), O_RDONLY | O_DIRECTORY));
    ASK_OPEN(open(in(p, "a"), O_WRONLY | O_CREAT | O_EXCL, 0644));
    fd = ASK_OPEN(open(in(p, "./a"), O_RDONLY | O_NONBLOCK));
    ASK(close(fd));
    fd = ASK_OPEN(open(in(p, "made by reading"), O_RDONLY | O_CREAT, 0644));
    ASK(read(fd, p->data, 1));
    ASK(close(fd));
    show_stat(p, "made by reading");
    ASK(unlink(in(p, "made by reading")));
    fd = ASK_OPEN(open(in(p, "a"), O_WRONLY | O_CREAT, 0644));
    ASK(write(fd, "J", 1));
    ASK(close(fd));
    show_contents(p, "a");
    fd = ASK_OPEN(open(in(p, "a"), O_RDWR | O_TRUNC));
    ASK(read(fd, p->data, 1));
    ASK(close(fd));
    show_stat(p, "a");
    ASK(unlink(in(p, "a")));
    ASK(unlink(in(p, "a")));
}

static void ask_directory(struct probe *p)
{
    int fd;

    puts("--- directories");
    show_stat(p, "");
    show_stat(p, ".");
    fd = ASK_OPEN(open(in(p, "."), O_RDONLY));
    ASK(read(fd, p->data, 1));
    ASK(write(fd, p->data, 1));
    ASK(fstat(fd, p->st));
    ASK(S_ISDIR(p->st->st_mode));
    ASK(close(fd));
    ASK_OPEN(open(in(p, "."), O_WRONLY));
    ASK_OPEN(open(in(p, "."), O_RDWR));
    ASK_OPEN(open(in(p, "."), O_RDONLY | O_CREAT, 0644));
    ASK_OPEN(open(in(p, "."), O_WRONLY | O_CREAT | O_EXCL, 0644));
    fd = ASK_OPEN(open(in(p, ""), O_RDONLY | O_DIRECTORY));
    ASK(close(fd));
    ASK(unlink(in(p, ".")));
    put(p, "f", "1");
    ASK(unlink(in(p, "f/")));
    ASK(mkdir(in(p, "f"), 0755));
    ASK(mkdir(in(p, "."), 0755));
    ASK(access(in(p, "."), R_OK | W_OK | X_OK));
    ASK(access(in(p, "f"), F_OK));
    ASK(access(in(p, "f"), R_OK | W_OK));
    ASK(access(in(p, "f"), X_OK));
    ASK(access(in(p, "none"), F_OK));
    ASK(access(in(p, "f/x"), F_OK));
    ASK(unlink(in(p, "f")));
}

static void ask_offsets(struct probe *p)
{
    int fd = open(in(p, "o"), O_RDWR | O_CREAT | O_TRUNC, 0644);

    puts("--- offsets");
    ASK(write(fd, "0123456789", 10));
    ASK(lseek(fd, 0, SEEK_CUR));
    ASK(lseek(fd, -3, SEEK_END));
    ASK(read(fd, p->data, 10));
    printf("%.3s\n", p->data);
    ASK(lseek(fd, -11, SEEK_END));
    ASK(lseek(fd, 5, SEEK_SET));
    ASK(lseek(fd, -2, SEEK_CUR));
    ASK(lseek(fd, -5, SEEK_CUR));
    ASK(lseek(fd, 0, 77));
    ASK(lseek(fd, 0, SEEK_CUR));
    ASK(write(fd, "abc", 3));
    ASK(lseek(fd, 30, SEEK_SET));
    ASK(read(fd, p->data, 1));
    ASK(fstat(fd, p->st));
    ASK(p->st->st_size);
    ASK(write(fd, "end", 3));
    ASK(lseek(fd, 0, SEEK_END));
    ASK(lseek(0, 0, SEEK_SET) == 0 ? 0 : -1); /* a pipe or a console */
    ASK(close(fd));
    show_contents(p, "o");
    fd = ASK_OPEN(open(in(p, "o"), O_WRONLY | O_APPEND));
    ASK(lseek(fd, 0, SEEK_CUR));
    ASK(write(fd, "+", 1));
    ASK(lseek(fd, 0, SEEK_CUR));
    ASK(lseek(fd, 2, SEEK_SET));
    ASK(write(fd, "+", 1));
    ASK(close(fd));
    show_contents(p, "o");
    ASK_OPEN(open(in(p, "none"), O_WRONLY | O_APPEND));
    fd = ASK_OPEN(open(in(p, "log"), O_RDWR | O_APPEND | O_CREAT, 0644));
    ASK(write(fd, "one ", 4));
    ASK(lseek(fd, 0, SEEK_SET));
    ASK(read(fd, p->data, 3));
    ASK(write(fd, "two", 3));
    ASK(close(fd));
    show_contents(p, "log");
    fd = ASK_OPEN(open(in(p, "log"), O_WRONLY | O_APPEND | O_TRUNC));
    ASK(write(fd, "three", 5));
    ASK(close(fd));
    show_contents(p, "log");
    ASK(unlink(in(p, "log")));
    ASK(unlink(in(p, "o")));
}

/* Writes beyond what one step of anybody's store can be. */
static void ask_larger(struct probe *p)
{
    int fd = open(in(p, "large"), O_RDWR | O_CREAT | O_TRUNC, 0644);

    puts("--- larger");
    for (int page = 0; page < 3; page++) {
        memset(p->data, 'a' + page, PAGE);
        ASK(write(fd, p->data, PAGE));
    }
    ASK(lseek(fd, 990, SEEK_SET));
    ASK(write(fd, "####################", 20));
    ASK(lseek(fd, 1950, SEEK_SET));
    ASK(read(fd, p->data, 100));
    printf("%.100s\n", p->data);
    ASK(close(fd));
    show_contents(p, "large");
    ASK(unlink(in(p, "large")));
}

static void ask_rename(struct probe *p)
{
    int from, to;

    puts("--- rename and unlink of open files");
    put(p, "a", "a's");
    put(p, "b", "b's");
    from = open(in(p, "a"), O_RDWR);
    to = open(in(p, "b"), O_RDONLY);
    ASK(fstat(from, &p->st[0]));
    ASK(rename(in(p, "a"), in(p, "a")));
    ASK(rename(in(p, "a"), in(p, "b")));
    ASK(stat(in(p, "b"), &p->st[1]));
    if (!p->semihosting) {
        ASK(p->st[0].st_ino == p->st[1].st_ino);
    }
    ASK(p->st[0].st_dev == p->st[1].st_dev);
    ASK(rename(in(p, "a"), in(p, "c")));
    if (!p->semihosting) {
        ASK(rename(in(p, "b"), in(p, ".")));
    }
    ASK(rename(in(p, "b"), in(p, "b/c")));
    ASK(rename(in(p, "b/"), in(p, "c")));
    ASK(rename(in(p, "b"), in(p, "c/")));
    ASK(rename(in(p, "b"), ""));
    ASK(rename("", in(p, "b")));
    ASK(read(to, p->data, 10));
    printf("%.3s\n", p->data);
    ASK(lseek(from, 0, SEEK_END));
    ASK(write(from, "...", 3));
    ASK(close(to));
    show_contents(p, "b");
    ASK(unlink(in(p, "b")));
    show_stat(p, "b");
    ASK(lseek(from, 1, SEEK_SET));
    ASK(read(from, p->data, 10));
    ASK(write(from, "!", 1));
    ASK(fstat(from, p->st));
    ASK(p->st->st_size);
    put(p, "b", "another");
    ASK(close(from));
    show_contents(p, "b");
    ASK(unlink(in(p, "b")));
}

static void ask_truncate(struct probe *p)
{
    int fd = open(in(p, "t"), O_RDWR | O_CREAT | O_TRUNC, 0644), reader;

    puts("--- ftruncate");
    memset(p->data, 't', PAGE);
    ASK(write(fd, p->data, PAGE));
    ASK(ftruncate(fd, 100));
    ASK(lseek(fd, 0, SEEK_CUR));
    ASK(lseek(fd, 200, SEEK_SET));
    ASK(write(fd, "u", 1));
    ASK(ftruncate(fd, 300));
    show_contents(p, "t");
    ASK(ftruncate(fd, 0));
    ASK(ftruncate(fd, -1));
    show_stat(p, "t");
    reader = open(in(p, "t"), O_RDONLY);
    ASK(ftruncate(reader, 0));
    ASK(close(reader));
    ASK(ftruncate(reader, 0));
    ASK(close(fd));
    ASK(unlink(in(p, "t")));
}

static void ask_control(struct probe *p)
{
    int fd = open(in(p, "c"), O_RDWR | O_CREAT | O_NONBLOCK, 0644);
    struct pollfd poll_it = {.fd = fd, .events = POLLIN | POLLOUT};

    puts("--- fcntl and poll");
    ASK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
    ASK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    ASK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    ASK(fcntl(fd, F_SETFL, O_APPEND));
    ASK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    ASK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    ASK(fcntl(fd, F_GETFD));
    ASK(fcntl(fd, F_SETFD, FD_CLOEXEC));
    ASK(fcntl(fd, F_GETFD));
    ASK(fcntl(fd, 12345));
    ASK(poll(&poll_it, 1, -1));
    ASK(poll_it.revents == (POLLIN | POLLOUT));
    ASK(close(fd));
    ASK(fcntl(fd, F_GETFL));
    ASK(poll(&poll_it, 1, -1));
    ASK(poll_it.revents == POLLNVAL);
    ASK(fsync(fd));
    ASK(isatty(fd) - 1);
    ASK(unlink(in(p, "c")));
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show_list(struct probe *p)
{
    DIR *directory = opendir(p->directory);
    const struct dirent *entry;
    char *names[8] = {NULL};
    size_t count = 0;

    printf("list:");
    while (directory != NULL && (entry = readdir(directory)) != NULL && count < 8) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            if (stat(in(p, entry->d_name), p->st) != 0 || p->st->st_ino != entry->d_ino) {
                printf(" (%s has another inode)", entry->d_name);
            }
            names[count] = strdup(entry->d_name);
            count += names[count] != NULL;
        }
    }
    qsort(names, count, sizeof names[0], compare);
    for (size_t i = 0; i < count; i++) {
        printf(" [%s]", names[i]);
        free(names[i]);
    }
    printf("\n");
    ASK(directory == NULL ? -1 : closedir(directory));
}

static void ask_lists(struct probe *p)
{
    DIR *directory;

    puts("--- lists");
    show_list(p);
    put(p, "one", "1");
    put(p, "two", "22");
    put(p, "three", "333");
    show_list(p);
    ASK(lstat(in(p, "two"), p->st));
    ASK(p->st->st_size);
    ASK(p->st->st_nlink);
    directory = opendir(p->directory);
    while (directory != NULL && readdir(directory) != NULL) {
    }
    if (directory != NULL) {
        rewinddir(directory);
        ASK(readdir(directory) != NULL);
        (void)closedir(directory);
    }
    ASK(opendir(in(p, "one")) == NULL ? -1 : 0);
    ASK(opendir(in(p, "none")) == NULL ? -1 : 0);
    ASK(unlink(in(p, "two")));
    show_list(p);
    ASK(unlink(in(p, "one")));
    ASK(unlink(in(p, "three")));
    show_list(p);
}

/* What realpath() makes of a name below DIR, below DIR again. */
static void show_real(struct probe *p, const char *name)
{
    char *real = realpath(in(p, name), NULL);
    size_t length = strlen(p->directory);

    if (real == NULL) {
        printf("realpath %s: %s\n", name, error_name(errno));
    } else {
        printf("realpath %s: DIR%s\n", name,
               strncmp(real, p->directory, length) == 0 ? real + length : " not");
    }
    free(real);
}

static void ask_names(struct probe *p)
{
    char *name = malloc(NAME_MAX + 2);

    puts("--- names");
    put(p, "real", "1");
    show_real(p, "real");
    show_real(p, "./real");
    show_real(p, "//real");
    show_real(p, ".");
    show_real(p, "none");
    show_real(p, "real/");
    show_real(p, "real/x");
    ASK(stat("", p->st));
    ASK(stat("/no such thing/at all", p->st));
    ASK(realpath("/..", NULL) != NULL);
    ASK(unlink(in(p, "real")));
    if (name != NULL) {
        memset(name, 'n', NAME_MAX + 1);
        name[NAME_MAX + 1] = '\0';
        ASK(stat(in(p, name), p->st));
        ASK(unlink(in(p, name)));
        ASK_OPEN(open(in(p, name), O_WRONLY | O_CREAT, 0644));
        name[43] = '\0'; /* the longest on a board */
        put(p, name, "long");
        show_stat(p, name);
        ASK(unlink(in(p, name)));
    }
    free(name);
    put(p, " a name with 'quotes' and \"blanks\" ", "x");
    show_stat(p, " a name with 'quotes' and \"blanks\" ");
    ASK(unlink(in(p, " a name with 'quotes' and \"blanks\" ")));
}

static void ask_stdio(struct probe *p)
{
    FILE *file, *again;
    char line[16];

    puts("--- stdio");
    again = fopen(in(p, "none"), "r");
    ASK(again == NULL ? -1 : 0);
    if (again != NULL) {
        (void)fclose(again);
    }
    file = fopen(in(p, "s"), "w");
    ASK(file == NULL ? -1 : 0);
    if (file == NULL) {
        return;
    }
    for (int i = 0; i < 100; i++) {
        (void)fprintf(file, "line %d\n", i);
    }
    ASK(fflush(NULL));
    again = fopen(in(p, "s"), "r");
    ASK(again == NULL ? -1 : fgets(line, sizeof line, again) != NULL);
    printf("%s", line);
    ASK(fclose(file));
    if (again != NULL) {
        ASK(fseek(again, -8, SEEK_END));
        ASK(fgets(line, sizeof line, again) != NULL);
        printf("%s", line);
        ASK(fgets(line, sizeof line, again) != NULL);
        ASK(feof(again) != 0);
        ASK(fclose(again));
    }
    show_stat(p, "s");
    file = fopen(in(p, "s"), "a");
    ASK(file == NULL ? -1 : fputs("end", file) >= 0);
    ASK(file == NULL ? -1 : fclose(file));
    show_stat(p, "s");
    ASK(remove(in(p, "s")));
    ASK(remove(in(p, "s")));
}

int main(int argc, char **argv)
{
    struct probe *p = calloc(1, sizeof *p);
    int at = 1;

    if (p == NULL) {
        perror("files: calloc");
        return 1;
    }
    p->semihosting = at < argc && strcmp(argv[at], "-s") == 0;
    at += p->semihosting;
    p->data = malloc(PAGE);
    if (at + 1 != argc || p->data == NULL) {
        fprintf(stderr, "usage: files [-s] DIR\n");
        free(p->data);
        free(p);
        return 2;
    }
    p->directory = argv[at];
    ask_directory(p);
    ask_open(p);
    ask_offsets(p);
    ask_larger(p);
    ask_rename(p);
    ask_control(p);
    ask_names(p);
    ask_stdio(p);
    if (!p->semihosting) {
        ask_truncate(p);
        ask_lists(p);
    }
    free(p->names[0]);
    free(p->names[1]);
    free(p->data);
    free(p);
    return 0;
}
