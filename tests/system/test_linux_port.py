# SPDX-License-Identifier: BSD-3-Clause
"""The linux port: its settings, its interface, and the faults that lwIP's own port over TAP has.

What an app says and does is tested elsewhere; here is what lies below it: which TAP, which address,
what happens when the interface changes, what is captured and counted.
"""

import os
import re
import socket
import subprocess

import pytest

from conftest import run_ip
from peers import receive_exactly, wait_until
from porttools import (  # noqa: F401 (fixtures)
    answers,
    linux_app,
    mac_of_neighbour,
    own_tap,
    ping,
    read_capture,
)
from stacks import PATIENCE

NET = "192.168.77"
# A network of its own, for TAPs that are not on the bridge.
THERE, HERE = "10.77.9.1", "10.77.9.2"


def setting(tap, ip=HERE, **more):
    return {"PORTSIDE_IF": f"tap:{tap}", "PORTSIDE_IP": f"{ip}/24", "PORTSIDE_GW": THERE, **more}


# --- Settings ---

WRONG = [
    ("PORTSIDE_IF", "eth0"),
    ("PORTSIDE_IF", "tap:"),
    ("PORTSIDE_IF", "tap:" + "x" * 16),
    ("PORTSIDE_IF", "wire"),
    ("PORTSIDE_IP", "192.168.77.2"),
    ("PORTSIDE_IP", "192.168.77.2/0"),
    ("PORTSIDE_IP", "192.168.77.2/33"),
    ("PORTSIDE_IP", "192.168.77.2/24x"),
    ("PORTSIDE_IP", "192.168.77.256/24"),
    ("PORTSIDE_IP", "192.168.77/24"),
    ("PORTSIDE_IP", "/24"),
    ("PORTSIDE_IP", "DHCP?"),
    ("PORTSIDE_GW", "gateway"),
    ("PORTSIDE_GW", "192.168.77.1/24"),
    ("PORTSIDE_GW", "192.168"),
    ("PORTSIDE_MAC", "02:00:00:00:00"),
    ("PORTSIDE_MAC", "02:00:00:00:00:01:02"),
    ("PORTSIDE_MAC", "02:00:00:00:00:0g"),
    ("PORTSIDE_MAC", "03:00:00:00:00:01"),
    ("PORTSIDE_MAC", "ff:ff:ff:ff:ff:ff"),
    ("PORTSIDE_MAC", "00:00:00:00:00:00"),
]


@pytest.mark.parametrize("name,value", WRONG, ids=lambda text: text)
def test_wrong_setting(linux_app, name, value):
    app = linux_app("udp-recv", 5000, **{"PORTSIDE_IP": f"{NET}.250/24", name: value})
    assert app.wait() == 2
    assert len(app.error_lines) == 1 and name in app.error_lines[0], app
    assert app.lines == []


def test_help_needs_no_interface(linux_app):
    app = linux_app("udp-recv", "-h", PORTSIDE_IF="tap:none0", PORTSIDE_IP="nonsense")
    assert app.wait() == 0
    assert app.lines and not app.error_lines


def fails(app, *words):
    assert app.wait() == 1
    assert len(app.error_lines) == 1, app
    for word in words:
        assert word in app.error_lines[0], app


def test_interface_in_use(linux_app):
    with own_tap("busy0", f"{THERE}/24"):
        first = linux_app("udp-recv", 5000, **setting("busy0"))
        assert answers(HERE)
        fails(linux_app("udp-recv", 5000, **setting("busy0")), "busy0", "taken")
        assert first.process.poll() is None


@pytest.mark.parametrize("name", ["br0", "lo", "up0"])
def test_interface_is_no_tap(linux_app, name):
    fails(linux_app("udp-recv", 5000, **setting(name)), name)


NO_PRIVILEGE = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")


def test_no_interface_and_no_privilege(linux_app):
    fails(linux_app("udp-recv", 5000, prefix=NO_PRIVILEGE, **setting("none0")), "none0")


def test_interface_of_another_user(linux_app):
    with own_tap("other0", f"{THERE}/24", user="12345"):
        fails(linux_app("udp-recv", 5000, prefix=NO_PRIVILEGE, **setting("other0")), "other0")


def test_interface_of_everybody_without_privilege(linux_app):
    with own_tap("all0", f"{THERE}/24"):
        linux_app("udp-recv", 5000, prefix=NO_PRIVILEGE, **setting("all0"))
        wait_until(lambda: answers(HERE, 2), "answers without privilege")


def test_capture_that_cannot_be_written(linux_app, tmp_path):
    path = str(tmp_path / "no" / "such.pcap")
    with own_tap("cap0", f"{THERE}/24"):
        fails(linux_app("udp-recv", 5000, **setting("cap0", PORTSIDE_PCAP=path)), path)
        assert not os.path.exists(path)


def test_first_free_interface_and_its_address(linux_app, network):
    """With PORTSIDE_IF=tap, or without it, each process takes the next TAP and its address."""
    apps = []
    for number, environment in enumerate(({}, {"PORTSIDE_IF": "tap"}, {"PORTSIDE_IF": "tap"})):
        apps.append(linux_app("udp-recv", 5000, **environment))
        wait_until(lambda: answers(f"{NET}.{2 + number}", 2), f"tap{number} answers")
    macs = {mac_of_neighbour(f"{NET}.{2 + number}") for number in range(len(apps))}
    assert len(macs) == len(apps) and None not in macs
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for number in (1, 2, 0):
            peer.sendto(f"to tap{number}".encode(), (f"{NET}.{2 + number}", 5000))
    for number, app in enumerate(apps):
        app.expect(f"to tap{number}$")
        assert not app.error_lines, app
    # One that ends leaves its place to the next.
    apps[1].interrupt()
    assert apps[1].wait() == 130
    linux_app("udp-recv", 5000, PORTSIDE_IF="tap")
    wait_until(lambda: answers(f"{NET}.3", 2), "tap1 answers again")


def test_mac_stays_with_the_interface(linux_app):
    with own_tap("mac0", f"{THERE}/24"):
        seen = []
        for environment in ({}, {}, {"PORTSIDE_MAC": "02:AB:00:00:00:99"}):
            app = linux_app("udp-recv", 5000, **setting("mac0"), **environment)
            run_ip("neigh", "flush", "dev", "mac0")
            assert answers(HERE)
            seen.append(mac_of_neighbour(HERE))
            app.interrupt()
            assert app.wait() == 130
        assert seen[0] == seen[1] != seen[2] == "02:ab:00:00:00:99"
        # Locally administered, unicast.
        assert int(seen[0][:2], 16) & 3 == 2


def test_gateway(linux_app):
    """What is not on the link goes to the gateway."""
    with own_tap("gate0", f"{THERE}/24"):
        run_ip("addr", "add", "10.99.0.1/32", "dev", "gate0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("10.99.0.1", 0))
            peer.settimeout(PATIENCE)
            port = peer.getsockname()[1]
            app = linux_app("udp-send", "-m", "far", "10.99.0.1", port, **setting("gate0"))
            assert peer.recvfrom(100)[0] == b"far"
            assert app.wait() == 0


def test_dhcp(linux_app, tmp_path):
    with own_tap("dhcp0", f"{THERE}/24"):
        leases = tmp_path / "leases"
        server = subprocess.Popen(
            [
                *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"),
                *("--interface=dhcp0", "--bind-interfaces", f"--dhcp-leasefile={leases}"),
                "--dhcp-range=10.77.9.100,10.77.9.110,1h",
                "--dhcp-host=02:00:00:00:77:09,10.77.9.105",
                *("--pid-file=", "--user=root", "--no-ping", "--log-facility=-"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            app = linux_app(
                *("udp-recv", 5000),
                PORTSIDE_IF="tap:dhcp0",
                PORTSIDE_IP="dhcp",
                PORTSIDE_MAC="02:00:00:00:77:09",
            )
            wait_until(lambda: answers("10.77.9.105", 2), f"a lease {app}")
            app.interrupt()
            assert app.wait() == 130
        finally:
            server.terminate()
            server.wait(PATIENCE)
            server.stderr.close()


@pytest.mark.parametrize("app", ["udp-recv", "probes/echo"], ids=["handler", "default"])
def test_interrupt_while_waiting_for_a_lease(linux_app, app):
    with own_tap("wait0", f"{THERE}/24") as tap:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as raw:
            raw.bind((tap, 0))
            raw.settimeout(PATIENCE)
            waiting = linux_app(app, 5000, PORTSIDE_IF=f"tap:{tap}", PORTSIDE_IP="dhcp")
            while raw.recv(2000)[36:38] != b"\0C":  # to port 67: it has asked
                pass
        waiting.interrupt()
        assert waiting.wait(8) == 130


# --- The interface changes under the program ---


def test_interface_removed(linux_app):
    with own_tap("gone0", f"{THERE}/24"):
        receiver = linux_app("udp-recv", 5000, **setting("gone0"))
        assert answers(HERE)
        assert run_ip("link", "del", "gone0") is None
        receiver.expect_error("^portside: .*gone0 is gone$")
        assert receiver.process.poll() is None
        receiver.interrupt()
        assert receiver.wait() == 130
        assert len(receiver.error_lines) == 1, receiver


def test_interface_removed_under_a_sender(linux_app):
    """It learns it from its next send, and ends as after any failure."""
    with own_tap("gone1", f"{THERE}/24"), socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as peer:
        peer.bind((THERE, 0))
        peer.settimeout(PATIENCE)
        app = linux_app("udp-send", THERE, peer.getsockname()[1], **setting("gone1"))
        app.type("one\n")
        assert peer.recv(100) == b"one"
        assert run_ip("link", "del", "gone1") is None
        app.expect_error("^portside: .*gone1 is gone$")
        app.type("two\n")
        app.expect_error("^udp-send: sendto .*: .+$")
        assert app.wait() == 1


def test_interface_removed_under_a_connection(linux_app):
    """Nothing more can be delivered, and the program says so by its status within bounds."""
    with own_tap("gone2", f"{THERE}/24"), socket.socket() as listener:
        listener.bind((THERE, 0))
        listener.listen(1)
        listener.settimeout(PATIENCE)
        port = listener.getsockname()[1]
        app = linux_app("tcp-client", THERE, port, **setting("gone2"))
        with listener.accept()[0] as peer:
            app.type("one\n")
            peer.settimeout(PATIENCE)
            assert receive_exactly(peer, 3) == b"one"
            assert run_ip("link", "del", "gone2") is None
            app.expect_error("^portside: .*gone2 is gone$")
            app.interrupt()
            assert app.wait() == 130


def test_link_down_and_up(linux_app, tmp_path):
    path = tmp_path / "link.pcap"
    with own_tap("flap0", f"{THERE}/24"):
        app = linux_app("udp-recv", 5000, **setting("flap0", PORTSIDE_PCAP=str(path)))
        assert answers(HERE)
        for _ in range(3):
            assert run_ip("link", "set", "flap0", "down") is None
            assert run_ip("link", "set", "flap0", "up") is None
            wait_until(lambda: answers(HERE, 2), "answers after the link came back")
        assert app.process.poll() is None
        app.interrupt()
        assert app.wait() == 130
    # A link that comes up makes lwIP announce its address: at the start, and each time after.
    assert len(read_capture(path, "frame.number", only="arp.isannouncement")) >= 4


def test_link_down_at_the_start(linux_app):
    with own_tap("late0", f"{THERE}/24", up=False):
        app = linux_app("udp-recv", 5000, **setting("late0"))
        app.expect_error("late0 is down")
        assert run_ip("link", "set", "late0", "up") is None
        wait_until(lambda: answers(HERE, 2), "answers once the link is up")


def test_link_down_tells_a_sender(linux_app):
    with own_tap("flap1", f"{THERE}/24"), socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as peer:
        peer.bind((THERE, 0))
        peer.settimeout(PATIENCE)
        app = linux_app("udp-send", THERE, peer.getsockname()[1], **setting("flap1"))
        app.type("one\n")
        assert peer.recv(100) == b"one"
        assert run_ip("link", "set", "flap1", "down") is None
        wait_until(lambda: try_to_send(app), "sendto fails while the link is down")
        assert app.wait() == 1


def try_to_send(app):
    if app.process.poll() is None:
        try:
            app.type("into the void\n")
        except BrokenPipeError:
            pass
    return any(re.search("^udp-send: sendto .*: .+", line) for line in app.error_lines)


def test_new_mtu_is_seen(linux_app):
    """Raised while the program runs: echo replies of 8900 bytes are no longer cut in pieces."""
    with own_tap("grow0", f"{THERE}/24"):
        app = linux_app("udp-recv", 5000, **setting("grow0"))
        assert answers(HERE)
        assert run_ip("link", "set", "grow0", "mtu", "9000") is None
        wait_until(lambda: ping(HERE, size=8900, wait=2, options=("-M", "do")) == 1, "8900 bytes")
        assert app.process.poll() is None
