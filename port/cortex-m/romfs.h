/* SPDX-License-Identifier: BSD-3-Clause */
/* Files in flash: what lay in the folder BOARD_ROM (board/rom) when the image was made. They are
 * read where they are and take no RAM. The table is made by rom_table. */
#ifndef PORTSIDE_ROMFS_H
#define PORTSIDE_ROMFS_H

#include "tree.h"

extern const struct tree romfs_tree;

#endif
