# SPDX-License-Identifier: BSD-3-Clause
"""Broadcast and multicast between all stacks at once, and what a member of a group puts on the
wire."""

import select
import socket
import struct

import pytest

from conftest import BRIDGE
from peers import wait_until
from porttools import everyone, probes, read_capture  # noqa: F401 (fixtures)
from stacks import HOST_IP

GROUP = "239.77.1.2"
PORT = 8080
NETWORK = "192.168.77.255"
LIMITED = "255.255.255.255"
LEAVE_TO = {2: "224.0.0.2", 3: "224.0.0.22"}


class Recorder:
    """All frames that pass the bridge, from now on, for tshark."""

    def __init__(self, path):
        self.path = path
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.raw.bind((BRIDGE, 0))
        self.frames = []

    def igmp_from(self, ip):
        """How many IGMP messages of this sender came so far."""
        while select.select([self.raw], [], [], 0)[0]:
            self.frames.append(self.raw.recv(65536))
        source = socket.inet_aton(ip)
        return sum(
            frame[12:14] == b"\x08\x00" and frame[23] == 2 and frame[26:30] == source
            for frame in self.frames
        )

    def rows(self, *fields, only):
        """What tshark makes of those that came so far."""
        self.igmp_from(HOST_IP)
        with open(self.path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for frame in self.frames:
                file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
        return read_capture(self.path, *fields, only=only)

    def close(self):
        self.raw.close()


@pytest.fixture
def recorder(network, tmp_path):
    made = Recorder(tmp_path / "bridge.pcap")
    yield made
    made.close()


def python_member(sockets):
    peer = sockets(socket.SOCK_DGRAM, PORT, ip="", reuse=True)
    membership = socket.inet_aton(GROUP) + socket.inet_aton(HOST_IP)
    peer.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    return peer


def python_sends(sockets, word, target):
    peer = sockets(socket.SOCK_DGRAM)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    peer.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST_IP))
    peer.sendto(word.encode(), (target, PORT))
    return peer.getsockname()


def stack_sends(stack, word, target):
    # On the host the address of -b chooses the interface: there is no route to groups.
    app = stack.start("udp-send", "-B", "-b", "{ip}:0", "-m", word, target, PORT)
    source = app.expect(rf"^sent {len(word)} bytes (\S+):(\d+) -> {target}:{PORT}$")
    assert app.wait() == 0
    app.kill()  # its TAP is the next sender's
    return source[1], int(source[2])


def test_every_stack_reaches_every_stack(everyone, sockets, recorder):
    """A receiver on each stack at once, and Python; a sender on each, and Python; three ways."""
    receivers = {}
    for name, stack in everyone.items():
        app = stack.start("udp-recv", "-b", "{ip}", "-g", GROUP, PORT)
        app.expect(rf"^listening on 0\.0\.0\.0:{PORT}$")
        receivers[name] = app
    member = python_member(sockets)
    heard = []

    def everybody_hears(word, source):
        line = rf"^{source[0]}:{source[1]} {len(word)} bytes: {word}$"
        for app in receivers.values():
            app.expect(line)
        # The kernel takes a broadcast at each of its interfaces: also at the one behind up0.
        while (datagram := member.recvfrom(2048)) in heard:
            pass
        assert datagram == (word.encode(), source)
        heard.append(datagram)

    for target, way in ((NETWORK, "network"), (LIMITED, "limited"), (GROUP, "group")):
        for name, stack in everyone.items():
            word = f"{way} from {name}"
            source = stack_sends(stack, word, target)
            everybody_hears(word, source)
        word = f"{way} from Python"
        everybody_hears(word, python_sends(sockets, word, target))

    # Each went out once, to all or to the group, and to a group no further than this network.
    sent = recorder.rows(
        "eth.dst", "ip.dst", "ip.ttl", only=f"udp.dstport == {PORT} && ip.src != 127.0.0.1"
    )
    for target, mac in ((NETWORK, "ff:ff:ff:ff:ff:ff"), (LIMITED, "ff:ff:ff:ff:ff:ff"),
                        (GROUP, "01:00:5e:4d:01:02")):  # fmt: skip
        rows = [row for row in sent if row[1] == target]
        assert len(rows) == len(everyone) + 1, rows
        assert {row[0] for row in rows} == {mac}
        if target == GROUP:
            assert {row[2] for row in rows} == {"1"}


def reports(recorder, ip):
    """(joined, left): how often a member at this address has said so, by IGMP of either version."""
    if recorder.igmp_from(ip) == 0:
        return 0, 0
    rows = recorder.rows(
        "igmp.type", "igmp.maddr", "igmp.record_type", "ip.dst", "ip.ttl",
        only=f"igmp && ip.src == {ip}",
    )  # fmt: skip
    joined = left = 0
    for kind, group, record, target, ttl in rows:
        if GROUP not in group:
            continue
        assert ttl == "1"
        number = int(kind, 0)
        # Version 3 tells of both by records: 4 to exclude nobody, 3 to include nobody.
        if number == 0x16 or (number == 0x22 and record == "4"):
            joined += 1
            assert target in (GROUP, LEAVE_TO[3])
        elif number == 0x17 or (number == 0x22 and record == "3"):
            left += 1
            assert target in LEAVE_TO.values()
    return joined, left


@pytest.mark.parametrize("interrupted", [False, True], ids=["at the end", "interrupted"])
def test_joins_and_leaves_on_the_wire(stack, udp_peer, recorder, interrupted):
    app = stack.start("udp-recv", "-b", "{ip}", "-g", GROUP, "-n", "1", PORT)
    app.expect(rf"^listening on 0\.0\.0\.0:{PORT}$")
    wait_until(lambda: reports(recorder, app.ip)[0] > 0, "it says that it has joined")
    assert reports(recorder, app.ip)[1] == 0
    before = recorder.igmp_from(app.ip)
    if interrupted:
        app.interrupt()
    else:
        udp_peer.sendto(b"x", (app.ip, PORT))
    assert app.wait() == (130 if interrupted else 0)
    wait_until(
        lambda: recorder.igmp_from(app.ip) > before and reports(recorder, app.ip)[1] > 0,
        "it says that it has left",
    )


def test_its_own_group(probes):
    """One hop, and heard on the own host, unless it says otherwise; nothing after it has left."""
    app = probes.start("groups", GROUP, PORT, "{ip}")
    app.expect("^ttl 1 loop 1$")
    for when, heard in (("joined", 1), ("loop off", 0), ("loop on", 1), ("left", 0)):
        app.expect(rf"^{when}: heard {heard}$")
    assert app.wait() == 0
