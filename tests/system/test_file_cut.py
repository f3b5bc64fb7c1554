# SPDX-License-Identifier: BSD-3-Clause
"""file-client and transfers that are cut, in every phase, by either side, and answers that lie
about their length: what is not whole never gets the final name, and -c brings the rest."""

import contextlib
import re
import socket
import threading

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    LONG,
    RECEIVED,
    Server,
    cases_for,
    check_failed,
    check_received,
    content,
    fetch,
    first_of_range,
    folder,
    ok,
    ranged,
    sends,
    wait_for_end,
)
from peers import wait_until
from stacks import HOST_IP, PATIENCE

DATA = content(60_000)
WHOLE = ok(DATA, "Server: peer")
HEAD = len(WHOLE) - len(DATA)

# How much the server sends before it closes or resets.
PHASES = {
    "before any byte": 0,
    "in the status line": 10,
    "after the status line": WHOLE.index(b"\n") + 1,
    "in a header": WHOLE.index(b"Content-Le") + 10,
    "before the empty line": HEAD - 2,
    "after the head": HEAD,
    "after the first byte": HEAD + 1,
    "in the middle": HEAD + 31_234,
    "before the last byte": len(WHOLE) - 1,
}


def resume(stack, folder, name="a.bin"):
    """-c against an honest server gets the rest, and no more than that."""
    have = len(folder.read(f"{name}.part"))
    with Server(ranged(DATA)) as server:
        app = fetch(stack, "a.bin", "-c", "-o", folder(name), port=server.port)
        check_received(app, DATA, folder.path / name, resumed=have)
    assert first_of_range(server.heads[0]) == have
    assert folder.names() == [name]


def reason_of(phase, end, folder):
    """What the client says; a reset may overtake what was sent before it."""
    sent = PHASES[phase] - HEAD
    kept = f", kept in {re.escape(folder('a.bin'))}.part" if sent > 0 else ""
    if end == "reset":
        return rf"the connection was reset after \d+( of 60000)? bytes{kept}"
    if sent < 0:
        return "the answer is useless: the connection ended before its head did"
    return f"the connection ended after {sent} of 60000 bytes{kept}"


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("phase", PHASES)
def test_cut_by_the_server(stack, folder, phase, end):
    sent = max(0, PHASES[phase] - HEAD)

    def cut(peer, head):
        peer.sendall(WHOLE[: PHASES[phase]])
        if sent:  # what a reset overtakes is lost; some of it shall be there
            path = folder.path / "a.bin.part"
            wait_until(lambda: path.exists() and path.stat().st_size > 0, "the first bytes")

    with Server(cut, end=end) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_failed(app, f"{HOST_IP}:{server.port}: {reason_of(phase, end, folder)}$")
    if sent == 0:
        assert folder.names() == []
        return
    assert folder.names() == ["a.bin.part"]
    part = folder.read("a.bin.part")
    assert part == DATA[: len(part)]
    assert len(part) == sent if end == "close" else 0 < len(part) <= sent
    resume(stack, folder)


def test_older_file_survives_a_cut(stack, folder):
    folder.write("a.bin", b"old")
    with Server(sends(WHOLE[: HEAD + 100])) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_failed(app, f"{HOST_IP}:{server.port}: the connection ended after 100 of 60000")
    assert folder.read("a.bin") == b"old" and folder.read("a.bin.part") == DATA[:100]


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_client_ended_in_the_middle(stack, folder, how):
    part = folder.path / "a.bin.part"
    over = threading.Event()

    def half(peer, head):
        peer.sendall(WHOLE[: HEAD + 30_000])
        assert over.wait(PATIENCE)
        if how == "interrupt":  # who is killed on lwIP tells nobody
            wait_for_end(peer)

    with Server(half) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        wait_until(lambda: part.exists() and part.stat().st_size >= 20_000, "half of it")
        if how == "interrupt":
            app.interrupt()
            assert app.wait() == 130
        else:
            app.kill()
        over.set()
    assert folder.names() == ["a.bin.part"]
    assert DATA.startswith(part.read_bytes())
    resume(stack, folder)


@pytest.mark.parametrize("sent", [0, 20])
def test_client_interrupted_before_the_body(stack, folder, sent):
    asked = threading.Event()

    def silent(peer, head):
        peer.sendall(WHOLE[:sent])
        asked.set()
        wait_for_end(peer)

    with Server(silent) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        assert asked.wait(PATIENCE)
        app.interrupt()
        assert app.wait() == 130
    assert folder.names() == []


def test_server_falls_silent(stack, folder):
    """Before the head and in the body: given up after 10 s, and the rest is got by -c."""
    over = threading.Event()

    def silent_after(count):
        def answer(peer, head):
            peer.sendall(WHOLE[:count])
            assert over.wait(LONG)

        return answer

    with Server(silent_after(0)) as mute, Server(silent_after(HEAD + 30_000)) as half:
        first = fetch(stack, "a.bin", "-o", folder("first.bin"), port=mute.port)
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=half.port)
        check_failed(first, f"{HOST_IP}:{mute.port}: the server fell silent")
        kept = f"kept in {re.escape(folder('a.bin'))}.part"
        reason = f"the server fell silent after 30000 of 60000 bytes, {kept}$"
        check_failed(app, f"{HOST_IP}:{half.port}: {reason}")
        over.set()
    assert folder.names() == ["a.bin.part"]
    resume(stack, folder)


# --- Answers whose length is not what they say ---

GOOD, BAD, NOTHING = "the file", "an error", "an error, and nothing is kept"
SMALL = content(3000)


def headed(*fields, status="HTTP/1.1 200 OK", body=SMALL):
    return b"\r\n".join(f.encode("latin-1") for f in (status, *fields, "", "")) + body


def chunks(*parts, trailer="", last="0"):
    """A body in chunks; each part's size in front of it, unless it is text."""
    body = b"".join(
        part.encode() if isinstance(part, str) else b"%x\r\n%s\r\n" % (len(part), part)
        for part in parts
    )
    return headed("Transfer-Encoding: chunked", body=body + f"{last}\r\n{trailer}\r\n".encode())


THIRDS = (SMALL[:1000], SMALL[1000:1001], SMALL[1001:])
LENGTH = f"Content-Length: {len(SMALL)}"
LIES = {
    "honest": (headed(LENGTH), GOOD),
    "HTTP/1.0": (headed(LENGTH, status="HTTP/1.0 200 OK"), GOOD),
    "no reason": (headed(LENGTH, status="HTTP/1.1 200"), GOOD),
    "any case": (headed(LENGTH.upper() + " \t "), GOOD),
    "bare LF": (headed(LENGTH).replace(b"\r\n", b"\n", 2), GOOD),
    "one byte too many": (headed(LENGTH, body=SMALL + b"x"), GOOD),
    "another answer behind": (headed(LENGTH, body=SMALL + headed(LENGTH)), GOOD),
    "the same length twice": (headed(LENGTH, LENGTH), GOOD),
    "two lengths": (headed(LENGTH, "Content-Length: 100"), NOTHING),
    "two lengths, small first": (headed("Content-Length: 100", LENGTH), NOTHING),
    "two lengths in one": (headed(LENGTH + ", 100"), NOTHING),
    "negative": (headed("Content-Length: -3000"), NOTHING),
    "signed": (headed("Content-Length: +3000"), NOTHING),
    "empty": (headed("Content-Length:"), NOTHING),
    "hexadecimal": (headed("Content-Length: 0xbb8"), NOTHING),
    "with a unit": (headed("Content-Length: 3000 bytes"), NOTHING),
    "2 to the 64": (headed("Content-Length: 18446744073709551616"), NOTHING),
    "2 to the 64, and ours": (headed("Content-Length: 18446744073709554616"), NOTHING),
    "2 to the 63": (headed("Content-Length: 9223372036854775808"), BAD),
    "2 to the 32, and ours": (headed("Content-Length: 4294970296"), BAD),
    "2 to the 31": (headed("Content-Length: 2147483648"), BAD),
    "no length": (headed(), GOOD),
    "chunked": (chunks(*THIRDS), GOOD),
    "chunked, a length, too": (
        chunks(*THIRDS).replace(b"\r\n", b"\r\nContent-Length: 5\r\n", 1),
        GOOD,
    ),
    "chunked, extensions": (
        chunks(*THIRDS, trailer="A: b\r\n").replace(b"3e8\r\n", b"3E8;a=b\r\n", 1),
        GOOD,
    ),
    "chunked, no last chunk": (chunks(*THIRDS)[:-5], BAD),
    "chunked, half a last chunk": (chunks(*THIRDS)[:-2], BAD),
    "chunked, cut in a chunk": (chunks(*THIRDS)[:-100], BAD),
    "chunked, cut in a size": (chunks(THIRDS[0], last="3")[:-2], BAD),
    "chunked, no size": (chunks(THIRDS[0], "zz\r\n"), BAD),
    "chunked, negative": (chunks(THIRDS[0], "-5\r\nhello\r\n"), BAD),
    "chunked, huge": (chunks("fffffffffffffffff\r\nhello\r\n"), NOTHING),
    "chunked, one byte too many": (chunks("3\r\nhello\r\n"), BAD),
    "another coding": (headed("Transfer-Encoding: gzip"), NOTHING),
    "HTTP/2": (headed(LENGTH, status="HTTP/2 200 OK"), NOTHING),
    "no HTTP": (SMALL, NOTHING),
    "no digits": (headed(LENGTH, status="HTTP/1.1 OK"), NOTHING),
    "four digits": (headed(LENGTH, status="HTTP/1.1 2000 OK"), NOTHING),
    "status below 100": (headed(LENGTH, status="HTTP/1.1 020 OK"), NOTHING),
    "no field": (headed("nonsense", LENGTH), NOTHING),
    "long head": (headed("X: " + "x" * 100_000, LENGTH), NOTHING),
    "endless head": (headed(*["X: " + "x" * 1000] * 300), NOTHING),
    "endless line": (b"HTTP/1.1 200 " + b"O" * 300_000, NOTHING),
    "endless 100s": (b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, NOTHING),
}


# What may differ with the size of a number or of memory.
ON_BOARDS = (
    *("honest", "two lengths", "2 to the 64, and ours", "2 to the 63", "2 to the 32, and ours"),
    *("2 to the 31", "no length", "chunked", "chunked, cut in a chunk", "chunked, huge"),
    *("long head", "endless line"),
)


def bravely(data):
    """Sends what is taken: the client may leave in the middle."""

    def answer(peer, head):
        with contextlib.suppress(OSError):
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            wait_for_end(peer)

    return answer


def outcome_of(app, folder):
    status = app.wait(LONG)
    if status == 0:
        app.expect(RECEIVED)
        assert folder.names() == ["a.bin"]
        return GOOD if folder.read("a.bin") == SMALL else "another file"
    assert status == 1, app
    assert [line for line in app.error_lines if line.startswith("file-client: ")], app
    return BAD if folder.names() == ["a.bin.part"] else NOTHING if not folder.names() else "files"


def test_lies(stack, folder):
    wrong = {}
    lies = cases_for(stack, LIES, *ON_BOARDS)
    with Server(*[bravely(data) for data, _ in lies.values()]) as server:
        for name, (_, expected) in lies.items():
            app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
            got = outcome_of(app, folder)
            app.kill()
            for left in folder.names():
                (folder.path / left).unlink()
            if got != expected:
                wrong[name] = f"{got}, not {expected}; {app}"
    assert not wrong
