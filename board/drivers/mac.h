/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet controllers as lwIP network interfaces: what the drivers of all chips share.
 *
 * Theory of operation. Receiving: the interrupt handler masks the chip and posts a semaphore; the
 * receive thread reads frames into pool pbufs until the chip has none, and takes lwIP's core lock
 * once for each batch of them, with which it calls netif->input. Then it unmasks the chip: under
 * load this costs one interrupt a burst. Each frame is read to its last word, whether or not there
 * is a pbuf for it, for a word more or less would shift all that follow. Sending: in the caller's
 * context, core lock held; what the chip does not take in time is dropped (ERR_BUF, errno ENOBUFS).
 * The link is polled by the receive thread, MAC_POLL_MS apart. A chip's driver has a struct with a
 * struct mac at its head and supplies a struct mac_chip. Memory: that struct and one stack; nothing
 * is allocated later.
 */
#ifndef PORTSIDE_MAC_H
#define PORTSIDE_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/netif.h"
#include "lwip/sys.h"

#define MAC_POLL_MS 500u

#define MAC_FCS_BYTES 4u
/* Lengths of a frame with its FCS: a header alone; the longest with a VLAN tag. */
#define MAC_FRAME_MIN (14u + MAC_FCS_BYTES)
#define MAC_FRAME_MAX 1522u

/* What happened, by cause; only ever counted up. Written by the receive thread (rx, link) and by
 * whoever holds the core lock (tx); a reader needs no lock. */
struct mac_counters {
    uint32_t rx_frames;    /* handed to lwIP */
    uint32_t rx_bytes;     /* of these and those refused, without FCS */
    uint32_t rx_no_pbuf;   /* dropped: the pbuf pool was empty */
    uint32_t rx_refused;   /* dropped: netif->input did not take it */
    uint32_t rx_crc;       /* dropped: bad checksum of the frame */
    uint32_t rx_length;    /* dropped: shorter than a header, or longer than Ethernet allows */
    uint32_t rx_error;     /* dropped: collision, watchdog, MII error */
    uint32_t rx_overrun;   /* lost in the chip: its FIFO was full */
    uint32_t rx_restarts;  /* the receiver was emptied and started again */
    uint32_t tx_frames;    /* given to the chip */
    uint32_t tx_bytes;     /* of these, without FCS */
    uint32_t tx_gathered;  /* of these: too finely cut for the chip, sent as one buffer */
    uint32_t tx_no_room;   /* dropped: the chip did not make room in time */
    uint32_t tx_error;     /* given to the chip, which reports that it did not get out */
    uint32_t link_changes; /* up and down */
};

/* One cause of lost frames, by number from 0; false when there is none of that number. Any thread.
 */
bool mac_drops(const struct netif *netif, unsigned number, const char **cause, uint32_t *count);

struct mac;

/* What a chip's driver does. Each wait in here is bounded. By the receive thread, core lock not
 * held, except where it says otherwise. */
struct mac_chip {
    /* Brings the chip from any state to a stopped one with the driver's settings. NULL, or what is
     * wrong in a few words. By mac_init(), as the next one. */
    const char *(*reset)(struct mac *mac);

    /* The chip's own address where it has one, else mac->fallback_hwaddr, which it gets. */
    void (*hwaddr)(struct mac *mac, uint8_t hwaddr[6]);

    /* Starts receiver and transmitter. By mac_start(). */
    void (*start)(struct mac *mac);

    /* Whether the link is up; sets the chip to the duplex mode that was negotiated. By mac_init(),
     * too. */
    bool (*link)(struct mac *mac);

    /* Lets the chip interrupt, or not. ISR. */
    void (*interrupt)(struct mac *mac, bool on);

    /* Acknowledges what the chip reports and deals with it; returns how many whole frames wait.
     * After a return of 0 a frame that arrives interrupts as soon as that is allowed. */
    unsigned (*waiting)(struct mac *mac);

    /* Begins to read the next frame of those that wait. Returns its length with FCS; 0 when there
     * was none after all. When it cannot be used, *bad is set, the cause counted, and it must be
     * read all the same. */
    uint32_t (*begin)(struct mac *mac, bool *bad);

    /* Reads the next words of this frame: ETH_PAD_SIZE bytes, the frame, its FCS, what fills the
     * last word. To nowhere when `to` is NULL. */
    void (*read)(struct mac *mac, uint32_t *to, uint32_t words);

    /* Sends a frame of `length` bytes, its FCS not among them, which begins ETH_PAD_SIZE bytes into
     * the chain. False when there was no room. Core lock held. */
    bool (*send)(struct mac *mac, const struct pbuf *frame, uint32_t length);
};

struct mac {
    /* The board's, before netif_add(): */
    uint8_t fallback_hwaddr[6];     /* used where the chip has no address of its own */
    void (*interrupt_enable)(void); /* unmasks the chip's interrupt line; called once */
    const char *thread_name;        /* the receive thread's: */
    int thread_stack;               /* bytes */
    int thread_priority;

    /* The drivers': */
    const struct mac_chip *chip;
    sys_sem_t wake;
    const char *fault; /* why mac_init() failed, in a few words; else NULL */
    uint32_t polled;   /* sys_now() when the link was last looked at */
    struct mac_counters count;
};

/* For netif_add(), core lock held; netif->state is a struct mac. Resets the chip and fills netif
 * in. Returns ERR_OK; ERR_IF with mac->fault set when no such chip answers; ERR_MEM when there is
 * no semaphore. For the drivers' init functions. */
err_t mac_init(struct netif *netif, const struct mac_chip *chip);

/* Starts the receive thread, then the receiver and the interrupt. Once, from a thread or before the
 * scheduler runs; core lock not held. */
void mac_start(struct netif *netif);

/* The interrupt handler: masks the chip's interrupts and wakes the receive thread. ISR. */
void mac_isr(struct mac *mac);

/* Counts a frame that is shorter or longer (with FCS) than Ethernet allows, and says so. */
bool mac_length_is_bad(struct mac *mac, uint32_t length);

/* Where the bytes of q, a part of `frame`, start that go on the wire; lwIP's padding before the
 * header does not. */
static inline const uint8_t *mac_wire_part(const struct pbuf *frame, const struct pbuf *q,
                                           uint32_t *length)
{
    uint32_t skip = q == frame ? ETH_PAD_SIZE : 0;
    *length = q->len - skip;
    return (const uint8_t *)q->payload + skip;
}

#endif
