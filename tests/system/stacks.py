# SPDX-License-Identifier: BSD-3-Clause
"""The stacks under test, behind one face.

A test asks a stack to start an app and gets a Running: its output, its input, its status. How that
is done is here alone: host binaries run in the tests' network namespace, linux binaries get a TAP
and an address from the environment, a board is a QEMU that board/run starts with the command.
Several may run at once; each has a TAP and an address of its own. Whatever still runs when a test
is over is ended by its process id.
"""

import os
import re
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PORTSIDE_BUILD", REPO / "build"))

# What each board holds, beside the defaults of Board: a new board is a line here.
#   longest_line      characters that can be typed in a line
#   bulk              bytes that go through in reasonable time
#   longest_datagram  bytes of a UDP datagram that it takes
#   clients           connections at once that its tcp-server -M threads serves
#   unread            bytes that send() takes at once of a peer that has little room and reads none
#   window            bytes that a connection takes of a peer whom it does not read
#   bus_faults        whether QEMU's machine notices an access to nowhere
#   phy               whether QEMU's machine has a PHY, which tells of a pulled cable
BOARDS = {
    "mps2-an385": {
        "longest_line": 900, "bulk": 100_000, "longest_datagram": 9000, "clients": 12,
        "unread": 8000, "window": 8760, "bus_faults": True, "phy": True,
    },
    "lm3s6965evb": {
        "longest_line": 200, "bulk": 100_000, "longest_datagram": 1944, "clients": 4,
        "unread": 3000, "window": 2920, "bus_faults": False, "phy": False,
    },
}  # fmt: skip

HOST_IP = "192.168.77.1"
PREFIX = 24

# A bound, not a delay: what is waited for mostly comes within milliseconds.
PATIENCE = 20.0

# What the apps print on a terminal before they read a line. A board's console is one.
PROMPT = "message> "


class Running:
    """A started app. Its lines are collected by threads, so that it never blocks on a full pipe."""

    def __init__(self, process, ip, on_end, merged=False):
        self.process = process
        self.ip = ip
        self.merged = merged  # one console for output, diagnostics and the echo of input
        self.lines = []
        self.error_lines = self.lines if merged else []
        self._seen = {"out": 0, "err": 0}
        self._changed = threading.Condition()
        self._on_end = on_end
        self._open = 0
        self._collect(process.stdout, self.lines)
        self._collect(process.stderr, self.error_lines)

    def _collect(self, stream, lines):
        if stream is None:
            return

        def raw_lines():
            try:
                yield from stream
            except ValueError:
                pass  # the stream was closed at the test's end, while this waited for more

        def collect():
            for raw in raw_lines():
                line = raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
                with self._changed:
                    lines.append(line.removeprefix(PROMPT) if self.merged else line)
                    self._changed.notify_all()
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

        self._open += 1
        threading.Thread(target=collect, daemon=True).start()

    def _expect(self, which, lines, pattern, timeout):
        regex = re.compile(pattern)
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                while self._seen[which] < len(lines):
                    match = regex.search(lines[self._seen[which]])
                    self._seen[which] += 1
                    if match:
                        return match
                left = deadline - time.monotonic()
                if left <= 0 or self._open == 0:
                    why = "ended" if self._open == 0 else f"printed for {timeout} s"
                    raise AssertionError(f"no line like {pattern!r} until it {why}; {self}")
                self._changed.wait(left)

    def expect(self, pattern, timeout=PATIENCE):
        """The match in the first line of output, after the one found last, that has one."""
        return self._expect("out", self.lines, pattern, timeout)

    def expect_error(self, pattern, timeout=PATIENCE):
        """The same for diagnostics."""
        return self._expect("err", self.error_lines, pattern, timeout)

    def wait(self, timeout=PATIENCE):
        """The exit status, when it has ended and all of its output is there."""
        deadline = time.monotonic() + timeout
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {timeout} s; {self}") from None
        with self._changed:
            while self._open > 0 and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())
        return status

    def type(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_input(self):
        if self.merged:
            self.type("\x04")
        else:
            self.process.stdin.close()

    def interrupt(self):
        """What Ctrl-C does."""
        if self.merged:
            self.type("\x03")
        else:
            self.process.send_signal(signal.SIGINT)

    def kill(self):
        if self.process.poll() is None:
            # Its session: board/run and the QEMU below it.
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream and not (stream is self.process.stdin and stream.closed):
                try:
                    stream.close()
                except OSError:
                    pass
        # Once: its TAP may be another's by now.
        on_end, self._on_end = self._on_end, lambda: None
        on_end()

    def __str__(self):
        error = [] if self.merged else self.error_lines
        return f"status {self.process.poll()}, output {self.lines}, diagnostics {error}"

    __repr__ = __str__


class Stack:
    """Starts apps; see the module's text. `network` lends TAPs and addresses."""

    name = ""
    is_lwip = True
    has_iconv = True
    is_board = False
    longest_line = 60000
    bulk = 50_000_000
    longest_datagram = 65507
    clients = 12
    unread = 8000

    def __init__(self, network):
        self.network = network
        self.started = []
        self.cwd = None  # where programs start; a board's /host is there
        self.ip6 = None  # ADDRESS/64 of IPv6 for programs on lwIP, or auto or off
        self.prefix = ()  # a command that runs the program that its further words name

    def start(self, app, *args, quiet=False, limits=None):
        """Starts `app`; "{ip}" in an argument stands for its own address. With quiet its output
        goes nowhere. `limits`: {resource: value}."""
        running = self._start(app, [str(a) for a in args], quiet, limits)
        self.started.append(running)
        return running

    def _spawn(self, command, ip, on_end, quiet, limits, env=None, merged=False):
        import resource

        def limit():
            for what, value in (limits or {}).items():
                resource.setrlimit(what, (value, value))

        sink = subprocess.DEVNULL if quiet else subprocess.PIPE
        process = subprocess.Popen(
            [*self.prefix, *command],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT if merged else sink,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", **(env or {})},
            start_new_session=True,
            cwd=self.cwd,
            preexec_fn=limit if limits else None,
        )
        return Running(process, ip, on_end, merged)

    def end_all(self):
        for running in self.started:
            running.kill()
        self.started.clear()

    def missing(self):
        """What has to be built first, or None."""
        raise NotImplementedError

    def _binaries(self):
        apps = ("udp-send", "udp-recv", "tcp-client", "tcp-server", "file-server", "file-client")
        apps += ("messenger-server", "messenger", "udp-chat", "ip")
        paths = [BUILD / self.name / app for app in apps]
        return ", ".join(str(p) for p in paths if not p.exists()) or None


def fill_in(args, ip):
    return [arg.replace("{ip}", ip) for arg in args]


class Host(Stack):
    name = "host"
    is_lwip = False

    def _start(self, app, args, quiet, limits):
        return self._spawn(
            [BUILD / "host" / app, *fill_in(args, HOST_IP)], HOST_IP, lambda: None, quiet, limits
        )

    def missing(self):
        return self._binaries()


class Linux(Stack):
    name = "linux"

    def _start(self, app, args, quiet, limits):
        tap, ip = self.network.lend()
        env = {"PORTSIDE_IF": f"tap:{tap}", "PORTSIDE_IP": f"{ip}/{PREFIX}"}
        if self.ip6:
            env["PORTSIDE_IP6"] = self.ip6
        return self._spawn(
            [BUILD / "linux" / app, *fill_in(args, ip)],
            ip,
            lambda: self.network.give_back(tap, ip),
            quiet,
            limits,
            env,
        )

    def missing(self):
        return self._binaries()


class Board(Stack):
    """One of BOARDS; board() makes the class of each."""

    is_board = True
    has_iconv = False
    image = "portside.elf"

    @classmethod
    def path(cls):
        return BUILD / cls.name / cls.image

    @classmethod
    def command(cls, *words):
        """board/run with this board's image, and more of its arguments."""
        return [REPO / "board" / "run", f"BOARD={cls.name}", f"IMAGE={cls.path()}", *words]

    def _start(self, app, args, quiet, limits):
        assert not limits, "a board has no resource limits"
        tap, ip = self.network.lend()
        command = " ".join(shlex.quote(word) for word in (app, *fill_in(args, ip)))
        return self._spawn(
            self.command(
                *(f"NET=tap:{tap}", f"IP={ip}/{PREFIX}", f"CMD={command}"),
                *((f"IP6={self.ip6}",) if self.ip6 else ()),
            ),
            ip,
            lambda: self.network.give_back(tap, ip),
            quiet,
            None,
            merged=True,
        )

    def missing(self):
        paths = [REPO / "board" / "run", self.path()]
        return ", ".join(str(p) for p in paths if not p.exists()) or None


def board(name, kind=Board):
    """The class of the board of this name."""
    return type(name, (kind,), {"name": name, **BOARDS[name]})


STACKS = {"host": Host, "linux": Linux, **{name: board(name) for name in BOARDS}}


def expand(names):
    """Names of stacks, where "board" stands for every board."""
    return [each for name in names for each in (BOARDS if name == "board" else (name,))]
