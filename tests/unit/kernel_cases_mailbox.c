/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases of the thread kernel: mailbox. */
#include <string.h>

#include "kernel_cases.h"

static struct mailbox box;
static void *slots[3];

static void *number(uintptr_t n)
{
    return (void *)n;
}

static void trypost_isr(void *arg)
{
    CHECK(mailbox_trypost(&box, arg) == 0);
}

static void trypost_full_isr(void *arg)
{
    CHECK(mailbox_trypost(&box, arg) == -1);
}

static void mailbox_wraps_around(void)
{
    uintptr_t in = 1, out = 1;
    void *message;
    unsigned n, i;

    mailbox_init(&box, slots, 3);
    for (n = 0; n < 10; n++) { /* 1, 2, 3 messages at a time: every head meets every fill */
        for (i = 0; i <= n % 3; i++) {
            if (i % 2 == 0)
                case_isr(trypost_isr, number(in++));
            else
                CHECK(mailbox_post(&box, number(in++), KERNEL_FOREVER) == KERNEL_OK);
        }
        if (n % 3 == 2)
            case_isr(trypost_full_isr, number(in));
        for (i = 0; i <= n % 3; i++) {
            CHECK(mailbox_fetch(&box, &message, KERNEL_FOREVER, 0) == KERNEL_OK);
            CHECK(message == number(out++));
        }
    }
    CHECK(mailbox_fetch(&box, &message, 0, 0) == KERNEL_TIMEOUT);
}

static void write_entry(void *arg)
{
    CHECK(mailbox_post(&box, arg, KERNEL_FOREVER) == KERNEL_OK);
    case_mark_self();
}

static void writers_wait_in_order(void)
{
    static const uintptr_t order[] = {1, 2, 3, 5, 7, 4, 6};
    uint32_t start;
    void *message;
    unsigned i;

    mailbox_init(&box, slots, 3);
    for (i = 1; i <= 3; i++)
        CHECK(mailbox_trypost(&box, number(i)) == 0);
    for (i = 4; i <= 7; i++) { /* 4 and 6 low, 5 and 7 high */
        case_spawn(i, i % 2 ? 3 : 2, write_entry, number(i));
        case_settle();
    }
    start = kernel_now_ms();
    CHECK(mailbox_post(&box, number(8), 10) == KERNEL_TIMEOUT); /* leaves no message behind */
    CHECK(case_took(start, 10));
    CHECK(case_trace[0] == '\0');
    for (i = 0; i < 7; i++) {
        CHECK(mailbox_fetch(&box, &message, 0, 0) == KERNEL_OK);
        CHECK(message == number(order[i]));
    }
    CHECK(mailbox_fetch(&box, &message, 0, 0) == KERNEL_TIMEOUT);
    for (i = 4; i <= 7; i++)
        case_join(i);
    CHECK(strcmp(case_trace, "fheg") == 0);
}

static void read_entry(void *arg)
{
    void *message = NULL;

    CHECK(mailbox_fetch(&box, &message, KERNEL_FOREVER, 0) == KERNEL_OK);
    *(void **)arg = message;
    case_mark_self();
}

static void messages_go_straight_to_readers(void)
{
    void *got[3] = {NULL, NULL, NULL}, *message;
    unsigned i;

    mailbox_init(&box, slots, 3);
    for (i = 0; i < 3; i++) {
        case_spawn(i, i == 1 ? 3 : 2, read_entry, &got[i]);
        case_settle();
    }
    for (i = 1; i <= 4; i++)
        case_isr(trypost_isr, number(i)); /* three for the readers, who have not run; one stays */
    CHECK(box.used == 1);
    CHECK(mailbox_fetch(&box, &message, 0, 0) == KERNEL_OK && message == number(4));
    CHECK(case_trace[0] == '\0');
    for (i = 0; i < 3; i++)
        case_join(i);
    CHECK(strcmp(case_trace, "bac") == 0);
    CHECK(got[1] == number(1) && got[0] == number(2) && got[2] == number(3));
}

static void a_reader_that_gave_up_gets_nothing(void)
{
    void *message = number(9);

    mailbox_init(&box, slots, 3);
    CHECK(mailbox_fetch(&box, &message, 5, 0) == KERNEL_TIMEOUT);
    CHECK(mailbox_trypost(&box, number(1)) == 0);
    CHECK(message == number(9) && box.used == 1);
    CHECK(mailbox_fetch(&box, &message, 5, 0) == KERNEL_OK && message == number(1));
}

const struct kernel_case kernel_mailbox_cases[] = {
    {"mailbox_wraps_around", mailbox_wraps_around, false},
    {"writers_wait_in_order", writers_wait_in_order, false},
    {"messages_go_straight_to_readers", messages_go_straight_to_readers, false},
    {"a_reader_that_gave_up_gets_nothing", a_reader_that_gave_up_gets_nothing, false},
    {NULL, NULL, false},
};
