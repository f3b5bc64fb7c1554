# SPDX-License-Identifier: BSD-3-Clause
"""The demo's programs, and the stacks that they run on."""

import contextlib
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOUND = 240  # seconds, for the whole demo; a quiet machine needs a tenth of it
PATIENCE = 10  # seconds, for one thing that is waited for; most come within milliseconds
PORT = 8080  # of servers on stacks that have their ports to themselves
HOST_IP, LINUX_IP, BOARD_IP = "192.168.77.1", "192.168.77.2", "192.168.77.10"
SERVED = ROOT / "board" / "rom"  # what file servers serve; a board has it in its flash

# The kernel kills what follows with its parent, whose process id comes first. If that has died
# before it was asked to, the parent is another one by now.
DIE_TOO = ["setpriv", "--pdeathsig", "KILL", "sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"']

deadline = time.monotonic() + BOUND


class Failure(Exception):
    """Something is not as claimed; the text is one line that says what."""


def check(condition, what):
    if not condition:
        raise Failure(what)


class Program:
    """A running program, and its output line by line."""

    running = set()
    lock = threading.Lock()
    stopping = False
    verbose = False
    folder = None  # of the whole demo, removed in the end

    def __init__(self, name, command, env, console, folder):
        self.name, self.console = name, console
        self.pending, self.lines = b"", []
        self.address = self.port = None  # where a server is reached
        path = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        if Program.verbose:
            words = [f"{key}={value}" for key, value in env.items()] + command
            print(f"+ {shlex.join(words)}", file=sys.stderr, flush=True)
        with Program.lock:
            check(not Program.stopping, "interrupted")
            self.process = subprocess.Popen(
                [*DIE_TOO, str(os.getpid()), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={"PATH": path, "LC_ALL": "C", **env},
                cwd=folder,
            )
            Program.running.add(self)

    def read(self, patience):
        """Takes what is there, waiting for it at most so long; False at the end of the output."""
        if not select.select([self.process.stdout], [], [], max(0, patience))[0]:
            return True
        data = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.pending = (self.pending + data).split(b"\n")
        for line in lines:
            self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\r"))
            if Program.verbose:
                print(f"  {self.name}: {self.lines[-1]}", file=sys.stderr, flush=True)
        return bool(data)

    def expect(self, pattern):
        """The match in the next line that has one; lines before it are passed over."""
        until = min(time.monotonic() + PATIENCE, deadline)
        more, last = True, "nothing"
        while True:
            while self.lines:
                last = self.lines.pop(0)
                match = re.search(pattern, last)
                if match:
                    return match
            check(more, f"{self.name} ended early; its last word: {last}")
            left = until - time.monotonic()
            check(left > 0, f"{self.name} did not say what was expected; its last word: {last}")
            more = self.read(left)

    def finish(self, status=0):
        """Waits for the end, and checks the exit status."""
        until = min(time.monotonic() + PATIENCE, deadline)
        while self.read(until - time.monotonic()):
            check(time.monotonic() < until, f"{self.name} does not end")
        try:
            ended = self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not end") from None
        last = f"; its last word: {self.lines[-1]}" if self.lines else ""
        check(ended == status, f"{self.name} ended with status {ended}, not {status}{last}")

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def ctrl_c(self):
        """On a board it is typed at the console."""
        if self.console:
            self.type("\x03")
        else:
            self.process.send_signal(signal.SIGINT)

    def interrupt(self):
        """Ctrl-C; checks that the program ends with status 130."""
        self.ctrl_c()
        self.finish(128 + signal.SIGINT)

    def kill(self):
        with Program.lock:
            Program.running.discard(self)
            self.process.kill()
            self.process.wait()

    def close(self):
        """After kill(), by the thread that reads."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    @staticmethod
    def kill_all_now():
        """For a signal handler; it may have interrupted the lock's owner, so it waits a second."""
        Program.stopping = True
        Program.lock.acquire(timeout=1)
        for program in list(Program.running):
            program.process.kill()
        for program in list(Program.running):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(program.process.pid, 0)  # Popen's own wait() has a lock, too

    @staticmethod
    def kill_all():
        with Program.lock:
            Program.stopping = True
            everyone = list(Program.running)
        for program in everyone:
            program.kill()


class Stack:
    """Starts programs; a subclass says how."""

    lets_in_more = 0  # clients than listen() was told
    is_lwip = True
    keeps_ports = True  # the two ends of a conversation see the same ports
    served, saved = SERVED, "."  # the folders of files to serve and of those to save

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.programs = []

    def start(self, app, *args):
        program = self._start(app, [str(arg) for arg in args])
        self.programs.append(program)
        return program

    def serve(self, app, *args):
        """Starts a server; comes back when it can be reached at .address and .port."""
        server = self.start(app, *args, *self.serve_at())
        heard = server.expect(r"^listening on \S+:(\d+)")
        server.address, server.port = self.address, self.reach_port(int(heard[1]))
        return server

    def serve_at(self):
        return [PORT]

    def reach_port(self, port):
        return port

    def end(self):
        for program in self.programs:
            program.kill()
            program.close()
        self.programs.clear()


class Host(Stack):
    name, sockets_of, is_lwip = "host", "Linux itself", False
    lets_in_more = 1

    def __init__(self, build, folder, address):
        super().__init__(build, folder)
        self.address = address

    def _start(self, app, args):
        path = f"{self.build}/host/{app}"
        return Program(f"host's {Path(app).name}", [path, *args], {}, False, self.folder)

    def serve_at(self):
        return ["-b", self.address, 0]


class Linux(Stack):
    name, sockets_of, address = "linux", "lwIP, process", LINUX_IP

    def _start(self, app, args):
        env = {"PORTSIDE_IF": "tap:tap0", "PORTSIDE_IP": f"{LINUX_IP}/24"}
        path = f"{self.build}/linux/{app}"
        return Program(f"linux's {Path(app).name}", [path, *args], env, False, self.folder)


class Board(Stack):
    # QEMU's semihosting: the folder that QEMU was started in.
    served, saved = "/rom", "/host"

    def __init__(self, build, folder, board, tap, number):
        super().__init__(build, folder)
        self.name, self.tap = board, tap
        network, _, last = BOARD_IP.rpartition(".")
        self.own_address = f"{network}.{int(last) + number}"
        self.sockets_of = "lwIP, no OS"
        self.address = self.own_address if tap else "127.0.0.1"
        self.keeps_ports = bool(tap)

    def shell(self):
        """The board at its prompt: what is typed runs there."""
        program = self._program("portside", "", "shell")
        self.programs.append(program)
        program.expect("help lists the commands$")
        return program

    def _start(self, app, args):
        image = "probes" if app.startswith("probes/") else "portside"
        app = Path(app).name
        return self._program(image, shlex.join([app, *args]), app)

    def _program(self, image, command_line, app):
        net = [f"NET=tap:{self.tap}"]
        if not self.tap:
            self.host_port = free_port()
            # Not RESTRICT=1: QEMU would drop all of the board's datagrams, replies too.
            net = ["NET=user", f"HOSTPORT={self.host_port}"]
        command = [
            f"{ROOT}/board/run",
            f"BOARD={self.name}",
            f"IP={self.own_address}/24",
            f"GW={HOST_IP}",
            *net,
            f"IMAGE={self.build}/{self.name}/{image}.elf",
            f"CMD={command_line}",
        ]
        return Program(f"{self.name}'s {app}", command, {}, True, self.folder)

    def reach_port(self, port):
        return port if self.tap else self.host_port


def free_port():
    """A port of 127.0.0.1 that neither TCP nor UDP has in use."""
    for _ in range(100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]
    raise Failure("no port of 127.0.0.1 is free")
