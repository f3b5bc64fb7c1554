# SPDX-License-Identifier: BSD-3-Clause
# Portside: lwIP's socket API on Linux over TAP, on microcontrollers and beside the host's own.
# `make help` lists the targets. Everything that is generated or downloaded lies under build/.

# A new board is a folder, a new program a file. The first board is the one meant when none is named.
BOARDS := $(patsubst board/%/board.mk,%,$(wildcard board/*/board.mk))
BOARDS := mps2-an385 $(filter-out mps2-an385,$(BOARDS))
APPS := $(patsubst apps/%.c,%,$(wildcard apps/*.c))
# Programs that only a board has: where Linux has its own.
COMMANDS := $(patsubst %.c,%,$(wildcard port/cortex-m/commands/*.c))
# Programs of the tests, on every stack like the apps.
PROBES := $(patsubst tests/system/probes/%.c,%,$(wildcard tests/system/probes/*.c))
# Those that look below the sockets of a board, and what they share.
BOARD_PROBES := $(patsubst %.c,%,$(wildcard tests/system/board_probes/*.c))
BOARD_PROBES_LIB := $(wildcard tests/system/board_probes/lib/*.c)

# OPTS="NAME=VALUE ..." gives options of lwIP other values than lwipopts/ has, and builds in a folder
# of its own: build/opts/NAME-VALUE+.../
OPTS :=
space := $(subst ,, )
BUILD := build$(if $(strip $(OPTS)),/opts/$(subst $(space),+,$(subst =,-,$(strip $(OPTS)))))
LWIP := $(or $(LWIP_DIR),build/lwip)
PYTHON := /usr/bin/python3
CROSS := arm-none-eabi-

MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq (0,$(MAKELEVEL))
MAKEFLAGS += -j$(shell nproc)
endif
# A line for each program; V=1 shows every command.
Q := $(if $(V),,@)
say = $(if $(V),,@echo '$(1) $(2)')
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: always all host linux boards $(BOARDS) setup help demo tutorial test test-unit test-host test-linux \
        test-board run debug size lab format lint lint-sources clean

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror
COMMON := -std=gnu11 -g -MD -MP
# Of what a system has or has not there are two implementations each.
APP_LIB := $(filter-out apps/lib/encoding_% apps/lib/beneath_%,$(wildcard apps/lib/*.c))
APP_LIB_POSIX := apps/lib/encoding_iconv.c apps/lib/beneath_openat.c
APP_LIB_BOARD := apps/lib/encoding_none.c apps/lib/beneath_plain.c

all: host linux boards

# --- What must be there first: packages, and lwIP itself (checked, pinned, unpatched) ---

setup:
	@port/setup/packages build boards tests
ifdef LWIP_DIR
	@port/setup/lwip --check $(LWIP)
else
	@port/setup/lwip $(LWIP)
endif

$(LWIP)/src/%.c: | setup ;

LWIP_SRC := $(addprefix src/, \
    $(addprefix api/, api_lib.c api_msg.c err.c if_api.c netbuf.c netdb.c netifapi.c sockets.c \
        tcpip.c) \
    $(addprefix core/, def.c dns.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c raw.c stats.c \
        sys.c tcp.c tcp_in.c tcp_out.c timeouts.c udp.c) \
    $(addprefix core/ipv4/, dhcp.c etharp.c icmp.c igmp.c ip4.c ip4_addr.c ip4_frag.c) \
    $(addprefix core/ipv6/, ethip6.c icmp6.c inet6.c ip6.c ip6_addr.c ip6_frag.c mld6.c nd6.c) \
    netif/ethernet.c)

# A target's flags are kept in a file that changes with them, so that its objects are made again.
define remember
$(shell mkdir -p $(dir $(1)); echo '$(2)' | cmp -s - $(1) || echo '$(2)' > $(1))
endef

# --- Options of lwIP from the command line ---

ifneq (,$(strip $(OPTS)))
opts_lines := printf '%s' '$(strip $(OPTS))' | tr ' ' '\n'
$(if $(shell $(opts_lines) | grep -vxE '[A-Z][A-Z0-9_]*=[A-Za-z0-9_]+'),\
    $(error OPTS: '$(OPTS)' is not like OPTS="TCP_WND=2920 LWIP_IPV6=1"))
# Behind the target's own lwipopts.h: the last definition counts. What that one decides by, it must
# know before.
OPTS_FLAGS := -I$(BUILD)/lwipopts $(addprefix -D,$(filter LWIP_IPV6=%,$(OPTS)))
$(shell mkdir -p $(BUILD)/lwipopts; \
    { echo '#include_next <lwipopts.h>'; $(opts_lines) | sed -E 's/(.*)=(.*)/#undef \1\n#define \1 \2/'; } \
    > $(BUILD)/lwipopts/new; cd $(BUILD)/lwipopts; cmp -s new lwipopts.h || cp new lwipopts.h)
endif

# --- host: the kernel's own sockets ---

HOST := $(BUILD)/host
# Files may be larger than 2 GB, also where a long has 32 bits.
LARGE_FILES := -D_FILE_OFFSET_BITS=64
HOST_CFLAGS := $(COMMON) -O2 $(LARGE_FILES)
HOST_OBJ := $(patsubst %.c,$(HOST)/obj/%.o,$(APP_LIB) $(APP_LIB_POSIX))
HOST_BIN := $(foreach app,$(APPS),$(HOST)/$(subst _,-,$(app)))

$(call remember,$(HOST)/flags,$(CC) $(HOST_CFLAGS) $(WARNINGS))

$(HOST)/obj/%.o: %.c $(HOST)/flags | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(WARNINGS) -c $< -o $@

# $(1): the source without .c; $(2): the binary.
define host_app
$(2): $(HOST)/obj/$(1).o $(HOST_OBJ)
	@mkdir -p $$(@D)
	$(call say,build,$$@)
	$(Q)$(CC) -pthread $$^ -o $$@
endef
$(foreach app,$(APPS),$(eval $(call host_app,apps/$(app),$(HOST)/$(subst _,-,$(app)))))
$(foreach probe,$(PROBES),$(eval $(call host_app,tests/system/probes/$(probe),$(HOST)/probes/$(subst _,-,$(probe)))))

host: $(HOST_BIN)

# --- linux: lwIP in the process, over a TAP ---

LINUX := $(BUILD)/linux
LINUX_INCLUDE := $(OPTS_FLAGS) -Iport/linux/include -Iport/include -Iport/common -Iport/linux -Ilwipopts/linux \
    -isystem $(LWIP)/src/include
LINUX_CFLAGS := $(COMMON) -O2 $(LARGE_FILES) -pthread
LINUX_PORT := $(wildcard port/common/*.c) $(filter-out port/linux/os_%,$(wildcard port/linux/*.c))
# These see the kernel's headers, and none of lwIP's.
LINUX_OS := $(wildcard port/linux/os_*.c)
LINUX_LIB := $(LINUX)/libportside.a
LINUX_OBJ := $(patsubst %.c,$(LINUX)/obj/%.o,$(APP_LIB) $(APP_LIB_POSIX))
LINUX_LIB_OBJ := $(patsubst %.c,$(LINUX)/obj/%.o,$(LINUX_PORT) $(LINUX_OS)) \
    $(patsubst %.c,$(LINUX)/obj/lwip/%.o,$(LWIP_SRC))
LINUX_BIN := $(foreach app,$(APPS),$(LINUX)/$(subst _,-,$(app)))

$(call remember,$(LINUX)/flags,$(CC) $(LINUX_CFLAGS) $(LINUX_INCLUDE) $(WARNINGS))

$(LINUX)/obj/lwip/%.o: $(LWIP)/%.c $(LINUX)/flags | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINUX_CFLAGS) $(LINUX_INCLUDE) -Wall -c $< -o $@

$(LINUX)/obj/port/linux/os_%.o: port/linux/os_%.c $(LINUX)/flags | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINUX_CFLAGS) $(WARNINGS) -Iport/common -Iport/linux -c $< -o $@

$(LINUX)/obj/port/linux/tools/%.o: port/linux/tools/%.c $(LINUX)/flags | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINUX_CFLAGS) $(WARNINGS) -c $< -o $@

$(LINUX)/obj/%.o: %.c $(LINUX)/flags | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINUX_CFLAGS) $(LINUX_INCLUDE) $(WARNINGS) -c $< -o $@

$(LINUX_LIB): $(LINUX_LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

define linux_app
$(2): $(LINUX)/obj/$(1).o $(LINUX_OBJ) $(LINUX_LIB)
	@mkdir -p $$(@D)
	$(call say,build,$$@)
	$(Q)$(CC) -pthread $$^ -o $$@
endef
$(foreach app,$(APPS),$(eval $(call linux_app,apps/$(app),$(LINUX)/$(subst _,-,$(app)))))
$(foreach probe,$(PROBES),$(eval $(call linux_app,tests/system/probes/$(probe),$(LINUX)/probes/$(subst _,-,$(probe)))))

# Ask running programs: one source, what it asks is its name.
LINUX_TOOLS := $(addprefix $(LINUX)/,ifconfig netstat stats)

$(LINUX_TOOLS): $(LINUX)/obj/port/linux/tools/ask.o
	$(call say,build,$@)
	$(Q)$(CC) -pthread $^ -o $@

linux: $(LINUX_BIN) $(LINUX_TOOLS)

include board/images.mk
include tests/tests.mk

# --- Running ---

demo: all $(HOST)/probes/second-bind $(LINUX)/probes/second-bind $(BOARDS:%=$(BUILD)/%/probes.elf)
	@tests/demo

OPTS_IMAGE = $(if $(strip $(OPTS)),$(BUILD)/$(or $(BOARD),$(firstword $(BOARDS)))/portside.elf)

tutorial: all $(HOST)/probes/second-bind $(LINUX)/probes/second-bind $(BOARDS:%=$(BUILD)/%/probes.elf)
	@tests/tutorial

# The variables of board/run; what is not given has its default there.
run: $(filter $(or $(BOARD),$(firstword $(BOARDS))),$(BOARDS))
	@BOARD=$(or $(BOARD),$(firstword $(BOARDS))) IMAGE=$(or $(IMAGE),$(OPTS_IMAGE)) board/run

# The same, and those of board/debug: GDBCMDS and GDB.
debug: $(filter $(or $(BOARD),$(firstword $(BOARDS))),$(BOARDS))
	@BOARD=$(or $(BOARD),$(firstword $(BOARDS))) IMAGE=$(or $(IMAGE),$(OPTS_IMAGE)) board/debug

# Of all boards, or of one.
size: $(or $(filter $(BOARD),$(BOARDS)),$(BOARDS))
	@board/size --build $(BUILD) $(BOARD)

# LABCMD="command" runs that instead of a shell.
lab: all
	@tests/lab

# --- Form ---

C_FILES = $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')

format:
	@port/setup/packages lint
	@clang-format -i $(C_FILES)

lint: all
	@port/setup/packages lint
	@$(MAKE) lint-sources

# By itself, since the exports of a target hold for all that it needs.
lint-sources: export OS_CFLAGS := $(LINUX_CFLAGS) -Iport/common -Iport/linux
lint-sources: export HOST_CFLAGS := $(HOST_CFLAGS)
lint-sources: export LINUX_CFLAGS := $(LINUX_CFLAGS) $(LINUX_INCLUDE)
lint-sources: export BOARD_CFLAGS = $(mps2-an385_FLAGS)
lint-sources:
	@tests/lint

# --- Clean, help ---

# What was downloaded stays.
clean:
	rm -rf $(filter-out $(BUILD)/download $(BUILD)/lwip,$(wildcard $(BUILD)/*))

define HELP
make demo          shows UDP, TCP, binding, backlog and file download on lwIP in Linux and on the boards, beside the host
make tutorial      each heading of the tutorial, shown by commands on all stacks
make test          builds and runs every test; parts: test-unit test-host test-linux test-board
make               builds everything: build/host/*, build/linux/*, build/BOARD/portside.elf
make run           a board in QEMU with a prompt; BOARD=$(firstword $(BOARDS)) or another; CMD="tcp-server 8080"
                   IP=192.168.77.10/24|dhcp GW=192.168.77.1 NET=user|tap[:NAME] HOSTPORT=8080 PCAP=file
                   (make ends with 2 on any failure; board/run ends with the program's status)
                   IP6=fd00::10/64|auto|off
make debug         the same, stopped at reset, with gdb attached: threads, thread-bt NAME, jobs
                   GDBCMDS="tbreak job_start; continue; threads" runs these and ends
make size          flash and RAM of every board by part, or of one: BOARD=$(firstword $(BOARDS))
make OPTS="LWIP_IPV6=1" BOARD   lwIP's options other than lwipopts/ has them, built in build/opts/;
                   the same OPTS with run, debug and size: make OPTS="LWIP_IPV6=1" run BOARD=lm3s6965evb
make lab           a shell in a private network with every program, DHCP and DNS; a second one joins it
                   LABCMD="command" runs that instead of a shell (tests/lab ends with its status)
make host linux boards   builds one kind of target
make format        clang-format over all C files
make lint          clang-tidy, cppcheck, shellcheck and our own rules
make clean         removes what was built; downloads stay
make setup         installs packages and fetches lwIP; the other targets do it, too
LWIP_DIR=/path     builds with your own lwIP 2.2 tree
BOARD_ROM=/path    builds boards that have the files of this folder in /rom (default board/rom)
endef
help:
	$(info $(HELP))
	@:
