# SPDX-License-Identifier: BSD-3-Clause
"""What was handed to the stack arrives: much of it, in large frames, after the program's end."""

import contextlib
import hashlib
import random
import socket
import threading
import time

from frames import ARP, Wire
from peers import receive_exactly, receive_to_end
from porttools import (  # noqa: F401 (fixtures)
    linux_app,
    lwip,
    on,
    own_tap,
    ping,
    probes,
    read_capture,
)
from stacks import HOST_IP, PATIENCE

THERE, HERE = "10.77.9.1", "10.77.9.2"
PORT = 7007


def settings(tap, **more):
    return {
        "PORTSIDE_IF": f"tap:{tap}",
        "PORTSIDE_IP": f"{HERE}/24",
        "PORTSIDE_GW": THERE,
        **more,
    }


def echo_through(address, count):
    """Sends bytes that do not repeat and reads what comes back; compares the hashes of both."""
    source = random.Random(count)
    sent, received = hashlib.sha256(), hashlib.sha256()
    got = 0
    with socket.create_connection(address, timeout=60) as peer:

        def send():
            left = count
            while left > 0:
                part = source.randbytes(min(left, 1 << 16))
                sent.update(part)
                peer.sendall(part)
                left -= len(part)
            peer.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        while part := peer.recv(1 << 18):
            received.update(part)
            got += len(part)
        sender.join(PATIENCE)
    assert got == count
    assert received.hexdigest() == sent.hexdigest()


@on("linux", "board")
def test_much_data_both_ways(probes):
    count = 50_000_000 if probes.name == "linux" else 1_000_000
    app = probes.start("echo", PORT)
    app.expect("^listening$")
    echo_through((app.ip, PORT), count)
    app.expect(f"^echoed {count} bytes$")
    assert app.wait() == 0


@on("linux")
def test_three_processes_at_once(probes):
    apps = [probes.start("echo", PORT) for _ in range(3)]
    for app in apps:
        app.expect("^listening$")
    failures = []

    def run(app):
        try:
            echo_through((app.ip, PORT), 5_000_000)
        except (AssertionError, OSError) as problem:
            failures.append(problem)

    threads = [threading.Thread(target=run, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    for app in apps:
        app.expect("^echoed 5000000 bytes$")
        assert app.wait() == 0


# --- Large frames ---


def test_large_frames(linux_app, tmp_path):
    """MTU 9000: echo requests, datagrams and segments are not cut in pieces."""
    path = tmp_path / "large.pcap"
    with own_tap("big0", f"{THERE}/24", mtu=9000), socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as peer:
        app = linux_app("probes/echo", PORT, **settings("big0", PORTSIDE_PCAP=str(path)))
        app.expect("^listening$")
        assert ping(HERE, size=8900, options=("-M", "do")) == 1
        assert ping(HERE, size=8972, options=("-M", "do")) == 1
        # TCP: the kernel's side may send as much as lwIP's MSS says.
        echo_through((HERE, PORT), 2_000_000)
        assert app.wait() == 0
        receiver = linux_app("udp-recv", "-E", PORT, **settings("big0", PORTSIDE_PCAP=str(path)))
        receiver.expect("^listening")
        peer.settimeout(PATIENCE)
        for size in (1473, 8972, 9000):
            data = random.Random(size).randbytes(size)
            peer.sendto(data, (HERE, PORT))
            assert peer.recv(65536) == data
        receiver.interrupt()
        assert receiver.wait() == 130
    rows = read_capture(path, "ip.src", "ip.flags.mf", "ip.frag_offset", "ip.len", only="ip")
    for source in (THERE, HERE):
        whole = {int(row[3]) for row in rows if row[0] == source and row[1:3] == ["0", "0"]}
        assert {1473 + 28, 9000} <= whole, (source, whole)
        # 9000 bytes and the headers do not fit in one.
        assert [row for row in rows if row[0] == source and row[1] == "1"], source


# --- After the program's end ---


def expected_bytes(count):
    return bytes((i * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(count))


@on("linux", "board")
def test_end_waits_for_a_slow_reader(probes):
    """The program closes and ends while most of it is still to be sent and read."""
    count = 1_000_000 if probes.name == "linux" else 200_000
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        listener.bind((HOST_IP, 0))
        listener.listen(1)
        listener.settimeout(PATIENCE)
        app = probes.start("send-and-end", HOST_IP, listener.getsockname()[1], count)
        with listener.accept()[0] as peer:
            peer.settimeout(PATIENCE)
            data = b""
            begin = time.monotonic()
            while part := peer.recv(20_000 if len(data) < count - 50_000 else 2000):
                data += part
                time.sleep(0.02)  # what makes it slow
            assert time.monotonic() - begin > 0.3
            assert data == expected_bytes(count)
    assert app.wait() == 0


@on("linux", "board")
def test_end_does_not_wait_for_ever(probes):
    """A peer that reads nothing keeps a program no longer than the drain's 5 seconds, and is told:
    a RST that its full window refuses would leave it with half a connection."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind((HOST_IP, 0))
        listener.listen(1)
        listener.settimeout(PATIENCE)
        count = probes.unread
        app = probes.start("send-and-end", HOST_IP, listener.getsockname()[1], count)
        with listener.accept()[0] as peer:
            assert app.wait(15) == 0
            peer.settimeout(3)
            with contextlib.suppress(ConnectionResetError):
                assert receive_to_end(peer) == expected_bytes(count)


class LateNeighbour(Wire):
    """An address whose ARP answer comes late."""

    def wait_for_question(self):
        """The MAC of who asks for our address."""
        ours = socket.inet_aton(self.ip)

        def is_question(frame):
            if frame[12:14] == b"\x08\x06" and frame[38:42] == ours:
                return frame[6:12], frame[28:32]
            return None

        return self.wait_for(is_question)

    def answer(self, mac, ip):
        ours = socket.inet_aton(self.ip)
        self.raw.send(
            ARP.pack(mac, self.mac, 0x0806, 1, 0x0800, 6, 4, 2, self.mac, ours, mac, ip)
        )

    def wait_for_datagram(self):
        def data(frame):
            if frame[:6] == self.mac and frame[12:14] == b"\x08\x00" and frame[23] == 17:
                return frame[42 : 14 + int.from_bytes(frame[16:18], "big")]
            return None

        return self.wait_for(data)


def test_end_waits_for_a_neighbour(lwip):
    """One datagram to an address that is not known yet, then the end: it is delivered."""
    late = LateNeighbour("up1", "192.168.77.251", "0200000077fe")
    try:
        app = lwip.start("udp-send", "-m", "alone", "192.168.77.251", 5000)
        app.expect("^sent 5 bytes")
        asker = late.wait_for_question()
        late.wait_for_question()  # asks again, a second later
        assert app.process.poll() is None
        late.answer(*asker)
        assert late.wait_for_datagram() == b"alone"
        assert app.wait() == 0
    finally:
        late.close()


# --- What must differ from run to run, and what is captured and counted ---


def converse(linux_app, tap, listener, path):
    app = linux_app(
        *("tcp-client", "-m", "hello", THERE, listener.getsockname()[1]),
        **settings(tap, PORTSIDE_PCAP=str(path), PORTSIDE_STATS="1"),
    )
    peer, address = listener.accept()
    with peer:
        peer.settimeout(PATIENCE)
        assert receive_exactly(peer, 5) == b"hello"
        peer.sendall(b"HELLO")
        assert receive_to_end(peer) == b""
    assert app.wait() == 0
    return app, address[1]


def test_captures_statistics_and_randomness(linux_app, tmp_path):
    ports, sequence_numbers = [], []
    with own_tap("rand0", f"{THERE}/24"), socket.socket() as listener:
        listener.bind((THERE, 0))
        listener.listen(1)
        listener.settimeout(PATIENCE)
        for run in range(5):
            path = tmp_path / f"run{run}.pcap"
            app, port = converse(linux_app, "rand0", listener, path)
            syn = read_capture(
                *(path, "tcp.seq_raw", "tcp.srcport", "ip.src"),
                only="tcp.flags.syn == 1 && tcp.flags.ack == 0",
            )
            assert len(syn) == 1 and syn[0][1:] == [str(port), HERE]
            ports.append(port)
            sequence_numbers.append(int(syn[0][0]))
            check_capture(path, port)
            check_statistics(app)
    assert len(set(ports)) > 1
    assert len(set(sequence_numbers)) == len(sequence_numbers)
    # Not the clock alone: 4 microseconds a step would be neighbours.
    ordered = sorted(sequence_numbers)
    assert max(b - a for a, b in zip(ordered, ordered[1:])) > 10_000_000


def check_capture(path, port):
    fields = ("ip.src", "tcp.seq", "tcp.payload", "frame.time_epoch")
    rows = read_capture(path, *fields, only=f"tcp.port == {port}")
    # A set: the kernel may repeat what lwIP acknowledges a quarter of a second later.
    data = {(row[0], row[1], row[2].replace(":", "")) for row in rows if row[2]}
    assert data == {(HERE, "1", b"hello".hex()), (THERE, "1", b"HELLO".hex())}
    times = [float(row[3]) for row in rows]
    assert times == sorted(times) and abs(times[-1] - time.time()) < 60


def check_statistics(app):
    text = "\n".join(app.error_lines)
    rows = [line.split() for line in app.error_lines]
    # In use, most ever, size, times empty: nothing was lost, nothing is left but a TIME_WAIT.
    pools = {row[0]: row[1:] for row in rows if len(row) == 5 and row[0].isupper()}
    assert pools and {"TCP_PCB", "PBUF_POOL"} <= set(pools), text
    assert all(row[3] == "0" for row in pools.values()) and pools["NETCONN"][0] == "0", text
    sent, received, dropped = map(int, app.expect_error(r"^link +(\d+) +(\d+) +(\d+)$").groups())
    assert sent >= 6 and received >= 4 and dropped == 0


def test_no_statistics_unasked(linux_app):
    with own_tap("rand1", f"{THERE}/24"):
        app = linux_app("udp-send", "-m", "x", THERE, 9, **settings("rand1", PORTSIDE_STATS="0"))
        assert app.wait() == 0
        assert app.error_lines == []
