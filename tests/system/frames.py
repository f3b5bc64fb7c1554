# SPDX-License-Identifier: BSD-3-Clause
"""Ethernet frames made by hand, and a station that sends and sees them."""

import select
import socket
import struct
import time

from stacks import PATIENCE

ARP = struct.Struct("!6s6sHHHBBH6s4s6s4s")
BROADCAST = b"\xff" * 6


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ip_packet(protocol, source, target, payload, identity=0, fragment=0):
    header = struct.pack(
        "!BBHHHBBH4s4s",
        *(0x45, 0, 20 + len(payload), identity, fragment, 64, protocol, 0),
        socket.inet_aton(source),
        socket.inet_aton(target),
    )
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def udp_packet(source, target, port, data):
    return ip_packet(17, source, target, struct.pack("!HHHH", 9, port, 8 + len(data), 0) + data)


def echo_request(identity, data):
    message = struct.pack("!BBHHH", 8, 0, 0, identity, 0) + data
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def payload_of_echo(frame, identity):
    """The data of an echo reply with this identity, and what pads it; else None."""
    if frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34] == 0:
        if frame[38:40] == struct.pack("!H", identity):
            return frame[42:]
    return None


class Wire:
    """A station with an address of its own: what it sends is on the wire as it is."""

    def __init__(self, interface, ip="192.168.77.252", mac="0200000077fc"):
        self.ip, self.mac = ip, bytes.fromhex(mac)
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.raw.bind((interface, 0))
        self.raw.settimeout(PATIENCE)

    def close(self):
        self.raw.close()

    def send(self, target, kind, payload):
        self.raw.send(target + self.mac + struct.pack("!H", kind) + payload)

    def wait_for(self, wanted, timeout=PATIENCE):
        """What `wanted` makes of the first frame from which it makes something."""
        deadline = time.monotonic() + timeout
        while True:
            left = max(0.0, deadline - time.monotonic())
            readable, _, _ = select.select([self.raw], [], [], left)
            assert readable, "no such frame came in time"
            found = wanted(self.raw.recv(65536))
            if found is not None:
                return found

    def ask(self, ip, length=42, whole=False):
        """The MAC of an address, by a frame of this length; with whole=True the answer."""
        there = socket.inet_aton(ip)
        here = socket.inet_aton(self.ip)
        request = ARP.pack(
            *(BROADCAST, self.mac, 0x0806, 1, 0x0800, 6, 4, 1, self.mac, here, bytes(6), there)
        )

        def is_answer(frame):
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == there:
                return frame if whole else frame[6:12]
            return None

        self.raw.send(request.ljust(length, b"\0"))
        return self.wait_for(is_answer)
