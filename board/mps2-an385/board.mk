# SPDX-License-Identifier: BSD-3-Clause
# mps2-an385, as the Makefile builds and runs it. Paths are relative to the repository.

BOARD_MCU := -mcpu=cortex-m3 -mthumb
BOARD_LD := board/mps2-an385/mps2-an385.ld
BOARD_SRC := board/mps2-an385/board.c \
             board/drivers/cmsdk_uart.c \
             board/drivers/lan9118.c \
             board/drivers/lan9118_chip.c \
             board/drivers/mac.c

# board/run reads this line.
QEMU_MACHINE := mps2-an385

# What the board uses when no semihosting host hands it arguments: on silicon without a debugger;
# make BOARD_BOOT_ARGS="..." has its way.
BOARD_BOOT_ARGS := ip=192.168.77.10/24 gw=192.168.77.1

# No flash target: the MPS2's code memory is RAM that its own controller fills from the microSD card
# at power-up (README.md).
