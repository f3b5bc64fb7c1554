# SPDX-License-Identifier: BSD-3-Clause
"""file-client and HTTP servers that others wrote; what it asks, saves and says."""

import re
import socket
import time

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
    folder,
    http_server,
    is_board,
    ok,
    sends,
    sha256,
    sizes_of,
)
from peers import free_port, wait_until
from stacks import HOST_IP


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
def test_every_size_from_http_server(stack, folder, tmp_path, http_server, protocol):
    source = tmp_path / "source"
    source.mkdir()
    sizes = sizes_of(stack)
    if is_board(stack) and protocol == "HTTP/1.0":
        sizes = (0, 65537)  # each is a start of QEMU
    files = {f"size{size}.bin": content(size, size) for size in sizes}
    for name, data in files.items():
        (source / name).write_bytes(data)
    port = http_server(source, "--protocol", protocol)
    for name, data in files.items():
        app = fetch(stack, name, "-o", folder(name), port=port)
        check_received(app, data, folder.path / name)
        app.kill()
    app = fetch(stack, "nosuch", "-o", folder("nosuch"), port=port)
    check_failed(app, rf'{HOST_IP}:{port}: "nosuch": 404 ')
    assert folder.names() == sorted(files)


def test_says_what_it_did(stack, folder):
    with Server(sends(ok(b"hello, world"))) as server:
        app = fetch(stack, "hello.txt", "-o", folder("copy.txt"), port=server.port)
        assert app.wait() == 0
        app.expect(
            rf"^received 12 bytes in \d+\.\d{{3}} s, SHA-256 {sha256(b'hello, world')}, "
            rf"saved as {re.escape(folder('copy.txt'))}$"
        )
    head = server.heads[0].decode()
    assert head.startswith("GET /hello.txt HTTP/1.1\r\n")
    assert f"\r\nHost: {HOST_IP}:{server.port}\r\n" in head
    assert "\r\nrange:" not in head.lower()


def test_saves_under_the_name(stack, folder):
    """Without -o: the last part of NAME, in the working directory."""
    with Server(sends(ok(b"hello"))) as server:
        app = fetch(stack, "some/where/hello.txt", port=server.port)
        assert app.wait() == 0
        app.expect(", saved as hello.txt$")
    assert server.heads[0].startswith(b"GET /some/where/hello.txt HTTP/1.1\r\n")
    if not is_board(stack):  # a board's is /ram
        assert folder.names() == ["hello.txt"] and folder.read("hello.txt") == b"hello"


def test_replaces_a_file(stack, folder):
    """An older FILE, and what is left of an older try, are not mixed with the new one."""
    folder.write("a.bin", b"old" * 1000)
    folder.write("a.bin.part", b"older" * 1000)
    with Server(sends(ok(b"new"))) as server:
        app = fetch(stack, "a.bin", "-o", folder("a.bin"), port=server.port)
        check_received(app, b"new", folder.path / "a.bin")
    assert folder.names() == ["a.bin"]


def test_takes_an_answer_in_pieces(stack, folder):
    """Every byte of the head in a segment of its own, and of the body's begin."""
    answer = ok(b"hello, world", "Server: peer")

    def dribble(peer, head):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in answer[:-6]:
            peer.sendall(bytes([byte]))
            time.sleep(0.001)  # so that they are segments
        peer.sendall(answer[-6:])

    with Server(dribble) as server:
        app = fetch(stack, "a", "-o", folder("a"), port=server.port)
        check_received(app, b"hello, world", folder.path / "a")


def test_does_not_wait_for_the_close(stack, folder):
    """Content-Length ends an answer; the server would keep the connection."""
    done = []

    def keep(peer, head):
        peer.sendall(ok(b"hello"))
        wait_until(lambda: done, "the client has ended")

    with Server(keep) as server:
        app = fetch(stack, "a", "-o", folder("a"), port=server.port)
        check_received(app, b"hello", folder.path / "a")
        done.append(True)


# What NAME becomes in the request; the digits of %xx in small letters.
NAMES = {
    "a b.txt": "/a%20b.txt",
    "100%.txt": "/100%25.txt",
    "%41.txt": "/%2541.txt",
    "what?.txt": "/what%3f.txt",
    "a#b": "/a%23b",
    "gr\u00fc\u00dfe.txt": "/gr%c3%bc%c3%9fe.txt",
    "/rooted.txt": "/rooted.txt",
    "sub/file.txt": "/sub/file.txt",
    "a-b_c.d~e": "/a-b_c.d~e",
}


def test_names_are_encoded(stack, folder):
    names = cases_for(stack, NAMES, "a b.txt", "100%.txt", "/rooted.txt")
    with Server(*[sends(ok(b"x"))] * len(names)) as server:
        for name in names:
            app = fetch(stack, name, "-o", folder("out"), port=server.port)
            check_received(app, b"x", folder.path / "out")
            app.kill()
    targets = [re.fullmatch(rb"GET (\S+) HTTP/1.1", h.split(b"\r\n")[0])[1] for h in server.heads]
    targets = [re.sub("%..", lambda m: m[0].lower(), target.decode()) for target in targets]
    assert targets == list(names.values())


@pytest.mark.parametrize("options", [[], ["-R"]], ids=["HTTP", "tutorial's protocol"])
@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "sub/", "sub/..", pytest.param("x" * 256, id="long")]
)
def test_names_that_are_no_file(stack, folder, name, options):
    """Without -o there is no name to save it under: nobody is asked."""
    if len(name) > stack.longest_line:
        pytest.skip("a line of this board's prompt is shorter")
    app = fetch(stack, name, *options, port=free_port(socket.SOCK_STREAM))
    assert app.wait() == 2, app
    app.expect_error("^file-client: ")
    assert folder.names() == []


def test_name_cannot_smuggle_a_header(stack, folder):
    if is_board(stack):
        pytest.skip("a line of the board's prompt has no newline in it")
    name = "a HTTP/1.1\r\nEvil: yes\r\n\r\n"
    with Server(sends(ok(b"x"))) as server:
        app = fetch(stack, name, "-o", folder("out"), port=server.port)
        check_received(app, b"x", folder.path / "out")
    assert b"Evil: " not in server.heads[0]


def test_raw_name_cannot_hold_a_newline(stack, folder):
    if is_board(stack):
        pytest.skip("a line of the board's prompt has no newline in it")
    app = fetch(stack, "a\nb", "-R", "-o", folder("out"), port=free_port(socket.SOCK_STREAM))
    assert app.wait() == 2
    app.expect_error("^file-client: ")


def test_standard_output(stack, folder):
    """-o -: the bytes there, the rest on stderr."""
    if is_board(stack):
        pytest.skip("a board's console mixes bytes and lines")
    data = "".join(f"line {number}\n" for number in range(20_000)).encode()
    with Server(sends(ok(data))) as server:
        app = fetch(stack, "a", "-o", "-", port=server.port)
        assert app.wait() == 0
        match = app.expect_error(rf"^{RECEIVED}$")
        assert (int(match[1]), match[3]) == (len(data), sha256(data))
        assert "\n".join(app.lines).encode() + b"\n" == data
    assert folder.names() == []


def fetch_slowly(stack, folder, *options):
    """A download that takes a while; what the client printed but its last line."""
    data = content(200_000)

    def slowly(peer, head):
        for at in range(0, 200_000, 50_000):
            peer.sendall((ok(data)[:-200_000] if at == 0 else b"") + data[at : at + 50_000])
            time.sleep(0.5)  # long enough to be shown

    with Server(slowly) as server:
        options = ("-o", folder("a"), *options)
        app = stack.start("file-client", *options, HOST_IP, server.port, "a")
        assert app.wait(LONG) == 0
        app.expect(RECEIVED)
    assert folder.read("a") == data
    before = re.split(RECEIVED, "\n".join(app.lines))[0]
    return before if app.merged else "\n".join([before, *app.error_lines])


def test_progress_on_a_terminal(stack, folder):
    if not is_board(stack):  # whose console is one
        stack.prefix = ("sh", "-c", 'exec script -qec "$*" /dev/null', "sh")
    assert re.search(r"\d+ of 200000 bytes, \d+ KB/s, \d+ s left", fetch_slowly(stack, folder))
    assert fetch_slowly(stack, folder, "-q").strip("\r\n") == ""


def test_no_progress_in_a_pipe(stack, folder):
    if is_board(stack):
        pytest.skip("a board's console is a terminal")
    assert fetch_slowly(stack, folder).strip("\n") == ""


def test_refused(stack, folder):
    port = free_port(socket.SOCK_STREAM)
    for option in ("-q", "-R"):
        app = stack.start("file-client", option, "-o", folder("a"), HOST_IP, port, "a")
        # lwIP has one error for every RST.
        reason = "Connection reset by peer" if stack.is_lwip else "Connection refused"
        check_failed(app, rf"connect {HOST_IP}:{port}: {reason}$")
        app.kill()
    assert folder.names() == []


# Answers that are none to save: status line, and what the client says of it.
REFUSALS = {
    "403 Forbidden": '"a": 403 Forbidden$',
    "404 Not Found": '"a": 404 Not Found$',
    "500 Internal Server Error": '"a": 500 Internal Server Error$',
    "301 Moved Permanently": '"a": 301 Moved Permanently, not followed: it is at "/b"$',
    "206 Partial Content": '"a": 206 Partial Content',
    "404": '"a": 404',
    "503 \x1b[2Jred": r'"a": 503 \\x1b\[2Jred$',
}


def test_refusals(stack, folder):
    cases = cases_for(stack, REFUSALS, "404 Not Found", "503 \x1b[2Jred")
    answers = [sends(ok(b"<html>", "Location: /b", status=status)) for status in cases]
    with Server(*answers) as server:
        for reason in cases.values():
            app = fetch(stack, "a", "-o", folder("a"), port=server.port)
            check_failed(app, f"{HOST_IP}:{server.port}: {reason}")
            app.kill()
    assert folder.names() == []


def test_informational_answers_are_skipped(stack, folder):
    answer = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok(b"hello")
    with Server(sends(answer)) as server:
        app = fetch(stack, "a", "-o", folder("a"), port=server.port)
        check_received(app, b"hello", folder.path / "a")
