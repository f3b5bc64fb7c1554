# SPDX-License-Identifier: BSD-3-Clause
"""HTTP as file-server reads it: heads in pieces, connections and ranges. The forms of a request:
test_http_table.py."""

import re
import socket
import time

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    Caller,
    ask,
    content,
    folder,
    is_board,
    request,
    serve,
)

DATA = content(1000)


@pytest.fixture
def server(stack, folder):
    """A file-server with a.bin, 1000 bytes, and an empty file."""
    folder.write("a.bin", DATA)
    folder.write("empty", b"")
    yield serve(stack, folder(""))


def still_serves(server):
    answer = ask(server.ip, "/a.bin")
    return (answer.status, answer.body) == (200, DATA)


def check_table(cases, outcome):
    """Each case: its name, (argument, outcome)."""
    wrong = {}
    for name, (case, expected) in cases.items():
        try:
            got = outcome(case)
        except (AssertionError, OSError) as problem:
            got = problem
        if got != expected:
            wrong[name] = f"{got}, not {expected}"
    assert not wrong


# --- Heads ---


def test_head_in_pieces(server):
    """Cut anywhere, even between CR and LF."""
    whole = request("/a.bin", "Range: bytes=3-5")
    for cut in (1, 5, 20, len(whole) - 3, len(whole) - 1):
        with Caller(server.ip) as caller:
            caller.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            caller.send(whole[:cut])
            time.sleep(0.05)  # so that it is a segment; far below the 300 ms that end a name
            caller.send(whole[cut:])
            assert caller.answer().body == DATA[3:6], cut


# --- Connections ---


def test_three_requests_on_one_connection(server):
    with Caller(server.ip) as caller:
        for target, status in (("/a.bin", 200), ("/nosuch", 404), ("/a.bin", 200)):
            answer = caller.ask(target)
            assert answer.status == status and not answer.closes
        caller.peer.shutdown(socket.SHUT_WR)
        assert caller.rest() == b""
        name = caller.name
    for line in ('GET "a.bin": 200, 1000', r'GET "nosuch": 404, \d+', 'GET "a.bin": 200, 1000'):
        server.expect(rf"^client {name} {line} bytes$")
    sent = len(request("/a.bin")) * 2 + len(request("/nosuch"))
    server.expect(rf"^client {name} closed, {sent} bytes in, \d+ bytes out$")


def test_pipelined_requests(server):
    with Caller(server.ip) as caller:
        first, last = request("/a.bin", "Range: bytes=0-9"), request("/a.bin", "Connection: close")
        caller.send(first + request("/a.bin", method="HEAD") + request("/nosuch") + last)
        assert caller.answer().body == DATA[:10]
        assert caller.answer("HEAD").length == 1000
        assert caller.answer().status == 404
        answer = caller.answer()
        assert answer.body == DATA and answer.closes
        assert caller.rest() == b""


def test_many_pipelined_requests(server):
    """More than its buffers hold at once."""
    with Caller(server.ip) as caller:
        caller.send(request("/a.bin", "Range: bytes=7-8") * 60)
        for _ in range(60):
            assert caller.answer().body == DATA[7:9]


def test_head_answers_as_get_does(server):
    for target in ("/a.bin", "/empty", "/nosuch", "/"):
        get = ask(server.ip, target)
        head = ask(server.ip, target, method="HEAD")
        assert (head.status, head.fields) == (get.status, get.fields), target
    with Caller(server.ip) as caller:  # and no body comes
        assert caller.ask("/a.bin", method="HEAD").length == 1000
        assert caller.ask("/empty", method="HEAD").length == 0
        assert caller.ask("/a.bin", "Connection: close").body == DATA
        assert caller.rest() == b""


# --- Ranges ---

WHOLE = (200, 0, 1000)
NONE = (416, 0, 0)
RANGES = {
    "bytes=0-0": (206, 0, 1),
    "bytes=0-": (206, 0, 1000),
    "bytes=10-19": (206, 10, 20),
    "bytes=999-": (206, 999, 1000),
    "bytes=999-999": (206, 999, 1000),
    "bytes=990-5000": (206, 990, 1000),
    "bytes=0-99999999999999999999999": (206, 0, 1000),
    "bytes=-1": (206, 999, 1000),
    "bytes=-1000": (206, 0, 1000),
    "bytes=-5000": (206, 0, 1000),
    "bytes=-99999999999999999999999": (206, 0, 1000),
    "BYTES=3-4": (206, 3, 5),
    "bytes= 3-4": WHOLE,
    "bytes=-0": NONE,
    "bytes=1000-": NONE,
    "bytes=1000-2000": NONE,
    "bytes=4294967296-": NONE,
    "bytes=4294967301-4294967310": NONE,
    "bytes=18446744073709551616-": NONE,
    "bytes=99999999999999999999999-": NONE,
    "bytes=19-10": WHOLE,
    "bytes=0-0,5-9": WHOLE,
    "bytes=0-0,": WHOLE,
    "bytes=,": WHOLE,
    "bytes=": WHOLE,
    "bytes=-": WHOLE,
    "bytes=--5": WHOLE,
    "bytes=+1-5": WHOLE,
    "bytes=1-5x": WHOLE,
    "bytes=0x1-5": WHOLE,
    "bytes=1 - 5": WHOLE,
    "bytes=a-b": WHOLE,
    "bytes 1-5": WHOLE,
    "lines=1-5": WHOLE,
    "": WHOLE,
}


def range_outcome(answer, total):
    """Status and which bytes came, after a look at Content-Range."""
    field = answer.fields.get("content-range")
    if answer.status == 416:
        assert field == f"bytes */{total}"
        return NONE
    if answer.status == 200:
        assert field is None
        return 200, 0, answer.length
    first, last, whole = map(int, re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", field).groups())
    assert whole == total and answer.length == last + 1 - first
    return answer.status, first, last + 1


def test_ranges(server):
    def outcome(given):
        answer = ask(server.ip, "/a.bin", f"Range: {given}")
        got = range_outcome(answer, 1000)
        assert got == NONE or answer.body == DATA[got[1] : got[2]]
        return got

    check_table({given: (given, expected) for given, expected in RANGES.items()}, outcome)


def test_ranges_of_an_empty_file(server):
    for given in ("bytes=0-", "bytes=0-0", "bytes=-0", "bytes=1-"):
        answer = ask(server.ip, "/empty", f"Range: {given}")
        assert range_outcome(answer, 0) == NONE, given
    answer = ask(server.ip, "/empty", "Range: bytes=-5")
    assert range_outcome(answer, 0) in (NONE, (200, 0, 0))


def test_ranges_and_other_answers(server):
    """HEAD has none, nor has a file that is not there; two are one too many."""
    assert ask(server.ip, "/a.bin", "Range: bytes=1-2", method="HEAD").length == 1000
    assert ask(server.ip, "/nosuch", "Range: bytes=1-2").status == 404
    two = ask(server.ip, "/a.bin", "Range: bytes=1-2", "Range: bytes=4-5")
    assert range_outcome(two, 1000) in (WHOLE, (206, 1, 3)) or two.status == 400


def test_if_range(stack, server, folder):
    """The part when the validator is the file's, else the whole; an unknown one is not the
    file's."""
    tag = ask(server.ip, "/a.bin").fields.get("etag")
    if not is_board(stack):  # /host does not tell when a file was changed
        answer = ask(server.ip, "/a.bin", "Range: bytes=5-9", f"If-Range: {tag}")
        assert range_outcome(answer, 1000) == (206, 5, 10) and answer.body == DATA[5:10]
    for validator in ('"other"', 'W/"other"', "Thu, 01 Jan 1970 00:00:01 GMT", "garbage", ""):
        answer = ask(server.ip, "/a.bin", "Range: bytes=5-9", f"If-Range: {validator}")
        assert range_outcome(answer, 1000) == WHOLE, validator
        assert answer.body == DATA


def test_if_range_after_a_change(stack, folder):
    """A file that was replaced by another of the same size: no part of it belongs to the old one.
    A board cannot tell, and so may give no validator that says so."""
    folder.write("a.bin", DATA)
    app = serve(stack, folder(""))
    tag = ask(app.ip, "/a.bin").fields.get("etag")
    other = folder.write("new", bytes(reversed(DATA)))
    other.replace(folder.path / "a.bin")
    answer = ask(app.ip, "/a.bin", "Range: bytes=5-9", f"If-Range: {tag or 'none'}")
    assert range_outcome(answer, 1000) == WHOLE
    assert answer.body == bytes(reversed(DATA))
    assert (tag is None) == is_board(stack)
