# SPDX-License-Identifier: BSD-3-Clause
"""file-client and file-server on a board's own files: downloads into /ram, which is small, and what
is left there for the next program of the same start."""

import contextlib
import re
import threading

from file_peers import (
    PORT,
    RECEIVED,
    Server,
    content,
    curl,
    first_of_range,
    ok,
    ranged,
    raw,
    sends,
    sha256,
)
from porttools import prompt  # noqa: F401 (fixture)
from stacks import HOST_IP

DATA = content(2000)


def run(prompt, line, status=0):
    """Runs a command that ends with this status; its output."""
    output, ended = prompt.run(line)
    assert ended == status, f"{line}: {ended}, {output}"
    return output


def fetch(prompt, server, *options, name="a.bin", status=0):
    words = ("file-client", "-q", *options, HOST_IP, str(server.port), name)
    return run(prompt, " ".join(words), status)


def names(prompt):
    return sorted(re.findall(r"^\[(.*)\]$", run(prompt, "file list /ram"), re.MULTILINE))


def check_saved(output, data, name):
    assert re.search(rf"^{RECEIVED}, saved as {name}", output, re.MULTILINE)[3] == sha256(data)


def resources(prompt):
    return dict(re.findall(r"([\w-]+)=(\d+)", run(prompt, "resources")))


@contextlib.contextmanager
def serving(prompt, directory):
    prompt.type(f"file-server -d {directory} {PORT}\n")
    prompt.expect("^listening")
    yield f"http://{prompt.ip}:{PORT}"
    prompt.type("\x03")
    prompt.expect("exit status 130\nportside> ")


def test_there_and_back(prompt):
    """Downloaded by both protocols, then served by both: the bytes are the same."""
    with Server(sends(ok(DATA))) as server:
        check_saved(fetch(prompt, server), DATA, "a.bin")
    with Server(sends(DATA[:900]), end_of_request=b"\n") as server:
        check_saved(fetch(prompt, server, "-R", "-o", "/ram/b.bin"), DATA[:900], "/ram/b.bin")
    assert names(prompt) == ["a.bin", "b.bin"]
    with serving(prompt, "/ram") as url:
        assert curl(f"{url}/a.bin") == DATA
        assert curl("-r", "100-199", f"{url}/a.bin") == DATA[100:200]
        assert raw(prompt.ip, b"b.bin\n") == DATA[:900]
        assert raw(prompt.ip, b"/ram/b.bin\n") == b""
        assert raw(prompt.ip, b"../rom/hello.txt\n") == b""


def test_failures_leave_nothing(prompt):
    before = resources(prompt)
    with Server(sends(ok(b"<html>", status="404 Not Found")), sends(b"")) as server:
        assert '"a.bin": 404 Not Found\n' in fetch(prompt, server, status=1)
        fetch(prompt, server, status=1)
    assert names(prompt) == []
    assert resources(prompt) == before


def test_full(prompt):
    """One clear line; what there was room for is kept, and when it is removed, all is as before."""
    before = resources(prompt)
    large = content(2_000_000)

    def answer(peer, head):
        with contextlib.suppress(OSError):
            peer.sendall(ok(large))

    with Server(answer) as server:
        output = fetch(prompt, server, status=1)
    assert re.fullmatch(r"file-client: write a.bin.part: No space left on device\n", output)
    assert names(prompt) == ["a.bin.part"]
    assert int(resources(prompt)["ram"]) > int(before["ram"])
    run(prompt, "file remove a.bin.part")
    assert resources(prompt) == before
    with Server(sends(ok(DATA))) as server:
        check_saved(fetch(prompt, server), DATA, "a.bin")


def test_interrupted_and_resumed(prompt):
    """What had come when Ctrl-C was pressed is there for -c."""
    over = threading.Event()

    def slowly(peer, head):
        peer.sendall(ok(DATA[:500], length=len(DATA)))
        for at in range(500, len(DATA) - 10, 10):
            if over.wait(0.2):  # slowly enough to be interrupted
                return
            with contextlib.suppress(OSError):
                peer.sendall(DATA[at : at + 10])

    with Server(slowly) as server:
        prompt.type(f"file-client {HOST_IP} {server.port} a.bin\n")
        prompt.expect(r"\d+ of 2000 bytes")
        prompt.type("\x03")
        prompt.expect("exit status 130\nportside> ")
        over.set()
    assert names(prompt) == ["a.bin.part"]
    with Server(ranged(DATA)) as server:
        check_saved(fetch(prompt, server, "-c"), DATA, "a.bin")
    assert 500 < first_of_range(server.heads[0]) < len(DATA)
    assert names(prompt) == ["a.bin"]


def test_again_and_again(prompt):
    """Each download replaces the one before: nothing is lost on the way."""
    answers = [sends(ok(DATA)), sends(ok(DATA[:1000]))] * 10
    with Server(*answers) as server:
        fetch(prompt, server)
        fetch(prompt, server)
        before = resources(prompt)
        for _ in range(9):
            fetch(prompt, server)
            fetch(prompt, server)
    assert resources(prompt) == before
    assert names(prompt) == ["a.bin"]
