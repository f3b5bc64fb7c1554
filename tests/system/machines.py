# SPDX-License-Identifier: BSD-3-Clause
"""A stack with a TAP of its own and a cable that can be pulled: a program on linux, or a board.

Both show what ifconfig says, take its changes, and print what the stack has to say by itself. On
linux a program (udp-recv at port 5000 unless another is started) carries the stack; a board shows
its prompt, or runs the one program.
"""

import contextlib
import os
import subprocess

import pytest

from conftest import CHOSEN, run_ip
from monitor import Monitor, qemu_with_monitor
from porttools import PROBE_STACKS, Prompt, own_tap, ping
from stacks import BOARDS, BUILD, PATIENCE, REPO, Running

HERE, THERE = "10.77.9.2", "10.77.9.1"
TAP = "own0"
CARRIER = ("udp-recv", "5000")


class Process:
    """linux."""

    is_board = False
    has_phy = True

    def __init__(self, ip, folder, command=None, **environment):
        self.running = Running(
            subprocess.Popen(
                [BUILD / "linux" / (command or CARRIER)[0], *(command or CARRIER)[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={
                    "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C",
                    "PORTSIDE_IF": f"tap:{TAP}", "PORTSIDE_GW": THERE,
                    "PORTSIDE_IP": ip if ip == "dhcp" else f"{ip}/24", **environment,
                },
                start_new_session=True,
                cwd=folder,
            ),
            ip,
            lambda: None,
        )  # fmt: skip

    @property
    def pid(self):
        return self.running.process.pid

    def ifconfig(self, *words):
        """Its text and its status."""
        return ask("ifconfig", "-p", self.pid, *words)

    def expect(self, pattern, timeout=PATIENCE):
        """A line of the program or of the stack."""
        if pattern.startswith("portside:"):
            return self.running.expect_error(pattern, timeout)
        return self.running.expect(pattern, timeout)

    def said(self):
        return "\n".join(self.running.error_lines)

    def cut(self):
        assert run_ip("link", "set", TAP, "down") is None

    def is_cut(self, ip):
        """Whether the cable is out, or the interface down; the host has no route to ip then."""
        return "link down" in self.ifconfig("en0")[0] or "en0: down" in self.ifconfig("en0")[0]

    def mend(self):
        assert run_ip("link", "set", TAP, "up") is None

    def end(self):
        self.running.kill()


class BoardMachine:
    """A board; with a command it runs that and no prompt."""

    is_board = True

    def __init__(self, name, ip, folder, command=None):
        qemu, path = qemu_with_monitor(folder)
        self.has_phy = BOARDS[name]["phy"]
        run = () if command is None else ("CMD=" + " ".join(command),)
        self.prompt = Prompt(
            PROBE_STACKS[name].command(
                f"NET=tap:{TAP}", "IP=dhcp" if ip == "dhcp" else f"IP={ip}/24", f"GW={THERE}",
                f"QEMU={qemu}", *run,
            )
        )  # fmt: skip
        self.has_prompt = command is None
        try:
            self.monitor = Monitor(path)
        except BaseException:  # nobody else knows of the board yet
            self.prompt.end()
            raise

    def ifconfig(self, *words):
        return self.prompt.run(" ".join(("ifconfig", *words)))

    def run(self, *words):
        return self.prompt.run(" ".join(words))

    def expect(self, pattern, timeout=PATIENCE):
        return self.prompt.expect(pattern, timeout)

    def said(self):
        return self.prompt.text

    def cut(self):
        self.monitor.ask("set_link", name="net0", up=False)

    def is_cut(self, ip):
        return ping(ip, wait=1) == 0

    def mend(self):
        self.monitor.ask("set_link", name="net0", up=True)

    def end(self):
        self.monitor.close()
        self.prompt.end()


def ask(tool, *words, prefix=()):
    """What a tool of build/linux prints, both streams, and its status."""
    done = subprocess.run(
        [*prefix, BUILD / "linux" / tool, *[str(word) for word in words]],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr, done.returncode


@pytest.fixture
def own_network():
    with own_tap(TAP, f"{THERE}/24"):
        yield


@pytest.fixture(params=["linux", *BOARDS])
def machine(request, network, own_network, tmp_path):
    """start(ip or "dhcp", command): the stack, one at a time; start.files: a folder to serve."""
    if request.param not in CHOSEN:
        pytest.skip(f"PORTSIDE_STACKS leaves {request.param} out")
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    started = []

    def start(ip, command=None):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        if request.param == "linux":
            made = Process(ip, folder, command)
        else:
            made = BoardMachine(request.param, ip, folder, command)
        started.append(made)
        if command is None and ip != "dhcp":
            made.expect("^portside> " if made.is_board else "^listening on ")
        return made

    # Where the files of board/rom are.
    start.files = str(REPO / "board" / "rom") if request.param == "linux" else "/rom"
    yield start
    for each in started:
        with contextlib.suppress(OSError):
            each.end()
