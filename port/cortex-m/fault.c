/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fault handlers: registers, fault status and the running thread, then the end.
 *
 * Theory of operation: all vectors lead to one stub that keeps r4-r11 on the main stack and hands
 * the hardware's frame (on the main or the thread's stack, EXC_RETURN says which) to the report.
 * A frame that does not lie inside the running thread's stack is not read: a second fault in here
 * is a lockup. Only HardFault is looked at before: a semihosting breakpoint that nobody answered
 * is stepped over, with -1 as its result.
 * Registers: ARMv7-M Architecture Reference Manual (DDI 0403), B1.5 and B3.2.
 */
#include "fault.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "board.h"
#include "job.h"
#include "kernel.h"
#include "semihost.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define SCB_CCR REG(0xE000ED14u)
#define SCB_SHCSR REG(0xE000ED24u)
#define SCB_CFSR REG(0xE000ED28u)
#define SCB_HFSR REG(0xE000ED2Cu)
#define SCB_MMFAR REG(0xE000ED34u)
#define SCB_BFAR REG(0xE000ED38u)

#define CCR_DIV_0_TRP (1u << 4)
#define SHCSR_FAULTS_ENABLED (7u << 16)
#define CFSR_MMARVALID (1u << 7)
#define CFSR_BFARVALID (1u << 15)
#define EXC_RETURN_PSP (1u << 2)

struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

/* Called by the stub below. `saved` is r4-r11. */
void fault_report(struct frame *frame, const uint32_t *saved, uint32_t exc_return);

static void put(const char *text)
{
    board_console_write(text, strlen(text));
}

static void put_number(uint32_t value, uint32_t base, unsigned digits)
{
    char text[11];
    unsigned at = sizeof text;

    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
        if (digits > 0) {
            digits--;
        }
    } while (value > 0 || digits > 0);
    board_console_write(&text[at], sizeof text - at);
}

static void put_register(const char *name, uint32_t value)
{
    put(name);
    put(" ");
    put_number(value, 16, 8);
    put("  ");
}

static void put_thread(void)
{
    const struct thread *t = thread_self();

    put("\r\nthread ");
    if (t == NULL) {
        put("none yet");
    } else {
        put(t->name);
        put(", stack ");
        put_number((uint32_t)thread_stack_used(t), 10, 0);
        put(" of ");
        put_number((uint32_t)t->stack_size, 10, 0);
    }
    if (job_is_background()) {
        put(", job ");
        put_number((uint32_t)job_pid(), 10, 0);
        put(" in the background");
    }
    put("\r\n");
}

static _Noreturn void end(void)
{
    semihost_exit(FAULT_EXIT_STATUS);
    for (;;) {
        __asm volatile("wfi");
    }
}

static uint32_t active_exception(void)
{
    uint32_t ipsr;

    __asm volatile("mrs %0, ipsr" : "=r"(ipsr));
    return ipsr & 0x1ffu;
}

static void put_exception(uint32_t number)
{
    static const char *const names[] = {
        "thread mode", "reset",    "NMI",      "HardFault", "MemManage", "BusFault",
        "UsageFault",  "reserved", "reserved", "reserved",  "reserved",  "SVC",
        "DebugMon",    "reserved", "PendSV",   "SysTick",
    };

    if (number < sizeof names / sizeof names[0]) {
        put(names[number]);
    } else {
        put("unexpected interrupt ");
        put_number(number - 16, 10, 0);
    }
}

/* Whether the frame lies inside the stack that it must be on. A main stack that could not be used
 * would not have let the handler run. */
static bool frame_readable(const struct frame *frame, uint32_t exc_return)
{
    const struct thread *t = thread_self();
    uintptr_t at = (uintptr_t)frame;

    if ((exc_return & EXC_RETURN_PSP) == 0) {
        return true;
    }
    return t != NULL && at >= (uintptr_t)t->stack &&
           at + sizeof *frame <= (uintptr_t)t->stack + t->stack_size;
}

/* A thread that ran over its stack may fault before the kernel sees the guard. */
static bool stack_is_full(void)
{
    const struct thread *t = thread_self();

    return t != NULL && thread_stack_used(t) + sizeof(uint32_t) >= t->stack_size;
}

static void put_frame(const struct frame *frame)
{
    put_register("r0 ", frame->r0);
    put_register("r1 ", frame->r1);
    put_register("r2 ", frame->r2);
    put_register("r3 ", frame->r3);
    put("\r\n");
    put_register("r12", frame->r12);
    put_register("lr ", frame->lr);
    put_register("pc ", frame->pc);
    put_register("psr", frame->xpsr);
    put("\r\n");
}

static bool is_unanswered_semihosting(const struct frame *frame)
{
    return active_exception() == 3 && (frame->pc & 1u) == 0 &&
           *(const uint16_t *)(uintptr_t)frame->pc == SEMIHOST_BKPT;
}

void fault_report(struct frame *frame, const uint32_t *saved, uint32_t exc_return)
{
    static const char *const names[] = {"r4 ", "r5 ", "r6 ", "r7 ", "r8 ", "r9 ", "r10", "r11"};
    bool readable = frame_readable(frame, exc_return);

    if (SCB_CFSR == 0 && readable && is_unanswered_semihosting(frame)) {
        frame->pc += 2;
        frame->r0 = UINT32_MAX;
        SCB_HFSR = SCB_HFSR;
        semihost_skipped();
        return;
    }
    __asm volatile("cpsid i");
    if (stack_is_full()) {
        put("\r\npanic: stack overflow");
    } else {
        put("\r\nfault: ");
        put_exception(active_exception());
    }
    put_thread();
    if (readable) {
        put_frame(frame);
    } else {
        put_register("stack pointer outside its stack:", (uint32_t)(uintptr_t)frame);
        put("\r\n");
    }
    for (unsigned i = 0; i < 8; i++) {
        put_register(names[i], saved[i]);
        put(i % 4 == 3 ? "\r\n" : "");
    }
    put_register("CFSR", SCB_CFSR);
    put_register("HFSR", SCB_HFSR);
    if ((SCB_CFSR & CFSR_MMARVALID) != 0) {
        put_register("MMFAR", SCB_MMFAR);
    }
    if ((SCB_CFSR & CFSR_BFARVALID) != 0) {
        put_register("BFAR", SCB_BFAR);
    }
    put("\r\n");
    end();
}

/* r4-r11 go to the main stack: handlers run on it, and it is there even when the thread's is not.
 * Returns (from a skipped breakpoint) as any handler does, through EXC_RETURN. */
void __attribute__((naked)) HardFault_Handler(void)
{
    __asm volatile("tst lr, #4         \n" /* which stack pointer was in use */
                   "ite eq             \n"
                   "mrseq r0, msp      \n"
                   "mrsne r0, psp      \n"
                   "mov r2, lr         \n"
                   "push {r4-r11}      \n"
                   "mov r1, sp         \n"
                   "push {r2, lr}      \n" /* two words: the stack stays aligned to 8 */
                   "bl fault_report    \n"
                   "pop {r2, lr}       \n"
                   "pop {r4-r11}       \n"
                   "bx lr              \n");
}

void MemManage_Handler(void) __attribute__((alias("HardFault_Handler")));
void BusFault_Handler(void) __attribute__((alias("HardFault_Handler")));
void UsageFault_Handler(void) __attribute__((alias("HardFault_Handler")));
void NMI_Handler(void) __attribute__((alias("HardFault_Handler")));
void unexpected_interrupt(void) __attribute__((alias("HardFault_Handler")));

void fault_init(void)
{
    SCB_SHCSR |= SHCSR_FAULTS_ENABLED;
    SCB_CCR |= CCR_DIV_0_TRP;
}

_Noreturn void kernel_panic(const char *what)
{
    __asm volatile("cpsid i");
    put("\r\npanic: ");
    put(what);
    put_thread();
    end();
}

_Noreturn void port_assert_failed(const char *message, const char *file, int line)
{
    __asm volatile("cpsid i");
    put("\r\nassertion failed: ");
    put(message);
    put(" (");
    put(file);
    put(":");
    put_number((uint32_t)line, 10, 0);
    put(")");
    put_thread();
    end();
}
