/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file-storm: threads that work on files of their own in DIR at the same time, ROUNDS times: make,
 * write, rename, read back, compare, remove. With -f through stdio, with -d stdio's FILEs alone are
 * opened and closed. Prints "N rounds of N threads"; what went wrong is told and ends it with 1.
 *
 *     file-storm [-f|-d] DIR THREADS ROUNDS
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#define LINE_SIZE 64
#define LINES 15 /* of each file: four of them fit in 4 KB */

struct worker {
    thrd_t thread;
    const char *directory;
    int number, rounds;
    bool (*step)(struct worker *w, int round);
    char *name, *other;
    char line[LINE_SIZE], back[LINE_SIZE];
    const char *wrong;
};

static bool say(struct worker *w, bool good, const char *wrong)
{
    if (!good && w->wrong == NULL) {
        w->wrong = wrong;
    }
    return good;
}

static void make_line(struct worker *w, int round, int line)
{
    (void)snprintf(w->line, sizeof w->line, "thread %d, round %d, line %d\n", w->number, round,
                   line);
}

static bool with_descriptors(struct worker *w, int round)
{
    int fd = open(w->name, O_RDWR | O_CREAT | O_EXCL, 0644);
    bool good = say(w, fd >= 0, "open");

    for (int i = 0; good && i < LINES; i++) {
        make_line(w, round, i);
        good = say(w, write(fd, w->line, strlen(w->line)) == (ssize_t)strlen(w->line), "write");
    }
    good = good && say(w, rename(w->name, w->other) == 0, "rename") &&
           say(w, lseek(fd, 0, SEEK_SET) == 0, "lseek");
    for (int i = 0; good && i < LINES; i++) {
        size_t length;

        make_line(w, round, i);
        length = strlen(w->line);
        good = say(w, read(fd, w->back, length) == (ssize_t)length, "read") &&
               say(w, memcmp(w->line, w->back, length) == 0, "what was written is not there");
    }
    good = good && say(w, read(fd, w->back, 1) == 0, "read at the end");
    return fd >= 0 && say(w, close(fd) == 0, "close") && good &&
           say(w, unlink(w->other) == 0, "unlink");
}

static bool read_lines(struct worker *w, int round)
{
    FILE *file = fopen(w->name, "r");
    bool good = say(w, file != NULL, "fopen to read");

    for (int i = 0; good && i < LINES; i++) {
        make_line(w, round, i);
        good = say(w, fgets(w->back, sizeof w->back, file) != NULL, "fgets") &&
               say(w, strcmp(w->line, w->back) == 0, "what was written is not there");
    }
    good = good && say(w, fgets(w->back, sizeof w->back, file) == NULL, "fgets at the end");
    return file != NULL && say(w, fclose(file) == 0, "fclose") && good;
}

static bool with_stdio(struct worker *w, int round)
{
    FILE *file = fopen(w->name, "wx");
    bool good = say(w, file != NULL, "fopen to write");

    for (int i = 0; good && i < LINES; i++) {
        make_line(w, round, i);
        good = say(w, fputs(w->line, file) >= 0, "fputs");
    }
    good = file != NULL && say(w, fclose(file) == 0, "fclose after writing") && good;
    return good && read_lines(w, round) && say(w, remove(w->name) == 0, "remove");
}

/* No FILE may be given to two threads. On a board alone, where closing descriptor 0 does nothing:
 * no other lock is taken, so that a switch of threads may come anywhere in the search for a FILE.
 */
static bool with_fdopen(struct worker *w, int round)
{
    FILE *file = fdopen(STDIN_FILENO, "r");

    (void)round;
    if (!say(w, file != NULL, "fdopen")) {
        return false;
    }
    (void)setvbuf(file, w->line, _IOFBF, sizeof w->line);
    return say(w, ungetc(w->number, file) == w->number, "ungetc") &&
           say(w, getc(file) == w->number, "this FILE is another thread's, too") &&
           say(w, fclose(file) == 0, "fclose");
}

static char *make_name(const struct worker *w, const char *what)
{
    size_t size = strlen(w->directory) + strlen(what) + 16;
    char *name = malloc(size);

    if (name != NULL) {
        (void)snprintf(name, size, "%s/%s %d", w->directory, what, w->number);
    }
    return name;
}

static int work(void *arg)
{
    struct worker *w = arg;
    bool good = true;

    w->name = make_name(w, "storm");
    w->other = make_name(w, "renamed");
    good = say(w, w->name != NULL && w->other != NULL, "malloc");
    for (int round = 0; good && round < w->rounds; round++) {
        good = w->step(w, round);
    }
    free(w->name);
    free(w->other);
    return good ? 0 : errno != 0 ? errno : -1;
}

int main(int argc, char **argv)
{
    bool stdio = argc > 1 && strcmp(argv[1], "-f") == 0;
    bool fdopens = argc > 1 && strcmp(argv[1], "-d") == 0;
    int at = stdio || fdopens ? 2 : 1, count, rounds, status = 0;
    struct worker *workers;

    if (argc - at != 3) {
        fprintf(stderr, "usage: file-storm [-f|-d] DIR THREADS ROUNDS\n");
        return 2;
    }
    count = atoi(argv[at + 1]);
    rounds = atoi(argv[at + 2]);
    workers = calloc((size_t)count, sizeof *workers);
    if (workers == NULL) {
        perror("file-storm: calloc");
        return 1;
    }
    for (int i = 0; i < count; i++) {
        struct worker *w = &workers[i];

        w->directory = argv[at];
        w->number = i;
        w->rounds = rounds;
        w->step = stdio ? with_stdio : fdopens ? with_fdopen : with_descriptors;
        if (thrd_create(&w->thread, work, w) != thrd_success) {
            fprintf(stderr, "file-storm: thread %d cannot be started\n", i);
            return 1;
        }
    }
    for (int i = 0; i < count; i++) {
        int result;

        (void)thrd_join(workers[i].thread, &result);
        if (result != 0) {
            printf("thread %d: %s: %s\n", i, workers[i].wrong, strerror(result));
            status = 1;
        }
    }
    if (status == 0) {
        printf("%d rounds of %d threads\n", rounds, count);
    }
    free(workers);
    return status;
}
