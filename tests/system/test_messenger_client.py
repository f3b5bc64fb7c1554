# SPDX-License-Identifier: BSD-3-Clause
"""messenger on every stack against a server in Python."""

import contextlib
import socket

import pytest

from messenger_peers import Server
from peers import free_port
from porttools import on  # noqa: F401 (fixtures)
from stacks import HOST_IP, STACKS

PORT = 7007
# Silence that this may take to be noticed; a bound, like PATIENCE.
SILENCE = 4


def start_client(stack, server, *options, name="alice", seconds=None):
    app = stack.start("messenger", *options, name, HOST_IP, server.port)
    assert server.log_in() == name.encode()
    app.expect(rf"^logged in as {name}, UDP port {server.client[1]}$")
    assert server.client[0] == app.ip
    return app


def test_client(stack, sockets):
    server = Server(sockets, seconds=60)
    app = start_client(stack, server)
    what_is_shown(app, server, sockets)
    what_is_typed(stack, app, server)
    app.type("exit\n")
    number = server.expect(b"OUT")[1]
    assert server.expect(b"OUT")[1] == number  # not answered, so it comes again
    server.send(b"BYE", number)
    assert app.wait() == 1  # something was not delivered


def what_is_shown(app, server, sockets):
    """Each message once, however often it comes; harmless whatever it holds."""
    server.deliver(5, b"129", b"bob", b"hello")
    app.expect("^bob: hello$")
    for number in (5, 4):  # the same again, and an older one
        server.deliver(number, b"129", b"bob", b"hello")
    server.deliver(1, b"130", b"carl", b"first")  # of another user
    server.deliver(1, b"257", b"bob", b"I am back")  # of bob's next login
    app.expect("^carl: first$")
    app.expect("^bob: I am back$")
    # Neither another token, nor another address, nor what is no datagram.
    server.send(b"MSG", 9, b"129", b"bob", b"false", token=b"0" * 16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(b"MSG %s 9 131 mallory false" % server.token, server.client)
        other.sendto(b"END %s 0" % server.token, server.client)
    server.deliver(2, b"257", b"b" * 31, b"\x1b[2J\x00\r\n\x9b\xff caf\xc3\xa9 \\")
    app.expect("^" + "b" * 31 + r": \\x1b\[2J\\x00\\x0d\\n\\x9b\\xff caf\u00e9 \\\\$")
    for garbage in (b"", b"MSG", b"\xff" * 1400, b"MSG %s x 1 a b" % server.token):
        server.udp.sendto(garbage, server.client)
    server.deliver(3, b"257", b"bob", b"x" * 1000)
    app.expect("^bob: x{1000}$")
    assert sum("hello" in line for line in app.lines) == 1
    assert not any("false" in line for line in app.lines)


def what_is_typed(stack, app, server):
    app.type("bob: hello: you\n")
    _, number, rest = server.expect(b"SAY")
    assert rest == b"bob hello: you"
    assert server.expect(b"SAY") == (b"SAY", number, rest)
    # It still receives while it waits for the answer.
    server.send(b"MSG", 7, b"129", b"bob", b"meanwhile")
    app.expect("^bob: meanwhile$")
    server.send(b"DONE", number - 1)  # of another
    server.send(b"DONE", number)
    app.expect("^delivered to bob$")
    longest = min(1000, stack.longest_line - 10)
    app.type("bob:" + "y" * longest + "\n")
    _, number, rest = server.expect(b"SAY")
    assert rest == b"bob " + b"y" * longest
    server.send(b"NOT", number, b"no\x1b")
    app.expect_error(r"^messenger: not delivered: no\\x1b$")
    for line in ("nonsense", ": x", "a b: x", "/help"):
        app.type(line + "\n")
        app.expect_error("^messenger: not sent: a line is NAME: TEXT, /who or exit$")
    app.type("\nbob: \n")
    app.expect_error("^messenger: not sent: there is no text$")
    if stack.longest_line > 1010:
        app.type("bob: " + "z" * 1001 + "\n")
        app.expect_error("^messenger: not sent: the text has 1001 bytes, 1000 are the most$")
    app.type("/who\n")
    for start, answer in ((b"0", b"20 alice b\x07b"), (b"20", b"0 carl")):
        _, number, rest = server.expect(b"WHO")
        assert rest == start
        server.send(b"USERS", number, answer)
    app.expect(r"^users: alice b\\x07b$")
    app.expect("^users: carl$")
    app.type("bob: anybody?\n")
    app.expect_error("^messenger: no answer within 5 s$")


def test_client_s_own_port(stack, sockets):
    """-b [ADDR:]PORT: messages come to that port, and the login comes from that address."""
    server = Server(sockets, seconds=2)
    app = start_client(stack, server, "-b", "{ip}:7100")
    assert server.client == (app.ip, 7100)
    # It says that it is there; when the server is gone, that is one line and an end.
    assert server.expect(b"PING")[0] == b"PING"
    app.expect_error(rf"^messenger: server {HOST_IP}:{server.port} does not answer any more$")
    assert app.wait() == 1


@on("host", fixture="stack")
def test_client_s_own_port_at_a_server_of_ipv6(stack):
    server = stack.start("messenger-server", "-b", "::1", 0)
    port = server.expect(r"^listening on \[::1\]:(\d+) for 16 users$")[1]
    own = free_port(socket.SOCK_DGRAM)
    app = stack.start("messenger", "-b", own, "alice", "::1", port)
    app.expect(rf"^logged in as alice, UDP port {own}$")
    app.type("alice: hello\n")
    app.expect("^alice: hello$")
    app.type("exit\n")
    assert app.wait() == 0


def test_client_is_told_the_end(stack, sockets):
    server = Server(sockets)
    app = start_client(stack, server)
    server.send(b"END", 0)
    app.expect_error(rf"^messenger: server {HOST_IP}:{server.port} has ended the session$")
    assert app.wait() == 1


def test_client_is_interrupted(stack, sockets):
    """It logs out, and is gone within a second, whether or not that is answered."""
    server = Server(sockets)
    app = start_client(stack, server)
    app.interrupt()
    assert server.expect(b"OUT")[0] == b"OUT"
    assert app.wait(8) == 130


ANSWERS = {
    b"NO the name is taken\n": "the name is taken",
    b"NO \x1b[31m\n": r"\\x1b\[31m",
    b"220 welcome\n": "it is no messenger-server",
    b"OK 0123456789abcdef\n": "it is no messenger-server",
    b"x" * 200: "it is no messenger-server",
}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: repr(answer[:6]))
def test_client_is_refused(stack, sockets, answer):
    server = Server(sockets)
    app = stack.start("messenger", "alice", HOST_IP, server.port)
    with contextlib.suppress(ConnectionResetError):  # it has not read all
        server.log_in(answer)
    app.expect_error(rf"^messenger: login at {HOST_IP}:{server.port}: {ANSWERS[answer]}$")
    assert app.wait() == 1


def test_nobody_listens(stack, sockets):
    with contextlib.closing(sockets(socket.SOCK_STREAM)) as nobody:
        port = nobody.getsockname()[1]
        app = stack.start("messenger", "alice", HOST_IP, port)
        app.expect_error(rf"^messenger: connect {HOST_IP}:{port}: Connection re(fused|set)")
        assert app.wait() == 1


def test_host_client_is_refused_by_the_kernel(network, sockets):
    """Where the stack tells that a port is closed, the client does not wait for silence."""
    host = STACKS["host"](network)
    server = Server(sockets, seconds=600)
    app = start_client(host, server)
    server.udp.close()
    app.type("bob: x\n")
    app.expect_error(rf"^messenger: server {HOST_IP}:{server.port} is not there any more$")
    assert app.wait() == 1
