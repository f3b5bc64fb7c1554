# SPDX-License-Identifier: BSD-3-Clause
"""Every program over IPv6, where the stack has it; the small board says that it has none."""

import contextlib
import ipaddress
import os
import re
import socket
import struct
import subprocess

import pytest

from conftest import BRIDGE, run_ip
from file_peers import RECEIVED, content, folder, sha256  # noqa: F401 (fixture)
from peers import exchange, receive_exactly, receive_to_end, wait_until
from porttools import linux_app, mac_of_neighbour, ping, run_knob  # noqa: F401
from stacks import HOST_IP, PATIENCE, REPO, STACKS

NETWORK = "fd00:77::"
HOST_IP6 = f"{NETWORK}1"
APP_IP6 = f"{NETWORK}2"
GROUP = "ff02::1:77"
PORT = 8080
WITHOUT = ("lm3s6965evb",)


def interface(stack):
    """What the stack calls the interface that is at the bridge."""
    return "en0" if stack.is_lwip else BRIDGE


def bridge_index():
    return socket.if_nametoindex(BRIDGE)


def link_local(mac):
    """What RFC 4291 makes of a MAC address, without the prefix: the lower half."""
    eui = [int(byte, 16) for byte in mac.split(":")]
    eui[3:3] = [0xFF, 0xFE]
    eui[0] ^= 2
    return int.from_bytes(bytes(eui), "big")


def address_of(prefix, mac):
    return str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | link_local(mac)))


@contextlib.contextmanager
def bridge_with_ipv6():
    problem = run_knob(f"net/ipv6/conf/{BRIDGE}/disable_ipv6", "0")
    if problem:
        pytest.skip(f"no IPv6 on the bridge: {problem}")
    try:
        assert run_ip("addr", "add", f"{HOST_IP6}/64", "dev", BRIDGE, "nodad") is None
        yield
    finally:
        run_ip("neigh", "flush", "dev", BRIDGE)
        run_knob(f"net/ipv6/conf/{BRIDGE}/disable_ipv6", "1")


@pytest.fixture
def six(stack):
    """The stack with an address of its own, and the bridge with IPv6 while the test runs."""
    if stack.name in WITHOUT:
        pytest.skip(f"{stack.name} is built without IPv6")
    with bridge_with_ipv6():
        stack.there = APP_IP6 if stack.is_lwip else HOST_IP6
        stack.ip6 = f"{APP_IP6}/64" if stack.is_lwip else None
        yield stack
        stack.end_all()


@pytest.fixture
def sockets6():
    """Makes peers' sockets of IPv6, with a time limit, closed at the end."""
    with contextlib.ExitStack() as opened:

        def make(kind, ip=HOST_IP6, port=0, zone=0):
            made = opened.enter_context(socket.socket(socket.AF_INET6, kind))
            made.settimeout(PATIENCE)
            made.bind((ip, port, 0, zone))
            return made

        yield make


def listener(sockets6, ip=HOST_IP6, zone=0):
    made = sockets6(socket.SOCK_STREAM, ip, 0, zone)
    made.listen(4)
    return made, made.getsockname()[1]


def host_link_local():
    """The bridge's own, when it may be used."""
    found = []

    def look():
        shown = subprocess.run(
            ["ip", "-6", "-o", "addr", "show", "dev", BRIDGE, "scope", "link", "-tentative"],
            capture_output=True, text=True, timeout=PATIENCE,
        ).stdout  # fmt: skip
        found[:] = re.findall(r"inet6 (fe80::\S+)/64", shown)
        return bool(found)

    wait_until(look, "a link-local address of the bridge")
    return found[0]


def neighbour_link_local(stack, app):
    """The link-local address of a program."""
    if not stack.is_lwip:
        return host_link_local()
    assert ping(app.ip, deadline=int(PATIENCE)) == 1
    return address_of("fe80::", mac_of_neighbour(app.ip))


# --- TCP ---


def test_tcp_server_on_both_kinds(six, connect, sockets6, netcat):
    """One socket takes clients of IPv6, link-local ones among them, and of IPv4."""
    app = six.start("tcp-server", "-b", "::", "-M", "threads", PORT)
    app.expect(r"^listening on \[::\]:8080 backlog 5")
    near = neighbour_link_local(six, app)
    peer = sockets6(socket.SOCK_STREAM)
    peer.connect((six.there, PORT))
    port = peer.getsockname()[1]
    app.expect(rf"^client \[{HOST_IP6}\]:{port} connected$")
    exchange(peer, b"six")
    app.expect(rf"^\[{HOST_IP6}\]:{port} 3 bytes: six$")

    four = connect(app.ip, PORT)
    port = four.getsockname()[1]
    app.expect(rf"^client [\d.]+:{port} connected$")
    exchange(four, b"four")

    zoned = sockets6(socket.SOCK_STREAM, host_link_local(), 0, bridge_index())
    zoned.connect((near, PORT, 0, bridge_index()))
    port = zoned.getsockname()[1]
    app.expect(rf"^client \[fe80::[0-9a-f:]+%{interface(six)}\]:{port} connected$")
    exchange(zoned, b"near")
    for each in (peer, four, zoned):
        each.close()
        app.expect(r"^client \S+ closed, \d bytes in, \d bytes out$")

    process = netcat("-6", "-N", six.there, PORT)
    process.stdin.write(b"from netcat")
    process.stdin.close()
    assert process.stdout.read() == b"from netcat"
    app.interrupt()
    assert app.wait() == 130


def test_tcp_client(six, sockets6):
    """To an address; bound to one; over the link alone; to nobody."""
    server, port = listener(sockets6)
    own = 5077
    app = six.start("tcp-client", "-b", f"[{six.there}]:{own}", "-m", "hello", HOST_IP6, port)
    with server.accept()[0] as peer:
        assert peer.getpeername()[:2] == (six.there, own)
        assert receive_exactly(peer, 5) == b"hello"
        peer.sendall(b"world")
        app.expect(rf"^connected \[{six.there}\]:{own} -> \[{HOST_IP6}\]:{port}$")
        app.expect(r"^received \d+ bytes: world")
    assert app.wait() == 0

    near = host_link_local()
    server, port = listener(sockets6, near, bridge_index())
    app = six.start("tcp-client", "-m", "hello", f"{near}%{interface(six)}", port)
    with server.accept()[0] as peer:
        assert receive_exactly(peer, 5) == b"hello"
        app.expect(rf"^connected \[\S+%{interface(six)}\]:\d+ -> \[{near}%{interface(six)}\]")
    assert app.wait() == 0

    server.close()
    app = six.start("tcp-client", "-m", "hello", HOST_IP6, 9)
    assert app.wait() == 1
    app.expect_error(rf"^tcp-client: connect \[{HOST_IP6}\]:9: Connection re(fused|set by peer)$")


# --- UDP ---


def test_udp_recv_on_both_kinds(six, sockets6, udp_peer):
    """Echoes of IPv6 in pieces, of link-local neighbours, and of IPv4, from one socket."""
    app = six.start("udp-recv", "-b", "::", "-E", PORT)
    app.expect(r"^listening on \[::\]:8080$")
    near = neighbour_link_local(six, app)
    peer = sockets6(socket.SOCK_DGRAM)
    for size in (0, 5, 1452, 1453, min(9000, six.longest_datagram)):
        peer.sendto(b"x" * size, (six.there, PORT))
        assert peer.recvfrom(65536)[0] == b"x" * size
        app.expect(rf"^\[{HOST_IP6}\]:\d+ {size} bytes: x*$")
    if six.name == "linux":  # lwIP counts the header of 40 bytes among 65535
        peer.sendto(b"x" * 65487, (six.there, PORT))
        assert len(peer.recv(65536)) == 65487
    udp_peer.sendto(b"four", (app.ip, PORT))
    assert udp_peer.recv(100) == b"four"
    app.expect(r"^[\d.]+:\d+ 4 bytes: four$")
    zoned = sockets6(socket.SOCK_DGRAM, host_link_local(), 0, bridge_index())
    zoned.sendto(b"near", (near, PORT, 0, bridge_index()))
    assert zoned.recv(100) == b"near"
    app.expect(rf"^\[fe80::[0-9a-f:]+%{interface(six)}\]:\d+ 4 bytes: near$")
    app.interrupt()
    assert app.wait() == 130


def test_udp_send(six, sockets6):
    """Unbound and bound; a reply; to itself over loopback; to a network that nobody routes."""
    peer = sockets6(socket.SOCK_DGRAM)
    port = peer.getsockname()[1]
    app = six.start("udp-send", "-r", "-m", "hello", HOST_IP6, port)
    data, sender = peer.recvfrom(100)
    assert (data, sender[0]) == (b"hello", six.there)
    peer.sendto(b"world", sender)
    app.expect(rf"^sent 5 bytes \[{six.there}\]:{sender[1]} -> \[{HOST_IP6}\]:{port}$")
    app.expect(rf"^\[{HOST_IP6}\]:{port} 5 bytes: world$")
    assert app.wait() == 0

    app = six.start("udp-send", "-b", "5078", "-m", "hello", HOST_IP6, port)
    assert peer.recvfrom(100)[1][:2] == (six.there, 5078)
    assert app.wait() == 0

    app = six.start("udp-send", "-b", "[::1]:5079", "-r", "-m", "me", "::1", 5079)
    app.expect(r"^sent 2 bytes \[::1\]:5079 -> \[::1\]:5079$")
    app.expect(r"^\[::1\]:5079 2 bytes: me$")
    assert app.wait() == 0

    app = six.start("udp-send", "-m", "lost", "fd00:78::1", PORT)
    assert app.wait() == 1
    app.expect_error(r"^udp-send: sendto \[fd00:78::1\]:8080: (No route|\w+ is unreach)")


def test_udp_chat(six, sockets6):
    peer = sockets6(socket.SOCK_DGRAM)
    app = six.start("udp-chat", "-b", 7000, HOST_IP6, peer.getsockname()[1])
    app.expect(r"^bound to \[::\]:7000$")
    app.type("hello\n")
    data, address = peer.recvfrom(100)
    assert data == b"hello" and address[:2] == (six.there, 7000)
    peer.sendto(b"hello, too", address)
    app.expect(rf"\[{HOST_IP6}\]:{peer.getsockname()[1]} 10 bytes: hello, too$")
    app.type("exit\n")
    assert app.wait() == 0


@pytest.fixture
def host(network):
    """The host's own programs, as peers of a stack's."""
    made = STACKS["host"](network)
    yield made
    made.end_all()


def test_messenger_server_on_both_kinds(six, host):
    server = six.start("messenger-server", "-b", "::", PORT)
    server.expect(rf"^listening on \[::\]:{PORT}")
    bob = host.start("messenger", "bob", six.there, PORT)
    alice = host.start("messenger", "alice", server.ip, PORT)
    for user in (bob, alice):
        user.expect("^logged in as ")
    alice.type("bob: hello\n")
    bob.expect("^alice: hello$")
    bob.type("alice: hello, too\n")
    alice.expect("^bob: hello, too$")
    for user in (bob, alice):
        user.type("exit\n")
        assert user.wait() == 0
    server.interrupt()
    assert server.wait() == 130


def test_messenger(six, host):
    server = host.start("messenger-server", "-b", HOST_IP6, 0)
    port = server.expect(r"^listening on \[.*\]:(\d+)")[1]
    app = six.start("messenger", "-b", "[::]:0", "carl", HOST_IP6, port)
    app.expect("^logged in as carl")
    app.type("carl: to myself\n")
    app.expect("carl: to myself$")
    app.type("exit\n")
    assert app.wait() == 0


def test_multicast(six, sockets6):
    app = six.start("udp-recv", "-n", 2, "-g", f"{GROUP}%{interface(six)}", PORT)
    app.expect(r"^listening on \[::\]:8080$")
    sender = sockets6(socket.SOCK_DGRAM, "::")
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, bridge_index())
    sender.sendto(b"group", (GROUP, PORT, 0, bridge_index()))
    app.expect(r"^\[\S+\]:\d+ 5 bytes: group$")
    sender.sendto(b"alone", (six.there, PORT))
    app.expect(r"^\[\S+\]:\d+ 5 bytes: alone$")
    assert app.wait() == 0

    member = sockets6(socket.SOCK_DGRAM, "::")
    join = socket.inet_pton(socket.AF_INET6, GROUP) + struct.pack("@I", bridge_index())
    member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, join)
    port = member.getsockname()[1]
    app = six.start("udp-send", "-m", "to all", f"{GROUP}%{interface(six)}", port)
    assert member.recv(100) == b"to all"
    assert app.wait() == 0


# --- Files ---


def test_file_server(six, folder):
    """curl and wget have every byte, and IPv4 is served beside."""
    data = content(six.bulk if six.is_board else 5_000_000)
    folder.write("large.bin", data)
    app = six.start("file-server", "-b", "::", "-d", folder.on_stack, PORT)
    app.expect(r"^listening on \[::\]:8080 ")
    for command in (
        ("curl", "-sgf", f"http://[{six.there}]:{PORT}/large.bin"),
        ("curl", "-sgf", f"http://{app.ip}:{PORT}/large.bin"),
        ("wget", "-6", "-q", "-O", "-", f"http://[{six.there}]:{PORT}/large.bin"),
    ):
        done = subprocess.run(command, capture_output=True, timeout=3 * PATIENCE)
        assert done.returncode == 0, done.stderr
        assert sha256(done.stdout) == sha256(data), command
    app.interrupt()
    assert app.wait() == 130


def test_file_client(six, sockets6, folder):
    """The Host line has brackets and no zone; what came is what was sent."""
    data = content(six.bulk if six.is_board else 5_000_000)
    near = host_link_local()
    zoned = f"{near}%{interface(six)}"
    for host, ip, zone in ((HOST_IP6, HOST_IP6, 0), (zoned, near, bridge_index())):
        server, port = listener(sockets6, ip, zone)
        app = six.start("file-client", "-q", "-o", folder("got"), host, port, "large.bin")
        with server.accept()[0] as peer:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                request += receive_exactly(peer, 1)
            assert f"\r\nHost: [{ip}]:{port}\r\n".encode() in request
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data))
            peer.sendall(data)
            app.expect(RECEIVED, 3 * PATIENCE)
            assert receive_to_end(peer) == b""
        assert app.wait() == 0
        assert sha256(folder.read("got")) == sha256(data)
        data = data[:1000]


# --- Names and routers ---


@contextlib.contextmanager
def dnsmasq(*options):
    server = subprocess.Popen(
        [
            *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file="),
            *(f"--interface={BRIDGE}", "--bind-interfaces", "--user=root", "--no-resolv"),
            *("--no-hosts", "--log-facility=-", *options),
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for line in server.stderr:
            if "started" in line:
                break
        else:
            raise AssertionError("dnsmasq does not start")
        yield server
    finally:
        server.terminate()
        server.wait(PATIENCE)
        server.stderr.close()


def test_names(six, sockets6, tcp_listener, udp_peer):
    """A name of IPv6; one of both kinds, of which the second is tried after the first."""
    if not six.is_lwip:
        pytest.skip("the host asks the name servers of the machine")
    with dnsmasq(
        f"--host-record=six.test,{HOST_IP6}", f"--host-record=both.test,{HOST_IP},{HOST_IP6}",
        f"--host-record=four.test,{HOST_IP}", "--local=/test/",
    ):  # fmt: skip
        server, port = listener(sockets6)
        app = six.start("tcp-client", "-m", "hello", "six.test", port)
        with server.accept()[0] as peer:
            assert receive_exactly(peer, 5) == b"hello"
        assert app.wait() == 0

        port = tcp_listener.getsockname()[1]
        app = six.start("tcp-client", "-m", "hello", "both.test", port)
        with tcp_listener.accept()[0] as peer:
            assert receive_exactly(peer, 5) == b"hello"
        app.expect_error(rf"^tcp-client: connect \[{HOST_IP6}\]:{port}: ")
        app.expect(rf"^connected \S+ -> {re.escape(HOST_IP)}:{port}$")
        assert app.wait() == 0

        port = udp_peer.getsockname()[1]
        app = six.start("udp-send", "-m", "four", "both.test", port)
        assert udp_peer.recv(100) == b"four"
        assert app.wait() == 0

        member = sockets6(socket.SOCK_DGRAM)
        port = member.getsockname()[1]
        app = six.start("udp-send", "-b", f"[{six.there}]:5080", "-m", "six", "both.test", port)
        assert member.recvfrom(100)[1][:2] == (six.there, 5080)
        assert app.wait() == 0

        app = six.start("udp-send", "-b", f"[{six.there}]:5080", "-m", "x", "four.test", port)
        assert app.wait() == 1
        app.expect_error("^udp-send: getaddrinfo four.test: none of its addresses is of the kind")
        app = six.start("udp-send", "-m", "x", "none.test", port)
        assert app.wait() == 1
        app.expect_error("^udp-send: getaddrinfo none.test: Name or service not known$")


def test_a_silent_name_server_is_waited_for_once(six, sockets):
    """Asked for addresses of IPv6; with no answer to that nobody asks for the others."""
    if not six.is_lwip:
        pytest.skip("the host asks the name servers of the machine")
    silent = sockets(socket.SOCK_DGRAM, 53)
    app = six.start("dns", "both.test")
    assert app.wait(2 * PATIENCE) == 1
    app.expect_error("^dns: getaddrinfo both.test: No name server answers$")
    silent.setblocking(False)
    kinds = set()
    with contextlib.suppress(BlockingIOError):
        while True:
            kinds.add(silent.recv(600)[-4:-2])
    assert kinds == {b"\0\x1c"}  # AAAA


def test_router_tells_the_prefix(six):
    """Addresses from router advertisements, waited for; ping in pieces."""
    if not six.is_lwip:
        pytest.skip("the host's own business")
    six.ip6 = "auto"
    with dnsmasq("--port=0", "--enable-ra", f"--dhcp-range={NETWORK},ra-only,64"):
        app = six.start("udp-recv", "-b", "::", PORT)
        app.expect(r"^listening on \[::\]:8080$")
        assert ping(app.ip, deadline=int(PATIENCE)) == 1
        made = address_of(NETWORK, mac_of_neighbour(app.ip))
        for size in (56, 1452, 1453, 4000):
            assert ping(made, size=size, deadline=int(PATIENCE), options=("-6",)) == 1
        app.interrupt()
        assert app.wait() == 130


# --- Without it, and as an option of the build ---


def test_no_router(linux_app, network):
    tap, ip = network.lend()
    try:
        for how, status in ((None, 1), ("interrupt", 130)):
            app = linux_app("udp-recv", PORT, PORTSIDE_IF=f"tap:{tap}", PORTSIDE_IP6="auto")
            if how:
                wait_until(lambda: ping(ip_of(tap), wait=1) == 1, "the program's address")
                app.interrupt()
            assert app.wait() == status, app
            if not how:
                app.expect_error(rf"^portside: {tap}: no router told the network's IPv6 prefix$")
    finally:
        network.give_back(tap, ip)


def ip_of(tap):
    return f"192.168.77.{2 + int(tap[3:])}"


@pytest.mark.parametrize("wrong", ["fd00::1", "fd00::1/63", "fe80::1/64", "ff02::1/64", "::1/64",
                                   "::/64", "x", "192.168.77.2/64"])  # fmt: skip
def test_wrong_address(linux_app, wrong):
    app = linux_app("udp-recv", PORT, PORTSIDE_IP6=wrong)
    assert app.wait() == 2
    app.expect_error(rf"^portside: PORTSIDE_IP6: '{re.escape(wrong)}' is not ADDRESS/64, auto")


def test_switched_off(linux_app, network):
    tap, ip = network.lend()
    try:
        app = linux_app(
            *("udp-send", "-m", "x", "fd00::1", PORT),
            **{"PORTSIDE_IF": f"tap:{tap}", "PORTSIDE_IP6": "off"},
        )
        assert app.wait() == 1
        app.expect_error(r"^udp-send: sendto \[fd00::1\]:8080: No route to host$")
    finally:
        network.give_back(tap, ip)


def test_a_build_without_says_so(stack):
    if stack.name not in WITHOUT:
        pytest.skip(f"{stack.name} has IPv6")
    for args, status, line in (
        (("tcp-client", "::1", PORT), 1, "tcp-client: getaddrinfo ::1: this build has no IPv6"),
        (("udp-recv", "-b", "::", PORT), 2,
         'udp-recv: -b: "::" is an IPv6 address, and this build has no IPv6'),
    ):  # fmt: skip
        app = stack.start(*args)
        assert app.wait() == status
        app.expect_error(f"^{re.escape(line)}$")
    stack.ip6 = "fd00::1/64"
    app = stack.start("udp-recv", PORT)
    assert app.wait() == 1
    app.expect_error(r"^portside: ip6=fd00::1/64: this build has no IPv6$")


def make(*words):
    """make(1) in this repository, without what a make above it says."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "-s", "-C", REPO, *words],
        capture_output=True, text=True, timeout=600, env={**quiet, "LC_ALL": "C"},
    )  # fmt: skip


def test_option_of_the_build(stack):
    """OPTS="LWIP_IPV6=1" makes an image that serves a file by both kinds of IP."""
    if stack.name not in WITHOUT:
        pytest.skip(f"{stack.name} has IPv6")
    name, options = stack.name, "LWIP_IPV6=1"
    done = make(f"OPTS={options}", name)
    assert done.returncode == 0, done.stderr
    image = REPO / "build" / "opts" / options.replace("=", "-") / name / "portside.elf"

    class WithIpv6(STACKS[name]):
        @classmethod
        def path(cls):
            return image

    built = WithIpv6(stack.network)
    built.ip6 = f"{APP_IP6}/64"
    expected = (REPO / "board" / "rom" / "ports.txt").read_bytes()
    with bridge_with_ipv6(), contextlib.closing(contextlib.ExitStack()) as ends:
        ends.callback(built.end_all)
        app = built.start("file-server", "-b", "::", "-d", "/rom", PORT)
        app.expect(r"^listening on \[::\]:8080 ")
        for there in (f"[{APP_IP6}]", app.ip):
            done = subprocess.run(
                ["curl", "-sgf", f"http://{there}:{PORT}/ports.txt"],
                capture_output=True, timeout=PATIENCE,
            )  # fmt: skip
            assert done.stdout == expected
        assert ping(APP_IP6, size=1600, deadline=int(PATIENCE), options=("-6",)) == 1
        app.interrupt()
        assert app.wait() == 130


@pytest.mark.parametrize("options", ["LWIP_IPV6", "lwip_ipv6=1", "A=1;true", "A=", "A=`true`"])
def test_options_that_are_none(options):
    done = make(f"OPTS={options}", "help")
    assert done.returncode == 2
    assert "is not like OPTS=" in done.stderr, done.stderr
