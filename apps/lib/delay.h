/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for time to pass.
 */
#ifndef APPS_LIB_DELAY_H
#define APPS_LIB_DELAY_H

/* Sleeps for the whole time, also over interrupted calls. Any thread. */
void delay_ms(unsigned long milliseconds);

#endif
