# SPDX-License-Identifier: BSD-3-Clause
"""tests/demo: it shows what it claims, notices programs that lie, and leaves nothing behind."""

import hashlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from stacks import BUILD, REPO

DEMO = REPO / "tests" / "demo"
BOUND = 250  # seconds; the demo promises 240 for itself
BOARDS = sorted(path.parent.name for path in REPO.glob("board/*/board.mk"))
DIGEST = max(
    (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
    for path in REPO.glob("board/rom/*")
)[1]
ROWS_ON_ALL = {
    "UDP": "EADDRINUSE",
    "TCP": "EADDRINUSE",
    "HTTP": f"{DIGEST}..",
    "tutorial's way": f"{DIGEST}..",
    "a missing file": "404 Not Found",
}

LYING_RECEIVER = """#!/usr/bin/python3
import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % s.getsockname()[1], flush=True)
data, peer = s.recvfrom(100)
s.sendto(data, peer)
print("127.0.0.1:%d 5 bytes: hello" % (peer[1] ^ 1), flush=True)
"""

# In a script: makes $2 the file to save.
TO_THE_FILE = 'while [ "$1" != -o ]; do shift; done; '

# What takes the place of which program, and what the demo then must say.
LIES = {
    "wrong port": (
        "host/udp-recv",
        LYING_RECEIVER,
        r"1, host: sent from port \d+, yet it came from \d+",
    ),
    "wrong file": (
        "host/file-client",
        f'#!/bin/sh\n{TO_THE_FILE}echo something >"$2"\n'
        f'echo received 10 bytes in 0.1 s, SHA-256 {"0" * 64}, saved as "$2"\n',
        r"4, \S+: host's file-client received 0{64}, the file is [0-9a-f]{64}",
    ),
    "another file saved": (
        "host/file-client",
        f'#!/bin/sh\n"{BUILD}/host/file-client" "$@" || exit\n{TO_THE_FILE}echo more >>"$2"\n',
        r"4, \S+: host's file-client saved another file",
    ),
    "a file from nowhere": (
        "host/file-client",
        f'#!/bin/sh\ncase "$*" in *no-file) {TO_THE_FILE} : >"$2";; esac\n'
        f'exec "{BUILD}/host/file-client" "$@"\n',
        r"4, \S+: a file that is not there left \['\S+-3'\]",
    ),
    "wrong errno": (
        "host/probes/second-bind",
        "#!/bin/sh\necho udp port 1: second bind: done\necho tcp port 1: second bind: EINVAL\n",
        r"3, host: UDP says done, TCP says EINVAL",
    ),
    "wrong status": (
        "host/probes/second-bind",
        f'#!/bin/sh\n"{BUILD}/host/probes/second-bind"\nexit 3\n',
        r"3, host: host's second-bind ended with status 3, not 0",
    ),
    "dead": (
        "host/tcp-server",
        "#!/bin/sh\necho tcp-server: no more >&2\nexit 1\n",
        r"2, host: host's tcp-server ended early; its last word: tcp-server: no more",
    ),
    "silent": (
        "host/probes/second-bind",
        "#!/bin/sh\nexec sleep 1000\n",
        r"3, host: host's second-bind did not say what was expected; its last word: nothing",
    ),
}


def processes_of(session):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def interfaces():
    listed = subprocess.run(["ip", "-o", "link"], capture_output=True, timeout=10, check=True)
    return sorted(line.split()[1] for line in listed.stdout.splitlines())


class Demo:
    """A started demo, in a session of its own, in an empty folder that is also its TMPDIR."""

    def __init__(self, folder, *arguments, path="/usr/bin:/bin"):
        self.folder = folder
        folder.mkdir()
        self.process = subprocess.Popen(
            [DEMO, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": path, "TMPDIR": str(folder)},
            start_new_session=True,
        )

    def end(self):
        """Waits for it: status, lines of output, lines of diagnostics."""
        out, err = self.process.communicate(timeout=BOUND)
        return self.process.returncode, *(text.decode("ascii").splitlines() for text in (out, err))

    def wait_for(self, word):
        for line in self.process.stdout:
            if word in line:
                return
        raise AssertionError(f"it ended without a word of {word}")

    def left_behind(self, patience=0.0):
        """Files and processes, those that are still there after so many seconds."""
        until = time.monotonic() + patience
        while processes_of(self.process.pid) and time.monotonic() < until:
            time.sleep(0.02)
        return processes_of(self.process.pid), list(self.folder.iterdir())

    def kill(self):
        for process in processes_of(self.process.pid):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def start(network, tmp_path):
    """Starts demos; in the end nothing of theirs may be left."""
    before = interfaces()
    library = sorted((REPO / "tests" / "demo_lib").iterdir())
    demos = []

    def start_one(*arguments, **options):
        demos.append(Demo(tmp_path / f"demo{len(demos)}", *arguments, **options))
        return demos[-1]

    yield start_one
    left = [demo.left_behind() for demo in demos]
    for demo in demos:
        demo.kill()
    assert left == [([], [])] * len(demos)
    assert interfaces() == before
    assert sorted((REPO / "tests" / "demo_lib").iterdir()) == library


@pytest.fixture
def start_on_taps(start, network):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    return start


def build_with(folder, name=None, script=None):
    """A build folder like the real one, except that `script` stands for one program."""
    apps = ["udp-send", "udp-recv", "tcp-client", "tcp-server", "file-server", "file-client"]
    apps += ["messenger-server", "messenger", "probes/second-bind"]
    names = [f"{stack}/{app}" for stack in ("host", "linux") for app in apps]
    images = [f"{board}/{image}.elf" for board in BOARDS for image in ("portside", "probes")]
    for each in [*names, *images]:
        path = folder / each
        path.parent.mkdir(parents=True, exist_ok=True)
        if each == name:
            path.write_text(script)
            path.chmod(0o755)
        else:
            path.symlink_to(BUILD / each)
    return folder


def figures(lines):
    """{label of a row: [its cells]}; the last one where a label comes twice."""
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines if line.startswith("   ")]
    return {cells[0]: cells[1:] for cells in rows}


def check_readable(lines):
    assert len(lines) <= 40
    # The first line may quote a reason, of any length.
    assert all(len(line) <= 90 for line in lines[1:]), lines


def check_without_tap(status, out, err):
    assert (status, err) == (0, []), out
    assert out[0].startswith("No TAP (")
    assert "FAILED" not in "\n".join(out)
    shown = figures(out)
    for label, text in ROWS_ON_ALL.items():
        assert shown[label] == [text] * (1 + len(BOARDS)), out
    assert shown["client's bytes"] == ["11 out, 11 in"] * (1 + len(BOARDS))
    assert re.fullmatch(r":\d+->:\d+", shown["reply"][1])
    assert out[-2].startswith("All as claimed")
    check_readable(out)


def test_all_stacks_two_demos_at_once(start_on_taps):
    demos = [start_on_taps("--build", str(BUILD)) for _ in range(2)]
    for demo in demos:
        status, out, err = demo.end()
        assert (status, err) == (0, []), out
        shown = figures(out)
        count = 2 + len(BOARDS)
        assert shown["let in at once"] == ["3 of 6"] + ["2 of 6"] * (count - 1)
        assert shown["served in the end"] == ["6 of 6"] * count
        assert shown["first to close"] == ["server"] * count
        for label, text in ROWS_ON_ALL.items():
            assert shown[label] == [text] * count
        assert all(re.fullmatch(r"\d+, 3 times", cell) for cell in shown["sent from port"])
        assert shown["reply"][1].startswith(":8080->:")
        assert shown["to anna"] == ["5 bytes"] * count
        assert shown["from anna"] == ["3 bytes"] * count
        assert "FAILED" not in "\n".join(out)
        assert out[-2].startswith("All as claimed")
        assert "README.md" in out[-2] and "make run" in out[-1] and "make test" in out[-1]
        check_readable(out)


def test_no_tap_two_demos_at_once(start):
    demos = [start("--no-tap", "--build", str(BUILD)) for _ in range(2)]
    for demo in demos:
        check_without_tap(*demo.end())


@pytest.mark.parametrize(
    "tool, script, reason",
    [
        ("unshare", "echo 'unshare: unshare failed: not here' >&2; exit 1", "not here"),
        (
            "ip",
            'if [ "$1" = tuntap ]; then echo "open: No such device" >&2; exit 1; fi\n'
            'PATH=/usr/bin:/bin:/usr/sbin:/sbin exec ip "$@"',
            "No such device",
        ),
    ],
    ids=["no namespace", "no tun"],
)
def test_finds_out_that_there_is_no_tap(start, tmp_path, tool, script, reason):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / tool).write_text(f"#!/bin/sh\n{script}\n")
    (tools / tool).chmod(0o755)
    demo = start("--build", str(BUILD), path=f"{tools}:/usr/bin:/bin")
    status, out, err = demo.end()
    assert reason in out[0]
    check_without_tap(status, out, err)


@pytest.mark.parametrize("lie", LIES)
def test_notices_a_program_that_lies(start, tmp_path, lie):
    name, script, said = LIES[lie]
    build = build_with(tmp_path / "build", name, script)
    status, out, err = start("--no-tap", "--build", str(build)).end()
    assert status == 1
    assert err and all(re.fullmatch(f"demo: not as claimed: {said}", line) for line in err), err
    assert "FAILED" in "\n".join(out)
    assert not any(line.startswith("All as claimed") for line in out)


def test_counts_the_clients_itself(start_on_taps, tmp_path):
    script = f'#!/bin/sh\nexec "{BUILD}/linux/tcp-server" "$@" -l 5\n'
    build = build_with(tmp_path / "build", "linux/tcp-server", script)
    status, out, err = start_on_taps("--build", str(build)).end()
    assert (status, err) == (1, ["demo: not as claimed: 6, linux: 5 clients were let in, not 2"])
    assert figures(out)["let in at once"] == ["3 of 6", "FAILED", *["2 of 6"] * len(BOARDS)]


@pytest.mark.parametrize("way", [[], ["--no-tap"]], ids=["all", "no-tap"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(start, tmp_path, number, way):
    build = build_with(tmp_path / "build")
    demo = start("--build", str(build), *way)
    demo.wait_for(b"1  UDP")
    assert list(build.glob("demo-*"))
    demo.process.send_signal(number)
    status, _, err = demo.end()
    assert (status, err) == (128 + number, ["demo: interrupted"])
    assert not list(build.glob("demo-*"))


def test_killed(start):
    """Nobody cleans up then but the kernel."""
    demo = start("--build", str(BUILD))
    demo.wait_for(b"2  UDP")
    demo.process.kill()
    demo.process.wait(10)
    assert demo.left_behind(patience=5) == ([], [])


def test_what_is_missing_is_named(start, tmp_path):
    status, out, err = start("--build", str(tmp_path / "none")).end()
    assert (status, out) == (1, [])
    assert len(err) == 1 and "none/host/udp-send is missing (and " in err[0], err
    assert "`make demo`" in err[0]
