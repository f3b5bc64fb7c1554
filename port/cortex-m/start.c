/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vector table and the way from reset to the first thread.
 *
 * Theory of operation: the table lies in section .vectors, which the board's linker script puts
 * at address 0. Every entry but the first two is a weak alias of unexpected_interrupt() (fault.c):
 * the kernel's port defines SVC_Handler, PendSV_Handler and SysTick_Handler, fault.c the faults,
 * and a board overrides the interrupts of its chips by defining `void irq13_handler(void)` and so
 * on, named by their number in the NVIC. Nothing has to be registered at run time.
 * The main stack is used until the first thread runs and by interrupt handlers ever after.
 */
#include <stdint.h>
#include "board.h"
#include "fault.h"
#include "main.h"

typedef void (*vector)(void);

extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[];
extern uint32_t _stack_bottom[], _stack_top[];

_Noreturn void Reset_Handler(void);

#define WEAK_VECTOR(name) void name(void) __attribute__((weak, alias("unexpected_vector")))

/* An alias must be of a function in this file; the fault handler is elsewhere. */
static void __attribute__((naked, used)) unexpected_vector(void)
{
    __asm volatile("b unexpected_interrupt");
}

WEAK_VECTOR(NMI_Handler);
WEAK_VECTOR(HardFault_Handler);
WEAK_VECTOR(MemManage_Handler);
WEAK_VECTOR(BusFault_Handler);
WEAK_VECTOR(UsageFault_Handler);
WEAK_VECTOR(SVC_Handler);
WEAK_VECTOR(DebugMon_Handler);
WEAK_VECTOR(PendSV_Handler);
WEAK_VECTOR(SysTick_Handler);

/* X(0) to X(63). */
#define UNITS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define FIRST_FIVE(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4)
#define LAST_FIVE(X, n) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define TEN(X, n) FIRST_FIVE(X, n) LAST_FIVE(X, n)
#define TENS(X) TEN(X, 1) TEN(X, 2) TEN(X, 3) TEN(X, 4) TEN(X, 5)
#define EACH_IRQ(X) UNITS(X) TENS(X) X(60) X(61) X(62) X(63)

#define DECLARE_IRQ(n) WEAK_VECTOR(irq##n##_handler);
EACH_IRQ(DECLARE_IRQ)

struct vector_table {
    uint32_t *stack;
    vector system[15];
    vector irq[64];
};

#define IRQ_ENTRY(n) irq##n##_handler,

extern const struct vector_table vectors;
__attribute__((section(".vectors"), used)) const struct vector_table vectors = {
    .stack = _stack_top,
    .system = {Reset_Handler, NMI_Handler, HardFault_Handler, MemManage_Handler, BusFault_Handler,
               UsageFault_Handler, 0, 0, 0, 0, SVC_Handler, DebugMon_Handler, 0, PendSV_Handler,
               SysTick_Handler},
    .irq = {EACH_IRQ(IRQ_ENTRY)},
};

_Static_assert(sizeof(struct vector_table) == (16 + 64) * 4, "one word a vector");

#define STACK_PAINT 0xc5a5c5a5u

void main_stack_usage(size_t *used, size_t *size)
{
    const volatile uint32_t *word = _stack_bottom;

    while ((uintptr_t)word < (uintptr_t)_stack_top && *word == STACK_PAINT) {
        word++;
    }
    *used = (size_t)((uintptr_t)_stack_top - (uintptr_t)word);
    *size = (size_t)((uintptr_t)_stack_top - (uintptr_t)_stack_bottom);
}

/* The loops must not become calls of memcpy and memset before these have a stack to trust. */
_Noreturn void Reset_Handler(void)
{
    const uint32_t *from = _sidata;
    uintptr_t sp;

    __asm volatile("mov %0, sp" : "=r"(sp));
    for (volatile uint32_t *to = _stack_bottom; (uintptr_t)to < sp; to++) {
        *to = STACK_PAINT;
    }
    for (volatile uint32_t *to = _sdata; (uintptr_t)to < (uintptr_t)_edata; to++) {
        *to = *from++;
    }
    for (volatile uint32_t *to = _sbss; (uintptr_t)to < (uintptr_t)_ebss; to++) {
        *to = 0;
    }
    fault_init();
    board_init();
    main_start();
}
