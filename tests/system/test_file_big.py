# SPDX-License-Identifier: BSD-3-Clause
"""Files beyond what memory and 32 bits hold, streamed: 1 GiB in both directions, and ranges behind
2 and 4 GiB. The files are sparse, so that the disk is not what is tested."""

import hashlib
import os
import re
import threading

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    PORT,
    RECEIVED,
    Server,
    ask,
    check_failed,
    content,
    curl,
    fetch,
    folder,
    is_board,
    ok,
    serve,
)
from stacks import HOST_IP, STACKS

GIB = 1 << 30
PATIENT = 300  # for a GiB on a busy machine
MOST_MEMORY = 64 * 1024  # kB, of which most is lwIP's pools


def sparse(path, size, marks):
    """A file of zeros with some bytes at each of the marks."""
    with open(path, "wb") as made:
        made.truncate(size)
        for mark in marks:
            made.seek(mark)
            made.write(content(5000, mark))


def hash_of(path):
    with open(path, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


class Peak:
    """The most memory that a process has had, looked at while it runs."""

    def __init__(self, process):
        self.process = process
        self.most = 0
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        over = threading.Event()
        while self.process.poll() is None:
            try:
                with open(f"/proc/{self.process.pid}/status") as status:
                    if match := re.search(r"VmHWM:\s+(\d+) kB", status.read()):
                        self.most = int(match[1])
            except OSError:
                return
            over.wait(0.05)


@pytest.fixture
def large(stack, tmp_path):
    """Room for a GiB, which is given back at once."""
    if is_board(stack):
        pytest.skip("a board's 32 bits and its speed")
    disk = os.statvfs(tmp_path)
    if disk.f_bavail * disk.f_frsize < 2 * GIB:
        pytest.skip("less than 2 GiB of disk left")
    path = tmp_path / "large"
    path.mkdir()
    yield path
    for each in path.iterdir():
        each.unlink()


@pytest.mark.parametrize("direction", ["from the stack", "to the stack"])
def test_one_gib(stack, large, network, direction):
    """file-server and file-client, one of them on the host."""
    if stack.name == "host" and direction == "to the stack":
        pytest.skip("the same as the other direction")
    host = STACKS["host"](network)
    server, client = (stack, host) if direction == "from the stack" else (host, stack)
    size = GIB + 12345
    sparse(large / "a.bin", size, (0, 123_456_789, GIB - 1000, GIB + 5000))
    try:
        app = serve(server, large)
        copy = fetch(client, "a.bin", "-o", large / "copy.bin", ip=app.ip)
        peak = Peak(copy.process)
        assert copy.wait(PATIENT) == 0, copy
        match = copy.expect(rf"^{RECEIVED}")
        assert int(match[1]) == size
        assert match[3] == hash_of(large / "a.bin")
        assert (large / "copy.bin").stat().st_size == size
        assert hash_of(large / "copy.bin") == match[3]
        peak.thread.join(20)
        assert 0 < peak.most < MOST_MEMORY
        app.expect(rf'^client \S+ GET "a.bin": 200, {size} bytes$')
        with open(f"/proc/{app.process.pid}/status") as status:
            assert int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) < MOST_MEMORY
    finally:
        host.end_all()


@pytest.mark.parametrize("border", [2 * GIB, 4 * GIB], ids=["2 GiB", "4 GiB"])
def test_ranges_beyond(stack, large, border):
    size = 5 * GIB
    marks = (border - 2000, border + 10_000, size - 5000)
    sparse(large / "a.bin", size, marks)
    app = serve(stack, large)
    url = f"http://{app.ip}:{PORT}/a.bin"
    assert ask(app.ip, "/a.bin", method="HEAD").length == size
    at_border = content(5000, border - 2000)
    assert curl("-r", f"{border - 5}-{border + 4}", url) == at_border[1995:2005]
    assert curl("-r", f"{border + 9_990}-{border + 14_999}", url) == bytes(10) + content(
        5000, border + 10_000
    )
    answer = ask(app.ip, "/a.bin", "Range: bytes=-5000")
    assert answer.fields["content-range"] == f"bytes {size - 5000}-{size - 1}/{size}"
    assert answer.body == content(5000, size - 5000)
    with open(large / "copy.bin", "wb") as part:
        part.truncate(size - 3000)
    curl("-C", "-", "-o", large / "copy.bin", url)
    with open(large / "copy.bin", "rb") as copy:
        copy.seek(size - 3000)
        assert copy.read() == content(5000, size - 5000)[2000:]
    app.expect(r'^client \S+ GET "a.bin": 206, 3000 bytes$')
    answer = ask(app.ip, "/a.bin", f"Range: bytes={size}-")
    assert (answer.status, answer.fields["content-range"]) == (416, f"bytes */{size}")


def test_client_resumes_beyond_2_gib(stack, large):
    """The part is hashed, the rest asked for, and the total has more than 31 bits."""
    if stack.name != "host":
        pytest.skip("what reads the part is the same on linux")
    have, size = 2 * GIB + 7, 2 * GIB + 1007
    with open(large / "copy.bin.part", "wb") as part:
        part.truncate(have)
    rest = content(1000)

    def answer(peer, head):
        assert f"\r\nRange: bytes={have}-\r\n".encode() in head
        field = f"Content-Range: bytes {have}-{size - 1}/{size}"
        peer.sendall(ok(rest, field, status="206 Partial Content"))

    # The client may read its part before it asks.
    with Server(answer, patience=PATIENT) as server:
        app = fetch(stack, "a.bin", "-c", "-o", large / "copy.bin", port=server.port)
        assert app.wait(PATIENT) == 0, app
    assert int(app.expect(rf"^{RECEIVED}")[1]) == len(rest)
    assert (large / "copy.bin").stat().st_size == size
    with open(large / "copy.bin", "rb") as copy:
        copy.seek(have - 10)
        assert copy.read() == bytes(10) + rest


@pytest.mark.parametrize("size", [2 * GIB + 100, 4 * GIB + 100, (1 << 40) + 100])
def test_length_beyond_what_fits(stack, folder, size):
    """On whatever machine: 100 bytes of so many are not the file."""
    with Server(lambda peer, head: peer.sendall(ok(bytes(100), length=size))) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_failed(app, f"{HOST_IP}:{server.port}: ")
    assert folder.names() in ([], ["a.bin.part"])
