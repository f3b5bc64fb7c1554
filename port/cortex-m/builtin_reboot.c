/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's reboot: ends what runs in good order, then resets the microcontroller. */
#include <stdint.h>
#include "builtins.h"
#include "console.h"
#include "kernel.h"
#include "ps.h"
#include "shell_jobs.h"

#define STATUS_USAGE 2
#define END_MS 2000   /* for programs to end */
#define DRAIN_MS 500  /* for what they had sent */
#define OUTPUT_MS 10u /* for the last bytes in the UART */

/* Application Interrupt and Reset Control Register (DDI 0403, B3.2.6). */
#define SCB_AIRCR (*(volatile uint32_t *)0xe000ed0cu)
#define AIRCR_VECTKEY (0x05fau << 16)
#define AIRCR_SYSRESETREQ (1u << 2)

int builtin_reboot(int argc, char **argv)
{
    if (!builtin_no_operands(argc, argv)) {
        return STATUS_USAGE;
    }
    /* The sockets of a thread that runs are left to the reset. */
    if (shell_jobs_end_all(END_MS)) {
        ps_close_all();
        (void)ps_drain(DRAIN_MS);
    }
    console_printf("rebooting\n");
    (void)thread_sleep(OUTPUT_MS, 0);
    __asm volatile("cpsid i\n dsb" ::: "memory");
    SCB_AIRCR = AIRCR_VECTKEY | AIRCR_SYSRESETREQ;
    for (;;) {
    }
}
