/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread kernel's machine for ARMv7-M: context switch, critical sections, clock and alarm.
 *
 * Theory of operation: threads run in privileged thread mode on PSP, ISRs on MSP. PendSV has the
 * lowest priority of all, so a switch never cuts an ISR in two. Critical sections mask all
 * interrupts with PRIMASK: an ISR of any priority may use the kernel.
 *
 * The clock is SysTick, 24 bits of core clock. It always runs; COUNTFLAG tells that a period is
 * over, and nothing but clock_sync() may read SYST_CSR, because reading clears the flag. For an
 * alarm before the end of the running period the counter is restarted with a shorter one. What
 * has passed is read right before, and what the restart takes is a constant that is added: so
 * frequent alarms do not slow the clock down. Once the counter runs SYST_RVR goes back to the
 * longest period, so that no interrupt follows the alarm's. Whether a period that began by itself
 * is a long one shows in the counter: a shorter one is at most half as long.
 *
 * The core clock must be a multiple of 1 kHz, and not be changed after kernel_arch_init().
 * Sources: ARMv7-M Architecture Reference Manual (DDI 0403), B1.5, B3.2, B3.3.
 */
#include <reent.h>

#include "kernel_internal.h"

#ifdef __ARM_FP
#error "the context switch saves no FPU registers: build with -mfloat-abi=soft"
#endif

struct systick {
    volatile uint32_t csr, rvr, cvr;
};
_Static_assert(offsetof(struct systick, cvr) == 8, "SYST_CVR is at 0xe000e018");

#define SYSTICK ((struct systick *)0xe000e010u)
#define CSR_ENABLE (1u << 0)
#define CSR_TICKINT (1u << 1)
#define CSR_CLKSOURCE (1u << 2) /* the core clock */
#define CSR_COUNTFLAG (1u << 16)
#define LONGEST (1u << 24) /* cycles of a period */

#define SCB_ICSR (*(volatile uint32_t *)0xe000ed04u)
#define ICSR_PENDSVSET (1u << 28)
#define SCB_SHPR3 (*(volatile uint32_t *)0xe000ed20u)
#define SHPR3_PENDSV (0xffu << 16)  /* the lowest priority, whatever bits there are */
#define SHPR3_SYSTICK (0xc0u << 24) /* above it, also with two bits */

#define XPSR_THUMB (1u << 24)
#define STACK_MIN 256u /* bytes: two frames with all registers and as much for the thread */

/* Cycles from the sample of SYST_CVR to the restart: store after load, and one for the reload. */
#define RESTART_CYCLES 4u
#define RESTART_MAX_CYCLES 100u
#define QEMU_RESTS_PER_MS 100u

extern uint32_t board_core_hz(void);

void PendSV_Handler(void);
void SysTick_Handler(void);
void *kernel_arch_switch(void);

static struct {
    uint32_t cycles_per_ms;
    uint32_t ms, cycles; /* the time when the running period began */
    uint32_t period;     /* cycles of the running period */
    uint32_t shorter;    /* cycles of the last period that was made for an alarm */
    uint32_t restart;    /* cycles that a restart takes */
    bool restarting;     /* SYST_RVR must go back to the longest once the counter runs */
    bool alarm_set;
    uint32_t alarm_at;
} sys_clock;

static void clock_add(uint32_t cycles)
{
    cycles += sys_clock.cycles;
    sys_clock.ms += cycles / sys_clock.cycles_per_ms;
    sys_clock.cycles = cycles % sys_clock.cycles_per_ms;
}

/* Accounts for a period that is over; returns the cycles of the running one that have passed.
 * Between two periods the counter is 0 for a moment; an emulator may leave it there for longer,
 * after a restart (nothing has passed) or before it raises the flag (all has). */
static uint32_t clock_sync(void)
{
    uint32_t left = SYSTICK->cvr;

    while (SYSTICK->csr & CSR_COUNTFLAG) {
        clock_add(sys_clock.period);
        left = SYSTICK->cvr;
        if (left == 0)
            left = SYSTICK->cvr;
        sys_clock.period = sys_clock.shorter; /* if SYST_RVR was put back too late */
    }
    if (left > sys_clock.period)
        sys_clock.period = LONGEST;
    if (left == 0)
        return sys_clock.restarting ? 0 : sys_clock.period;
    if (sys_clock.restarting) {
        sys_clock.restarting = false;
        SYSTICK->rvr = LONGEST - 1;
    }
    return sys_clock.period - left;
}

/* Ends the running period now, of which `passed` was seen last, and starts one of `cycles`. */
static void clock_restart(uint32_t cycles, uint32_t passed)
{
    uint32_t left;

    SYSTICK->rvr = cycles - 1;
    left = SYSTICK->cvr;
    SYSTICK->cvr = 0;
    if (left != 0 && left <= sys_clock.period - passed)
        passed = sys_clock.period - left;
    else if (!sys_clock.restarting)
        passed = sys_clock.period; /* it ran out in between: an emulator may pause anywhere */
    clock_add(passed + sys_clock.restart);
    sys_clock.period = cycles;
    sys_clock.shorter = cycles;
    sys_clock.restarting = true;
    (void)clock_sync(); /* it runs by now, as a rule */
}

/* Restarts the counter and waits until it runs. Returns whether that takes longer than on silicon:
 * then this is QEMU in real time, whose counter rests at 0 for 10 us. */
static bool clock_rests(void)
{
    volatile unsigned pause;
    uint32_t left;
    unsigned looks;

    SYSTICK->cvr = 0;
    for (looks = 0; looks < 4; looks++)
        left = SYSTICK->cvr;
    while (SYSTICK->cvr == 0)
        for (pause = 1000; pause > 0; pause--) { /* lets QEMU's timers have their turn */
        }
    return left < LONGEST - RESTART_MAX_CYCLES;
}

void kernel_arch_init(void)
{
    uint32_t hz = board_core_hz();
    unsigned tries;

    kernel_assert(hz % 1000 == 0, "the core clock is no multiple of 1 kHz");
    sys_clock.cycles_per_ms = hz / 1000;
    sys_clock.ms = KERNEL_CLOCK_START_MS;
    sys_clock.cycles = 0;
    sys_clock.period = LONGEST;
    sys_clock.shorter = 0;
    sys_clock.restart = RESTART_CYCLES;
    sys_clock.restarting = false;
    sys_clock.alarm_set = false;
    SCB_SHPR3 = (SCB_SHPR3 & 0x0000ffffu) | SHPR3_PENDSV | SHPR3_SYSTICK;
    SYSTICK->rvr = LONGEST - 1;
    SYSTICK->csr = CSR_ENABLE | CSR_TICKINT | CSR_CLKSOURCE;
    for (tries = 0; tries < 4; tries++)
        if (clock_rests())
            sys_clock.restart = RESTART_CYCLES + sys_clock.cycles_per_ms / QEMU_RESTS_PER_MS;
}

uint32_t kernel_arch_now_ms(void)
{
    uint32_t passed = clock_sync();

    return sys_clock.ms + (sys_clock.cycles + passed) / sys_clock.cycles_per_ms;
}

uint32_t kernel_arch_now_us(void)
{
    uint32_t passed = clock_sync() + sys_clock.cycles;
    uint32_t ms = sys_clock.ms + passed / sys_clock.cycles_per_ms;

    return ms * 1000 + passed % sys_clock.cycles_per_ms * 1000 / sys_clock.cycles_per_ms;
}

/* Makes the running period end at the alarm, or before: then its ISR goes on. */
static void alarm_program(void)
{
    uint32_t passed = clock_sync();
    uint32_t shortest = sys_clock.cycles_per_ms / 50;
    uint32_t ms = sys_clock.alarm_at - sys_clock.ms; /* after the running period's beginning */
    uint32_t cycles;

    if (ms > LONGEST / 2 / sys_clock.cycles_per_ms)
        ms = LONGEST / 2 / sys_clock.cycles_per_ms; /* the ISR goes on from there */
    cycles = ms * sys_clock.cycles_per_ms;
    cycles -= cycles < sys_clock.cycles + passed ? cycles : sys_clock.cycles + passed;
    if (cycles < shortest)
        cycles = shortest;
    if (sys_clock.period - passed > cycles + shortest)
        clock_restart(cycles, passed);
}

void kernel_arch_set_alarm(uint32_t ms)
{
    sys_clock.alarm_at = kernel_arch_now_ms() + ms;
    sys_clock.alarm_set = true;
    alarm_program();
}

void SysTick_Handler(void)
{
    uint32_t saved = kernel_arch_lock();

    if (sys_clock.alarm_set) {
        if ((int32_t)(kernel_arch_now_ms() - sys_clock.alarm_at) >= 0) {
            sys_clock.alarm_set = false;
            kernel_alarm();
        } else {
            alarm_program();
        }
    } else {
        (void)clock_sync();
    }
    kernel_arch_unlock(saved);
}

uint32_t kernel_arch_lock(void)
{
    uint32_t saved;

    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(saved) : : "memory");
    return saved;
}

void kernel_arch_unlock(uint32_t saved)
{
    /* isb: what became pending is taken before the next instruction. */
    __asm volatile("msr primask, %0\n\tisb" : : "r"(saved) : "memory");
}

bool kernel_arch_in_isr(void)
{
    uint32_t exception;

    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0;
}

void kernel_arch_request_switch(void)
{
    SCB_ICSR = ICSR_PENDSVSET;
    __asm volatile("dsb" : : : "memory");
}

void kernel_arch_idle(void)
{
    uint32_t saved = kernel_arch_lock();

    (void)clock_sync(); /* puts SYST_RVR back, so that the next alarm wakes only once */
    kernel_arch_unlock(saved);
    __asm volatile("dsb\n\twfi" : : : "memory");
}

void *kernel_arch_stack_init(void *stack, size_t size, void (*entry)(void *), void *arg,
                             void (*on_return)(void))
{
    uint32_t *frame = (uint32_t *)((uintptr_t)stack + size) - 16;
    unsigned i;

    if (size < STACK_MIN)
        return NULL;
    for (i = 0; i < 16; i++)
        frame[i] = 0;                             /* r4-r11; then as the hardware stacks: */
    frame[8] = (uint32_t)(uintptr_t)arg;          /* r0 */
    frame[13] = (uint32_t)(uintptr_t)on_return;   /* lr */
    frame[14] = (uint32_t)(uintptr_t)entry & ~1u; /* pc, which has no Thumb bit */
    frame[15] = XPSR_THUMB;
    return frame;
}

/* The C part of the switch: chooses, and makes newlib's state follow. Returns the new sp. */
__attribute__((used)) void *kernel_arch_switch(void)
{
    uint32_t saved = kernel_arch_lock();
    struct thread *next = kernel_pick_next();

    kernel_current = next;
    _impure_ptr = next->reent != NULL ? next->reent : _GLOBAL_REENT;
    kernel_arch_unlock(saved);
    return next->sp;
}

/* r0-r3, r12, lr, pc and xpsr of the thread are on its stack already. An ISR may come at any
 * instruction here: it uses MSP and no list but with interrupts off. */
__attribute__((naked)) void PendSV_Handler(void)
{
    __asm volatile("mrs r0, psp                 \n" /* sp = psp;                          */
                   "stmdb r0!, {r4-r11}         \n" /* *--sp = r11; ... *--sp = r4;       */
                   "ldr r1, =kernel_current     \n"
                   "ldr r1, [r1]                \n"
                   "str r0, [r1]                \n" /* kernel_current->sp = sp;           */
                   "mov r4, lr                  \n" /* kept by the call, as any r4        */
                   "bl kernel_arch_switch       \n" /* sp = kernel_arch_switch();         */
                   "mov lr, r4                  \n"
                   "ldmia r0!, {r4-r11}         \n" /* r4 = *sp++; ... r11 = *sp++;       */
                   "msr psp, r0                 \n" /* psp = sp;                          */
                   "bx lr                       \n" /* return from exception, to `next`   */
                   ".ltorg                      \n");
}

/* Leaves the caller's stack to the ISRs, and goes on as a return from PendSV would. */
__attribute__((naked)) static void first_thread(void *sp __attribute__((unused)))
{
    __asm volatile("ldr r1, =0xe000ed08         \n" /* VTOR                               */
                   "ldr r1, [r1]                \n"
                   "ldr r1, [r1]                \n"
                   "msr msp, r1                 \n" /* msp = the vector table's first word */
                   "add r0, r0, #32             \n" /* r4-r11 need no value               */
                   "msr psp, r0                 \n" /* psp = sp + 8;                      */
                   "movs r1, #2                 \n"
                   "msr control, r1             \n" /* thread mode runs on psp            */
                   "isb                         \n"
                   "ldr r0, [sp]                \n" /* entry's argument                   */
                   "ldr lr, [sp, #20]           \n" /* where entry returns to             */
                   "ldr r1, [sp, #24]           \n"
                   "orr r1, r1, #1              \n" /* bx wants the Thumb bit             */
                   "add sp, sp, #32             \n"
                   "cpsie i                     \n"
                   "bx r1                       \n" /* entry(arg);                        */
                   ".ltorg                      \n");
}

_Noreturn void kernel_arch_start(struct thread *first)
{
    _impure_ptr = first->reent != NULL ? first->reent : _GLOBAL_REENT;
    first_thread(first->sp);
    __builtin_unreachable();
}
