# SPDX-License-Identifier: BSD-3-Clause
"""The tutorial's file protocol: a name, answered with the bytes and a close. Its peers are Python
sockets that know nothing but that."""

import re
import socket
import time

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    Caller,
    Server,
    check_failed,
    check_received,
    content,
    fetch,
    folder,
    raw,
    sends,
    serve,
)
from peers import has_ended, receive_to_end
from stacks import HOST_IP

DATA = content(5000)


@pytest.fixture
def server(stack, folder):
    folder.write("a.bin", DATA)
    folder.write("empty", b"")
    folder.write("GET a.bin", b"named like a request")
    return serve(stack, folder(""))


# --- file-server ---

ENDS = {
    "newline": b"a.bin\n",
    "CRLF": b"a.bin\r\n",
    "NUL": b"a.bin\0",
    "newline and more": b"a.bin\nmore that nobody asked for\n",
    "newline and much more": b"a.bin\n" + bytes(20_000),
}


def test_ends_of_a_name(server):
    for name, data in ENDS.items():
        assert raw(server.ip, data) == DATA, name
        server.expect(r'^client \S+ RAW "a.bin": sent 5000 bytes$')
        server.expect(r"^client \S+ closed, \d+ bytes in, 5000 bytes out$")


def test_half_close_ends_a_name(server):
    assert raw(server.ip, b"a.bin", half_close=True) == DATA
    server.expect(r'^client \S+ RAW "a.bin": sent 5000 bytes$')


def test_silence_ends_a_name(server):
    """300 ms; the tutorial's client sends the bare name and waits."""
    begin = time.monotonic()
    assert raw(server.ip, b"a.bin") == DATA
    assert time.monotonic() - begin > 0.28
    server.expect(r'^client \S+ RAW "a.bin": sent 5000 bytes$')


@pytest.mark.parametrize("end", [b"n\n", b"n\r\n", b"n", b"n\r"])
def test_name_in_two_segments(server, end):
    with Caller(server.ip) as caller:
        caller.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller.send(b"a.bi")
        time.sleep(0.1)  # a segment of its own, less than the silence
        caller.send(end)
        if end.endswith(b"\r"):
            time.sleep(0.1)
            caller.send(b"\n")
        assert caller.rest() == DATA


def test_names_that_have_no_bytes(server):
    for name, event in (
        ("nosuch", "not found"),
        ("sub/nosuch", "not found"),
        ("../a.bin", "refused"),
        ("empty", "sent 0 bytes"),
    ):
        assert raw(server.ip, name.encode() + b"\n") == b"", name
        server.expect(rf'^client \S+ RAW "{re.escape(name)}": {event}$')
        server.expect(rf"^client \S+ closed, {len(name) + 1} bytes in, 0 bytes out$")


def test_no_name_at_all(server):
    with Caller(server.ip) as caller:
        name = caller.name
    server.expect(rf"^client {name} connected$")
    server.expect(rf"^client {name} closed, 0 bytes in, 0 bytes out$")
    assert raw(server.ip, b"\n") == b""
    server.expect(r'^client \S+ RAW "": (refused|not found)$')
    assert raw(server.ip, b"a.bin\n") == DATA


def test_names_that_look_like_requests(server):
    """Without a version it is a name; a file's, if there is one."""
    assert raw(server.ip, b"GET a.bin\n") == b"named like a request"
    assert raw(server.ip, b"GET a.bin\r\n") == b"named like a request"
    assert DATA not in raw(server.ip, b"GET /a.bin\n")  # an old, or half a, request
    assert raw(server.ip, b"HEAD\n") == b""
    assert raw(server.ip, b"GET", half_close=True) == b""


def test_name_without_end(server):
    """More bytes than a name has, and no end: refused, not kept."""
    with Caller(server.ip) as caller:
        try:
            for _ in range(2000):
                caller.send(b"x" * 100)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert has_ended(caller.peer, 20)
    server.expect(r'^client \S+ RAW "x+[^"]*": refused$')
    assert raw(server.ip, b"a.bin\n") == DATA


def test_large_file(stack, folder):
    data = content(500_000)
    folder.write("large.bin", data)
    app = serve(stack, folder(""))
    assert raw(app.ip, b"large.bin\n") == data
    app.expect(r'^client \S+ RAW "large.bin": sent 500000 bytes$')


def test_both_protocols_at_once(server):
    """What a client speaks is its own matter."""
    with Caller(server.ip) as web, Caller(server.ip) as plain:
        plain.send(b"a.b")
        assert web.ask("/a.bin").body == DATA
        plain.send(b"in\n")
        assert plain.rest() == DATA
        assert web.ask("/a.bin").body == DATA


# --- file-client ---


def raw_server(*answers, **more):
    return Server(*answers, end_of_request=b"\n", **more)


def fetch_raw(stack, server, target, *options, name="a.bin"):
    return fetch(stack, name, "-R", *options, "-o", target, port=server.port)


@pytest.mark.parametrize("size", [1, 1460, 1461, 300_000])
def test_client_saves_what_comes(stack, folder, size):
    data = content(size)
    with raw_server(sends(data)) as server:
        app = fetch_raw(stack, server, folder("copy"))
        check_received(app, data, folder.path / "copy")
    assert server.heads == [b"a.bin\n"]
    assert folder.names() == ["copy"]


def test_client_sends_the_name_as_it_is(stack, folder):
    names = ["gr\u00fc\u00dfe.txt", "a b%20c?d", "sub/x"]
    with raw_server(*[sends(b"x")] * len(names)) as server:
        for name in names:
            app = fetch_raw(stack, server, folder("copy"), name=name)
            check_received(app, b"x", folder.path / "copy")
            app.kill()
    assert server.heads == [name.encode() + b"\n" for name in names]


def test_client_reads_to_the_end(stack, folder):
    """An answer in many pieces, with pauses longer than a server's silence."""

    def slowly(peer, head):
        for part in (b"one ", b"two ", b"three"):
            peer.sendall(part)
            time.sleep(0.4)

    with raw_server(slowly) as server:
        app = fetch_raw(stack, server, folder("copy"))
        check_received(app, b"one two three", folder.path / "copy")


def test_client_takes_no_answer_for_an_error(stack, folder):
    folder.write("old", b"old")
    with raw_server(sends(b""), sends(b"")) as server:
        for target in ("copy", "old"):
            app = fetch_raw(stack, server, folder(target))
            check_failed(app, rf'{HOST_IP}:{server.port}: "a.bin": the answer is empty')
            app.kill()
    assert folder.names() == ["old"] and folder.read("old") == b"old"


@pytest.mark.parametrize("sent", [0, 1, 20_000])
def test_client_of_a_server_that_resets(stack, folder, sent):
    folder.write("copy", b"old")
    data = content(sent)

    def cut(peer, head):
        peer.sendall(data)
        time.sleep(0.2)  # so that some of it is read before the reset throws it away

    with raw_server(cut, end="reset") as server:
        app = fetch_raw(stack, server, folder("copy"))
        check_failed(app, rf"{HOST_IP}:{server.port}: the connection was reset after \d+ bytes")
    assert folder.read("copy") == b"old"
    if sent == 0:
        assert folder.names() == ["copy"]
    else:
        assert data.startswith(folder.read("copy.part"))
        assert len(folder.read("copy.part")) > 0


def test_client_cannot_resume(stack, folder):
    """A name alone cannot ask for the rest."""
    app = stack.start("file-client", "-R", "-c", "-o", folder("copy"), HOST_IP, 8080, "a.bin")
    assert app.wait() == 2, app
    app.expect_error("^file-client: ")


# --- Python's halves of the tutorial, with one of ours each ---


def test_tutorials_client(server):
    """Sends the bare name, and takes what one recv() gives."""
    with socket.socket() as client:
        client.settimeout(20)
        client.connect((server.ip, 8080))
        client.send("a.bin".encode("utf-8"))
        first = client.recv(1024)
        assert first and DATA.startswith(first)
        assert first + receive_to_end(client) == DATA


def test_tutorials_server(stack, folder):
    """One recv() for the name, one send() for the file."""

    def answer(peer, head):
        assert head.decode("utf-8") == "a.bin\n"
        peer.send(DATA[:1000])

    with raw_server(answer) as server:
        app = fetch_raw(stack, server, folder("copy"))
        check_received(app, DATA[:1000], folder.path / "copy")
