# SPDX-License-Identifier: BSD-3-Clause
"""ping on a board's prompt: answers, lost ones, those that are not its own, errors on the way; what
it leaves behind however it ends; and all stacks pinging each other."""

import contextlib
import re
import socket
import struct
import threading

import pytest

from conftest import run_ip
from frames import ARP, Wire, checksum, ip_packet
from peers import wait_until
from porttools import ProbeLinux, prompt, resources  # noqa: F401 (fixture)
from stacks import HOST_IP, PATIENCE

ABSENT = "192.168.77.251"
BEYOND = "10.9.9.9"
REPLY = r"(\d+) bytes from (\S+): seq=(\d+) time=(\d+)\.(\d{3}) ms"
SUMMARY = r"^(\d+) sent, (\d+) received(?:, min/avg/max ([\d.]+)/([\d.]+)/([\d.]+) ms)?$"


def run(prompt, words, status=0):
    """The lines of a ping, without the summary, and the summary's match."""
    output, ended = prompt.run(f"ping {words}", 60)
    assert ended == status, output
    *lines, last = output.splitlines()
    match = re.fullmatch(SUMMARY.strip("^$"), last)
    assert match, output
    return lines, match


def echos_of_kernel():
    """Echo requests that the kernel of this namespace has received."""
    with open("/proc/net/snmp") as table:
        names, numbers = [line.split() for line in table if line.startswith("Icmp:")]
    return int(numbers[names.index("InEchos")])


def test_answers_of_every_length(prompt):
    before = resources(prompt)
    for size in (0, 1, 56, 1471, 1472, 1473, 1900):
        asked = echos_of_kernel()
        lines, summary = run(prompt, f"-c 3 -i 5 -s {size} {HOST_IP}")
        assert echos_of_kernel() - asked == 3
        replies = [re.fullmatch(REPLY, line) for line in lines]
        assert [reply and reply.groups()[:3] for reply in replies] == [
            (str(8 + size), HOST_IP, str(number)) for number in (1, 2, 3)
        ]
        times = [int(reply[4]) * 1000 + int(reply[5]) for reply in replies]
        assert summary.groups() == (
            *("3", "3"),
            *(f"{us // 1000}.{us % 1000:03}" for us in (min(times), sum(times) // 3, max(times))),
        )
    assert resources(prompt) == before


def test_no_answer(prompt):
    before = resources(prompt)
    lines, summary = run(prompt, f"-c 2 -i 5 -W 200 {ABSENT}", status=1)
    assert lines == [f"no answer from {ABSENT}: seq={number}" for number in (1, 2)]
    assert summary.groups()[:3] == ("2", "0", None)
    wait_until(lambda: resources(prompt) == before, f"{resources(prompt)} is {before}")


def test_itself(prompt):
    lines, _ = run(prompt, f"-c 2 -i 5 {prompt.ip}")
    assert all(re.fullmatch(REPLY, line)[2] == prompt.ip for line in lines)
    lines, _ = run(prompt, "-c 1 127.0.0.1")
    assert re.fullmatch(REPLY, lines[0])[2] == "127.0.0.1"


USAGE = {
    "": "needs HOST",
    "a b": "needs HOST",
    "-c x 1.2.3.4": "-c",
    "-s 8193 1.2.3.4": "-s",
    "-W 0 1.2.3.4": "-W",
    "-i -1 1.2.3.4": "-i",
    "-q 1.2.3.4": "-q",
    "-c": "-c",
}


def test_usage(prompt):
    for words, named in USAGE.items():
        output, status = prompt.run(f"ping {words}".strip())
        assert status == 2 and named in output and output.count("\n") == 1, (words, output)
    assert prompt.run("ping -h")[1] == 0


# --- Names ---


@contextlib.contextmanager
def name_server(address):
    """Says that every name has this address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST_IP, 53))
        server.settimeout(PATIENCE)

        def serve():
            query, asker = server.recvfrom(512)
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
            server.sendto(query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:] + answer, asker)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(PATIENCE)


def test_names(prompt):
    with name_server(HOST_IP):
        lines, _ = run(prompt, "-c 1 somebody.example")
    assert re.fullmatch(REPLY, lines[0])[2] == HOST_IP


# --- Answers that are not as they should be ---


@pytest.fixture
def wire(network):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    with contextlib.closing(Wire("up1")) as made:
        yield made


def echo(kind, identity, sequence, data):
    message = struct.pack("!BBHHH", kind, 0, 0, identity, sequence) + data
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


class Station:
    """A host on the wire that answers ARP, and each echo request with what `answers` makes of its
    identity, sequence number and data: a list of ICMP messages, or of whole IP packets."""

    def __init__(self, wire, answers):
        self.wire, self.answers, self.served = wire, answers, 0

    def serve(self, count):
        while self.served < count:
            self.wire.wait_for(self._take)

    def _take(self, frame):
        here = socket.inet_aton(self.wire.ip)
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1" and frame[38:42] == here:
            asker = frame[22:28]
            reply = ARP.pack(
                *(asker, self.wire.mac, 0x0806, 1, 0x0800, 6, 4, 2, self.wire.mac, here),
                *(asker, frame[28:32]),
            )
            self.wire.raw.send(reply)
            return True
        if frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[30:34] == here:
            length = struct.unpack("!H", frame[16:18])[0]
            identity, sequence = struct.unpack("!HH", frame[38:42])
            source = socket.inet_ntoa(frame[26:30])
            for message in self.answers(identity, sequence, frame[42 : 14 + length]):
                self.wire.send(frame[6:12], 0x0800, ip_packet(1, self.wire.ip, source, message))
            self.served += 1
            return True
        return None


@contextlib.contextmanager
def station(wire, answers, count):
    made = Station(wire, answers)
    thread = threading.Thread(target=made.serve, args=(count,))
    thread.start()
    yield made
    thread.join(PATIENCE)
    assert made.served == count


def only_strangers(identity, sequence, data):
    """Another's identity, another number, and a request."""
    return [
        echo(0, identity ^ 1, sequence, data),
        echo(0, identity, sequence + 1 & 0xFFFF, data),
        echo(0, identity, sequence - 1 & 0xFFFF, data),
    ]


def test_identity_and_sequence_are_checked(prompt, wire):
    with station(wire, only_strangers, 2):
        lines, summary = run(prompt, f"-c 2 -i 5 -W 300 {wire.ip}", status=1)
    assert lines == [f"no answer from {wire.ip}: seq={number}" for number in (1, 2)]
    assert summary[2] == "0"
    # The right one among them is taken, and a second copy of it is not.
    def among_strangers(identity, sequence, data):
        right = echo(0, identity, sequence, data)
        return [only_strangers(identity, sequence, data)[0], right, right]

    with station(wire, among_strangers, 3):
        lines, summary = run(prompt, f"-c 3 -i 50 -W 2000 {wire.ip}")
    assert [re.fullmatch(REPLY, line)[3] for line in lines] == ["1", "2", "3"]
    assert summary.groups()[:2] == ("3", "3")


def test_payload_is_compared(prompt, wire):
    def damaged(identity, sequence, data):
        if sequence == 1:
            data = bytes([data[0] ^ 1]) + data[1:]
        elif sequence == 2:
            data = data[:-1]
        return [echo(0, identity, sequence, data)]

    with station(wire, damaged, 3):
        lines, summary = run(prompt, f"-c 3 -i 50 -W 2000 -s 30 {wire.ip}")
    assert lines[:2] == [
        f"38 bytes from {wire.ip}: seq=1 damaged",
        f"37 bytes from {wire.ip}: seq=2 damaged",
    ]
    assert re.fullmatch(REPLY, lines[2]) and summary.groups()[:2] == ("3", "1")


def unreachable(wire, prompt, kind, code):
    """What a router says of a request that it could not deliver."""

    def answers(identity, sequence, data):
        request = echo(8, identity, sequence, data)[:8]
        quoted = ip_packet(1, prompt.ip, wire.ip, request)
        message = struct.pack("!BBHI", kind, code, 0, 0) + quoted
        return [message[:2] + struct.pack("!H", checksum(message)) + message[4:]]

    return answers


ERRORS = {
    (3, 0): "destination net unreachable",
    (3, 1): "destination host unreachable",
    (3, 3): "destination port unreachable",
    (3, 13): "destination unreachable, code 13",
    (11, 0): "time exceeded",
}


def test_errors_are_named(prompt, wire):
    for (kind, code), text in ERRORS.items():
        with station(wire, unreachable(wire, prompt, kind, code), 1):
            lines, summary = run(prompt, f"-c 1 -W 2000 {wire.ip}", status=1)
        assert lines == [f"from {wire.ip}: seq=1 {text}"]
        assert summary.groups()[:2] == ("1", "0")


def test_error_of_a_router(prompt):
    """The kernel's own, for a network that it has no way to."""
    with open("/proc/sys/net/ipv4/ip_forward", "w") as knob:
        knob.write("1")
    try:
        assert not run_ip("route", "add", "unreachable", "10.9.9.0/24")
        lines, _ = run(prompt, f"-c 1 -W 3000 {BEYOND}", status=1)
        assert lines == [f"from {HOST_IP}: seq=1 destination host unreachable"]
    finally:
        run_ip("route", "del", "unreachable", "10.9.9.0/24")
        with open("/proc/sys/net/ipv4/ip_forward", "w") as knob:
            knob.write("0")


# --- Its end ---


def asks_for_absent(frame):
    """An ARP request for it: the first sign of a ping that gets no answer."""
    request = frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1"
    return True if request and frame[38:42] == socket.inet_aton(ABSENT) else None


def test_ctrl_c(prompt, wire):
    """Between two requests and while it waits: the summary comes, and all is given back."""
    before = resources(prompt)
    for words, seen in (
        (f"-c 0 -i 5 {HOST_IP}", "seq=3 time"),
        (f"-c 0 -i 60000 {HOST_IP}", "seq=1 time"),
        (f"-c 0 -W 60000 {ABSENT}", None),
    ):
        prompt.type(f"ping {words}\n")
        if seen:
            prompt.expect(seen)
        else:
            wire.wait_for(asks_for_absent)
        prompt.type("\x03")
        summary = prompt.expect(SUMMARY, 5)
        prompt.expect("exit status 130\nportside> ", 5)
        assert (int(summary[2]) > 0) == (seen is not None)
        wait_until(lambda: resources(prompt) == before, f"{resources(prompt)} is {before}")


# --- Between the stacks ---


def test_linux_answers(prompt, network):
    linux = ProbeLinux(network)
    try:
        app = linux.start("scene")
        app.expect("^ready$")
        app.type("udp 5000\n")
        app.expect("^ok$")
        lines, summary = run(prompt, f"-c 3 -i 5 -s 1472 {app.ip}")
        assert summary.groups()[:2] == ("3", "3")
        assert all(re.fullmatch(REPLY, line)[1] == "1480" for line in lines)
    finally:
        linux.end_all()
