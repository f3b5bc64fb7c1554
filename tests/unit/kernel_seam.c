/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine of kernel_arch.h on the host.
 *
 * Theory of operation: every thread is a ucontext, kept at the top of its own stack. As PendSV
 * does, a switch first leaves the thread's stack (for the scheduler's context) and then asks for
 * the next thread. Time is a number that only the idle thread and case_busy() move, from event to
 * event. Interrupts come when the kernel switches them on: the alarm, the cases' ISRs, and in a
 * storm an ISR before and after every critical section or not, as a seeded generator decides.
 */
#include <string.h>
#include <ucontext.h>

#include "kernel_cases.h"
#include "kernel_seam.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define STACK_MIN 16384u
#define NEVER UINT64_MAX

struct frame {
    ucontext_t context;
    void (*entry)(void *);
    void *arg;
    void (*on_return)(void);
};

struct isr {
    void (*f)(void *);
    void *arg;
    uint64_t at;
};

static ucontext_t main_context, boot_context, switch_context;
static uint8_t boot_stack[65536], switch_stack[65536];

static struct {
    uint64_t now, alarm_at;
    struct isr once, storm;
    bool masked, in_isr, started, switch_asked;
    uint32_t random;
    unsigned alarms;
} machine;

void seam_forget_stack(void *stack, size_t size)
{
    ASAN_UNPOISON_MEMORY_REGION(stack, size);
}

static void run_isr(void (*f)(void *), void *arg)
{
    machine.in_isr = true;
    f(arg);
    machine.in_isr = false;
}

static void alarm_isr(void *arg)
{
    (void)arg;
    machine.alarm_at = NEVER;
    machine.alarms++;
    kernel_alarm();
}

static bool storm_strikes(void)
{
    machine.random = machine.random * 1664525u + 1013904223u;
    return machine.storm.f != NULL && machine.random >> 30 == 0;
}

/* What happens when interrupts are on. */
static void deliver(void)
{
    if (machine.masked || machine.in_isr)
        return;
    if (machine.once.at <= machine.now) {
        machine.once.at = NEVER;
        run_isr(machine.once.f, machine.once.arg);
    }
    if (machine.alarm_at <= machine.now)
        run_isr(alarm_isr, NULL);
    if (storm_strikes())
        run_isr(machine.storm.f, machine.storm.arg);
    while (machine.started && machine.switch_asked) {
        struct frame *frame = kernel_current->sp;

        machine.switch_asked = false;
        machine.masked = true;
        swapcontext(&frame->context, &switch_context);
        machine.masked = false;
    }
}

static void switch_loop(void)
{
    for (;;) {
        struct frame *frame = kernel_current->sp;
        const struct thread *before;

        swapcontext(&switch_context, &frame->context);
        before = kernel_current;
        kernel_current = kernel_pick_next();
        if (strcmp(thread_state_name(before), "ended") == 0)
            seam_forget_stack(before->stack, before->stack_size);
    }
}

static uint64_t next_event(void)
{
    return machine.once.at < machine.alarm_at ? machine.once.at : machine.alarm_at;
}

void kernel_arch_init(void)
{
}

bool kernel_arch_in_isr(void)
{
    return machine.in_isr;
}

uint32_t kernel_arch_lock(void)
{
    uint32_t saved;

    deliver();
    saved = machine.masked;
    machine.masked = true;
    return saved;
}

void kernel_arch_unlock(uint32_t saved)
{
    machine.masked = saved != 0;
    deliver();
}

void kernel_arch_request_switch(void)
{
    machine.switch_asked = true;
}

static void first_call(void)
{
    struct frame *frame = kernel_current->sp;

    machine.masked = false;
    frame->entry(frame->arg);
    frame->on_return();
}

static void prepare(ucontext_t *context, void *stack, size_t size, void (*entry)(void))
{
    getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = size;
    context->uc_link = NULL;
    makecontext(context, entry, 0);
}

void *kernel_arch_stack_init(void *stack, size_t size, void (*entry)(void *), void *arg,
                             void (*on_return)(void))
{
    uintptr_t top = ((uintptr_t)stack + size - sizeof(struct frame)) & ~(uintptr_t)63;
    struct frame *frame = (void *)top;

    if (size < STACK_MIN)
        return NULL;
    prepare(&frame->context, stack, top - (uintptr_t)stack, first_call);
    frame->entry = entry;
    frame->arg = arg;
    frame->on_return = on_return;
    return frame;
}

_Noreturn void kernel_arch_start(struct thread *first)
{
    (void)first;
    machine.started = true;
    machine.switch_asked = false;
    setcontext(&switch_context);
    __builtin_unreachable();
}

void kernel_arch_idle(void)
{
    if (next_event() == NEVER && machine.storm.f == NULL)
        case_fail(__FILE__, __LINE__, "idle for ever");
    if (next_event() != NEVER && next_event() > machine.now)
        machine.now = next_event();
    deliver();
}

uint32_t kernel_arch_now_ms(void)
{
    return (uint32_t)machine.now;
}

void kernel_arch_set_alarm(uint32_t ms)
{
    machine.alarm_at = machine.now + ms;
}

void case_isr(void (*f)(void *), void *arg)
{
    case_isr_after(0, f, arg);
}

void case_isr_after(uint32_t ms, void (*f)(void *), void *arg)
{
    machine.once = (struct isr){f, arg, machine.now + ms};
    deliver();
}

void case_isr_storm(void (*f)(void *), void *arg)
{
    machine.storm = (struct isr){f, arg, 0};
}

void case_busy(uint32_t ms)
{
    uint64_t left = ms;

    deliver();
    while (left > 0) {
        uint64_t step = left;

        if (next_event() > machine.now && next_event() - machine.now < left)
            step = next_event() - machine.now;
        machine.now += step;
        left -= step;
        deliver();
    }
}

uint32_t case_late_ms(void)
{
    return 0;
}

uint32_t case_reference_us(void)
{
    return (uint32_t)((machine.now - KERNEL_CLOCK_START_MS) * 1000);
}

unsigned seam_alarms(void)
{
    return machine.alarms;
}

void seam_run(void (*boot)(void), uint32_t seed)
{
    memset(&machine, 0, sizeof(machine));
    machine.now = KERNEL_CLOCK_START_MS;
    machine.alarm_at = NEVER;
    machine.once.at = NEVER;
    machine.random = seed;
    machine.masked = true;
    seam_forget_stack(case_stacks, sizeof(case_stacks));
    seam_forget_stack(boot_stack, sizeof(boot_stack));
    seam_forget_stack(switch_stack, sizeof(switch_stack));
    prepare(&switch_context, switch_stack, sizeof(switch_stack), switch_loop);
    prepare(&boot_context, boot_stack, sizeof(boot_stack), boot);
    swapcontext(&main_context, &boot_context);
}

_Noreturn void seam_finish(void)
{
    setcontext(&main_context);
    __builtin_unreachable();
}
