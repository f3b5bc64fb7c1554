# SPDX-License-Identifier: BSD-3-Clause
"""Memory that runs out: floods, peers that never read, mailboxes and descriptors. Whatever comes,
the stack answers afterwards, and most of it meanwhile."""

import contextlib
import select
import socket
import struct
import threading
import time

import pytest

from conftest import run_ip
from frames import ip_packet, udp_packet
from peers import exchange, has_ended, wait_until
from porttools import (  # noqa: F401 (fixtures)
    answers,
    lwip,
    mac_of_neighbour,
    on,
    option_of,
    probes,
    prompt,
    resources,
)
from stacks import HOST_IP, PATIENCE

PORT = 7007


def send_frames(interface, frames):
    """As fast as they can be written."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface, 0))
        raw.settimeout(PATIENCE)
        for frame in frames:
            raw.send(frame)


def frame_to(ip, kind, payload):
    mac = mac_of_neighbour(ip)
    assert mac, f"{ip} has not been heard of"
    source = bytes.fromhex("020000007799")
    frame = bytes.fromhex(mac.replace(":", "")) + source + struct.pack("!H", kind) + payload
    return frame.ljust(60, b"\0")


def udp_frame(ip, port, data):
    return frame_to(ip, 0x0800, udp_packet(HOST_IP, ip, port, data))


def receiver_on(stack):
    app = stack.start("udp-recv", 5000)
    app.expect("^listening")
    assert answers(app.ip)
    return app


FLOODS = {
    "other protocol": lambda ip: [frame_to(ip, 0x88B5, b"x")] * 200,
    "nobody's port": lambda ip: [udp_frame(ip, 4999, b"x")] * 200,
    "garbage as IP": lambda ip: [frame_to(ip, 0x0800, b"\x45" + bytes([n])) for n in range(200)],
    "broken ARP": lambda ip: [frame_to(ip, 0x0806, bytes([n]) * 28) for n in range(200)],
    # Each begins a datagram that never ends.
    "fragments": lambda ip: [
        frame_to(ip, 0x0800, ip_packet(17, HOST_IP, ip, bytes(16), n, 0x2000)) for n in range(200)
    ],
}


@pytest.mark.parametrize("kind", FLOODS)
def test_burst_of_minimum_frames(lwip, kind):
    """200 at once are more than a board's FIFO holds; it answers right after."""
    app = receiver_on(lwip)
    frames = FLOODS[kind](app.ip)
    for _ in range(3):
        send_frames("br0", frames)
    assert answers(app.ip)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        wait_until(lambda: heard(app, peer), "a datagram after the burst")
    assert app.process.poll() is None


def heard(app, peer):
    peer.sendto(b"still there", (app.ip, 5000))
    with contextlib.suppress(AssertionError):
        return app.expect("11 bytes: still there$", 1)
    return False


def test_burst_to_a_slow_receiver(lwip):
    """The console is slower than the wire: datagrams get lost, the stack does not."""
    app = receiver_on(lwip)
    for _ in range(5):
        send_frames("br0", [udp_frame(app.ip, 5000, b"burst")] * 200)
    assert answers(app.ip)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        wait_until(lambda: heard(app, peer), "a datagram after the burst", 40)


def test_flood_while_pinged(lwip):
    """Frames for nobody, as fast as they can be sent: ping is answered meanwhile and after."""
    app = receiver_on(lwip)
    frames = [udp_frame(app.ip, 4999, b"x")] * 50
    stop = threading.Event()

    def flood():
        while not stop.is_set():
            send_frames("br0", frames)
            time.sleep(0.01)  # 5000 a second: what the board can take and more

    flooder = threading.Thread(target=flood)
    flooder.start()
    try:
        assert answers(app.ip)
    finally:
        stop.set()
        flooder.join(PATIENCE)
    assert answers(app.ip, 2)


# --- Peers that do not read ---


def stuff(peers, seconds):
    """Sends to each as much as it takes, and reads nothing, until none takes more."""
    deadline = time.monotonic() + PATIENCE
    last = time.monotonic()
    block = bytes(8192)
    for peer in peers:
        peer.setblocking(False)
    while time.monotonic() - last < seconds:
        assert time.monotonic() < deadline, "they are never full"
        _, writable, _ = select.select([], peers, [], seconds)
        for peer in writable:
            with contextlib.suppress(BlockingIOError):
                peer.send(block)
                last = time.monotonic()


def silent_peers(connect, ip, count):
    peers = []
    for _ in range(count):
        peer = connect(ip, PORT)
        # Small buffers on this side, so that what fills up is the other.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        peers.append(peer)
    return peers


@pytest.mark.parametrize("mode", ["talk", "threads"])
def test_four_clients_that_never_read(lwip, connect, mode):
    """They send until nothing more fits and read nothing. Ping is answered, and when they are gone
    a new client is served."""
    app = lwip.start("tcp-server", "-l", "8", "-M", mode, PORT, quiet=True)
    wait_until(lambda: can_connect(app.ip), "the server listens")
    peers = silent_peers(connect, app.ip, 4)
    stuff(peers, 0.5)
    assert answers_anew(app.ip)
    if mode == "threads" and lwip.clients > 4:
        # A fifth is served beside them.
        fifth = connect(app.ip, PORT)
        exchange(fifth, b"me too")
        fifth.close()
    for peer in peers:
        peer.close()  # with unread data: RST
    assert answers(app.ip, 2)
    exchange(connect(app.ip, PORT), b"after them")
    assert app.process.poll() is None


def answers_anew(ip):
    """Whether it answers a ping of a host that must ask for its MAC first."""
    problem = run_ip("neigh", "flush", "to", ip)
    assert not problem, problem
    return answers(ip, 5)


def can_connect(ip):
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.settimeout(1)
        probe.connect((ip, PORT))
        return True
    return False


def test_single_bytes_unread(lwip, connect):
    """One byte a segment pins a whole buffer: the quota keeps the pool for the others."""
    app = lwip.start("tcp-server", "-l", "8", "-M", "talk", PORT, quiet=True)
    wait_until(lambda: can_connect(app.ip), "the server listens")
    served = connect(app.ip, PORT)
    exchange(served, b"first")
    # The server talks to the first; these wait, connected, and send.
    peers = [connect(app.ip, PORT) for _ in range(min(4, lwip.clients - 1))]
    for peer in peers:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setblocking(False)
    sent = 0
    for _ in range(300):
        for peer in peers:
            with contextlib.suppress(BlockingIOError):
                sent += peer.send(b"x") * (peer is peers[0])
        time.sleep(0.001)  # so that they are segments of their own
    assert answers(app.ip, 2)
    exchange(served, b"still served")
    served.close()
    # The next in the queue gets all that it sent back.
    first = peers[0]
    first.setblocking(True)
    first.settimeout(PATIENCE)
    got = 0
    while got < sent:
        part = first.recv(1000)
        assert part and set(part) == {ord("x")}
        got += len(part)
    assert got == sent > 100
    for peer in peers:
        peer.close()
    exchange(connect(app.ip, PORT), b"after them")


@on("board", fixture="lwip")
def test_more_clients_than_connections(lwip, connect):
    """Who finds no room waits, is refused or reset; when others leave there is room again."""
    limit = option_of(lwip.name, "MEMP_NUM_TCP_PCB")
    app = lwip.start("tcp-server", "-l", "64", "-M", "threads", PORT, quiet=True)
    wait_until(lambda: can_connect(app.ip), "the server listens")
    crowd = []
    with contextlib.ExitStack() as opened:
        for _ in range(limit + 8):
            peer = opened.enter_context(socket.socket())
            peer.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                peer.connect((app.ip, PORT))
            crowd.append(peer)
        assert answers(app.ip)
        _, writable, _ = select.select([], crowd, [], PATIENCE)
        assert writable
    assert answers(app.ip)
    wait_until(lambda: can_talk(app.ip), "a new client is served", 40)
    assert app.process.poll() is None


def can_talk(ip):
    with contextlib.suppress(OSError, AssertionError), socket.socket() as probe:
        probe.settimeout(2)
        probe.connect((ip, PORT))
        exchange(probe, b"room for me")
        return True
    return False


def test_pool_is_whole_again(prompt, connect):
    """After peers that never read and never close in order, no buffer of the board is missing."""
    serve_silent_peers(prompt, connect)
    before = resources(prompt)
    # A round leaves FILEs for as many threads as there were at once: at some time they suffice.
    for _ in range(6):
        first = before
        for _ in range(3):
            serve_silent_peers(prompt, connect)
        pools = {name: first[name] for name in first.keys() - {"heap", "blocks"}}
        wait_until(lambda: pools.items() <= resources(prompt).items(), f"pools are as in {first}")
        before = resources(prompt)
        if before == first:
            break
    assert before == first


def serve_silent_peers(prompt, connect):
    prompt.type(f"tcp-server -M threads {PORT}\n")
    prompt.expect("^listening")
    peers = [connect(prompt.ip, PORT) for _ in range(4)]
    stuff(peers, 0.3)
    prompt.type("\x03")
    prompt.expect(r"^listens no more, clients left: \d\n")
    prompt.type("\x03")
    prompt.expect("exit status 130\nportside> ")
    for peer in peers:
        assert has_ended(drained(peer), PATIENCE)
        peer.close()


def drained(peer):
    """Reads what is there, so that the end is next."""
    peer.setblocking(False)
    with contextlib.suppress(BlockingIOError, ConnectionResetError):
        while peer.recv(65536):
            pass
    return peer


# --- Mailboxes and descriptors ---


@on("linux", "board")
def test_receive_mailbox_holds_what_lwipopts_says(probes):
    """Who does not read keeps exactly that many datagrams, the first ones, on every target."""
    size = option_of(probes.name, "DEFAULT_UDP_RECVMBOX_SIZE")
    app = probes.start("hoard", PORT)
    app.expect("^ready$")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for number in range(size + 50):
            peer.sendto(f"number {number}".encode(), (app.ip, PORT))
            if number % 10 == 0:
                assert answers(app.ip)  # no faster than a board's FIFO
    assert answers(app.ip)
    app.type("now\n")
    app.expect(f"^kept {size} datagrams$")
    assert app.wait() == 0
    kept = [line for line in app.lines if line.startswith("number ")]
    assert kept == [f"number {number}" for number in range(size)]


@on("linux")
@pytest.mark.parametrize("count", [1500, 1900])
def test_descriptors_beyond_1024(probes, count):
    """select() and poll() see the last of many sockets, far beyond what glibc's fd_set holds."""
    app = probes.start("many-sockets", count, PORT)
    last = int(app.expect(rf"^opened {count}, the last is (\d+)$")[1])
    assert last > 2000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(b"1", (app.ip, PORT))
        app.expect("^select found 1, the last too$")
        peer.sendto(b"2", (app.ip, PORT))
        app.expect("^poll found 1, the last too$")
    assert app.wait() == 0


@on("linux", "board")
def test_no_more_descriptors(probes):
    """An errno, and what there is goes on working."""
    app = probes.start("many-sockets", 5000, PORT)
    app.expect("^no more: .*([Tt]oo many|[Nn]o buffer|memory|No space)")
    app.expect(r"^opened \d+, the last is \d+$")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        assert answers(app.ip)
        peer.sendto(b"1", (app.ip, PORT))
        app.expect("^select found 1, the last too$")
        peer.sendto(b"2", (app.ip, PORT))
        app.expect("^poll found 1, the last too$")
    assert app.wait() == 0
