/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SMSC LAN9118 and its family (LAN9220 ...) as an lwIP network interface.
 *
 * The board fills in the upper half of a struct lan9118, passes it to netif_add() as `state` with
 * lan9118_init() (or a function of its own around it) as the init function, and calls
 * lan9118_start() once and lan9118_isr() at each interrupt. The rest is the driver's.
 */
#ifndef PORTSIDE_LAN9118_H
#define PORTSIDE_LAN9118_H

#include "lwip/netif.h"
#include "lwip/sys.h"

/* Received data that the chip holds; a frame takes its words of 4 bytes, FCS and ETH_PAD_SIZE too.
 */
#define LAN9118_RX_FIFO_BYTES 10560

/* What happened, by cause; only ever counted up. Written by the driver's thread (rx, link) and by
 * whoever holds the core lock (tx); a reader needs no lock. */
struct lan9118_counters {
    uint32_t rx_frames;    /* handed to lwIP */
    uint32_t rx_no_pbuf;   /* dropped: the pbuf pool was empty */
    uint32_t rx_refused;   /* dropped: netif->input did not take it */
    uint32_t rx_crc;       /* dropped: bad checksum of the frame */
    uint32_t rx_length;    /* dropped: shorter than a header, or longer than Ethernet allows */
    uint32_t rx_error;     /* dropped: collision, watchdog, MII error */
    uint32_t rx_overrun;   /* lost in the chip: its FIFO was full (QEMU's chip does not count) */
    uint32_t rx_restarts;  /* the receiver lost its framing and was emptied and started again */
    uint32_t tx_frames;    /* given to the chip */
    uint32_t tx_gathered;  /* of these: too finely cut for the chip, sent as one buffer */
    uint32_t tx_no_room;   /* dropped: the chip did not make room in time */
    uint32_t tx_error;     /* given to the chip, which reports that it did not get out */
    uint32_t link_changes; /* up and down */
};

struct lan9118 {
    /* The board's, before netif_add(): */
    uintptr_t base;                 /* of the chip's registers */
    uint8_t fallback_hwaddr[6];     /* used where no EEPROM holds an address */
    void (*interrupt_enable)(void); /* unmasks the chip's interrupt line; called once */
    const char *thread_name;        /* the receive thread's: */
    int thread_stack;               /* bytes */
    int thread_priority;

    /* The driver's: */
    sys_sem_t wake;
    const char *fault; /* why lan9118_init() failed, in a few words; else NULL */
    uint32_t id;       /* ID_REV as read */
    uint32_t mac_cr;   /* MAC_CR as it should be */
    uint32_t polled;   /* FREE_RUN when the link was last looked at */
    struct lan9118_counters count;
};

/* For netif_add(), core lock held; netif->state is a struct lan9118. Resets the chip, which takes
 * it from any state, and fills netif in. Returns ERR_OK; ERR_IF with nic->fault set when no such
 * chip answers (every wait is bounded); ERR_MEM when there is no semaphore. */
err_t lan9118_init(struct netif *netif);

/* Starts the receive thread, then the receiver and the interrupt. Once, from a thread or before the
 * scheduler runs; core lock not held. */
void lan9118_start(struct netif *netif);

/* The interrupt handler: masks the chip's interrupts and wakes the receive thread. ISR. */
void lan9118_isr(struct lan9118 *nic);

#endif
