# SPDX-License-Identifier: BSD-3-Clause
# lm3s6965evb, as the Makefile builds and runs it. Paths are relative to the repository.

BOARD_MCU := -mcpu=cortex-m3 -mthumb
BOARD_LD := board/lm3s6965evb/lm3s6965evb.ld
BOARD_SRC := board/lm3s6965evb/board.c \
             board/drivers/mac.c \
             board/drivers/pl011.c \
             board/drivers/stellaris_eth.c \
             board/drivers/stellaris_eth_chip.c \
             board/drivers/stellaris_sysctl.c

# board/run reads these lines. The noise is QEMU's, of a timer that resets before its clock does.
QEMU_MACHINE := lm3s6965evb
QEMU_NOISE := Timer with period zero, disabling

# What the board uses when no semihosting host hands it arguments: on silicon without a debugger;
# make BOARD_BOOT_ARGS="..." has its way.
BOARD_BOOT_ARGS := ip=192.168.77.10/24 gw=192.168.77.1
