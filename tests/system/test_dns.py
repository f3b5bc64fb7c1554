# SPDX-License-Identifier: BSD-3-Clause
"""Names of hosts: the program dns, and HOST of the others, against dnsmasq and a silent server."""

import re
import shutil
import socket
import subprocess
import time

import pytest

from lease_peers import dnsmasq, names
from peers import receive_to_end
from porttools import lwip, option_of, prompt  # noqa: F401 (fixtures)
from stacks import HOST_IP, PATIENCE

# lwIP asks a server four times and gives up after 6 to 7 s.
SILENCE = (5.5, 15)
LONG = ".".join(["x" * 63] * 3 + ["y" * 57, "lab"])  # 253 bytes, the most that a name has


@pytest.fixture
def server(network, tmp_path):
    path = tmp_path / "long"
    path.write_text(f"192.168.77.8 {LONG}\n")
    with dnsmasq(
        "br0", names(tmp_path, peer=HOST_IP, one="192.168.77.9"), f"--addn-hosts={path}",
        "--cname=other.lab,peer.lab", "--cname=third.lab,other.lab", "--local-ttl=60",
    ) as made:  # fmt: skip
        yield made


@pytest.fixture
def resolving(stack, tmp_path):
    """The stack, where the name server is at HOST_IP: on lwIP it is, being the gateway; the host's
    programs get a resolv.conf of their own."""
    if stack.name == "host":
        (tmp_path / "resolv.conf").write_text(f"nameserver {HOST_IP}\n")
        script = f'mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$@"'
        stack.prefix = ("unshare", "-m", "sh", "-c", script, "sh")
        done = subprocess.run([*stack.prefix, "true"], capture_output=True, timeout=20)
        if not shutil.which("unshare") or done.returncode != 0:
            pytest.skip("no mount namespace to be had for a resolv.conf of our own")
    return stack


def look_up(stack, name):
    """What dns prints, its complaints, its status, and the seconds that it took to ask."""
    begin = time.monotonic()
    app = stack.start("dns", name)
    status = app.wait(2 * PATIENCE)
    lines = [line for line in app.lines if not line.startswith("dns: ")]
    complaints = [line for line in app.error_lines if line.startswith("dns: ")]
    return lines, complaints, status, time.monotonic() - begin


def test_names(resolving, server):
    for name, address in (
        ("one.lab", "192.168.77.9"),
        ("ONE.LAB", "192.168.77.9"),
        ("one.lab.", "192.168.77.9"),
        ("other.lab", HOST_IP),
        ("third.lab", HOST_IP),
        (LONG, "192.168.77.8"),
        ("10.1.2.3", "10.1.2.3"),
    ):
        if len(name) < resolving.longest_line - 10:
            lines, complaints, status, _ = look_up(resolving, name)
            assert (lines, complaints, status) == ([address], [], 0), name
    assert server.count(r"query\[A\] third.lab from") >= 1


def test_unknown_names(resolving, server):
    """One clear line at once: said by the server, or known without one."""
    asked = server.count(r"query\[A\]")
    lines, complaints, status, seconds = look_up(resolving, "nosuch.lab")
    assert lines == [] and status == 1 and seconds < SILENCE[0]
    assert complaints == ["dns: getaddrinfo nosuch.lab: Name or service not known"]
    assert server.count(r"query\[A\]") > asked
    for name in ("a..lab", ".lab", "x" * 64 + ".lab"):
        lines, complaints, status, seconds = look_up(resolving, name)
        assert lines == [] and status == 1 and len(complaints) == 1 and seconds < SILENCE[0], name
        assert complaints[0].startswith(f"dns: getaddrinfo {name}: "), complaints


def test_silent_server(lwip, sockets):  # noqa: F811
    """Bounded, and it says that nobody answered, not that there is no such name."""
    silent = sockets(socket.SOCK_DGRAM, 53)
    lines, complaints, status, seconds = look_up(lwip, "one.lab")
    assert lines == [] and status == 1
    assert complaints == ["dns: getaddrinfo one.lab: No name server answers"]
    assert SILENCE[0] < seconds < SILENCE[1]
    assert silent.recvfrom(600)[0][12:] == b"\3one\3lab\0\0\1\0\1"


def test_interrupted_while_nobody_answers(lwip, sockets):  # noqa: F811
    silent = sockets(socket.SOCK_DGRAM, 53)
    app = lwip.start("dns", "one.lab")
    assert silent.recvfrom(600)
    app.interrupt()
    assert app.wait(5) == 130


def test_numbers_need_no_place_in_the_table(prompt, sockets, udp_peer):
    """Lookups that were interrupted take theirs until the resolver gives up."""
    silent = sockets(socket.SOCK_DGRAM, 53)
    for number in range(option_of(prompt.board.name, "DNS_TABLE_SIZE")):
        prompt.type(f"dns name{number}.example\n")
        while b"name%d" % number not in silent.recvfrom(600)[0]:
            pass  # an earlier one, asked again
        prompt.type("\x03")
        prompt.expect("exit status 130\nportside> ")
    assert prompt.run("dns other.example")[1] == 1
    port = udp_peer.getsockname()[1]
    for host in (HOST_IP, "localhost"):
        assert prompt.run(f"udp-send -m x {host} {port}")[1] == 0, host
    assert udp_peer.recv(600) == b"x"


def test_host_may_be_a_name_in_every_app(resolving, server, udp_peer, tcp_listener, tmp_path):
    port = udp_peer.getsockname()[1]
    app = resolving.start("udp-send", "-m", "to a name", "peer.lab", port)
    assert udp_peer.recvfrom(100)[0] == b"to a name" and app.wait() == 0
    port = tcp_listener.getsockname()[1]
    app = resolving.start("tcp-client", "-s", "-m", "to a name", "other.lab", port)
    with tcp_listener.accept()[0] as peer:
        peer.settimeout(PATIENCE)
        assert receive_to_end(peer) == b"to a name"
    assert app.wait() == 0
    app = resolving.start("file-client", "-R", "-o", "/ram/x" if resolving.is_board else tmp_path
                          / "x", "third.lab", port, "name")  # fmt: skip
    with tcp_listener.accept()[0] as peer:
        peer.settimeout(PATIENCE)
        assert peer.recv(100) == b"name\n"
        peer.sendall(b"content")
    assert app.wait() == 0
    for command in (
        ("udp-send", "-m", "x", "nosuch.lab", "9"),
        ("tcp-client", "-m", "x", "nosuch.lab", "9"),
        ("file-client", "nosuch.lab", "9", "name"),
    ):
        app = resolving.start(*command)
        assert app.wait() == 1
        told = [line for line in app.error_lines if line.startswith(f"{command[0]}: ")]
        assert len(told) == 1, app
        assert re.search("getaddrinfo nosuch.lab: Name or service not known$", told[0]), told
