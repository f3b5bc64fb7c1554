/* SPDX-License-Identifier: BSD-3-Clause */
/* The port's random numbers; lwIP's side (port_random, ps_tcp_isn) is in arch/. */
#ifndef PORTSIDE_PS_RANDOM_H
#define PORTSIDE_PS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Mixes entropy into the key. Before the stack starts, one thread. */
void ps_random_seed(const void *entropy, size_t length);

/* SipHash-2-4 of data under k. Any context. */
uint64_t ps_siphash(const uint64_t k[2], const uint8_t *data, size_t length);

#endif
