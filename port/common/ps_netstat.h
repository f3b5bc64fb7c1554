/* SPDX-License-Identifier: BSD-3-Clause */
/* Every socket and connection of the stack, as text. */
#ifndef PORTSIDE_PS_NETSTAT_H
#define PORTSIDE_PS_NETSTAT_H

#include "ps_out.h"

/* One line each: protocol, both ends, state (LISTEN with the connections that wait to be accepted
 * and the limit of them), bytes that the program has yet to read (RECV) and that the peer has yet
 * to acknowledge (SEND), age, descriptor, owner. Age is seconds since the socket was made; for a
 * connection that has no socket (yet, or any more: descriptor and owner are "-") seconds since a
 * segment of it was last heard. An indented second line tells what is refused or out of order, and
 * datagrams that wait or were dropped. Threads, core lock not held; before the stack is up, too.
 *
 * The lock is taken anew for each line. A socket that is there all the time is told once, and so is
 * a connection without one. What comes, goes, or loses its socket meanwhile may be missing or be
 * told twice, each time as it was at that moment. It ends whatever the stack does. */
void ps_netstat(struct ps_out *out);

/* The same as a command that takes no arguments: returns its exit status, 0, or 2 after a line that
 * says what was wrong. */
int ps_netstat_command(struct ps_out *out, int argc, char **argv);

#endif
