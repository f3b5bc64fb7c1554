# SPDX-License-Identifier: BSD-3-Clause
"""Labs of tests/lab for the tests: started, watched, and ended with all that is in them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from peers import wait_until
from stacks import BUILD, PATIENCE, REPO

LAB = REPO / "tests" / "lab"
BOARDS = sorted(path.parent.name for path in (REPO / "board").glob("*/board.mk"))

# serve COMMAND: starts a server, and goes on when it can be reached; its output is in $said.
SERVE = """said=$PORTSIDE_LAB/said; touch $said
serve() { "$@" > $said & until grep -q ^listening $said; do sleep 0.02; done; }
"""
# What a session leaves running: a daemon, and jobs of its shell.
DAEMON = "setsid nohup sleep 1000 > /dev/null 2>&1 < /dev/null"
STARTED = f"{DAEMON} & udp-recv 8080 > /dev/null & sleep 1000 &"


class Labs:
    """Labs of one build folder, which is the test's own: they meet nobody else's."""

    def __init__(self, folder):
        self.build = folder / "build"
        self.build.mkdir()
        for name in ("host", "linux"):
            (self.build / name).symlink_to(BUILD / name)
        self.home = folder / "home"
        self.home.mkdir()
        self.folder = self.build / f"lab-{os.getuid()}"
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "SHELL": shutil.which("bash"),
            "TERM": "dumb",
            "LC_ALL": "C",
        }
        self.command = [str(LAB), "--build", str(self.build)]
        self.started = []

    def start(self, *arguments, prefix=(), **environment):
        process = subprocess.Popen(
            [*prefix, *self.command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, **environment},
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, command, prefix=(), **environment):
        """Status, output and diagnostics of a command in a lab."""
        process = self.start("-c", command, prefix=prefix, **environment)
        out, err = process.communicate(timeout=3 * PATIENCE)
        return process.returncode, out, err

    def processes(self):
        """All that has to do with these labs, by its words or its environment."""
        mark, found = os.fsencode(self.build), {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                if mark in said:
                    found[int(process.name)] = said.split(b"\0")[0].decode()
        return found

    def has_gone(self):
        return not self.processes() and not self.folder.exists()

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=PATIENCE)
        left = self.processes()
        try:
            wait_until(self.has_gone, f"the lab's end; left are {left}, {self.build}")
        finally:
            for process in self.processes():
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def labs(network, tmp_path):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    made = Labs(tmp_path)
    yield made
    made.end()


def count(labs, name):
    return sum(os.path.basename(word) == name for word in labs.processes().values())


def line_of(process, pattern):
    """The match in the next line of output that has one."""
    for line in process.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f"no {pattern!r} until its end: {process.stderr.read()}")


def session(labs, **options):
    """A session that waits: its process, and the process of its command."""
    process = labs.start("-c", "readlink /proc/self/ns/net; echo; exec sleep 1000", **options)
    process.network = line_of(process, r"net:\[(\d+)\]")[1]
    (shell,) = children(process.pid)
    # Before that bash might take a signal and lose it.
    wait_until(lambda: Path(f"/proc/{shell}/comm").read_text() == "sleep\n", "sleep")
    return process, shell


def children(process):
    return [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if parent_of(stat) == process
    ]


def parent_of(stat):
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return None


def keeper_of(labs):
    """The keeper's process id, as seen from here."""
    (server,) = [pid for pid, name in labs.processes().items() if name == "dnsmasq"]
    return parent_of(Path(f"/proc/{server}/stat"))
