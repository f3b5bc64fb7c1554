/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of getopt(), as macros for the calling job's own state. opterr alone stays newlib's
 * one variable, set to 1 when a job starts: lwIP's headers use the name, too. */
#ifndef PORTSIDE_CORTEX_M_GETOPT_PER_JOB_H
#define PORTSIDE_CORTEX_M_GETOPT_PER_JOB_H

struct getopt_data;
struct option;

/* The calling job's state. */
struct getopt_data *job_getopt(void);

/* getopt(), POSIX to the letter: see job_getopt.c for why newlib's is not used. */
int job_getopt_next(int argc, char *const *arguments, const char *letters);

#define optarg (job_getopt()->optarg)
#define optind (job_getopt()->optind)
#define optopt (job_getopt()->optopt)
#define getopt(argc, argv, options) job_getopt_next(argc, argv, options)
#define getopt_long(argc, argv, options, longs, index) \
    __getopt_long_r(argc, argv, options, longs, index, job_getopt())

#endif
