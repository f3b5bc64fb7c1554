# SPDX-License-Identifier: BSD-3-Clause
# Board images; the Makefile includes this. Paths are relative to the repository.

BOARD_PORT := $(wildcard port/common/*.c) $(wildcard port/cortex-m/*.c)
# The files of /rom.
BOARD_ROM := board/rom
# newlib's functions for FILEs that port/cortex-m/stdio_streams.c stands in front of.
STDIO_WRAP := -Wl,--wrap=__sfp,--wrap=_fwalk,--wrap=_fwalk_reent

# An image of board $(1) called $(2), with the programs $(3) (sources without .c) and the objects $(4).
define board_image
$(BUILD)/$(1)/$(2).c: $(BUILD)/$(1)/flags port/cortex-m/app_table $(addsuffix .c,$(3))
	@port/cortex-m/app_table $(addsuffix .c,$(3)) > $$@

$(BUILD)/$(1)/obj/$(2).o: $(BUILD)/$(1)/$(2).c | setup
	$(Q)$(CROSS)gcc $$($(1)_FLAGS) $(WARNINGS) -c $$< -o $$@

$(BUILD)/$(1)/$(2).elf: $$($(1)_OBJ) $(4) $(patsubst %,$(BUILD)/$(1)/obj/%.app.o,$(3)) $(BUILD)/$(1)/obj/$(2).o \
    $$($(1)_LD) port/cortex-m/sections.ld
	$(call say,build,$$@)
	$(Q)$(CROSS)gcc $$($(1)_MCU) --specs=nano.specs -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings \
	    $(STDIO_WRAP) -Wl,-Map=$$(@:.elf=.map) -T $$($(1)_LD) $$(filter %.o,$$^) -o $$@
endef

# All that belongs to board $(1); its board.mk names the processor, the sources and the linker script.
define board_rules
include board/$(1)/board.mk
$(1)_DIR := $(BUILD)/$(1)
$(1)_FLAGS := $(COMMON) -Os -ffunction-sections -fdata-sections --specs=nano.specs $$(BOARD_MCU) \
    -DBOARD_BOOT_ARGS='"$$(BOARD_BOOT_ARGS)"' $(OPTS_FLAGS) -Iport/cortex-m/include -Iport/include -Iport/common -Iport/cortex-m \
    -Ilwipopts/$(1) -Iboard/$(1) -Iboard/drivers -isystem $(LWIP)/src/include
$(1)_OBJ := $(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(APP_LIB) $(APP_LIB_BOARD) $(BOARD_PORT)) \
    $$(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$$(BOARD_SRC)) \
    $(patsubst %.c,$(BUILD)/$(1)/obj/lwip/%.o,$(LWIP_SRC)) $(BUILD)/$(1)/obj/rom.o
# What the probes of boards ask of the drivers that this one has.
$(1)_PROBES_OBJ := $$(patsubst %.c,$(BUILD)/$(1)/obj/%.o,$(BOARD_PROBES_LIB) \
    $$(wildcard $$(patsubst board/%,tests/system/board_probes/%,$$(filter board/drivers/%,$$(BOARD_SRC)))))
$(1)_LD := $$(BOARD_LD)
$(1)_MCU := $$(BOARD_MCU)
BOARD_BOOT_ARGS :=

$$(call remember,$(BUILD)/$(1)/flags,$(CROSS)gcc $$($(1)_FLAGS) $(WARNINGS) $(APPS) $(COMMANDS) $(PROBES) $(BOARD_PROBES))

$(BUILD)/$(1)/obj/lwip/%.o: $(LWIP)/%.c $(BUILD)/$(1)/flags | setup
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $$($(1)_FLAGS) -Wall -c $$< -o $$@

$(BUILD)/$(1)/obj/%.o: %.c $(BUILD)/$(1)/flags | setup
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $$($(1)_FLAGS) $(WARNINGS) -c $$< -o $$@

# The script leaves the table as it is when nothing has changed.
$(BUILD)/$(1)/rom.S: always
	@port/cortex-m/rom_table '$(BOARD_ROM)' $$@

$(BUILD)/$(1)/obj/rom.o: $(BUILD)/$(1)/rom.S $(BUILD)/$(1)/flags | setup
	@mkdir -p $$(@D)
	$(Q)$(CROSS)gcc $$($(1)_MCU) -c $$< -o $$@

# The main() of a program and nothing else of it is seen by the rest of the image.
$(BUILD)/$(1)/obj/%.app.o: $(BUILD)/$(1)/obj/%.o
	$(Q)$(CROSS)objcopy --redefine-sym main=app_$$(*F)_main --keep-global-symbol=app_$$(*F)_main $$< $$@

$(call board_image,$(1),portside,$(addprefix apps/,$(APPS)) $(COMMANDS))
$(call board_image,$(1),probes,$(addprefix apps/,$(APPS)) $(COMMANDS) $(addprefix tests/system/probes/,$(PROBES)) \
    $(BOARD_PROBES),$$($(1)_PROBES_OBJ))

$(1): $(BUILD)/$(1)/portside.elf
endef
$(foreach board,$(BOARDS),$(eval $(call board_rules,$(board))))

boards: $(BOARDS)
