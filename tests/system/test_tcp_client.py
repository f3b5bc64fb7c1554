# SPDX-License-Identifier: BSD-3-Clause
"""tcp-client on every stack, against Python's sockets and netcat."""

import re
import socket

import pytest

from peers import free_port, is_bound, receive_exactly, receive_to_end, reset, wait_until
from stacks import HOST_IP


def test_client_converses(stack, tcp_listener):
    port = tcp_listener.getsockname()[1]
    app = stack.start("tcp-client", "-m", "hello", "-m", "again", HOST_IP, port)
    peer, address = tcp_listener.accept()
    assert address[0] == app.ip
    app.expect(rf"^connected {re.escape(app.ip)}:{address[1]} -> {HOST_IP}:{port}$")
    peer.settimeout(10)
    for word in (b"hello", b"again"):
        assert receive_exactly(peer, 5) == word
        peer.sendall(b"hahahah")
        app.expect(r"^sent 5 bytes$")
        app.expect(r"^received 7 bytes: hahahah$")
    assert peer.recv(100) == b""
    peer.close()
    app.expect(rf"^closing {HOST_IP}:{port}, 10 bytes out, 14 bytes in$")
    assert app.wait() == 0


def test_client_half_closes(stack, tcp_listener):
    port = tcp_listener.getsockname()[1]
    app = stack.start("tcp-client", "-s", "-m", "one", "-m", "two", HOST_IP, port)
    peer, _ = tcp_listener.accept()
    peer.settimeout(10)
    assert receive_to_end(peer) == b"onetwo"
    for word in (b"late ", b"reply"):
        peer.sendall(word)
        app.expect(rf"^received 5 bytes: {word.decode()}$")
    peer.close()
    app.expect(rf"^closed by {HOST_IP}:{port}, 6 bytes out, 10 bytes in$")
    assert app.wait() == 0


def test_client_sends_typed_lines(stack, tcp_listener):
    app = stack.start("tcp-client", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    peer.settimeout(10)
    for word in (b"one", b"three"):
        app.type(word + b"\n")
        assert receive_exactly(peer, len(word)) == word
        peer.sendall(word.upper())
        app.expect(rf"^received {len(word)} bytes: {word.decode().upper()}$")
    app.type("\n")  # nothing to send, hence no reply to wait for
    app.type("exit\n")
    assert peer.recv(100) == b""
    assert app.wait() == 0


def test_client_ends_with_its_input(stack, tcp_listener):
    app = stack.start("tcp-client", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    app.expect("^connected")
    app.end_input()
    assert peer.recv(100) == b""
    peer.close()
    assert app.wait() == 0


@pytest.mark.parametrize("local", ["", "{ip}:"])
def test_client_bound(stack, tcp_listener, local):
    own = free_port(socket.SOCK_STREAM)
    port = tcp_listener.getsockname()[1]
    app = stack.start("tcp-client", "-b", f"{local}{own}", "-m", "x", HOST_IP, port)
    peer, address = tcp_listener.accept()
    assert address == (app.ip, own)
    peer.sendall(b"y")
    app.expect("^received 1 bytes: y$")
    assert app.wait() == 0


def test_client_without_a_reply(stack, tcp_listener):
    app = stack.start("tcp-client", "-m", "x", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    app.expect(r"^no reply within 5000 ms$")
    assert receive_to_end(peer) == b"x"
    assert app.wait() == 0


def test_client_shows_harmless_text(stack, tcp_listener):
    app = stack.start("tcp-client", "-s", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    peer.sendall(b"\x1b[2J\\\n\xff")
    app.end_input()
    app.expect(r"^received 7 bytes: \\x1b\[2J\\\\\\n\\xff$")
    peer.close()
    assert app.wait() == 0


def test_client_refused(stack, network):
    port = free_port(socket.SOCK_STREAM)
    app = stack.start("tcp-client", "-m", "x", HOST_IP, port)
    # lwIP has one error for every RST.
    reason = "Connection reset by peer" if stack.is_lwip else "Connection refused"
    app.expect_error(rf"^tcp-client: connect {HOST_IP}:{port}: {reason}$")
    assert app.wait() == 1


def test_client_without_a_route(stack):
    if stack.is_lwip:
        pytest.skip("lwIP asks its gateway, and waits")
    app = stack.start("tcp-client", "-m", "x", "10.0.0.1", 8080)
    app.expect_error(r"^tcp-client: connect 10\.0\.0\.1:8080: Network is unreachable$")
    assert app.wait() == 1


def test_client_of_a_server_that_resets(stack, tcp_listener):
    port = tcp_listener.getsockname()[1]
    app = stack.start("tcp-client", "-m", "x", HOST_IP, port)
    peer, _ = tcp_listener.accept()
    assert receive_exactly(peer, 1) == b"x"
    reset(peer)
    app.expect_error(rf"^tcp-client: recv {HOST_IP}:{port}: Connection reset by peer$")
    assert app.wait() == 1


def test_client_of_a_server_that_closes(stack, tcp_listener):
    port = tcp_listener.getsockname()[1]
    app = stack.start("tcp-client", "-m", "x", "-m", "too late", HOST_IP, port)
    peer, _ = tcp_listener.accept()
    assert receive_exactly(peer, 1) == b"x"
    peer.sendall(b"bye")
    peer.close()
    app.expect(r"^received 3 bytes: bye$")
    app.expect_error(rf"^tcp-client: send {HOST_IP}:{port}: the server has closed the connection$")
    assert app.wait() == 1


def test_client_sends_while_it_receives(stack, tcp_listener):
    """The server reads nothing more until all of its echo was taken: a client that first sends and
    then reads would hang."""
    size = min(stack.longest_line, 60000)
    app = stack.start("tcp-client", "-s", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    peer.settimeout(30)
    text = ("0123456789" * (size // 10 + 1))[:size]
    app.type(text + "\n")
    app.end_input()
    total = 0
    while total < size:
        data = peer.recv(1000)
        assert data
        peer.sendall(data)
        total += len(data)
    assert peer.recv(1) == b""
    peer.close()
    app.expect(rf"^closed by \S+, {size} bytes out, {size} bytes in$", timeout=30)
    assert app.wait() == 0
    matches = map(re.compile(r"^received \d+ bytes: (\d+)$").search, app.lines)
    assert "".join(m[1] for m in matches if m) == text


def test_client_and_netcat(stack, netcat):
    port = free_port(socket.SOCK_STREAM)
    nc = netcat("-l", HOST_IP, port)
    wait_until(lambda: is_bound(socket.SOCK_STREAM, port), "nc listens")
    app = stack.start("tcp-client", "-m", "hello\n", HOST_IP, port)
    assert nc.stdout.readline() == b"hello\n"
    nc.stdin.write(b"hahahah\n")
    nc.stdin.flush()
    app.expect(r"^received 8 bytes: hahahah\\n$")
    assert app.wait() == 0
    nc.stdin.close()
    assert nc.wait(10) == 0
