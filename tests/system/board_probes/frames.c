/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frames: an Ethernet driver by itself, below IP: does every frame come back as it was sent?
 *
 *     frames loop        the chip returns what it sends (its PHY's loop-back)
 *     frames echo MAC    a peer with this address returns it
 *
 * 1. Every length, cut in every way (frame.h), one frame at a time.
 * 2. Without a free pbuf: frames are dropped and counted, and the ones after them come back.
 * 3. More at once than the chip holds (loop: while the core lock keeps the receive thread from
 *    going on): some may be lost, what comes back is whole and in order, and so is what follows.
 *
 * Theory of operation: frames are given to netif->linkoutput, core lock held. netif->input is
 * replaced by a function that takes these frames, in the receive thread, and hands others on. It
 * compares at once, so that nothing is stored, and posts a semaphore. Prints a line for each part;
 * the first thing that is not as it must be ends it with status 1.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/frame.h"
#include "lib/frames.h"
#include "lwip/stats.h"
#include "lwip/sys.h"
#include "lwip/tcpip.h"

#define WAIT_MS 5000
#define FEW 20u
#define MARKERS 10u

struct run {
    struct netif *netif;
    struct frame_maker maker;
    netif_input_fn input; /* what netif->input was */
    bool loop;            /* else a peer echoes */
    uint32_t sent;        /* frames; the last one's number */
    /* The receive thread's, core lock held: */
    sys_sem_t arrived; /* posted at each frame */
    uint32_t received, last;
    uint32_t limit, within; /* received up to this number since it was set */
    bool wrong;
    char fault[FRAME_FAULT_SIZE];
};

/* netif->input has no argument for it. */
static struct run *current;

static err_t take(struct pbuf *p, struct netif *netif)
{
    struct run *run = current;
    uint32_t number;

    if (!frame_is_one(p)) {
        return run->input(p, netif);
    }
    if (!run->wrong && !frame_check(p, &number, run->fault)) {
        run->wrong = true;
    } else if (!run->wrong && (number <= run->last || number > run->sent)) {
        snprintf(run->fault, sizeof run->fault, "frame %lu came after frame %lu, of %lu",
                 (unsigned long)number, (unsigned long)run->last, (unsigned long)run->sent);
        run->wrong = true;
    } else if (!run->wrong) {
        run->last = number;
        run->received++;
        run->within += number <= run->limit;
    }
    pbuf_free(p);
    sys_sem_signal(&run->arrived);
    return ERR_OK;
}

static bool fail(const struct run *run, const char *what)
{
    fprintf(stderr, "frames: %s; %lu sent, %lu received\n", run->wrong ? run->fault : what,
            (unsigned long)run->sent, (unsigned long)run->received);
    return false;
}

/* Core lock held. */
static bool send_one(struct run *run, uint32_t length, unsigned cut)
{
    struct pbuf *p = frame_make(&run->maker, ++run->sent, length, cut);

    return run->netif->linkoutput(run->netif, p) == ERR_OK;
}

/* Waits until the frame sent last is back, at most so long after any other. */
static bool last_is_back(struct run *run, u32_t ms)
{
    while (!run->wrong && run->last != run->sent) {
        if (sys_arch_sem_wait(&run->arrived, ms) == SYS_ARCH_TIMEOUT) {
            break;
        }
    }
    return !run->wrong && run->last == run->sent;
}

static bool send_unlocked(struct run *run, uint32_t length, unsigned cut)
{
    bool given;

    LOCK_TCPIP_CORE();
    given = send_one(run, length, cut);
    UNLOCK_TCPIP_CORE();
    return given || fail(run, "linkoutput failed");
}

static bool send_and_wait(struct run *run, uint32_t length, unsigned cut)
{
    return send_unlocked(run, length, cut) &&
           (last_is_back(run, WAIT_MS) || fail(run, "a frame does not come back"));
}

static uint32_t mixed_length(uint32_t n)
{
    return FRAME_LENGTH_MIN + n * 577u % (FRAME_LENGTH_MAX - FRAME_LENGTH_MIN + 1);
}

static bool send_a_few(struct run *run)
{
    for (uint32_t n = 0; n < FEW; n++) {
        if (!send_and_wait(run, mixed_length(n), n % FRAME_CUTS)) {
            return false;
        }
    }
    return true;
}

static bool every_length_in_every_cut(struct run *run)
{
    uint32_t before = run->received;

    for (uint32_t length = FRAME_LENGTH_MIN; length <= FRAME_LENGTH_MAX; length++) {
        for (unsigned cut = 0; cut < FRAME_CUTS; cut++) {
            if (!send_and_wait(run, length, cut)) {
                return false;
            }
        }
    }
    printf("lengths %u to %u in %u cuts: %lu frames as sent\n", FRAME_LENGTH_MIN, FRAME_LENGTH_MAX,
           FRAME_CUTS, (unsigned long)(run->received - before));
    printf("alignments of begin and end, of 16: %u alone, %u first, %u between, %u last\n",
           frame_seen(&run->maker, FRAME_ONLY), frame_seen(&run->maker, FRAME_FIRST),
           frame_seen(&run->maker, FRAME_MIDDLE), frame_seen(&run->maker, FRAME_LAST));
    return true;
}

/* All of the pool; each holds a pointer to the one taken before. Core lock held. */
static struct pbuf *take_pool(void)
{
    struct pbuf *taken = NULL, *p;

    while ((p = pbuf_alloc(PBUF_RAW, sizeof(struct pbuf *), PBUF_POOL)) != NULL) {
        memcpy(p->payload, &taken, sizeof taken);
        taken = p;
    }
    return taken;
}

static void give_pool(struct pbuf *taken)
{
    while (taken != NULL) {
        struct pbuf *p = taken;

        memcpy(&taken, p->payload, sizeof taken);
        pbuf_free(p);
    }
}

static uint32_t dropped_for_memory(void)
{
    uint32_t count;

    LOCK_TCPIP_CORE();
    count = lwip_stats.link.memerr;
    UNLOCK_TCPIP_CORE();
    return count;
}

static bool wait_for_drops(uint32_t count)
{
    u32_t start = sys_now();

    while (dropped_for_memory() < count) {
        if (sys_now() - start > WAIT_MS) {
            return false;
        }
        sys_msleep(1);
    }
    return true;
}

static bool without_a_pbuf(struct run *run)
{
    uint32_t before = run->received, dropped = dropped_for_memory();
    struct pbuf *taken;
    bool given = true;

    LOCK_TCPIP_CORE();
    taken = take_pool();
    UNLOCK_TCPIP_CORE();
    for (uint32_t n = 1; given && n <= FEW; n++) { /* one by one: no FIFO is to overflow */
        LOCK_TCPIP_CORE();
        given = send_one(run, mixed_length(n), n % FRAME_CUTS);
        UNLOCK_TCPIP_CORE();
        given = given && wait_for_drops(dropped + n);
    }
    LOCK_TCPIP_CORE();
    give_pool(taken);
    UNLOCK_TCPIP_CORE();
    if (!given || run->received != before) {
        return fail(run, "without a pbuf frames are not dropped and counted");
    }
    if (!send_a_few(run)) {
        return false;
    }
    printf("no pbuf: %u sent, %lu dropped; then %lu of %u as sent\n", FEW,
           (unsigned long)(dropped_for_memory() - dropped), (unsigned long)(run->received - before),
           FEW);
    return true;
}

/* A frame that comes back was behind all that will. From a peer it may be lost as they were. */
static bool wait_for_the_rest(struct run *run)
{
    for (unsigned n = 0; n < MARKERS; n++) {
        if (!send_unlocked(run, FRAME_LENGTH_MIN, 0)) {
            return false;
        }
        if (last_is_back(run, WAIT_MS / MARKERS)) {
            return true;
        }
    }
    return fail(run, "after a flood nothing comes back");
}

/* `length` 0: mixed ones. */
static bool flood(struct run *run, unsigned count, uint32_t length)
{
    uint32_t before;
    bool given = true;

    LOCK_TCPIP_CORE();
    run->limit = run->sent + count;
    run->within = 0;
    for (unsigned n = 0; given && n < count; n++) {
        given = send_one(run, length != 0 ? length : mixed_length(n), n % FRAME_CUTS);
    }
    UNLOCK_TCPIP_CORE();
    if (!given) {
        return fail(run, "linkoutput failed");
    }
    if (!wait_for_the_rest(run)) {
        return false;
    }
    before = run->received;
    if (!send_a_few(run)) {
        return false;
    }
    printf("flood of %u, %s%lu bytes: %lu came back as sent; then %lu of %u\n", count,
           length != 0 ? "" : "up to ", (unsigned long)(length != 0 ? length : FRAME_LENGTH_MAX),
           (unsigned long)run->within, (unsigned long)(run->received - before), FEW);
    return true;
}

static bool check_all(struct run *run)
{
    return every_length_in_every_cut(run) && without_a_pbuf(run) &&
           flood(run, 30, FRAME_LENGTH_MAX) && flood(run, 400, FRAME_LENGTH_MIN) &&
           flood(run, 100, 0);
}

/* Replaces netif->input, or puts it back. False when the chip has no loop-back. */
static bool divert(struct run *run, bool on)
{
    bool done = true;

    LOCK_TCPIP_CORE();
    if (run->loop) {
        done = frames_loop_back != NULL && frames_loop_back(run->netif, on);
    }
    if (done) {
        current = on ? run : NULL;
        run->netif->input = on ? take : run->input;
    }
    UNLOCK_TCPIP_CORE();
    return done;
}

static bool read_mac(const char *text, uint8_t mac[6])
{
    for (unsigned i = 0; i < 6; i++) {
        char *end = NULL;
        unsigned long byte = isxdigit((unsigned char)*text) ? strtoul(text, &end, 16) : 256;

        if (byte > 255 || *end != (i < 5 ? ':' : '\0')) {
            return false;
        }
        mac[i] = (uint8_t)byte;
        text = end + 1;
    }
    return true;
}

static bool read_arguments(int argc, char **argv, struct run *run)
{
    memcpy(run->maker.from, run->netif->hwaddr, 6);
    memcpy(run->maker.to, run->netif->hwaddr, 6);
    run->loop = argc == 2 && strcmp(argv[1], "loop") == 0;
    return run->loop ||
           (argc == 3 && strcmp(argv[1], "echo") == 0 && read_mac(argv[2], run->maker.to));
}

/* The job must not end in the middle: netif->input would go on using its memory. */
static void go_on(int number)
{
    (void)number;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = go_on};
    struct run *run = calloc(1, sizeof *run);
    int status = 1;

    if (run == NULL || (run->maker.memory = malloc(FRAME_MEMORY)) == NULL ||
        (run->maker.segments = calloc(FRAME_SEGMENTS, sizeof(struct pbuf))) == NULL) {
        fprintf(stderr, "frames: out of memory\n");
        return 1;
    }
    sigaction(SIGINT, &action, NULL);
    run->netif = netif_default;
    run->input = run->netif->input;
    if (!read_arguments(argc, argv, run)) {
        fprintf(stderr, "usage: frames loop | frames echo MAC\n");
        return 2;
    }
    (void)sys_sem_new(&run->arrived, 0);
    if (!divert(run, true)) {
        fprintf(stderr, "frames: this board's chip has no loop-back\n");
        return 2;
    }
    if (check_all(run)) {
        status = 0;
    }
    (void)divert(run, false);
    if (frames_show_counters != NULL) {
        frames_show_counters(run->netif);
    }
    sys_sem_free(&run->arrived);
    free(run->maker.segments);
    free(run->maker.memory);
    free(run);
    return status;
}
