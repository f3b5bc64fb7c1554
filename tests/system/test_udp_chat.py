# SPDX-License-Identifier: BSD-3-Clause
"""udp-chat on every stack: both directions at once on one socket, and what it does at its ends."""

import os
import re
import socket
import time

import pytest

from peers import free_port, interrupted, is_bound, wait_until
from porttools import everyone, on  # noqa: F401 (a fixture)
from stacks import BUILD, HOST_IP
from terminal import Terminal


def start_chat(stack, peer, *args):
    """The chat with a Python socket, and the address that it is bound to."""
    port = peer.getsockname()[1]
    app = stack.start("udp-chat", *args, HOST_IP, port)
    bound = app.expect(r"^bound to ([\d.]+):(\d+)$")
    return app, (app.ip, int(bound[2]))


def say(app, peer, text):
    """Types a line; it arrives, and the app says so."""
    app.type(text + "\n")
    data, sender = peer.recvfrom(2048)
    assert data == text.encode()
    port = peer.getsockname()[1]
    size = len(data)
    app.expect(rf"^sent {size} bytes {re.escape(app.ip)}:{sender[1]} -> {HOST_IP}:{port}$")
    return sender


def test_both_directions_at_any_time(stack, udp_peer, sockets):
    app, bound = start_chat(stack, udp_peer)
    port = udp_peer.getsockname()[1]
    # It is heard before it has said anything, from the port that it told.
    udp_peer.sendto(b"first", bound)
    app.expect(rf"^{HOST_IP}:{port} 5 bytes: first$")
    assert say(app, udp_peer, "hello") == bound
    for n in range(5):
        udp_peer.sendto(b"unasked %d" % n, bound)
        app.expect(rf"^{HOST_IP}:{port} 9 bytes: unasked {n}$")
    for word in ("one", "", "two"):
        assert say(app, udp_peer, word) == bound
    # Somebody else is shown as somebody else.
    other = sockets(socket.SOCK_DGRAM)
    other.sendto(b"\x1b[2Jx\\\xff", bound)
    app.expect(rf"^{HOST_IP}:{other.getsockname()[1]} 7 bytes: \\x1b\[2Jx\\\\\\xff$")
    # What comes while a line is typed stays whole, and so does the line.
    app.type("half ")
    udp_peer.sendto(b"between", bound)
    # A board's echo of the last character may come right before it.
    app.expect(rf"(^| ){HOST_IP}:{port} 7 bytes: between$")
    app.type("a line\n")
    assert udp_peer.recv(2048) == b"half a line"
    app.expect(r"^sent 11 bytes ")
    app.type("exit\n")
    assert app.wait() == 0
    assert not is_heard(app, bound)


def is_heard(app, bound):
    """Whether the kernel still has the socket; who is on lwIP has ended with all of its stack."""
    return app.ip == HOST_IP and is_bound(socket.SOCK_DGRAM, bound[1])


@pytest.mark.parametrize("local", ["", "{ip}:"])
def test_bound(stack, udp_peer, local):
    own = free_port(socket.SOCK_DGRAM)
    app, bound = start_chat(stack, udp_peer, "-b", f"{local}{own}")
    assert bound[1] == own
    assert say(app, udp_peer, "x") == bound
    app.type("exit\n")
    assert app.wait() == 0


def test_to_a_peer_of_ipv6(stack):
    """Without an address in -b the socket takes the peer's family; here the peer is itself."""
    own = free_port(socket.SOCK_DGRAM)
    app = stack.start("udp-chat", "-b", own, "::1", own)
    if stack.name == "lm3s6965evb":
        app.expect_error("^udp-chat: getaddrinfo ::1: this build has no IPv6$")
        assert app.wait() == 1
        return
    app.expect(rf"^bound to \[::\]:{own}$")
    app.type("hello\n")
    app.expect(rf"^\[::1\]:{own} 5 bytes: hello$")
    app.type("exit\n")
    assert app.wait() == 0


def test_the_answer_to_the_last_line_is_not_lost(stack, udp_peer):
    """printf 'question\\n' | udp-chat ...: it listens on until it is silent."""
    app, bound = start_chat(stack, udp_peer, "-w", 3)  # more than a busy machine adds
    assert say(app, udp_peer, "question") == bound
    app.end_input()
    for n in range(3):
        time.sleep(0.4)  # a peer that takes its time, but less than the silence waited for
        udp_peer.sendto(b"answer %d" % n, bound)
        app.expect(rf"^\S+ 8 bytes: answer {n}$")
    assert app.wait() == 0


def test_no_silence_to_wait_for(stack, udp_peer):
    app, _ = start_chat(stack, udp_peer, "-w", "0")
    app.end_input()
    assert app.wait() == 0


def test_interrupted_while_both_wait(stack, udp_peer):
    app, bound = start_chat(stack, udp_peer)
    say(app, udp_peer, "x")
    assert interrupted(app) == 130
    assert not is_heard(app, bound)


def test_gbk(stack, udp_peer):
    if not stack.has_iconv:
        app = stack.start("udp-chat", "-e", "gbk", HOST_IP, 8080)
        app.expect_error(r'^udp-chat: -e: "gbk" is not an encoding known here')
        assert app.wait() == 2
        return
    app, bound = start_chat(stack, udp_peer, "-e", "gbk")
    app.type("你好\n")
    assert udp_peer.recv(2048) == "你好".encode("gbk")
    udp_peer.sendto("再见".encode("gbk") + b"\xff", bound)
    app.expect(r"^\S+ 5 bytes: 再见\\xff$")
    app.type("exit\n")
    assert app.wait() == 0


def test_with_netcat(stack, netcat):
    port = free_port(socket.SOCK_DGRAM)
    own = free_port(socket.SOCK_DGRAM)
    nc = netcat("-u", "-l", "-p", port, "-s", HOST_IP)
    wait_until(lambda: is_bound(socket.SOCK_DGRAM, port), "nc is bound")
    app = stack.start("udp-chat", "-b", own, HOST_IP, port)
    app.expect(rf"^bound to 0\.0\.0\.0:{own}$")
    app.type("hello\n")
    app.expect("^sent 5 bytes ")
    wait_until(lambda: os.read(nc.stdout.fileno(), 5) == b"hello", "nc has it")
    for word in (b"one\n", b"two\n"):
        nc.stdin.write(word)
        nc.stdin.flush()
        app.expect(rf"^{HOST_IP}:{port} 4 bytes: {word.decode().strip()}\\n$")
    app.type("exit\n")
    assert app.wait() == 0


@on("host", "linux", fixture="stack")  # a board's console has no lines of that length
def test_a_line_that_cannot_be_sent_ends_no_chat(stack, udp_peer):
    app, bound = start_chat(stack, udp_peer)
    app.type("x" * 66000 + "\n")
    app.expect_error(rf"^udp-chat: sendto {HOST_IP}:\d+: \S")
    udp_peer.sendto(b"still there?", bound)
    app.expect(r"^\S+ 12 bytes: still there\?$")
    assert say(app, udp_peer, "yes") == bound
    app.type("exit\n")
    assert app.wait() == 1


def test_nobody_there(stack, network):
    """An ICMP "port unreachable" comes back: it ends nothing."""
    app = stack.start("udp-chat", HOST_IP, free_port(socket.SOCK_DGRAM))
    app.expect("^bound to ")
    for _ in range(3):
        app.type("anybody?\n")
        app.expect("^sent 8 bytes ")
    app.type("exit\n")
    assert app.wait() == 0


@on("host", fixture="stack")  # on lwIP each program has a stack, hence ports, of its own
def test_taken_port(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    app = stack.start("udp-chat", "-b", port, HOST_IP, 8080)
    app.expect_error(rf"^udp-chat: bind 0\.0\.0\.0:{port}: Address already in use \(EADDRINUSE\)$")
    assert app.wait() == 1


@on("host", "linux", fixture="stack")  # a board's console is a terminal in every test
def test_half_typed_line_on_a_terminal(stack, udp_peer):
    """A person's terminal: what comes is a line of its own below the prompt, which comes again."""
    tap, ip = stack.network.lend()
    environment = {"PORTSIDE_IF": f"tap:{tap}", "PORTSIDE_IP": f"{ip}/24"}
    port = udp_peer.getsockname()[1]
    binary = str(BUILD / stack.name / "udp-chat")
    terminal = Terminal(environment, binary, HOST_IP, str(port))
    try:
        own = int(terminal.expect(r"bound to [\d.]+:(\d+)\nmessage> $")[1])
        terminal.type("half ")
        terminal.expect(r"half $")
        udp_peer.sendto(b"between", (ip if stack.is_lwip else HOST_IP, own))
        terminal.expect(rf"^\n{HOST_IP}:{port} 7 bytes: between\nmessage> $")
        terminal.type("a line\n")
        assert udp_peer.recv(2048) == b"half a line"
        terminal.expect(r"^a line\nsent 11 bytes \S+ -> \S+\nmessage> $")
    finally:
        terminal.close()
        stack.network.give_back(tap, ip)


class Lent:
    """A network that lends one address, which is known before."""

    def __init__(self, network):
        self.network = network
        self.tap, self.ip = network.lend()

    def lend(self):
        return self.tap, self.ip

    def give_back(self, tap, ip):
        self.network.give_back(tap, ip)


def test_a_ring_of_all_stacks(everyone):
    """Each talks to the next while it hears the one before, all at the same time."""
    port = 7000
    ips = {}
    for name, stack in everyone.items():
        ips[name] = HOST_IP
        if stack.is_lwip:
            stack.network = Lent(stack.network)
            ips[name] = stack.network.ip
    names = list(everyone)
    following = dict(zip(names, names[1:] + names[:1]))
    apps = {
        name: stack.start("udp-chat", "-b", port, ips[following[name]], port)
        for name, stack in everyone.items()
    }
    for app in apps.values():
        app.expect(rf"^bound to 0\.0\.0\.0:{port}$")
    for n in range(5):
        for name, app in apps.items():
            app.type(f"{n} from {name}\n")
        for name, app in apps.items():
            word = f"{n} from {name}"
            # A board echoes what is typed at any moment: also right before the line.
            apps[following[name]].expect(rf"{ips[name]}:{port} {len(word)} bytes: {word}$")
    for app in apps.values():
        app.type("exit\n")
        assert app.wait() == 0
