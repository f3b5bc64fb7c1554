/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the thread kernel's cases on QEMU's mps2-an385, each after a reset of its own.
 *
 * Theory of operation: which case comes next and what failed so far stands in memory that a reset
 * leaves alone. So a case may end anywhere, in a panic with interrupts off or in an ISR, and the
 * next one finds a fresh machine. TIMER0 counts down from RUN_CYCLES: it is the reference clock,
 * and ends the case when it is too late. TIMER1 and a spare interrupt line make the cases' ISRs.
 * Output goes to UART0: "ok NAME" or "not ok NAME: file:line: what", at last "N passed, N failed";
 * the exit status through semihosting is 0 or 1.
 * Sources: ARM AN385, CMSDK (DDI 0479), ARMv7-M (DDI 0403), ARM semihosting (100863).
 */
#include <errno.h>
#include <reent.h>
#include <string.h>

#include "kernel_cases.h"

#define CORE_HZ 25000000u
#define RUN_CYCLES (20u * CORE_HZ)
#define MAGIC 0x6b657273u

#define UART0_DATA (*(volatile uint32_t *)0x40004000u)
#define UART0_STATE (*(volatile uint32_t *)0x40004004u)
#define UART0_CTRL (*(volatile uint32_t *)0x40004008u)
#define UART0_BAUDDIV (*(volatile uint32_t *)0x40004010u)
#define UART_TX_FULL 1u
#define UART_TX_ENABLE 1u

struct timer {
    volatile uint32_t ctrl, value, reload, intclear;
};

#define TIMER0 ((struct timer *)0x40000000u)
#define TIMER1 ((struct timer *)0x40001000u)
#define TIMER_ENABLE 1u
#define TIMER_INTERRUPT 8u

#define NVIC_ENABLE (*(volatile uint32_t *)0xe000e100u)
#define NVIC_PENDING (*(volatile uint32_t *)0xe000e200u)
#define NVIC_PRIORITY ((volatile uint8_t *)0xe000e400u)
#define SCB_AIRCR (*(volatile uint32_t *)0xe000ed0cu)
#define AIRCR_RESET 0x05fa0004u

#define IRQ_TIMER0 8u
#define IRQ_TIMER1 9u
#define IRQ_SPARE 20u
#define IRQS 32u

extern uint32_t stack_top, data_start, data_end, data_load, bss_start, bss_end;

void PendSV_Handler(void);
void SysTick_Handler(void);
_Noreturn void Reset_Handler(void);
uint32_t board_core_hz(void);

static const struct kernel_case board_cases[];
static const struct kernel_case *const groups[] = {
    kernel_thread_cases, kernel_time_cases,   kernel_sync_cases, kernel_mailbox_cases,
    kernel_storm_cases,  kernel_misuse_cases, board_cases};

/* What lives longer than a case. */
static struct {
    uint32_t magic, group, index, passed, failed;
} progress __attribute__((section(".noinit")));

struct isr {
    void (*f)(void *);
    void *arg;
};

static struct isr spare, once, storm;
static uint32_t storm_random = 1;
static const struct kernel_case *current;
static const char *expected_panic;
static struct thread case_thread;
static _Alignas(8) uint8_t case_stack[2 * CASE_STACK], idle_stack[CASE_STACK];

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}

static void put(const char *text)
{
    for (; *text != '\0'; text++) {
        while (UART0_STATE & UART_TX_FULL) {
        }
        UART0_DATA = (uint8_t)*text;
    }
    while (UART0_STATE & UART_TX_FULL) { /* a reset must not eat the last one */
    }
}

static void put_number(uint32_t n)
{
    char text[11], *at = text + sizeof(text) - 1;

    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    put(at);
}

static _Noreturn void exit_emulator(uint32_t status)
{
    static uint32_t block[2];
    register uint32_t operation __asm("r0") = 0x20; /* SYS_EXIT_EXTENDED */
    register uint32_t *parameter __asm("r1") = block;

    block[0] = 0x20026; /* ADP_Stopped_ApplicationExit */
    block[1] = status;
    __asm volatile("bkpt 0xab" : : "r"(operation), "r"(parameter) : "memory");
    for (;;) {
    }
}

static _Noreturn void next_case(bool ok)
{
    (void)kernel_arch_lock();
    progress.index++;
    if (ok)
        progress.passed++;
    else
        progress.failed++;
    __asm volatile("dsb" : : : "memory");
    SCB_AIRCR = AIRCR_RESET;
    for (;;) {
    }
}

static _Noreturn void case_passed(void)
{
    (void)kernel_arch_lock();
    put("ok ");
    put(current->name);
    put("\n");
    next_case(true);
}

_Noreturn void case_fail(const char *file, int line, const char *what)
{
    (void)kernel_arch_lock();
    put("not ok ");
    put(current->name);
    put(": ");
    put(file);
    put(":");
    put_number((uint32_t)line);
    put(": ");
    put(what);
    put(" (trace \"");
    put(case_trace);
    put("\")\n");
    next_case(false);
}

void case_expect_panic(const char *what)
{
    expected_panic = what;
}

_Noreturn void kernel_panic(const char *what)
{
    if (expected_panic == NULL || strcmp(expected_panic, what) != 0)
        case_fail(__FILE__, __LINE__, what);
    case_passed();
}

static void case_entry(void *arg)
{
    (void)arg;
    current->run();
    if (expected_panic != NULL)
        case_fail(__FILE__, __LINE__, "no panic");
    case_passed();
}

void case_isr(void (*f)(void *), void *arg)
{
    spare = (struct isr){f, arg};
    NVIC_PENDING = 1u << IRQ_SPARE;
    __asm volatile("dsb\n\tisb" : : : "memory");
}

static void spare_handler(void)
{
    spare.f(spare.arg);
}

static void start_timer1(uint32_t cycles)
{
    TIMER1->ctrl = 0;
    TIMER1->reload = cycles;
    TIMER1->value = cycles;
    TIMER1->ctrl = TIMER_ENABLE | TIMER_INTERRUPT;
}

void case_isr_after(uint32_t ms, void (*f)(void *), void *arg)
{
    once = (struct isr){f, arg};
    start_timer1(ms * (CORE_HZ / 1000));
}

static void storm_next(void)
{
    storm_random = storm_random * 1664525u + 1013904223u;
    start_timer1(CORE_HZ / 20000 + (storm_random >> 20)); /* 50 to 210 us */
}

void case_isr_storm(void (*f)(void *), void *arg)
{
    uint32_t saved = kernel_arch_lock();

    storm = (struct isr){f, arg};
    TIMER1->ctrl = 0;
    if (f != NULL)
        storm_next();
    kernel_arch_unlock(saved);
}

static void timer1_handler(void)
{
    TIMER1->intclear = 1;
    TIMER1->ctrl = 0;
    if (once.f != NULL) {
        struct isr isr = once;

        once.f = NULL;
        isr.f(isr.arg);
    }
    if (storm.f != NULL) {
        storm.f(storm.arg);
        storm_next();
    }
}

static void timer0_handler(void)
{
    case_fail(__FILE__, __LINE__, "too late");
}

static void fault_handler(void)
{
    case_fail(__FILE__, __LINE__, "fault");
}

void case_busy(uint32_t ms)
{
    uint32_t last = kernel_now_ms();

    while (ms > 0) {
        uint32_t now = kernel_now_ms();

        if (now != last) /* however long others ran in between */
            ms--;
        last = now;
    }
}

/* The emulator may pause on a busy host. */
uint32_t case_late_ms(void)
{
    return 1000;
}

uint32_t case_reference_us(void)
{
    return (RUN_CYCLES - TIMER0->value) / (CORE_HZ / 1000000u);
}

static void set_errno_entry(void *arg)
{
    errno = *(const int *)arg;
    thread_yield();
    CHECK(errno == *(const int *)arg);
}

static void errno_is_the_threads_own(void)
{
    static const int values[3] = {11, 22, 33};
    static struct _reent own[2];
    unsigned i;

    errno = 44;
    for (i = 0; i < 3; i++) {
        case_threads[i].reent = i < 2 ? &own[i] : NULL; /* the third has the global one */
        case_spawn(i, 3, set_errno_entry, (void *)&values[i]);
    }
    for (i = 0; i < 3; i++)
        case_join(i);
    CHECK(own[0]._errno == 11 && own[1]._errno == 22 && errno == 33);
}

static const struct kernel_case board_cases[] = {
    {"errno_is_the_threads_own", errno_is_the_threads_own, false},
    {NULL, NULL, false},
};

static _Noreturn void run_next(void)
{
    if (progress.magic != MAGIC) {
        memset(&progress, 0, sizeof(progress));
        progress.magic = MAGIC;
    }
    while (progress.group < sizeof(groups) / sizeof(groups[0]) &&
           groups[progress.group][progress.index].name == NULL) {
        progress.group++;
        progress.index = 0;
    }
    if (progress.group == sizeof(groups) / sizeof(groups[0])) {
        put_number(progress.passed);
        put(" passed, ");
        put_number(progress.failed);
        put(" failed\n");
        progress.magic = 0;
        exit_emulator(progress.failed > 0 || progress.passed == 0);
    }
    current = &groups[progress.group][progress.index];
    TIMER0->reload = RUN_CYCLES;
    TIMER0->value = RUN_CYCLES;
    TIMER0->ctrl = TIMER_ENABLE | TIMER_INTERRUPT;
    NVIC_PRIORITY[IRQ_TIMER0] = 0;
    NVIC_PRIORITY[IRQ_TIMER1] = 0x40;
    NVIC_PRIORITY[IRQ_SPARE] = 0x80;
    NVIC_ENABLE = 1u << IRQ_TIMER0 | 1u << IRQ_TIMER1 | 1u << IRQ_SPARE;
    kernel_init(idle_stack, sizeof(idle_stack));
    if (current->before_start)
        case_entry(NULL);
    CHECK(thread_start(&case_thread, "case", CASE_PRIORITY, case_entry, NULL, case_stack,
                       sizeof(case_stack)) == 0);
    kernel_start();
}

_Noreturn void Reset_Handler(void)
{
    __asm volatile("cpsid i");
    memcpy(&data_start, &data_load, (uintptr_t)&data_end - (uintptr_t)&data_start);
    memset(&bss_start, 0, (uintptr_t)&bss_end - (uintptr_t)&bss_start);
    UART0_BAUDDIV = 16;
    UART0_CTRL = UART_TX_ENABLE;
    run_next();
}

static const struct {
    uint32_t *stack;
    void (*handlers[15 + IRQS])(void);
} vectors __attribute__((section(".vectors"), used)) = {
    &stack_top,
    {[0] = Reset_Handler,
     [1 ... 12] = fault_handler,
     [13] = PendSV_Handler,
     [14] = SysTick_Handler,
     [15 + IRQ_TIMER0] = timer0_handler,
     [15 + IRQ_TIMER1] = timer1_handler,
     [15 + IRQ_SPARE] = spare_handler},
};
