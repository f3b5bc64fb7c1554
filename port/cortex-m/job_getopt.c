/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getopt() for boards, with its state in the calling job, see include/getopt.h.
 *
 * newlib's own departs from POSIX: it complains although the option string starts with a colon,
 * says '?' in optopt instead of the option that is not known, and takes the '=' out of "-m=text".
 * This one keeps POSIX and, as both C libraries do, moves operands behind the options.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "job_internal.h"

#undef optarg /* here the members are meant, not the calling job's */
#undef optind
#undef optopt

struct getopt_data *job_getopt(void)
{
    static struct getopt_data none; /* the system parses no options, but the names have to work */
    struct job *job = job_self();
    struct getopt_data *data = job != NULL ? &job->options : &none;

    data->opterr = opterr;
    return data;
}

void job_getopt_init(struct job *job)
{
    opterr = 1;
    job->options = (struct getopt_data){.optind = 1, .optwhere = 1};
}

/* Where the letters name this option; NULL when they do not. */
static const char *find_letter(const char *letters, char option)
{
    return option != ':' && option != '\0' ? strchr(letters, option) : NULL;
}

/* Whether the last option of a word like "-rm" has its value in the next word. */
static bool wants_next_word(const char *word, const char *letters)
{
    for (word++; *word != '\0'; word++) {
        const char *letter = find_letter(letters, *word);
        if (letter != NULL && letter[1] == ':')
            return word[1] == '\0';
    }
    return false;
}

/* Moves word `from` to place `to`, in front of the words between. */
static void move_word(char **words, int from, int to)
{
    char *moved = words[from];

    memmove(&words[to + 1], &words[to], (size_t)(from - to) * sizeof words[0]);
    words[to] = moved;
}

/* Brings the next word of options to optind; false when there is none. */
static bool find_options(int argc, char **argv, const char *letters, struct getopt_data *data)
{
    int at = data->optind;

    while (at < argc && (argv[at][0] != '-' || argv[at][1] == '\0'))
        at++;
    if (at >= argc)
        return false;
    bool ends = strcmp(argv[at], "--") == 0;
    bool two = !ends && wants_next_word(argv[at], letters);
    if (two && at + 1 == argc) {
        data->optind = at; /* an error in the end: no operand may be taken for its value */
        return true;
    }
    move_word(argv, at, data->optind);
    if (two)
        move_word(argv, at + 1, data->optind + 1);
    if (ends)
        data->optind++;
    return !ends;
}

static int complain(const char *program, const char *what, int option, const char *letters,
                    const struct getopt_data *data)
{
    if (data->opterr != 0 && letters[0] != ':')
        fprintf(stderr, "%s: %s -- '%c'\n", program, what, option);
    return letters[0] == ':' && what[0] == 'o' ? ':' : '?';
}

int job_getopt_next(int argc, char *const *arguments, const char *letters)
{
    struct getopt_data *data = job_getopt();
    char **argv = (char **)arguments; /* POSIX promises too much: words may change places */

    data->optarg = NULL;
    if (data->optwhere == 1 && !find_options(argc, argv, letters, data))
        return -1;
    char *word = argv[data->optind];
    char option = word[data->optwhere++];
    bool last = word[data->optwhere] == '\0';
    const char *letter = find_letter(letters, option);
    bool has_value = letter != NULL && letter[1] == ':';

    data->optopt = option;
    if (has_value && !last)
        data->optarg = &word[data->optwhere];
    if (has_value || last) {
        data->optwhere = 1;
        data->optind++;
    }
    if (letter == NULL)
        return complain(argv[0], "invalid option", option, letters, data);
    if (has_value && last && data->optind == argc)
        return complain(argv[0], "option requires an argument", option, letters, data);
    if (has_value && last)
        data->optarg = argv[data->optind++];
    return option;
}
