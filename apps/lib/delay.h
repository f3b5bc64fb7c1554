/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for time to pass.
 */
#ifndef PORTSIDE_APPS_DELAY_H
#define PORTSIDE_APPS_DELAY_H

/* Sleeps for the whole time, also over interrupted calls. Any thread. */
void delay_ms(unsigned long milliseconds);

#endif
