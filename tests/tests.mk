# SPDX-License-Identifier: BSD-3-Clause
# The tests: what they are built from, and their parts. The Makefile includes this, behind all that it tests.

TESTS := $(BUILD)/tests
TEST_CFLAGS := $(COMMON) -O1
# Linked with the objects of apps/lib, with the board runtime's portable files, with all of the linux port.
APP_TESTS := $(patsubst tests/unit/%.c,%,$(shell grep -l '/apps/lib/' tests/unit/test_*.c))
PART_TESTS := test_line_edit test_words test_boot test_path test_ramfs test_heap test_stellaris_eth
KERNEL_TEST := test_kernel
# With lwIP's headers and a board's sizes, over a model of what lies below.
QUOTA_TEST := test_quota
QUOTA_FLAGS := -Iport/linux/include -Iport/include -Iport/common -Ilwipopts/lm3s6965evb \
    -isystem $(LWIP)/src/include
LINUX_TESTS := $(filter-out $(APP_TESTS) $(PART_TESTS) $(KERNEL_TEST) $(QUOTA_TEST),\
    $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c)))
KERNEL_CASES := $(wildcard tests/unit/kernel_cases*.c)
# The cases start their clock 2 s before it wraps.
KERNEL_FLAGS := -DKERNEL_CLOCK_START_MS=0xfffff830u -Iport/cortex-m -Itests/unit
# Registers are a model's.
DRIVER_FLAGS := -include tests/unit/reg_seam.h -Iboard/drivers
KERNEL := port/cortex-m/kernel.c port/cortex-m/kernel_sync.c port/cortex-m/kernel_thread.c
test-binary = $(TESTS)/$(subst _,-,$(1))

$(call remember,$(TESTS)/flags,$(CC) $(TEST_CFLAGS) $(CROSS)gcc $(KERNEL_FLAGS) $(DRIVER_FLAGS))

$(foreach t,$(APP_TESTS),$(call test-binary,$(t))): $(TESTS)/test-%: $(TESTS)/flags $(HOST_OBJ) | setup
	$(call say,build,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(WARNINGS) -Iapps/lib tests/unit/test_$(subst -,_,$*).c $(HOST_OBJ) -lcmocka -pthread -o $@

$(TESTS)/test-line-edit: tests/unit/test_line_edit.c port/cortex-m/line_edit.c port/cortex-m/line_history.c \
    port/cortex-m/keys.c
$(TESTS)/test-words: tests/unit/test_words.c port/cortex-m/words.c
$(TESTS)/test-boot: tests/unit/test_boot.c port/cortex-m/boot.c
$(TESTS)/test-path: tests/unit/test_path.c port/cortex-m/path.c
$(TESTS)/test-ramfs: tests/unit/test_ramfs.c port/cortex-m/ramfs.c
$(TESTS)/test-heap: tests/unit/test_heap.c port/cortex-m/heap.c
$(TESTS)/test-stellaris-eth: tests/unit/test_stellaris_eth.c tests/unit/stellaris_eth_model.c \
    board/drivers/stellaris_eth_chip.c
$(TESTS)/test-kernel: tests/unit/test_kernel.c tests/unit/kernel_seam.c $(KERNEL_CASES) $(KERNEL)

$(foreach t,$(PART_TESTS) $(KERNEL_TEST),$(call test-binary,$(t))): $(TESTS)/flags | setup
	$(call say,build,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(WARNINGS) $(KERNEL_FLAGS) $(DRIVER_FLAGS) $(filter %.c,$^) -lcmocka -o $@

$(foreach t,$(LINUX_TESTS),$(call test-binary,$(t))): $(TESTS)/test-%: $(LINUX_LIB) $(TESTS)/flags
	$(call say,build,$@)
	$(Q)$(CC) $(LINUX_CFLAGS) $(LINUX_INCLUDE) $(WARNINGS) tests/unit/test_$(subst -,_,$*).c $(LINUX_LIB) -lcmocka -o $@

$(TESTS)/test-quota: tests/unit/test_quota.c port/common/ps_admit.c $(TESTS)/flags | setup
	$(call say,build,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(WARNINGS) $(QUOTA_FLAGS) $(filter %.c,$^) -lcmocka -o $@

# The kernel's cases once more, on the machine that it is for.
$(TESTS)/kernel.elf: tests/unit/kernel_board_main.c $(KERNEL_CASES) $(KERNEL) port/cortex-m/kernel_arch.c \
    tests/unit/kernel_board.ld $(TESTS)/flags | setup
	$(call say,build,$@)
	$(Q)$(CROSS)gcc -std=gnu11 -g -Os -mcpu=cortex-m3 -mthumb --specs=nano.specs -nostartfiles $(WARNINGS) \
	    $(KERNEL_FLAGS) -T tests/unit/kernel_board.ld $(filter %.c,$^) -o $@

UNIT_BIN := $(foreach t,$(APP_TESTS) $(PART_TESTS) $(KERNEL_TEST) $(QUOTA_TEST) $(LINUX_TESTS),$(call test-binary,$(t))) \
    $(TESTS)/kernel.elf
PROBE_BIN := $(foreach p,$(PROBES),$(HOST)/probes/$(subst _,-,$(p)) $(LINUX)/probes/$(subst _,-,$(p))) \
    $(foreach b,$(BOARDS),$(BUILD)/$(b)/probes.elf)

-include $(shell find $(BUILD)/host $(BUILD)/linux $(BOARDS:%=$(BUILD)/%) $(TESTS) -name '*.d' 2>/dev/null)

# What a part's tests need; tests/run counts and prints "N passed, N failed".
test: all $(UNIT_BIN) $(PROBE_BIN)
	-@port/setup/packages browser
	@tests/run
test-unit: $(UNIT_BIN)
	@tests/run unit
test-host: all $(PROBE_BIN)
	-@port/setup/packages browser
	@tests/run host
test-linux: host linux $(PROBE_BIN)
	-@port/setup/packages browser
	@tests/run linux
test-board: all $(PROBE_BIN)
	-@port/setup/packages browser
	@tests/run board
