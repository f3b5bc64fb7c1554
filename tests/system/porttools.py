# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the stacks themselves share: probes, a board's prompt, interfaces of one test,
captures.

A probe is a program of tests/system/probes/, built for every stack as an app is. On a board all of
them are in one image, probes.elf.
"""

import codecs
import contextlib
import json
import os
import re
import select
import shlex
import signal
import subprocess
import time

import pytest

from conftest import CHOSEN, run_ip
from stacks import (
    BOARDS, BUILD, PATIENCE, PREFIX, REPO, STACKS, Board, Host, Linux, Running, board, expand,
)  # fmt: skip


class ProbeHost(Host):
    def _start(self, app, args, quiet, limits):
        return super()._start(f"probes/{app}", args, quiet, limits)


class ProbeLinux(Linux):
    def _start(self, app, args, quiet, limits):
        return super()._start(f"probes/{app}", args, quiet, limits)


class ProbeBoard(Board):
    image = "probes.elf"


PROBE_STACKS = {
    "host": ProbeHost,
    "linux": ProbeLinux,
    **{name: board(name, ProbeBoard) for name in BOARDS},
}


@contextlib.contextmanager
def open_stack(stacks, name, network):
    if name not in CHOSEN:
        pytest.skip(f"PORTSIDE_STACKS leaves {name} out")
    made = stacks[name](network)
    if made.is_lwip and network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    probe = BUILD / name / ("probes.elf" if made.is_board else "probes/block")
    assert probe.exists(), f"not built: {probe}"
    try:
        yield made
    finally:
        made.end_all()


@pytest.fixture(params=list(PROBE_STACKS))
def probes(request, network):
    """Each stack, where start() takes the name of a probe."""
    with open_stack(PROBE_STACKS, request.param, network) as made:
        yield made


@pytest.fixture(params=expand(["linux", "board"]))
def lwip(request, network):
    """The stacks on lwIP, for apps."""
    with open_stack(STACKS, request.param, network) as made:
        yield made


@pytest.fixture
def everyone(network):
    """{name: stack} of all stacks, whichever are chosen, for apps that talk across them."""
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    made = {name: kind(network) for name, kind in STACKS.items()}
    missing = [stack.missing() for stack in made.values() if stack.missing()]
    assert not missing, f"not built: {missing}"
    yield made
    for stack in made.values():
        stack.end_all()


def on(*names, fixture="probes"):
    """Marks a test as one of these stacks only; "board" stands for every board."""
    return pytest.mark.parametrize(fixture, expand(names), indirect=True)


@pytest.fixture
def linux_app(network):
    """Starts build/linux/APP with the environment that is given, and no other setting."""
    if "linux" not in CHOSEN:
        pytest.skip("PORTSIDE_STACKS leaves linux out")
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    started = []

    def start(app, *args, prefix=(), cwd=None, **environment):
        process = subprocess.Popen(
            [*prefix, str(BUILD / "linux" / app), *[str(a) for a in args]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", **environment},
            start_new_session=True,
            cwd=cwd,
        )
        started.append(Running(process, None, lambda: None))
        return started[-1]

    yield start
    for running in started:
        running.kill()


class Prompt:
    """A board's console without CMD: what it prints, prompts without a newline among it."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), **(environment or {})},
            start_new_session=True,
        )
        self.text = ""
        self._seen = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def expect(self, pattern, timeout=PATIENCE):
        """The match that begins first after the end of the one before. What follows it stays."""
        # "$" is the end of a line: not that of what has come so far, which may be half a number.
        regex = re.compile(re.sub(r"(?<!\\)\$", r"(?=\n)", pattern), re.MULTILINE)
        deadline = time.monotonic() + timeout
        while True:
            match = regex.search(self.text, self._seen)
            if match:
                self._seen = match.end()
                return match
            left = deadline - time.monotonic()
            readable = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            data = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            if not data:
                why = f"QEMU ended with {self.process.wait(PATIENCE)}" if readable else "in time"
                raise AssertionError(f"no {pattern!r}: {why}; {self.text[-1200:]!r}")
            # A character, or a line's end, may come in two pieces.
            self.text += self._decoder.decode(data)
            self.text = self.text.replace("\r\n", "\n")

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def run(self, line, timeout=PATIENCE):
        """Runs a command; its output and its exit status."""
        self.type(line + "\n")
        return self.result(line, timeout)

    def result(self, line, timeout=PATIENCE):
        self.expect(re.escape(line) + "\n", timeout)
        begin = self._seen
        self.expect("^portside> ", timeout)
        output = self.text[begin : self._seen].rpartition("portside> ")[0]
        status = re.search(r"exit status (\d+)\n\Z", output)
        if status:
            return output[: status.start()], int(status[1])
        return output, 0

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()


@pytest.fixture
def prompt(board_class, network):
    """A board with the probes' image that shows its prompt; .ip is its address, .board its
    class."""
    tap, ip = network.lend()
    made = Prompt(board_class.command(f"NET=tap:{tap}", f"IP={ip}/{PREFIX}"))
    made.ip, made.board = ip, board_class
    try:
        made.expect("help lists the commands\n")
        made.expect("^portside> ")
        yield made
    finally:
        made.end()
        network.give_back(tap, ip)


def figures(prompt, probe):
    """{name: number} of what a probe tells as name=number."""
    output, status = prompt.run(probe)
    assert status == 0, output
    return {name: int(number) for name, number in re.findall(r"([\w-]+)=(\d+)", output)}


def resources(prompt):
    """What the board has in use."""
    return figures(prompt, "resources")


def counters(prompt):
    """What the board has counted since its start."""
    return figures(prompt, "counters")


@contextlib.contextmanager
def own_tap(name, address=None, mtu=1500, up=True, user=None):
    """A TAP beside the bridge, for a test that does to it what others must not see."""
    run_ip("link", "del", name)
    owner = ("user", user) if user else ()
    steps = [
        ("tuntap", "add", name, "mode", "tap", *owner),
        ("link", "set", name, "mtu", str(mtu)),
    ]
    if address:
        steps.append(("addr", "add", address, "dev", name))
    if up:
        steps.append(("link", "set", name, "up"))
    try:
        for step in steps:
            problem = run_ip(*step)
            assert not problem, f"ip {' '.join(step)}: {problem}"
        yield name
    finally:
        run_ip("link", "del", name)


def ping(ip, count=1, size=56, wait=5, deadline=None, options=()):
    """How many of `count` pings were answered."""
    done = subprocess.run(
        [
            *("ping", "-n", "-q", "-i", "0.2", "-c", str(count), "-W", str(wait), "-s", str(size)),
            *(("-w", str(deadline)) if deadline else ()),
            *options,
            ip,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    received = re.search(r"(\d+) received", done.stdout)
    assert received, f"ping {ip}: {done.stdout} {done.stderr}"
    return int(received[1])


def answers(ip, timeout=PATIENCE):
    """Whether a ping is answered in that time."""
    return ping(ip, count=1, deadline=int(timeout)) >= 1  # a late answer, and that to the next


def read_capture(path, *fields, only=""):
    """Rows of the fields of each frame in a pcap file, as tshark reads it."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=|"]
    for field in fields:
        command += ["-e", field]
    if only:
        command += ["-Y", only]
    # Its settings are nobody's: HOME may not be there.
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": "/nowhere"}
    )
    assert done.returncode == 0, done.stderr
    return [line.split("|") for line in done.stdout.splitlines()]


def run_knob(name, value):
    """Writes a setting of the namespace, below /proc/sys; the complaint when that failed."""
    try:
        with open(f"/proc/sys/{name}", "w") as knob:
            knob.write(value)
    except OSError as error:
        return str(error)
    return None


def mac_of_neighbour(ip):
    """The MAC that the kernel has for this neighbour, or None."""
    done = subprocess.run(
        ["ip", "-j", "neigh", "show", "to", ip], capture_output=True, text=True, timeout=10
    )
    rows = json.loads(done.stdout or "[]")
    return rows[0].get("lladdr") if rows else None


def option_of(target, name):
    """The number that a target's lwipopts.h gives an option."""
    text = (REPO / "lwipopts" / target / "lwipopts.h").read_text()
    return int(re.search(rf"^#define {name} (\d+)$", text, re.MULTILINE)[1])
