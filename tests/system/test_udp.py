# SPDX-License-Identifier: BSD-3-Clause
"""udp-send and udp-recv on every stack, against Python sockets and netcat."""

import re
import socket
import struct

import pytest

from peers import fair_seconds, free_port, interrupted, is_bound, wait_until
from stacks import HOST_IP

GROUP = "239.77.1.2"
SO_TIMESTAMPNS = 35  # socket(7); the socket module does not name it
SIZES = [0, 1, 1472, 1473, 9000]
NETWORK_BROADCAST = "192.168.77.255"


def pattern(size):
    return (b"0123456789abcdefghijklmnopqrstuvwxyz" * (size // 36 + 1))[:size]


def start_receiver(stack, *args, port=8080):
    app = stack.start("udp-recv", *args, port)
    app.expect(rf"^listening on [\d.]+:{port}$")
    return app


# --- udp-send ---


def test_send_names_both_ends(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    app = stack.start("udp-send", "-m", "hello", HOST_IP, port)
    data, sender = udp_peer.recvfrom(2048)
    assert data == b"hello"
    assert sender[0] == app.ip
    line = app.expect(r"^sent 5 bytes (\S+) -> (\S+)$")
    assert line[1] == f"{sender[0]}:{sender[1]}"
    assert line[2] == f"{HOST_IP}:{port}"
    assert app.wait() == 0


def test_send_unbound_keeps_its_port(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    app = stack.start("udp-send", "-n", "3", "-m", "a", "-m", "b", HOST_IP, port)
    received = [udp_peer.recvfrom(2048) for _ in range(6)]
    assert [data for data, _ in received] == [b"a", b"b"] * 3
    assert len({sender for _, sender in received}) == 1
    assert app.wait() == 0
    sources = [m[1] for m in map(re.compile(r"^sent 1 bytes (\S+) -> ").search, app.lines) if m]
    assert sources == [f"{app.ip}:{received[0][1][1]}"] * 6


@pytest.mark.parametrize("local", ["", "{ip}:"])
def test_send_bound(stack, udp_peer, local):
    port = udp_peer.getsockname()[1]
    own = free_port(socket.SOCK_DGRAM)
    app = stack.start("udp-send", "-b", f"{local}{own}", "-m", "x", HOST_IP, port)
    assert udp_peer.recvfrom(2048) == (b"x", (app.ip, own))
    app.expect(rf"^sent 1 bytes {re.escape(app.ip)}:{own} -> ")
    assert app.wait() == 0


def arrival(peer):
    """When the kernel took the next datagram, seconds: this process may see it later."""
    (level, kind, stamp), *_ = peer.recvmsg(2048, 64)[1]
    assert (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)
    seconds, nanoseconds = struct.unpack("ll", stamp)
    return seconds + nanoseconds / 1e9


def test_send_interval(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    udp_peer.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    app = stack.start("udp-send", "-n", "4", "-i", "300", "-m", "x", HOST_IP, port)
    arrivals = [arrival(udp_peer)]
    begin = fair_seconds()
    arrivals += [arrival(udp_peer) for _ in range(3)]
    assert arrivals[3] - arrivals[0] > 0.7
    assert fair_seconds() - begin < 2.0
    assert app.wait() == 0


def test_send_waits_for_the_reply(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    app = stack.start("udp-send", "-r", "-m", "one", "-m", "two", HOST_IP, port)
    for word in (b"one", b"two"):
        data, sender = udp_peer.recvfrom(2048)
        assert data == word
        udp_peer.sendto(b"re: " + data, sender)
    app.expect(rf"^{HOST_IP}:{port} 7 bytes: re: one$")
    app.expect(rf"^{HOST_IP}:{port} 7 bytes: re: two$")
    assert app.wait() == 0


def test_send_without_a_reply(stack, udp_peer):
    app = stack.start("udp-send", "-r", "-m", "x", HOST_IP, udp_peer.getsockname()[1])
    app.expect("^sent 1 bytes ")
    app.expect_error(r"^udp-send: no reply within 5 s$")
    assert app.wait() == 1


def test_send_gbk(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    app = stack.start("udp-send", "-e", "gbk", "-r", "-m", "你好", HOST_IP, port)
    if not stack.has_iconv:
        app.expect_error(r'^udp-send: -e: "gbk" is not an encoding known here')
        assert app.wait() == 2
        return
    data, sender = udp_peer.recvfrom(2048)
    assert data == "你好".encode("gbk")
    udp_peer.sendto("再见".encode("gbk") + b"\xff", sender)
    app.expect(r"^\S+ 5 bytes: 再见\\xff$")
    assert app.wait() == 0


def test_send_what_gbk_lacks(stack, udp_peer):
    if not stack.has_iconv:
        pytest.skip("no iconv")
    app = stack.start("udp-send", "-e", "gbk", "-m", "x", "-m", "😀", HOST_IP, 8080)
    app.expect_error(r"^udp-send: 😀 cannot be written in that encoding$")
    assert app.wait() == 2
    assert not any("sent" in line for line in app.lines)


def test_send_broadcast_needs_leave(stack, sockets):
    peer = sockets(socket.SOCK_DGRAM, ip="")
    port = peer.getsockname()[1]
    app = stack.start("udp-send", "-m", "x", NETWORK_BROADCAST, port)
    app.expect_error(rf"^udp-send: sendto {NETWORK_BROADCAST}:{port}: \S")
    assert app.wait() == 1
    app = stack.start("udp-send", "-B", "-m", "all", NETWORK_BROADCAST, port)
    data, sender = peer.recvfrom(2048)
    assert (data, sender[0]) == (b"all", app.ip)
    app.expect(rf"^sent 3 bytes {re.escape(app.ip)}:{sender[1]} -> {NETWORK_BROADCAST}:{port}$")
    assert app.wait() == 0


def test_send_multicast(stack, sockets):
    peer = sockets(socket.SOCK_DGRAM, ip="")
    port = peer.getsockname()[1]
    peer.setsockopt(
        socket.IPPROTO_IP,
        socket.IP_ADD_MEMBERSHIP,
        socket.inet_aton(GROUP) + socket.inet_aton(HOST_IP),
    )
    # The kernel has no route to groups here: there the address of -b chooses the interface.
    app = stack.start("udp-send", "-b", "{ip}:0", "-m", "group", GROUP, port)
    data, sender = peer.recvfrom(2048)
    assert (data, sender[0]) == (b"group", app.ip)
    assert app.wait() == 0


def test_send_typed_lines_until_exit(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    app = stack.start("udp-send", "-n", "2", HOST_IP, port)
    app.type("one\n\n")
    received = [udp_peer.recvfrom(2048) for _ in range(4)]
    assert [data for data, _ in received] == [b"one", b"one", b"", b""]
    # It was not bound: its first datagram got it a port, which it tells, and keeps.
    ports = {sender[1] for _, sender in received}
    assert {int(app.expect(r"^sent \d bytes [\d.]+:(\d+) -> ")[1]) for _ in range(4)} == ports
    assert len(ports) == 1
    app.type("exit\n")
    assert app.wait() == 0
    assert sum("sent 0 bytes" in line for line in app.lines) == 2


def test_send_typed_lines_until_end_of_input(stack, udp_peer):
    app = stack.start("udp-send", HOST_IP, udp_peer.getsockname()[1])
    app.type("exit now\n")
    app.expect("^sent 8 bytes ")
    app.end_input()
    assert udp_peer.recv(2048) == b"exit now"
    assert app.wait() == 0


@pytest.mark.parametrize("size", SIZES)
def test_send_size(stack, udp_peer, size):
    if size > stack.longest_line:
        pytest.skip("too long for a typed line; it is sent in test_receive_and_echo_size")
    app = stack.start("udp-send", HOST_IP, udp_peer.getsockname()[1])
    app.type(pattern(size) + b"\n")
    assert udp_peer.recv(65536) == pattern(size)
    app.expect(rf"^sent {size} bytes ")
    app.end_input()
    assert app.wait() == 0


def test_send_too_long_is_an_error(stack, udp_peer):
    if stack.is_board:
        pytest.skip("no line of 66000 bytes can be typed on a console")
    app = stack.start("udp-send", HOST_IP, udp_peer.getsockname()[1])
    app.type(pattern(66000) + b"\n")
    app.expect_error(rf"^udp-send: sendto {HOST_IP}:\d+: \S")
    assert app.wait() == 1


def test_send_to_an_unknown_name(stack):
    app = stack.start("udp-send", "-m", "x", "no-such-host.invalid", 8080)
    app.expect_error(r"^udp-send: getaddrinfo no-such-host\.invalid: \S")
    assert app.wait() == 1


def test_send_without_a_route(stack):
    if stack.is_lwip:
        pytest.skip("lwIP hands the datagram to its gateway")
    app = stack.start("udp-send", "-m", "x", "10.0.0.1", 8080)
    app.expect_error(r"^udp-send: sendto 10\.0\.0\.1:8080: Network is unreachable$")
    assert app.wait() == 1


# --- udp-recv ---


def test_receive_count(stack, udp_peer):
    app = start_receiver(stack, "-n", "2")
    own = udp_peer.getsockname()[1]
    for word in (b"one", b"two"):
        udp_peer.sendto(word, (app.ip, 8080))
    app.expect(rf"^{HOST_IP}:{own} 3 bytes: one$")
    app.expect(rf"^{HOST_IP}:{own} 3 bytes: two$")
    assert app.wait() == 0


@pytest.mark.parametrize("size", SIZES)
def test_receive_and_echo_size(stack, udp_peer, size):
    app = start_receiver(stack, "-E", "-n", "1")
    udp_peer.sendto(pattern(size), (app.ip, 8080))
    if size > stack.longest_datagram:
        size = 1  # the long one is lost, the next is not
        udp_peer.sendto(pattern(size), (app.ip, 8080))
    data, sender = udp_peer.recvfrom(65536)
    assert sender == (app.ip, 8080)
    assert data == pattern(size)
    app.expect(rf"^\S+ {size} bytes: {pattern(size).decode()}$")
    assert app.wait() == 0


def test_receive_makes_text_harmless(stack, udp_peer):
    app = start_receiver(stack, "-n", "1")
    udp_peer.sendto(b"a\x1b[31m\n\x00\\n\xff\xc3\xa9\xc2\x9b\xe4\xbd", (app.ip, 8080))
    shown = app.expect(r"^\S+ 17 bytes: (.*)$")[1]
    assert shown == r"a\x1b[31m\n\x00\\n\xffé\xc2\x9b\xe4\xbd"
    assert app.wait() == 0


def test_receive_gbk(stack, udp_peer):
    if not stack.has_iconv:
        app = stack.start("udp-recv", "-e", "gbk", 8080)
        app.expect_error(r'^udp-recv: -e: "gbk" is not an encoding known here')
        assert app.wait() == 2
        app = start_receiver(stack, "-n", "1")
        udp_peer.sendto("你好".encode("gbk"), (app.ip, 8080))
        app.expect(r"^\S+ 4 bytes: \\xc4\\xe3\\xba\\xc3$")
        assert app.wait() == 0
        return
    app = start_receiver(stack, "-e", "gbk", "-n", "1")
    udp_peer.sendto("你好\n".encode("gbk") + b"\xff", (app.ip, 8080))
    app.expect(r"^\S+ 6 bytes: 你好\\n\\xff$")
    assert app.wait() == 0


def test_receive_on_one_address(stack, udp_peer):
    app = stack.start("udp-recv", "-b", "{ip}", "-n", "1", 8080)
    app.expect(rf"^listening on {re.escape(app.ip)}:8080$")
    if not stack.is_lwip:  # lwIP hands broadcasts to sockets bound to the interface's address
        udp_peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        udp_peer.sendto(b"to all", (NETWORK_BROADCAST, 8080))
    udp_peer.sendto(b"for it", (app.ip, 8080))
    app.expect(r"^\S+ 6 bytes: for it$")
    assert app.wait() == 0


def test_receive_any_port(stack, udp_peer):
    app = stack.start("udp-recv", "-n", "1", 0)
    port = int(app.expect(r"^listening on 0\.0\.0\.0:(\d+)$")[1])
    assert port > 0
    udp_peer.sendto(b"found", (app.ip, port))
    app.expect(r"^\S+ 5 bytes: found$")
    assert app.wait() == 0


def test_receive_on_a_taken_port(stack):
    if stack.is_lwip:
        pytest.skip("each program has a stack, hence ports, of its own")
    start_receiver(stack)
    second = stack.start("udp-recv", 8080)
    second.expect_error(r"^udp-recv: bind 0\.0\.0\.0:8080: Address already in use \(EADDRINUSE\)$")
    assert second.wait() == 1
    sender = stack.start("udp-send", "-b", "8080", "-m", "x", HOST_IP, 9)
    sender.expect_error(r"^udp-send: bind 0\.0\.0\.0:8080: Address already in use \(EADDRINUSE\)$")
    assert sender.wait() == 1


def test_receive_broadcast(stack, udp_peer):
    app = start_receiver(stack, "-n", "1")
    udp_peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    udp_peer.sendto(b"all", (NETWORK_BROADCAST, 8080))
    app.expect(rf"^{HOST_IP}:\d+ 3 bytes: all$")
    assert app.wait() == 0


def test_receive_multicast(stack, udp_peer):
    app = start_receiver(stack, "-b", "{ip}", "-g", GROUP, "-n", "1")
    udp_peer.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST_IP))
    udp_peer.sendto(b"others", ("239.77.1.3", 8080))
    udp_peer.sendto(b"group", (GROUP, 8080))
    # The kernel hands datagrams of any group that someone joined to a socket bound to all.
    app.expect(rf"^{HOST_IP}:\d+ \d bytes: group$")
    assert app.wait() == 0
    if stack.is_lwip:
        assert not any("others" in line for line in app.lines)


def test_receive_survives_a_sender_that_cannot_be_answered(stack, udp_peer):
    app = start_receiver(stack, "-E", "-n", "2")
    # From port 0 nothing can be answered: a raw socket writes such a datagram.
    datagram = struct.pack("!HHHH", 0, 8080, 8 + 4, 0) + b"odd!"
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.sendto(datagram, (app.ip, 0))
    app.expect(rf"^{HOST_IP}:0 4 bytes: odd!$")
    udp_peer.sendto(b"fine", (app.ip, 8080))
    assert udp_peer.recv(2048) == b"fine"
    assert app.wait() == 0


# --- both, netcat, Ctrl-C ---


def test_one_app_talks_to_the_other(stack):
    receiver = start_receiver(stack, "-E", "-n", "3")
    sender = stack.start("udp-send", "-r", "-n", "3", "-m", "hello", receiver.ip, 8080)
    source = sender.expect(r"^sent 5 bytes (\S+) -> ")[1]
    receiver.expect(rf"^{re.escape(source)} 5 bytes: hello$")
    assert sender.wait() == 0
    assert receiver.wait() == 0


def test_send_to_netcat(stack, netcat):
    port = free_port(socket.SOCK_DGRAM)
    nc = netcat("-u", "-l", HOST_IP, port)
    wait_until(lambda: is_bound(socket.SOCK_DGRAM, port), "nc is bound")
    app = stack.start("udp-send", "-m", "hello\n", HOST_IP, port)
    assert nc.stdout.readline() == b"hello\n"
    assert app.wait() == 0


def test_netcat_sends_and_gets_the_echo(stack, netcat):
    app = start_receiver(stack, "-E", "-n", "1")
    nc = netcat("-u", app.ip, 8080)
    nc.stdin.write(b"hello\n")
    nc.stdin.flush()
    assert nc.stdout.readline() == b"hello\n"
    app.expect(r"^\S+ 6 bytes: hello\\n$")
    assert app.wait() == 0


def test_interrupt_while_receiving(stack):
    assert interrupted(start_receiver(stack)) == 130


def test_interrupt_while_waiting_for_a_reply(stack, udp_peer):
    app = stack.start("udp-send", "-r", "-m", "x", HOST_IP, udp_peer.getsockname()[1])
    app.expect("^sent 1 bytes")
    assert interrupted(app) == 130


def test_interrupt_while_pausing(stack, udp_peer):
    port = udp_peer.getsockname()[1]
    app = stack.start("udp-send", "-i", "60000", "-n", "2", "-m", "x", HOST_IP, port)
    app.expect("^sent 1 bytes")
    assert interrupted(app) == 130


def test_interrupt_while_typing(stack, udp_peer):
    app = stack.start("udp-send", HOST_IP, udp_peer.getsockname()[1])
    app.type("x\n")
    app.expect("^sent 1 bytes")
    assert interrupted(app) == 130


def test_terminate(stack):
    if stack.is_board:
        pytest.skip("its console knows Ctrl-C only")
    app = start_receiver(stack)
    app.process.terminate()
    assert app.wait() == 143
