/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What TAB does at the prompt: the first word of a line is a command, the others are files, whose
 * names may be absolute or are those of /ram. What all that fit have in common is put in; when
 * nothing can be, a second TAB lists them. /host cannot be listed, so that it is not completed.
 */
#ifndef PORTSIDE_COMPLETE_H
#define PORTSIDE_COMPLETE_H

struct line_edit;

/* After LINE_EDIT_TAB; the line is shown as it is then. Main thread. */
void complete(struct line_edit *e);

#endif
