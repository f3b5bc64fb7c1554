/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random numbers for lwIP and initial sequence numbers after RFC 6528.
 *
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) keyed with what
 * entropy the port has: over a counter it gives LWIP_RAND(), over the four-tuple the F() of
 * RFC 6528, to which the 4-microsecond clock is added. Costs 24 bytes of RAM.
 */
#include <string.h>
#include "arch/lwip_hooks.h"
#include "lwip/arch.h"
#include "lwip/sys.h"
#include "ps_random.h"

static uint64_t key[2];
static uint64_t counter;

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

uint64_t ps_siphash(const uint64_t k[2], const uint8_t *data, size_t length)
{
    uint64_t v[4] = {k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d,
                     k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573};
    size_t left = length;

    for (;;) {
        uint64_t word = 0;
        size_t n = left < 8 ? left : 8;

        for (size_t i = 0; i < n; i++) {
            word |= (uint64_t)data[i] << (8 * i);
        }
        if (n < 8) {
            word |= (uint64_t)length << 56;
        }
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
        if (n < 8) {
            break;
        }
        data += 8;
        left -= 8;
    }
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void ps_random_seed(const void *entropy, size_t length)
{
    uint64_t first = ps_siphash(key, entropy, length);

    key[1] ^= first;
    key[0] ^= ps_siphash(key, entropy, length);
}

uint32_t port_random(void)
{
    uint64_t n;
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    n = ++counter;
    SYS_ARCH_UNPROTECT(level);
    return (uint32_t)ps_siphash(key, (const uint8_t *)&n, sizeof n);
}

/* The bytes of an address that mean something. */
static uint8_t *add_address(uint8_t *end, const ip_addr_t *ip)
{
    size_t length = IP_IS_V4(ip) ? sizeof(ip4_addr_t) : 16;

    memcpy(end, ip, length);
    return end + length;
}

u32_t ps_tcp_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
                 u16_t remote_port)
{
    uint8_t tuple[2 * sizeof(ip_addr_t) + 2 * sizeof(u16_t)] = {0};
    uint8_t *end = tuple;

    end = add_address(end, local_ip);
    end = add_address(end, remote_ip);
    memcpy(end, &local_port, sizeof local_port);
    end += sizeof local_port;
    memcpy(end, &remote_port, sizeof remote_port);
    return (u32_t)ps_siphash(key, tuple, sizeof tuple) + sys_now() * 250;
}
