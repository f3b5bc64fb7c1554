# SPDX-License-Identifier: BSD-3-Clause
"""Where file-client cannot save: full, read-only, not there, not a file. One clear line, exit 1,
and nothing under the final name."""

import os
import re
import subprocess

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    LONG,
    RECEIVED,
    Server,
    check_failed,
    check_received,
    content,
    fetch,
    folder,
    is_board,
    ok,
    sends,
    sends_what_is_taken,
    sha256,
)

DATA = content(300_000)


class SmallDisk:
    """A file system of 100 KB in a mount namespace of its own, which ends with it."""

    SCRIPT = """set -e
        mount -t tmpfs -o size=100k,mode=755 tmpfs "$0"
        cd "$0"
        for device in full null; do touch $device; mount --bind /dev/$device $device; done
        echo ready
        read -r line
        mount -o remount,bind,ro "$0"
        echo read-only
        read -r line"""

    def __init__(self, path):
        self.process = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c", self.SCRIPT, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = self.process.stdout.readline().strip()
        self.path = f"/proc/{self.process.pid}/root{path}"
        # setns() forgets the working directory.
        enter = 'cd "$0" && exec "$@"'
        there = ("nsenter", "-t", str(self.process.pid), "-m", "-r")
        self.prefix = (*there, "sh", "-c", enter, str(path))

    def make_read_only(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "read-only\n"

    def files(self):
        return sorted(set(os.listdir(self.path)) - {"full", "null"})

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def disk(stack, folder):
    """The stack's programs see it in place of the folder."""
    made = SmallDisk(folder.path)
    try:
        if made.said != "ready":
            pytest.skip(f"no file system of its own: {made.said}")
        stack.prefix = made.prefix
        yield made
    finally:
        # Before those who are in it.
        stack.end_all()
        made.end()


def test_full(stack, folder, disk):
    """What there was room for is kept, for -c; an older file is not touched."""
    with open(f"{disk.path}/a.bin", "wb") as old:
        old.write(b"old")
    with Server(sends_what_is_taken(ok(DATA))) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_failed(app, rf"(write )?{re.escape(folder('a.bin'))}.part: No space left on device")
    assert disk.files() == ["a.bin", "a.bin.part"]
    with open(f"{disk.path}/a.bin", "rb") as old, open(f"{disk.path}/a.bin.part", "rb") as part:
        assert old.read() == b"old"
        kept = part.read()
    assert 50_000 < len(kept) < 102_400 and DATA.startswith(kept)


def test_fits_exactly(stack, folder, disk):
    """23 pages are free: so much can be saved, and no byte more."""
    free = os.statvfs(disk.path)
    room = free.f_bavail * free.f_frsize
    with Server(sends(ok(DATA[:room]))) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_received(app, DATA[:room])
    assert disk.files() == ["a.bin"]
    with open(f"{disk.path}/a.bin", "rb") as saved:
        assert saved.read() == DATA[:room]


def check_not_asked(stack, server):
    """What is known before costs the server nothing; a board learns it from the host too late."""
    assert is_board(stack) or not server.heads


def test_read_only(stack, folder, disk):
    disk.make_read_only()
    with Server(sends_what_is_taken(ok(DATA)), all_come=False) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_failed(app, rf"(open )?{re.escape(folder('a.bin'))}.part: Read-only file system")
        check_not_asked(stack, server)
    assert disk.files() == []


def test_device(stack, folder, disk):
    """What is no file is written as it is: nothing is renamed over it."""
    if is_board(stack):
        pytest.skip("a board has no devices")
    with Server(sends_what_is_taken(ok(DATA)), sends(ok(DATA))) as server:
        app = fetch(stack, "a.bin", "-o", folder("full"), port=server.port)
        check_failed(app, rf"(write )?{re.escape(folder('full'))}: No space left on device")
        app = fetch(stack, "a.bin", "-o", folder("null"), port=server.port)
        assert app.wait(LONG) == 0
        assert app.expect(rf"^{RECEIVED}")[3] == sha256(DATA)
    assert disk.files() == []


def test_standard_output_that_is_full(stack, folder):
    if is_board(stack):
        pytest.skip("a board's standard output is its console")
    stack.prefix = ("sh", "-c", 'exec "$@" >/dev/full', "sh")
    with Server(sends_what_is_taken(ok(DATA))) as server:
        app = fetch(stack, "a.bin", "-o", "-", port=server.port)
        check_failed(app, r"(write )?(-|standard output|stdout): No space left on device")


def test_last_line_that_cannot_be_printed(stack, folder):
    """The file is there, and yet somebody waits for the line."""
    if is_board(stack):
        pytest.skip("a board's standard output is its console")
    stack.prefix = ("sh", "-c", 'exec "$@" >/dev/full', "sh")
    with Server(sends(ok(DATA))) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_failed(app, ".*No space left on device")
    assert folder.read("a.bin") == DATA


def test_folder_that_is_not_there(stack, folder):
    for option in ("-q", "-R"):
        data = DATA if option == "-R" else ok(DATA)
        end = b"\n" if option == "-R" else b"\r\n\r\n"
        answer = sends_what_is_taken(data)
        with Server(answer, end_of_request=end, all_come=False) as server:
            app = fetch(stack, "a.bin", option, "-o", folder("nosuch/a.bin"), port=server.port)
            check_failed(app, rf"(open )?{re.escape(folder('nosuch/a.bin'))}.part: No such file")
            check_not_asked(stack, server)
            app.kill()
    assert folder.names() == []


def test_target_is_a_folder(stack, folder):
    """-o names a folder: said before or after the transfer, and the folder stays."""
    (folder.path / "target").mkdir()
    with Server(sends_what_is_taken(ok(DATA)), all_come=False) as server:
        app = fetch(stack, "a.bin", "-o", folder("target"), port=server.port)
        check_failed(app, rf".*{re.escape(folder('target'))}.*: Is a directory")
    assert folder.path.joinpath("target").is_dir()
    assert os.listdir(folder.path / "target") == []


def test_part_is_a_folder(stack, folder):
    (folder.path / "a.bin.part").mkdir()
    with Server(sends_what_is_taken(ok(DATA)), all_come=False) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_failed(app, rf".*{re.escape(folder('a.bin'))}.part.*: Is a directory")
    assert folder.names() == ["a.bin.part"]


def test_no_permission(stack, folder):
    """Even for root, without the right to write everywhere."""
    folder.path.chmod(0o555)
    stack.prefix = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", "--")
    try:
        with Server(sends_what_is_taken(ok(DATA)), all_come=False) as server:
            app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
            check_failed(app, rf"(open )?{re.escape(folder('a.bin'))}.part: Permission denied")
            check_not_asked(stack, server)
        assert folder.names() == []
    finally:
        folder.path.chmod(0o755)


# --- A board's /ram, which is small ---
