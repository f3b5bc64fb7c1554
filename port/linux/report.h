/* SPDX-License-Identifier: BSD-3-Clause */
/* netstat and stats of a running program, on stderr. */
#ifndef PORTSIDE_LINUX_REPORT_H
#define PORTSIDE_LINUX_REPORT_H

/* Each writes its text to stderr in one piece, so that what the program says meanwhile does not
 * come between. Any thread, core lock not held. */
void report_stats(void);
void report_all(void); /* netstat, then stats */

#endif
