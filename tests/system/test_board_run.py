# SPDX-License-Identifier: BSD-3-Clause
"""board/run: its arguments, what it hands to QEMU and the board, and how it ends.

Most tests put a script in QEMU's place that prints its arguments. The rest boot a tiny image of
each board, built here from its own linker script and UART driver, in the real QEMU.
"""

import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from conftest import CHOSEN_BOARDS

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "board" / "run"
BOARD = "mps2-an385"  # where it makes no difference
NAMES = "BOARD CMD IP GW NET HOSTPORT PCAP IMAGE RESTRICT QEMU GDBSTUB".split()
BOUND = 20  # seconds for anything that boots

# Prints its boot arguments, then does what run= says: "exit N", or "echo": prints each byte that
# comes as hex and ends with 0 at a "q".
CONSOLES = {  # the driver, its base, what reads from it
    "mps2-an385": ("cmsdk_uart", 0x40004000, "cmsdk_uart_rx_isr"),
    "lm3s6965evb": ("pl011", 0x4000C000, "pl011_isr"),
}
PROBE = r"""
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include DRIVER_H

extern uint32_t _stack_top[], _sdata[];
void Reset_Handler(void);

__attribute__((section(".vectors"), used)) void *const vectors[16] = {_stack_top, Reset_Handler};

static uint32_t semihost(uint32_t operation, void *block)
{
    register uint32_t r0 __asm("r0") = operation;
    register void *r1 __asm("r1") = block;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void leave(uint32_t status)
{
    uint32_t block[2] = {0x20026, status};
    semihost(0x20, block);
}

static void put(const char *text)
{
    UART_WRITE(UART, text, strlen(text));
}

static uint8_t last;

static void received(uint8_t byte)
{
    char text[4] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15], '\n', 0};
    last = byte;
    put(text);
}

void Reset_Handler(void)
{
    static char line[1024];
    struct { char *to; uint32_t size; } block = {line, sizeof line};
    last = 0;
    UART_INIT(UART, 25000000, 115200);
    if (semihost(0x15, &block) != 0) {
        leave(99);
    }
    put("boot: ");
    put(line);
    put("\n");
    const char *run = strstr(line, "run=");
    if (run != NULL && strncmp(run, "run=exit ", 9) == 0) {
        leave((uint32_t)atoi(run + 9));
    }
    while (last != 'q') {
        UART_READ(UART, received);
    }
    leave(0);
}
"""


def clean_environment(**extra):
    """Ours, without what board/run would read from it."""
    env = {name: value for name, value in os.environ.items() if name not in NAMES}
    env.update(extra)
    return env


def run(*arguments, env=None, stdin=subprocess.DEVNULL, program=RUN, **options):
    return subprocess.run([str(program), *arguments], env=env or clean_environment(), stdin=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=BOUND, **options)


class Image:
    def __init__(self, board, folder):
        driver, base, read = CONSOLES[board]
        drivers = ROOT / "board" / "drivers"
        source, self.board, self.elf = folder / "probe.c", board, folder / "probe.elf"
        source.write_text(PROBE)
        defines = [f'DRIVER_H="{driver}.h"', f"UART={base:#x}u", f"UART_INIT={driver}_init",
                   f"UART_WRITE={driver}_write", f"UART_READ={read}"]
        subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-Os", "-std=gnu11",
                        "--specs=nano.specs", "-nostartfiles", f"-I{drivers}", f"-L{ROOT}",
                        *(f"-D{define}" for define in defines),
                        f"-T{ROOT}/board/{board}/{board}.ld", "-o", str(self.elf), str(source),
                        str(drivers / f"{driver}.c")], check=True, timeout=60)


@pytest.fixture(scope="session", params=CHOSEN_BOARDS)
def image(request, tmp_path_factory):
    return Image(request.param, tmp_path_factory.mktemp("probe"))


@pytest.fixture
def fake(tmp_path):
    """Arguments for board/run that print those it gives to QEMU, one a line."""
    script = tmp_path / "qemu"
    script.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    script.chmod(0o755)
    elf = tmp_path / "some.elf"
    elf.touch()
    return [f"BOARD={BOARD}", f"QEMU={script}", f"IMAGE={elf}"]


def handed_over(*arguments, **options):
    """What QEMU is given, option by option (those used here come once each)."""
    result = run(*arguments, **options)
    assert result.returncode == 0, result.stderr
    words = result.stdout.decode().splitlines()
    return {word: value for word, value in zip(words, words[1:]) if word.startswith("-")}


def boot_words(options):
    line = options["-semihosting-config"].split(",arg=")
    return dict(word.split("=", 1) for word in line[1:])


def free_port():
    with socket.socket() as s, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        s.bind(("127.0.0.1", 0))
        u.bind(s.getsockname())  # TCP and UDP are both forwarded
        return s.getsockname()[1]


def wait_for(stream, text, seconds=BOUND):
    """Reads from a descriptor until text has come; returns all that came."""
    got, end = b"", time.monotonic() + seconds
    while text not in got:
        ready, _, _ = select.select([stream], [], [], max(0, end - time.monotonic()))
        assert ready, f"no {text!r} within {seconds} s, only {got!r}"
        chunk = os.read(stream, 4096)
        assert chunk, f"ended without {text!r}: {got!r}"
        got += chunk
    return got


class Running:
    """board/run in the background with pipes; ended by its pid in any case."""

    def __init__(self, *arguments, stdin=subprocess.PIPE):
        self.process = subprocess.Popen([str(RUN), *arguments], env=clean_environment(),
                                        stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=BOUND)

    def wait_for(self, text):
        return wait_for(self.process.stdout.fileno(), text)


def boot(image, *arguments):
    return [f"BOARD={image.board}", f"IMAGE={image.elf}", f"HOSTPORT={free_port()}", "RESTRICT=1",
            *arguments]


# Arguments


@pytest.mark.parametrize("arguments, complaint", [
    ([], "which board"),
    (["BOARD="], "which board"),
    (["BOARD=nosuch"], "unknown board 'nosuch'"),
    (["BOARD=drivers"], "unknown board 'drivers'"),
    (["frobnicate"], "unknown argument 'frobnicate'"),
    (["IPP=1.2.3.4/24"], "unknown argument"),
    (["NET=bridge"], "NET='bridge'"),
    (["NET=tap:"], "NET='tap:'"),
    (["NET=users"], "NET='users'"),
    (["HOSTPORT=http"], "HOSTPORT='http'"),
    (["HOSTPORT=0"], "HOSTPORT='0'"),
    (["HOSTPORT=65536"], "HOSTPORT='65536'"),
    (["HOSTPORT=8080,restrict=off"], "HOSTPORT="),
    (["IP=192.168.77.10"], "IP='192.168.77.10'"),
    (["IP=192.168.77.256/24"], "IP='192.168.77.256/24'"),
    (["IP=192.168.77.10/31"], "IP='192.168.77.10/31'"),
    (["IP=auto"], "IP='auto'"),
    (["GW=gateway"], "GW='gateway'"),
    (["IP=192.168.77.1/24"], "same address"),
    (["IMAGE=/no/such/image"], "no image '/no/such/image'"),
    (["QEMU=no-such-qemu"], "no-such-qemu"),
])
def test_a_wrong_argument_is_named_in_one_line(fake, arguments, complaint):
    base = fake if arguments and not arguments[0].startswith("BOARD") else []
    result = run(*base, *arguments)
    assert result.returncode == 2
    assert result.stdout == b""
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith("board/run: ") and complaint in lines[0], lines


def test_help():
    result = run("-h")
    assert result.returncode == 0
    assert all(f"{name}=".encode() in result.stdout for name in NAMES)


def test_default_image_is_the_repository_s(tmp_path, fake):
    """In a copy of the repository, called from elsewhere."""
    copy = tmp_path / "a copy"
    (copy / "board" / BOARD).mkdir(parents=True)
    shutil.copy(RUN, copy / "board" / "run")
    shutil.copy(ROOT / "board" / BOARD / "board.mk", copy / "board" / BOARD)
    program = copy / "board" / "run"
    result = run(*fake[:2], program=program, cwd="/")
    assert result.returncode == 2
    assert f"make build/{BOARD}/portside.elf".encode() in result.stderr
    elf = copy / "build" / BOARD / "portside.elf"
    elf.parent.mkdir(parents=True)
    elf.touch()
    assert handed_over(*fake[:2], program=program, cwd="/")["-kernel"] == str(elf)


def test_environment_counts_and_arguments_win(fake):
    env = clean_environment(IP="10.1.2.3/16", GW="10.1.0.1", CMD="from the environment")
    words = boot_words(handed_over(*fake, env=env))
    assert (words["ip"], words["gw"]) == ("10.1.2.3/16", "10.1.0.1")
    assert words["run"] == "from the environment"
    words = boot_words(handed_over(*fake, "CMD=mine", "IP=10.1.2.4/16", env=env))
    assert (words["ip"], words["run"]) == ("10.1.2.4/16", "mine")


def test_empty_values_are_defaults(fake):
    """make passes all names on, set or not."""
    options = handed_over(*fake, "CMD=", "IP=", "GW=", "NET=", "HOSTPORT=", "PCAP=", "RESTRICT=")
    words = boot_words(options)
    assert (words["ip"], words["gw"]) == ("192.168.77.10/24", "192.168.77.1")
    assert "run" not in words and "-object" not in options
    assert "restrict" not in options["-nic"]
    assert "127.0.0.1:8080-192.168.77.10:8080" in options["-nic"]


# What QEMU is given


def test_user_network(fake):
    options = handed_over(*fake, "HOSTPORT=8090", "RESTRICT=1")
    nic = options["-nic"].split(",")
    assert options["-machine"] == BOARD
    assert nic[0] == "user" and "restrict=on" in nic and "host=192.168.77.1" in nic
    assert "hostfwd=tcp:127.0.0.1:8090-192.168.77.10:8080" in nic
    assert "hostfwd=udp:127.0.0.1:8090-192.168.77.10:8080" in nic


def test_user_network_with_dhcp_gives_the_forwarded_address(fake):
    options = handed_over(*fake, "IP=dhcp")
    nic = options["-nic"].split(",")
    assert "dhcpstart=192.168.77.10" in nic and "net=192.168.77.0/24" in nic
    assert "hostfwd=udp:127.0.0.1:8080-192.168.77.10:8080" in nic
    words = boot_words(options)
    assert words["ip"] == "dhcp" and "gw" not in words


@pytest.mark.parametrize("net, interface", [("tap", "tap0"), ("tap:port7", "port7")])
def test_tap(fake, tmp_path, net, interface):
    # There is such an interface, says this ip.
    ip = tmp_path / "ip"
    ip.write_text('#!/bin/sh\necho "9: $5: <BROADCAST,MULTICAST,UP> mtu 1500"\n')
    ip.chmod(0o755)
    path = f"{tmp_path}:{os.environ.get('PATH', os.defpath)}"
    nic = handed_over(*fake, f"NET={net}", env=clean_environment(PATH=path))["-nic"].split(",")
    assert nic[0] == "tap" and f"ifname={interface}" in nic
    assert "script=no" in nic and "downscript=no" in nic


def test_a_missing_tap_is_told(fake):
    result = run(*fake, "NET=tap:nobodys")
    assert result.returncode == 1 and not result.stdout
    assert result.stderr.decode().splitlines() == [
        "board/run: there is no interface 'nobodys'; 'ip tuntap add nobodys mode tap' makes it"
    ]


def test_a_long_name_is_refused(fake):
    result = run(*fake, "NET=tap:abcdefghijklmnop")
    assert result.returncode == 2 and b"too long" in result.stderr


def test_gateway_elsewhere_is_refused(fake):
    result = run(*fake, "IP=10.9.8.7/24")
    assert result.returncode == 2
    assert b"GW=192.168.77.1 is not in the network of IP=10.9.8.7/24" in result.stderr


def test_mac_addresses(fake):
    def mac(ip):
        found = re.search(r",mac=([0-9a-f:]+)$", handed_over(*fake, f"IP={ip}")["-nic"])
        assert re.fullmatch(r"02(:[0-9a-f]{2}){5}", found[1]), found[1]
        return found[1]

    assert mac("192.168.77.10/24") == mac("192.168.77.10/24")
    assert mac("192.168.77.10/24") != mac("192.168.77.11/24")
    assert mac("dhcp") == mac("dhcp")  # a server knows it again
    assert mac("dhcp") != mac("192.168.77.10/24")


def test_seed_is_new_each_time(fake):
    seeds = {boot_words(handed_over(*fake))["seed"] for _ in range(3)}
    assert len(seeds) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", seed) for seed in seeds)


def test_pcap(fake):
    assert handed_over(*fake, "PCAP=/tmp/a,b.pcap")["-object"].endswith(",file=/tmp/a,,b.pcap")


def test_debugger(fake):
    """Stopped, the stub at the socket, and the console where a debugger does not disturb it."""
    words = run(*fake, "GDBSTUB=/tmp/a,b").stdout.decode().splitlines()
    assert "-S" in words and "-S" not in run(*fake).stdout.decode().splitlines()
    assert words[words.index("-gdb") + 1] == "chardev:gdb"
    assert "socket,id=gdb,path=/tmp/a,,b,server=on,wait=off" in words
    assert any(word.startswith("pty,id=console,") for word in words)


# The real QEMU


@pytest.mark.parametrize("command", [
    "exit 7",
    "exit 8 udp-send -m hello,world 192.168.77.1 8080",
    "exit 9 ,, a,,b ,",
    "exit 10 -m 'single quotes' -m \"double quotes\"",
    "exit 11   three  spaces  id=x,arg=y $HOME \\n `x` %s =",
])
def test_the_command_arrives_as_written_and_its_status_comes_back(image, command):
    result = run(*boot(image, f"CMD={command}"))
    assert result.returncode == int(command.split()[1]), result.stderr
    line = result.stdout.decode().splitlines()[0]
    assert line.startswith("boot: ip=192.168.77.10/24 gw=192.168.77.1 seed=")
    assert line.split(" run=", 1)[1] == command


def test_status_0(image):
    assert run(*boot(image, "CMD=exit 0")).returncode == 0


def test_every_byte_of_a_pipe_reaches_the_board(image):
    """Ctrl-C and Ctrl-A, too; and the board runs on when the pipe is closed."""
    data = bytes(range(256)).replace(b"q", b"") + b"q"
    with Running(*boot(image, "CMD=echo")) as board:
        board.wait_for(b"run=echo\n")  # nothing follows by itself
        board.process.stdin.write(data)
        board.process.stdin.close()
        board.process.stdin = None
        out, _ = board.process.communicate(timeout=BOUND)
    assert board.process.returncode == 0
    assert bytes.fromhex("".join(out.decode().split())) == data


def test_closed_standard_input(image):
    result = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", str(RUN),
                             *boot(image, "CMD=exit 5")], env=clean_environment(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=BOUND)
    assert result.returncode == 5, result.stderr


def test_without_a_command_it_runs_until_a_signal(image):
    with Running(*boot(image), stdin=subprocess.DEVNULL) as board:
        line = board.wait_for(b"\n")
        assert b" run=" not in line
        assert board.process.poll() is None
        board.process.send_signal(signal.SIGTERM)  # board/run became QEMU: nothing stays behind
        board.process.wait(timeout=BOUND)


def test_on_a_terminal_ctrl_c_is_the_board_s_and_ctrl_a_x_leaves(image):
    try:
        pid, terminal = pty.fork()
    except OSError as error:
        pytest.skip(f"no terminal to be had: {error}")
    if pid == 0:
        try:
            os.execve(str(RUN), [str(RUN), *boot(image, "CMD=echo")], clean_environment())
        finally:
            os._exit(127)
    try:
        started = wait_for(terminal, b"run=echo")
        assert b"leave with Ctrl-A X" in started
        os.write(terminal, b"\x03")
        wait_for(terminal, b"03")
        os.write(terminal, b"\x01x")
        end = time.monotonic() + BOUND
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            assert time.monotonic() < end, "Ctrl-A X did not end QEMU"
            time.sleep(0.01)
        pid = None
    finally:
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(terminal)


def test_a_taken_port_is_told(image):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run(f"BOARD={image.board}", f"IMAGE={image.elf}", f"HOSTPORT={port}",
                     "CMD=exit 0")
    assert result.returncode == 1
    assert result.stderr.decode().splitlines() == [
        f"board/run: port {port} of 127.0.0.1 is taken; choose another with HOSTPORT="
    ]


def test_a_missing_tap_is_qemu_s_error_and_1(image, tmp_path):
    """As root QEMU would make a missing interface: the name is one that cannot be."""
    result = run(f"BOARD={image.board}", f"IMAGE={image.elf}", "NET=tap:a/b", "CMD=exit 0")
    assert result.returncode == 1
    assert result.stderr


def test_pcap_is_written(image, tmp_path):
    capture = tmp_path / "a,b.pcap"
    assert run(*boot(image, "CMD=exit 0", f"PCAP={capture}")).returncode == 0
    assert struct.unpack("=I", capture.read_bytes()[:4])[0] == 0xA1B2C3D4


def test_two_boards_at_once(image):
    with Running(*boot(image, "CMD=echo", "IP=192.168.77.11/24")) as one, \
            Running(*boot(image, "CMD=echo", "IP=192.168.77.12/24")) as two:
        assert b"ip=192.168.77.11/24" in one.wait_for(b"run=echo\n")
        assert b"ip=192.168.77.12/24" in two.wait_for(b"run=echo\n")
