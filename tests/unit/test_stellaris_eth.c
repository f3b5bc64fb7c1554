/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit tests of board/drivers/stellaris_eth_chip.c against a model of the chip. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stellaris_eth_model.h"

#define CLOCK_HZ 50000000u
#define SHORTEST 14u
#define LONGEST 1518u
#define FCS 4u
#define GUARD 0xa5
/* Of a wait that gives up: many times what is bearable would be none. */
#define READS_MAX 200000u

enum { CONTROL = 0, STATUS = 1, ADVERTISED = 4, PARTNER = 5 };
#define LINK (1u << 2)
#define DUPLEX (1u << 4)

static struct stellaris_eth_chip chip;
static uint32_t overruns, errors, tx_errors;

static int set_up(void **state)
{
    (void)state;
    model_reset();
    memset(&chip, 0, sizeof chip);
    chip.registers = &model.registers;
    chip.clock_hz = CLOCK_HZ;
    overruns = errors = tx_errors = 0;
    assert_null(stellaris_eth_chip_reset(&chip));
    stellaris_eth_chip_start(&chip);
    return 0;
}

/* Nothing that a driver must not do. */
static int check_use(void **state)
{
    (void)state;
    if (model.misuse > 0) {
        print_message("%s\n", model.misused);
    }
    return model.misuse > 0;
}

/* Bytes that no neighbour shares, different for each `seed`. */
static const uint8_t *frame_of(size_t length, unsigned seed)
{
    static uint8_t frame[4096];

    for (size_t i = 0; i < length; i++) {
        frame[i] = (uint8_t)(i * 7 + seed * 31 + (i >> 8));
    }
    return frame;
}

static unsigned waiting(void)
{
    return stellaris_eth_chip_waiting(&chip, &overruns, &errors);
}

/* Reads the next frame, the first `kept` words of it to memory; checks each byte. */
static void expect_frame(size_t length, unsigned seed, uint32_t kept)
{
    uint32_t memory[600], words = (uint32_t)(2 + length + FCS + 3) / 4;
    const uint8_t *bytes = (const uint8_t *)memory;
    size_t here;

    assert_int_equal(stellaris_eth_chip_begin(&chip), length + FCS);
    kept = kept < words ? kept : words;
    memset(memory, GUARD, sizeof memory);
    stellaris_eth_chip_read(&chip, memory, kept);
    stellaris_eth_chip_read(&chip, NULL, words - kept);
    here = 4 * kept > 2 ? 4 * kept - 2 : 0;
    assert_memory_equal(bytes + 2, frame_of(length, seed), here < length ? here : length);
    assert_int_equal(bytes[4 * kept], GUARD);
}

static void test_each_length_comes_in(void **state)
{
    (void)state;
    for (size_t length = SHORTEST; length <= LONGEST; length++) {
        model_receive(frame_of(length, 1), length);
        assert_int_equal(waiting(), 1);
        expect_frame(length, 1, UINT_MAX);
        assert_int_equal(waiting(), 0);
        assert_int_equal(model.used, 0);
    }
    assert_int_equal(overruns + errors, 0);
}

static void test_what_is_not_wanted_is_read(void **state)
{
    (void)state;
    for (uint32_t kept = 0; kept < 20; kept++) {
        for (size_t length = 60; length < 64; length++) {
            model_receive(frame_of(length, 2), length);
            model_receive(frame_of(100, 3), 100);
            assert_int_equal(waiting(), 2);
            expect_frame(length, 2, kept);
            expect_frame(100, 3, UINT_MAX);
        }
    }
    assert_int_equal(waiting(), 0);
}

static void test_nothing_waits(void **state)
{
    (void)state;
    assert_int_equal(waiting(), 0);
    model.registers.ris |= MODEL_RXINT; /* for nothing */
    assert_int_equal(waiting(), 0);
    assert_int_equal(model.registers.ris, 0);
    assert_int_equal(model.resets, 1); /* that of set_up() */
}

static void test_a_late_frame_interrupts(void **state)
{
    (void)state;
    stellaris_eth_chip_interrupt(&chip, false);
    model_receive(frame_of(60, 1), 60);
    assert_false(model_interrupts());
    assert_int_equal(waiting(), 1);
    expect_frame(60, 1, UINT_MAX);
    assert_int_equal(waiting(), 0);
    model_receive(frame_of(61, 2), 61); /* before interrupts are allowed again */
    assert_false(model_interrupts());
    stellaris_eth_chip_interrupt(&chip, true);
    assert_true(model_interrupts());
    assert_int_equal(waiting(), 1);
    expect_frame(61, 2, UINT_MAX);
}

static void test_an_overrun_loses_no_whole_frame(void **state)
{
    unsigned frames;

    (void)state;
    for (size_t length = 60; length <= 1514; length += 97) {
        unsigned seed = 0;

        while (!(model.registers.ris & MODEL_FOV)) {
            model_receive(frame_of(length, seed), length);
            seed++;
        }
        frames = waiting();
        assert_int_equal(frames, seed - 1);  /* the last one did not fit */
        model_receive(frame_of(60, 99), 60); /* the receiver is off: this one is lost */
        for (unsigned i = 0; i < frames; i++) {
            expect_frame(length, i, UINT_MAX);
        }
        assert_int_equal(waiting(), 0);
        model_receive(frame_of(length, 7), length);
        assert_int_equal(waiting(), 1);
        expect_frame(length, 7, UINT_MAX);
        assert_int_equal(waiting(), 0);
    }
    assert_int_equal(overruns, model.resets - 1);
}

static void test_an_overrun_while_frames_are_read(void **state)
{
    (void)state;
    model_receive(frame_of(900, 1), 900);
    model_receive(frame_of(900, 2), 900);
    assert_int_equal(waiting(), 2);
    model_receive(frame_of(900, 3), 900); /* overruns */
    expect_frame(900, 1, UINT_MAX);
    expect_frame(900, 2, UINT_MAX);
    assert_int_equal(waiting(), 0);
    assert_int_equal(overruns, 1);
    model_receive(frame_of(900, 4), 900);
    assert_int_equal(waiting(), 1);
    expect_frame(900, 4, UINT_MAX);
}

static void test_a_frame_longer_than_the_fifo(void **state)
{
    (void)state;
    model_receive(frame_of(2100, 1), 2100);
    assert_int_equal(waiting(), 0);
    assert_int_equal(overruns, 1);
    model_receive(frame_of(64, 2), 64);
    assert_int_equal(waiting(), 1);
    expect_frame(64, 2, UINT_MAX);
}

static void test_lost_framing(void **state)
{
    static const uint32_t lengths[] = {0, 1, 6, 19, 2049, 0xffff};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        model_receive(frame_of(60, 1), 60);
        model_receive(frame_of(60, 2), 60);
        model.fifo[model.head] = lengths[i];
        assert_int_equal(waiting(), 2);
        assert_int_equal(stellaris_eth_chip_begin(&chip), 0);
        assert_int_equal(waiting(), 0);
        model_receive(frame_of(70, 3), 70);
        assert_int_equal(waiting(), 1);
        expect_frame(70, 3, UINT_MAX);
    }
}

static void test_refused_frames_are_counted(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 4; n++) {
        model.registers.ris |= MODEL_RXER;
        assert_int_equal(waiting(), 0);
        assert_int_equal(errors, n);
    }
    assert_int_equal(overruns, 0);
}

/* In pieces of `piece` bytes that begin at odd and even addresses. */
static bool send(const uint8_t *frame, size_t length, size_t piece)
{
    static uint8_t memory[2 * LONGEST + 8];

    if (!stellaris_eth_chip_send_begin(&chip, (uint32_t)length, &tx_errors)) {
        return false;
    }
    for (size_t sent = 0; sent < length; sent += piece) {
        size_t here = length - sent < piece ? length - sent : piece;
        uint8_t *at = memory + (sent / piece) % 5;

        memcpy(at, frame + sent, here);
        stellaris_eth_chip_send_add(&chip, at, (uint32_t)here);
    }
    stellaris_eth_chip_send_end(&chip);
    return true;
}

static void test_each_length_goes_out(void **state)
{
    static const size_t pieces[] = {1, 2, 3, 5, 14, 54, LONGEST};

    (void)state;
    for (size_t length = SHORTEST; length <= LONGEST; length++) {
        const uint8_t *frame = frame_of(length, (unsigned)length);

        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            assert_true(send(frame, length, pieces[i]));
            assert_int_equal(model.sent_length, length < 60 ? 60 : length);
            assert_memory_equal(model.sent, frame, length);
        }
    }
    assert_int_equal(model.sent_frames,
                     (LONGEST - SHORTEST + 1) * (sizeof pieces / sizeof pieces[0]));
    assert_int_equal(tx_errors, 0);
}

static void test_a_sender_waits(void **state)
{
    (void)state;
    model.busy_for = 1000;
    for (unsigned seed = 0; seed < 3; seed++) {
        assert_true(send(frame_of(100, seed), 100, 50));
        assert_memory_equal(model.sent, frame_of(100, seed), 100);
    }
    assert_true(model.reads > 2 * 1000);
}

static void test_a_sender_does_not_wait_for_ever(void **state)
{
    (void)state;
    model.busy_for = UINT_MAX;
    assert_true(send(frame_of(100, 1), 100, 100));
    model.reads = 0;
    assert_false(send(frame_of(100, 2), 100, 100));
    assert_true(model.reads < READS_MAX);
    assert_int_equal(model.sent_frames, 1);
    assert_int_equal(model.sending_length, 0);
    model.busy = 0; /* it got out after all */
    assert_true(send(frame_of(100, 3), 100, 100));
    assert_memory_equal(model.sent, frame_of(100, 3), 100);
}

static void test_a_frame_that_did_not_get_out(void **state)
{
    (void)state;
    model.registers.ris |= MODEL_TXER;
    assert_int_equal(waiting(), 0);
    assert_true(model.registers.ris & MODEL_TXER); /* its acknowledgement empties the FIFO: */
    assert_true(send(frame_of(80, 1), 80, 80));    /* only a sender may */
    assert_int_equal(tx_errors, 1);
    assert_false(model.registers.ris & MODEL_TXER);
    assert_memory_equal(model.sent, frame_of(80, 1), 80);
}

static void set_phy(uint16_t status, uint16_t partner)
{
    model.phy[STATUS] = status;
    model.phy[PARTNER] = partner;
    model.mii_takes = 20;
}

static void test_link(void **state)
{
    (void)state;
    set_phy(0x7849, 0);
    assert_false(stellaris_eth_chip_link(&chip));
    set_phy(0x7849 | LINK, 0x01e1);
    model.phy[ADVERTISED] = 0x01e1;
    assert_true(stellaris_eth_chip_link(&chip));
    assert_true(model.registers.tctl & DUPLEX);
    set_phy(0x7849 | LINK, 0x00a1); /* the best in common: 100 Mbit/s, half duplex */
    assert_true(stellaris_eth_chip_link(&chip));
    assert_false(model.registers.tctl & DUPLEX);
    set_phy(0x7849 | LINK, 0x0061); /* 10 Mbit/s, full duplex */
    assert_true(stellaris_eth_chip_link(&chip));
    assert_true(model.registers.tctl & DUPLEX);
    assert_true(model.registers.tctl & 1); /* the transmitter stays on */
}

static void test_no_phy(void **state)
{
    (void)state;
    memset(model.phy, 0, sizeof model.phy);
    assert_true(stellaris_eth_chip_link(&chip)); /* as in QEMU */
    memset(model.phy, 0xff, sizeof model.phy);
    assert_true(stellaris_eth_chip_link(&chip)); /* a line that nobody pulls down */
    assert_true(model.registers.tctl & DUPLEX);
}

static void test_management_that_hangs(void **state)
{
    (void)state;
    set_phy(0x7849, 0);
    model.mii_takes = UINT_MAX;
    model.reads = 0;
    assert_true(stellaris_eth_chip_link(&chip));
    assert_true(stellaris_eth_chip_link(&chip)); /* the transaction before is still under way */
    assert_true(model.reads < READS_MAX);
    model.mii_left = 0;
    model.mii_takes = 20;
    assert_false(stellaris_eth_chip_link(&chip));
}

static void test_reset(void **state)
{
    (void)state;
    model_reset();
    model.mii_takes = 20;
    model.registers.rctl = 0x07;
    model_receive(frame_of(60, 1), 60);
    model.registers.ris = 0x7f;
    assert_null(stellaris_eth_chip_reset(&chip));
    assert_int_equal(model.registers.im, 0);
    assert_int_equal(model.registers.ris, 0);
    assert_int_equal(model.frames, 0);
    assert_int_equal(model.registers.rctl, 0x0a); /* multicast, no bad FCS; not promiscuous, off */
    assert_int_equal(model.registers.tctl, 0x16); /* padding, FCS, full duplex; off */
    assert_int_equal(model.phy[ADVERTISED], 0x01e1);
    (void)stellaris_eth_chip_link(&chip); /* waits until the last of these is written */
    assert_int_equal(model.phy[CONTROL], 0x1200);
    model_receive(frame_of(60, 1), 60);
    assert_int_equal(waiting(), 0);
}

static void test_management_clock(void **state)
{
    static const uint32_t clocks[] = {50000000, 25000000, 8000000};

    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        chip.clock_hz = clocks[i];
        assert_null(stellaris_eth_chip_reset(&chip));
        assert_true(clocks[i] / (2 * (model.registers.mdv + 1)) <= 2500000);
        assert_true(clocks[i] / (2 * (model.registers.mdv + 1)) > 1000000);
    }
}

static void test_nothing_answers(void **state)
{
    (void)state;
    model.dead = true;
    model.reads = 0;
    assert_non_null(stellaris_eth_chip_reset(&chip));
    assert_true(model.reads < READS_MAX);
}

static void test_hwaddr(void **state)
{
    static const uint8_t address[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

    (void)state;
    stellaris_eth_chip_set_hwaddr(&chip, address);
    assert_int_equal(model.registers.ia0, 0x33221102);
    assert_int_equal(model.registers.ia1, 0x5544);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, check_use)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_each_length_comes_in),
        CASE(test_what_is_not_wanted_is_read),
        CASE(test_nothing_waits),
        CASE(test_a_late_frame_interrupts),
        CASE(test_an_overrun_loses_no_whole_frame),
        CASE(test_an_overrun_while_frames_are_read),
        CASE(test_a_frame_longer_than_the_fifo),
        CASE(test_lost_framing),
        CASE(test_refused_frames_are_counted),
        CASE(test_each_length_goes_out),
        CASE(test_a_sender_waits),
        CASE(test_a_sender_does_not_wait_for_ever),
        CASE(test_a_frame_that_did_not_get_out),
        CASE(test_link),
        CASE(test_no_phy),
        CASE(test_management_that_hangs),
        CASE(test_reset),
        CASE(test_management_clock),
        CASE(test_nothing_answers),
        CASE(test_hwaddr),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
