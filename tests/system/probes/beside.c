/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * beside: opens PATH, then runs another program of the image as a job beside itself, with the
 * number of the descriptor behind its arguments, and tells how that ended and whether the
 * descriptor still works. Only on a board, where programs share the table of descriptors.
 *
 *     beside PATH PROGRAM [ARGUMENT]...
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if __has_include("job.h")
#include "job.h"
#include "kernel.h"

#define STACK_SIZE 2048
#define ARGUMENTS_MAX 6

/* Jobs are started by threads that are of no job: this one is the kernel's. */
struct starter {
    struct thread thread;
    const struct app *app;
    char *words[ARGUMENTS_MAX + 1];
    int count, status;
};

static void run_beside(void *arg)
{
    struct starter *s = arg;
    struct semaphore news;
    struct job_setup setup = {.news = &news};
    struct job *job;

    semaphore_init(&news, 0);
    job = job_start(s->app, s->count, s->words, &setup);
    s->status = job != NULL ? job_wait(job) : -1;
}

static int beside(int fd, int argc, char **argv)
{
    struct starter *s = calloc(1, sizeof *s);
    void *stack = malloc(STACK_SIZE);
    char number[12], byte;

    if (s == NULL || stack == NULL || argc >= ARGUMENTS_MAX) {
        return 1;
    }
    s->app = app_find(argv[0]);
    for (; s->count < argc; s->count++) {
        s->words[s->count] = argv[s->count];
    }
    (void)snprintf(number, sizeof number, "%d", fd);
    s->words[s->count++] = number;
    if (s->app == NULL ||
        thread_start(&s->thread, "starter", PRIORITY_APP, run_beside, s, stack, STACK_SIZE) != 0) {
        return 1;
    }
    (void)thread_join(&s->thread, KERNEL_FOREVER, 0);
    printf("%s ended with %d, descriptor %d %s\n", argv[0], s->status, fd,
           read(fd, &byte, 1) == 1 ? "works" : "does not work");
    return 0;
}
#else
static int beside(int fd, int argc, char **argv)
{
    (void)fd;
    (void)argc;
    (void)argv;
    return 1;
}
#endif

int main(int argc, char **argv)
{
    int fd = argc > 2 ? open(argv[1], O_RDONLY) : -1;

    if (fd < 0) {
        fprintf(stderr, "usage: beside PATH PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    return beside(fd, argc - 2, argv + 2);
}
