/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Percent-encoding of names in URLs (RFC 3986, 2.1).
 */
#ifndef APPS_LIB_PERCENT_H
#define APPS_LIB_PERCENT_H

#include "draft.h"

#include <stdbool.h>

/* Appends what the encoded text stands for. False for a % without two hexadecimal digits, and for
 * %00, which no name of a file can hold. */
bool percent_decode(const char *text, size_t length, struct draft *decoded);

/* Appends the name, with each byte encoded that is neither unreserved nor "/". */
void percent_encode(const char *name, struct draft *encoded);

#endif
