/* SPDX-License-Identifier: BSD-3-Clause */
/* From the kernel's start to the shell, or to the command of run= and the end. */
#include "main.h"
#include <stdint.h>
#include <string.h>
#include "board.h"
#include "boot.h"
#include "console.h"
#include "fault.h"
#include "files.h"
#include "heap.h"
#include "job.h"
#include "kernel.h"
#include "ps.h"
#include "semihost.h"
#include "shell.h"

#define IDLE_STACK_SIZE 256
#define STATUS_NO_NETWORK 1
#define STATUS_USAGE 2
#define DRAIN_MS 5000
#define DRAIN_INTERRUPTED_MS 500

extern uint8_t _heap_start[], _heap_end[];

static uint8_t idle_stack[IDLE_STACK_SIZE] __attribute__((aligned(8)));
static uint8_t main_stack[BOARD_MAIN_STACK] __attribute__((aligned(8)));
static struct thread main_thread;

void main_end(int status)
{
    ps_close_all();
    (void)ps_drain(status >= 128 ? DRAIN_INTERRUPTED_MS : DRAIN_MS);
    semihost_exit(status);
}

/* Board first, then what the emulator was told. */
static int read_boot_args(struct boot_args *args)
{
    char *line = shell_line; /* args->run points into it */
    char error[100];

    memset(args, 0, sizeof *args);
    if (boot_parse(BOARD_BOOT_ARGS, args, error, sizeof error) != 0) {
        console_printf("board.mk: %s\n", error);
        return -1;
    }
    if (!semihost_present()) {
        return 0;
    }
    if (semihost_command_line(line, BOARD_LINE_MAX) != 0) {
        console_printf("portside: the boot arguments are longer than %d bytes\n",
                       BOARD_LINE_MAX - 1);
        return -1;
    }
    if (boot_parse(line, args, error, sizeof error) != 0) {
        console_printf("%s\n", error);
        return -1;
    }
    return 0;
}

/* The command is in shell_line already, or is board.mk's. */
static void run(const char *command)
{
    size_t length = strlen(command);
    int status = STATUS_USAGE;

    if (length < BOARD_LINE_MAX) {
        memmove(shell_line, command, length + 1);
        status = shell_command(shell_line, false);
    } else {
        console_printf("portside: the command is longer than %d bytes\n", BOARD_LINE_MAX - 1);
    }
    main_end(status);
    console_printf("exit status %d\n", status);
}

static void main_entry(void *arg)
{
    struct boot_args args;

    (void)arg;
    semihost_probe();
    console_init(!semihost_present(), shell_interrupt);
    if (read_boot_args(&args) != 0) {
        semihost_exit(STATUS_USAGE);
        kernel_panic("wrong boot arguments");
    }
    if (net_start(&args) != 0) {
        semihost_exit(STATUS_NO_NETWORK);
    }
    if (args.run != NULL) {
        run(args.run);
    }
    console_printf("portside on %s: help lists the commands\n", board_name);
    shell_run();
}

_Noreturn void main_start(void)
{
    heap_init(_heap_start, _heap_end, BOARD_HEAP_NETWORK);
    kernel_init(idle_stack, sizeof idle_stack);
    if (thread_start(&main_thread, "main", PRIORITY_SHELL, main_entry, NULL, main_stack,
                     sizeof main_stack) != 0) {
        kernel_panic("the main thread could not be started");
    }
    files_init();
    kernel_start();
}
