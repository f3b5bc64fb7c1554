# SPDX-License-Identifier: BSD-3-Clause
"""ifconfig: on a board's prompt, and of a program on linux through its control socket.

What it shows is compared with what the other end of the cable knows; what it changes is seen there.
"""

import contextlib
import os
import re
import signal
import socket
import struct

import pytest

from conftest import run_ip
from frames import Wire, ip_packet
from machines import HERE, TAP, THERE, ask, machine, own_network  # noqa: F401 (fixtures)
from peers import exchange, fair_seconds, wait_until
from porttools import answers, linux_app, mac_of_neighbour, ping  # noqa: F401 (a fixture)
from stacks import PATIENCE

NEW = "10.77.9.40"


def shown(machine, interface="en0"):
    text, status = machine.ifconfig(interface)
    assert status == 0, text
    return text


def fact(machine, pattern, interface="en0"):
    text = shown(machine, interface)
    found = re.search(pattern, text)
    assert found, f"no {pattern!r} in {text!r}"
    return found


def traffic(machine, interface="en0"):
    found = fact(machine, r"in (\d+) frames, (\d+) bytes; out (\d+) frames, (\d+) bytes", interface)
    return [int(number) for number in found.groups()]


def drops(machine, pattern):
    """A counter of ifconfig's; one that is not shown is 0."""
    found = re.search(rf"^ +{pattern} (\d+)$", shown(machine), re.MULTILINE)
    return int(found[1]) if found else 0


@contextlib.contextmanager
def station():
    made = Wire(TAP, ip="10.77.9.77")
    try:
        yield made
    finally:
        made.close()


def is_gratuitous(ip):
    """For Wire.wait_for(): an ARP frame that announces this address."""
    raw = socket.inet_aton(ip)
    return lambda frame: (
        True if frame[12:14] == b"\x08\x06" and frame[28:32] == raw == frame[38:42] else None
    )


def refused(machine, pattern, *words):
    text, status = machine.ifconfig(*words)
    assert status == 2, text
    lines = text.splitlines()
    assert len(lines) == 1 and re.search(f"^ifconfig: {pattern}", lines[0]), text


def test_what_is_shown(machine):
    made = machine(HERE)
    assert answers(HERE)
    text = shown(made)
    assert re.search(r"^en0: up, link up, MTU 1500, MAC ", text, re.MULTILINE)
    assert mac_of_neighbour(HERE) in text
    assert f"    address {HERE}/24, broadcast 10.77.9.255, static\n" in text
    assert f"    gateway {THERE}, name server {THERE}\n" in text
    before = traffic(made)
    assert ping(HERE, count=3, size=1000) == 3
    after = traffic(made)
    gained = [b - a for a, b in zip(before, after)]
    # 1042 bytes on the wire each, and ARP beside them.
    assert 3 <= gained[0] <= 12 and 3 <= gained[2] <= 6, gained
    assert 3126 <= gained[1] < 4200 and 3126 <= gained[3] < 3500, gained
    text, status = made.ifconfig("-h")
    assert status == 0 and "usage: ifconfig " in text and "up|down|dhcp|ADDRESS/LENGTH" in text
    both, status = made.ifconfig()
    assert status == 0
    lo = shown(made, "lo")
    assert "lo: up, link up" in lo and "127.0.0.1/8" in lo and "gateway" not in lo
    for line in ("lo: up", "en0: up"):
        assert len(re.findall(f"^{line}", both, re.MULTILINE)) == 1, both


def test_what_is_dropped_is_named(machine):
    """Each frame that is broken in its own way has a line of its own."""
    made = machine(HERE)
    with station() as wire:
        mac = wire.ask(HERE)
        bad_udp = struct.pack("!HHHH", 9, 5000, 12, 0x1234) + b"data"
        good = ip_packet(17, wire.ip, HERE, struct.pack("!HHHH", 9, 5000, 12, 0) + b"data")
        broken = {
            "IP: bad checksum": (0x0800, good[:10] + b"\0\0" + good[12:]),
            "UDP: bad checksum": (0x0800, ip_packet(17, wire.ip, HERE, bad_udp)),
            "TCP: bad checksum": (0x0800, ip_packet(6, wire.ip, HERE, bytes(12) + b"\x50" * 8)),
            "Ethernet: unknown protocol": (0x1234, bytes(46)),
            "IP: unknown protocol": (0x0800, ip_packet(99, wire.ip, HERE, b"data")),
        }
        for name, (kind, payload) in broken.items():
            before = drops(made, name)
            wire.send(mac, kind, payload)
            wait_until(lambda: drops(made, name) > before, name)
        made.ifconfig("en0", "down")
        before = drops(made, "input: while down")
        wire.send(mac, 0x0800, good)
        wait_until(lambda: drops(made, "input: while down") > before, "frames while down")


def test_down_and_up(machine):
    made = machine(HERE)
    assert answers(HERE)
    with station() as wire:
        for _ in range(2):
            assert made.ifconfig("en0", "down") == ("", 0)
            fact(made, f"en0: down, link up(.|\n)*address {HERE}/24")
            assert ping(HERE, wait=1) == 0
            assert_sending_fails(made)
            assert made.ifconfig("en0", "up") == ("", 0)
            assert wire.wait_for(is_gratuitous(HERE))
            assert answers(HERE)
    assert made.ifconfig("en0", "up") == ("", 0)
    assert made.ifconfig("lo", "down") == ("", 0)
    fact(made, "lo: down", "lo")
    assert made.ifconfig("lo", "up") == ("", 0)
    fact(made, "lo: up", "lo")


def assert_sending_fails(made):
    """A program learns at once that the network is down."""
    if made.is_board:
        text, status = made.run("udp-send", "-m", "lost", THERE, "9")
        why = "Network interface is not configured"  # newlib's words for ENETDOWN
        assert status == 1 and f"udp-send: sendto {THERE}:9: {why}\n" in text, text
        begin = fair_seconds()
        text, status = made.run("dns", "one.lab")
        assert status == 1 and text == "dns: getaddrinfo one.lab: No name server answers\n"
        assert fair_seconds() - begin < 4, "it waited for an answer that could not come"


def test_sender_learns_that_the_network_is_down(linux_app, own_network):  # noqa: F811
    app = linux_app(
        *("udp-send", THERE, 9), PORTSIDE_IF=f"tap:{TAP}", PORTSIDE_IP=f"{HERE}/24",
        PORTSIDE_GW=THERE,
    )  # fmt: skip
    app.type("one\n")
    app.expect("^sent 3 bytes ")
    assert ask("ifconfig", "-p", app.process.pid, "en0", "down") == ("", 0)
    app.type("two\n")
    app.expect_error(f"^udp-send: sendto {re.escape(THERE)}:9: Network is down$")
    assert app.wait() == 1


def test_new_address(machine):
    made = machine(HERE)
    assert answers(HERE)
    with station() as wire:
        assert made.ifconfig("en0", f"{NEW}/24") == ("", 0)
        assert wire.wait_for(is_gratuitous(NEW))
    assert answers(NEW)
    run_ip("neigh", "flush", "dev", TAP)
    assert ping(HERE, wait=1) == 0
    # The gateway is of this network, too, so it stays.
    fact(made, rf"address {NEW}/24, .*static\n(.|\n)*gateway {THERE}, name server {THERE}\n")
    assert made.ifconfig("en0", f"{HERE}/25", "gw", "10.77.9.3") == ("", 0)
    fact(made, rf"{HERE}/25, broadcast 10.77.9.127(.|\n)*gateway 10.77.9.3, name server 10.77.9.3")
    text, status = made.ifconfig("en0", "172.16.5.6/16")
    assert status == 0 and re.fullmatch("en0: no gateway now: .*\n", text), text
    fact(made, r"172.16.5.6/16, broadcast 172.16.255.255(.|\n)*gateway none")
    # An address brings the interface up.
    assert made.ifconfig("en0", "down")[1] == 0
    assert made.ifconfig("en0", f"{HERE}/24", "gw", THERE) == ("", 0)
    assert answers(HERE)


def test_wrong_words(machine):
    made = machine(HERE)
    before = re.sub(" in .*", "", shown(made))
    refused(made, 'no interface "eth0"; there are en0 and lo', "eth0")
    refused(made, '"sideways" is not up, down, dhcp, or', "en0", "sideways")
    for address in ("10.0.0.1", "10.0.0.0/8", "10.0.0.1/33", "10.0.0.1/0", "10.0.0.1/8x",
                    "224.0.0.1/8", "127.0.0.1/8", "10.0.0.255/24", "fe80::1/64"):  # fmt: skip
        refused(made, f'"{re.escape(address)}" is not up, down, dhcp, or', "en0", address)
    for rest in (("via", "10.0.0.2"), ("gw",), ("gw", "10.0.0.2", "x")):
        refused(made, "after ADDRESS/LENGTH comes nothing, or gw", "en0", "10.0.0.1/8", *rest)
    refused(made, 'gw: "10.0.0" is not an IPv4', "en0", "10.0.0.1/8", "gw", "10.0.0")
    refused(made, "gw: 11.0.0.1 is no other host", "en0", "10.0.0.1/8", "gw", "11.0.0.1")
    refused(made, "gw: 10.0.0.1 is no other host", "en0", "10.0.0.1/8", "gw", "10.0.0.1")
    refused(made, "after down comes nothing", "en0", "down", "now")
    refused(made, "after dhcp comes nothing", "en0", "dhcp", "now")
    refused(made, "of lo only up and down", "lo", "dhcp")
    refused(made, "of lo only up and down", "lo", "127.0.0.2/8")
    refused(made, '"x{40}" is not up', "en0", "x" * 100)
    assert re.sub(" in .*", "", shown(made)) == before
    assert answers(HERE)


def test_dhcp_keeps_the_address_until_there_is_a_lease(machine):
    """Nobody answers: the command comes back at once, and nothing is lost."""
    made = machine(HERE)
    assert made.ifconfig("en0", "dhcp") == ("en0: asking by DHCP ...\n", 0)
    fact(made, f"address {HERE}/24, .*asking by DHCP")
    assert answers(HERE)
    assert made.ifconfig("en0", f"{NEW}/24") == ("", 0)
    fact(made, f"address {NEW}/24, .*static")
    assert answers(NEW)


# --- What happens to sockets ---


def linux_server(linux_app, **setting):  # noqa: F811
    server = linux_app(
        "tcp-server", "-M", "threads", 8080, PORTSIDE_IF=f"tap:{TAP}", PORTSIDE_IP=f"{HERE}/24",
        PORTSIDE_GW=THERE, **setting,
    )  # fmt: skip
    server.expect("^listening on ")
    return server


def test_another_address_resets_connections(linux_app, own_network, connect):  # noqa: F811
    server = linux_server(linux_app)
    peer = connect(HERE, 8080)
    exchange(peer, b"before")
    text, status = ask("ifconfig", "-p", server.process.pid, "en0", f"{NEW}/24")
    assert (text, status) == ("en0: 1 connection from the old address was reset\n", 0)
    with pytest.raises(ConnectionResetError):
        peer.recv(100)
    server.expect("^client .* (reset|aborted)")
    exchange(connect(NEW, 8080), b"the listener has moved")
    assert ask("ifconfig", "-p", server.process.pid, "en0", f"{NEW}/24") == ("", 0)


def test_connection_survives_down_and_up(linux_app, own_network, connect):  # noqa: F811
    server = linux_server(linux_app)
    peer = connect(HERE, 8080)
    exchange(peer, b"before")
    assert ask("ifconfig", "-p", server.process.pid, "en0", "down") == ("", 0)
    peer.sendall(b"meanwhile")
    with pytest.raises(socket.timeout):
        peer.settimeout(0.3)
        peer.recv(100)
    peer.settimeout(PATIENCE)
    assert ask("ifconfig", "-p", server.process.pid, "en0", "up") == ("", 0)
    assert peer.recv(100) == b"meanwhile"
    exchange(connect(HERE, 8080), b"another")


# --- The control socket of a process on linux ---


def control_socket(pid):
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(PATIENCE)
    made.connect(f"\0portside-{pid}")
    return made


def receivers(linux_app, count):  # noqa: F811
    apps = [linux_app("udp-recv", 5000) for _ in range(count)]
    for app in apps:
        app.expect("^listening on ")
    return apps


def test_nobody_to_ask(linux_app, network):  # noqa: F811
    text, status = ask("ifconfig")
    assert status == 1 and text == "ifconfig: no program on lwIP runs in this network namespace\n"
    text, status = ask("ifconfig", "-p", os.getpid())
    assert status == 1
    assert re.fullmatch("ifconfig: ask process [0-9]+: it does not run, or .*\n", text), text


@pytest.mark.parametrize("words", [("-p", "x"), ("-p", "0"), ("-p",), ("-x",), ("-p", "1x")])
def test_wrong_options(linux_app, words):  # noqa: F811
    text, status = ask("ifconfig", *words)
    assert status == 2 and len(text.splitlines()) == 1, text


def test_help(linux_app):  # noqa: F811
    text, status = ask("ifconfig", "-h")
    assert status == 0 and "usage: ifconfig [-p PID] [IF [up|down|dhcp|ADDRESS/LENGTH" in text


def test_several_processes(linux_app, network):  # noqa: F811
    """All are shown, each under its heading; a change must say which."""
    apps = receivers(linux_app, 3)
    pids = {app.process.pid for app in apps}
    text, status = ask("ifconfig")
    headings = re.findall(r"^udp-recv, process (\d+), (tap\d)$", text, re.MULTILINE)
    assert status == 0 and {int(pid) for pid, _ in headings} == pids and len(headings) == 3
    assert len({tap for _, tap in headings}) == 3 and text.count("\nen0: up") == 3
    text, status = ask("ifconfig", "en0", "down")
    listed = re.fullmatch(r"ifconfig: which program\? -p takes one of([ 0-9]+)\n", text)
    assert status == 2 and listed and {int(pid) for pid in listed[1].split()} == pids
    text, status = ask("ifconfig", "-p", apps[1].process.pid, "en0")
    assert status == 0 and text.startswith("en0: up")  # one that was named needs no heading
    # One ends: its socket goes with it.
    apps[0].interrupt()
    assert apps[0].wait() == 130
    text, status = ask("ifconfig")
    assert status == 0 and text.count("\nen0: up") == 2


def test_other_users_may_not_ask(linux_app, network):  # noqa: F811
    (app,) = receivers(linux_app, 1)
    nobody = ("setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all")
    if ask("ifconfig", "-h", prefix=nobody)[1] != 0:
        pytest.skip("another user cannot be had here: setpriv fails")
    for words in ((), ("en0", "down")):
        text, status = ask("ifconfig", "-p", app.process.pid, *words, prefix=nobody)
        assert status == 1 and re.fullmatch("portside: only its user and root may ask .*\n", text)
    assert ask("ifconfig")[0].count("en0: up") == 1


def test_a_stopped_process(linux_app, network):  # noqa: F811
    """It cannot answer; who asks does not wait for ever."""
    (app,) = receivers(linux_app, 1)
    app.process.send_signal(signal.SIGSTOP)
    try:
        text, status = ask("ifconfig")
        assert status == 1
        assert text == f"ifconfig: ask process {app.process.pid}: no answer\n"
    finally:
        app.process.send_signal(signal.SIGCONT)
    assert ask("ifconfig")[1] == 0


def test_odd_clients_disturb_nobody(linux_app, network, udp_peer):  # noqa: F811
    (app,) = receivers(linux_app, 1)
    pid = app.process.pid
    before = len(os.listdir(f"/proc/{pid}/fd"))
    odd = [b"", b"ifconfig", b"\0" * 100, b"x" * 600, b"rm\0-rf\0", b"ifconfig\0\n\0\x1b\0"]
    for request in odd:
        with control_socket(pid) as client:
            client.sendall(request)
            with contextlib.suppress(OSError):  # it may have closed already
                client.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while part := client.recv(4096):
                    answer += part
                assert answer[-2:] == b"\0" + b"2" or request == odd[2], (request, answer)
    with control_socket(pid):
        pass  # comes and goes
    with control_socket(pid) as silent:  # says nothing: the next waits for it two seconds
        begin = fair_seconds()
        text, status = ask("ifconfig")
        assert status == 0 and "en0: up" in text
        assert fair_seconds() - begin < 4.9, "the silent one was waited for"
        silent.settimeout(PATIENCE)
    wait_until(lambda: len(os.listdir(f"/proc/{pid}/fd")) == before, "its descriptors closed")
    ip = re.search("address ([0-9.]+)/", ask("ifconfig")[0])[1]
    udp_peer.sendto(b"still here", (ip, 5000))
    app.expect("still here$")
    app.interrupt()
    assert app.wait() == 130 and app.error_lines == []


def test_asked_while_it_ends(linux_app, network, connect):  # noqa: F811
    """An exit that drains for seconds still answers, and is not held up by it."""
    (app,) = receivers(linux_app, 1)
    with control_socket(app.process.pid) as client:  # waits for a request
        app.interrupt()
        assert app.wait(8) == 130
        with contextlib.suppress(ConnectionResetError):
            while client.recv(4096):
                pass
    assert ask("ifconfig")[1] == 1
