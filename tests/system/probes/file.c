/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file: one thing with one file, so that a test can ask a board for it.
 *
 *     file hex PATH        its bytes as hexadecimal digits, then "N bytes"
 *     file put PATH TEXT   makes a file of TEXT
 *     file leave PATH HOW  writes through stdio, closes nothing and ends; HOW: return exit signal
 *     file fill PATH       writes until nothing goes in any more, then tells how much did and why
 *     file loop PATH       writes it over and over without end; has removed its name before
 *     file hold PATH N     opens it N times, or as often as that goes; ends when a line is typed
 *     file use FD          what a descriptor says that another program opened
 *     file stat PATH       type, size, mode, device, time
 *     file mode PATH FLAGS opens it with letters for flags: r w c x t a (O_RDONLY without w)
 *     file list PATH       names in a directory
 *     file move PATH PATH
 *     file remove PATH
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "error_name.h"

#define BUFFER 1024

static int failed(const char *call)
{
    printf("%s: %s\n", call, error_name(errno));
    return 1;
}

static int show_hex(const char *path)
{
    unsigned char data[64];
    int fd = open(path, O_RDONLY);
    long count = 0;
    ssize_t n;

    if (fd < 0) {
        return failed("open");
    }
    while ((n = read(fd, data, sizeof data)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            printf("%02x%s", data[i], ++count % 32 == 0 ? "\n" : "");
        }
    }
    if (n < 0) {
        return failed("read");
    }
    printf("%s%ld bytes\n", count % 32 != 0 ? "\n" : "", count);
    return close(fd) == 0 ? 0 : failed("close");
}

static int put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (fd < 0) {
        return failed("open");
    }
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        return failed("write");
    }
    return close(fd) == 0 ? 0 : failed("close");
}

static int leave(const char *path, const char *how)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fprintf(file, "left by %s\n", how) < 0) {
        return failed("fopen");
    }
    if (strcmp(how, "exit") == 0) {
        exit(0);
    }
    /* cppcheck-suppress resourceLeak ; this is what is tried */
    return strcmp(how, "signal") == 0 ? raise(SIGTERM) : 0;
}

static int fill(const char *path)
{
    static const char data[BUFFER];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    long count = 0;
    ssize_t n;

    if (fd < 0) {
        return failed("open");
    }
    while ((n = write(fd, data, BUFFER)) > 0) {
        count += n;
    }
    printf("%ld bytes: %s\n", count, n < 0 ? error_name(errno) : "nothing written");
    return close(fd) == 0 ? 0 : failed("close");
}

static int loop(const char *path)
{
    static const char data[BUFFER];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

    if (fd < 0) {
        return failed("open");
    }
    if (unlink(path) != 0) {
        return failed("unlink");
    }
    puts("writing");
    (void)fflush(stdout);
    for (int i = 0; write(fd, data, BUFFER) == BUFFER; i = (i + 1) % 2) {
        if (i == 1 && lseek(fd, 0, SEEK_SET) != 0) {
            break;
        }
    }
    return failed("write");
}

static int hold(const char *path, int wanted)
{
    char line[8];
    int count = 0;

    while (count < wanted && open(path, O_RDONLY) >= 0) {
        count++;
    }
    printf("opened %d%s%s\n", count, count < wanted ? ": " : "",
           count < wanted ? error_name(errno) : "");
    (void)fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL ? 0 : 1;
}

static int use(int fd)
{
    struct stat st;
    char byte = 0;

    printf("read: %s\n", read(fd, &byte, 1) < 0 ? error_name(errno) : "works");
    printf("write: %s\n", write(fd, &byte, 1) < 0 ? error_name(errno) : "works");
    printf("lseek: %s\n", lseek(fd, 0, SEEK_SET) < 0 ? error_name(errno) : "works");
    printf("fstat: %s\n", fstat(fd, &st) < 0 ? error_name(errno) : "works");
    printf("ftruncate: %s\n", ftruncate(fd, 0) < 0 ? error_name(errno) : "works");
    printf("fcntl: %s\n", fcntl(fd, F_GETFL) < 0 ? error_name(errno) : "works");
    printf("close: %s\n", close(fd) < 0 ? error_name(errno) : "works");
    return 0;
}

static int show_stat(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return failed("stat");
    }
    printf("%s %ld bytes, mode %o, device %d, %ld s\n",
           S_ISREG(st.st_mode)    ? "file"
           : S_ISDIR(st.st_mode)  ? "directory"
           : S_ISFIFO(st.st_mode) ? "fifo"
                                  : "other",
           (long)st.st_size, (unsigned)(st.st_mode & 0777), (int)st.st_dev, (long)st.st_mtime);
    return 0;
}

static int open_with(const char *path, const char *letters)
{
    int flags = strchr(letters, 'w') == NULL   ? O_RDONLY
                : strchr(letters, 'r') == NULL ? O_WRONLY
                                               : O_RDWR;
    int fd;

    flags |= strchr(letters, 'c') != NULL ? O_CREAT : 0;
    flags |= strchr(letters, 'x') != NULL ? O_EXCL : 0;
    flags |= strchr(letters, 't') != NULL ? O_TRUNC : 0;
    flags |= strchr(letters, 'a') != NULL ? O_APPEND : 0;
    fd = open(path, flags, 0644);
    if (fd < 0) {
        return failed("open");
    }
    if (strchr(letters, 'w') != NULL && write(fd, letters, strlen(letters)) < 0) {
        return failed("write");
    }
    puts("done");
    return close(fd) == 0 ? 0 : failed("close");
}

static int list(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    if (directory == NULL) {
        return failed("opendir");
    }
    while ((entry = readdir(directory)) != NULL) {
        printf("[%s]\n", entry->d_name);
    }
    return closedir(directory) == 0 ? 0 : failed("closedir");
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";

    if (strcmp(what, "hex") == 0) {
        return show_hex(argv[2]);
    }
    if (strcmp(what, "put") == 0 && argc > 3) {
        return put(argv[2], argv[3]);
    }
    if (strcmp(what, "leave") == 0 && argc > 3) {
        return leave(argv[2], argv[3]);
    }
    if (strcmp(what, "fill") == 0) {
        return fill(argv[2]);
    }
    if (strcmp(what, "loop") == 0) {
        return loop(argv[2]);
    }
    if (strcmp(what, "hold") == 0 && argc > 3) {
        return hold(argv[2], atoi(argv[3]));
    }
    if (strcmp(what, "use") == 0) {
        return use(atoi(argv[2]));
    }
    if (strcmp(what, "stat") == 0) {
        return show_stat(argv[2]);
    }
    if (strcmp(what, "mode") == 0 && argc > 3) {
        return open_with(argv[2], argv[3]);
    }
    if (strcmp(what, "list") == 0) {
        return list(argv[2]);
    }
    if (strcmp(what, "move") == 0 && argc > 3) {
        return rename(argv[2], argv[3]) == 0 ? 0 : failed("rename");
    }
    if (strcmp(what, "remove") == 0) {
        return unlink(argv[2]) == 0 ? 0 : failed("unlink");
    }
    fprintf(stderr,
            "usage: file hex|put|leave|fill|loop|hold|use|stat|mode|list|move|remove ...\n");
    return 2;
}
