# SPDX-License-Identifier: BSD-3-Clause
"""A board's Ethernet controller and its driver: every length of a frame, too long ones, floods, and
as much at once as the board promises to hold."""

import contextlib
import fcntl
import random
import socket
import struct
import termios
import threading
import time

import pytest

from conftest import run_ip
from frames import Wire, echo_request, ip_packet, payload_of_echo, udp_packet
from peers import exchange, receive_exactly, receive_to_end, wait_until
from porttools import (  # noqa: F401 (fixtures)
    Prompt,
    answers,
    counters,
    on,
    own_tap,
    ping,
    probes,
    prompt,
    resources,
)
from stacks import HOST_IP, PATIENCE, PREFIX

PORT = 7007
HEADERS = 14 + 20 + 8  # of a datagram, and of an echo request
LENGTHS = range(HEADERS, 1515)
MIN_FRAME = 60  # that silicon sends; a board may leave shorter ones unpadded in QEMU


def data_of(length):
    return random.Random(length).randbytes(length)


# --- Every length ---


@pytest.fixture
def wire(network):
    """A raw station on the bridge."""
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    with contextlib.closing(Wire("up1")) as made:
        yield made


def test_datagrams_of_every_length(prompt, udp_peer):
    """42 to 1514 bytes of frame, there and back, each byte as it was."""
    prompt.type(f"echo -u {PORT}\n")
    prompt.expect("^listening$")
    for length in LENGTHS:
        data = data_of(length - HEADERS)
        udp_peer.sendto(data, (prompt.ip, PORT))
        assert udp_peer.recv(2048) == data, length


def test_echo_requests_of_every_length(prompt, wire):
    """Frames made here: the kernel pads nothing, and its checksums are not in the way."""
    mac = wire.ask(prompt.ip)
    for length in LENGTHS:
        data = data_of(length - HEADERS)
        wire.send(mac, 0x0800, ip_packet(1, wire.ip, prompt.ip, echo_request(length, data)))
        answer = wire.wait_for(lambda frame: payload_of_echo(frame, length))
        assert answer[:length - HEADERS] == data, length
    for size in (0, 1, 17, 18, 19, 56, 1471, 1472):
        assert ping(prompt.ip, size=size, options=("-M", "do")) == 1


def test_shortest_frames(prompt, wire):
    """An ARP request of 42 bytes, and padded ones: each is answered, with 42 bytes or 60."""
    for length in (42, 43, 46, 59, 60, 61, 64):
        answer = wire.ask(prompt.ip, length, whole=True)
        assert len(answer) in (42, MIN_FRAME)
        assert not any(answer[42:])  # what pads it tells nothing of the board's memory
    assert answers(prompt.ip)


# --- Frames that are too long ---


@pytest.fixture
def alone(board_class):
    """A board on a TAP of its own that takes frames of 9000 bytes."""
    with own_tap("alone0", "10.77.9.1/24", mtu=9000):
        board = Prompt(
            board_class.command("NET=tap:alone0", "IP=10.77.9.10/24", "GW=10.77.9.1")
        )
        board.ip, board.board = "10.77.9.10", board_class
        try:
            board.expect("^portside> ")
            yield board
        finally:
            board.end()


def test_frames_that_are_too_long(alone):
    """They are dropped and counted, whatever surrounds them comes through."""
    with contextlib.closing(Wire("alone0", "10.77.9.2")) as wire:
        mac = wire.ask(alone.ip)
        before = counters(alone)
        sizes = [1523, 1600, 2000, 2036]
        for size in sizes:
            wire.send(mac, 0x88B5, data_of(size - 14 - 4))
            assert answers(alone.ip)
        after = counters(alone)
        assert after["rx_length"] + after["rx_error"] - before["rx_length"] - before[
            "rx_error"
        ] >= len(sizes), (before, after)
        assert alone.run("help")[1] == 0


@pytest.mark.parametrize("board_class", ["lm3s6965evb"], indirect=True)
def test_receiver_recovers_from_an_overrun(alone):
    """A frame longer than the Stellaris MAC's FIFO overruns it, the only one that does in QEMU (the
    LAN9118 there drops without a word). The receiver is emptied then, and what arrives meanwhile is
    lost with it; what comes afterwards is not."""
    with contextlib.closing(Wire("alone0", "10.77.9.2")) as wire:
        mac = wire.ask(alone.ip)
        for round_ in range(1, 21):
            wire.send(mac, 0x88B5, data_of(2100 + round_))
            assert answers(alone.ip)
            if round_ % 5 == 0:
                counted = counters(alone)
                assert (counted["rx_overrun"], counted["rx_restarts"]) == (round_, round_)
        # In the middle of a burst.
        for _ in range(10):
            for size in (60, 500, 3000, 1000, 60):
                wire.send(mac, 0x88B5, data_of(size))
        assert answers(alone.ip)
        assert counters(alone)["rx_overrun"] > 20


# --- Floods ---


FLOODS = {
    "small": lambda ip: udp_packet("192.168.77.1", ip, 4999, b"x"),
    "full": lambda ip: udp_packet("192.168.77.1", ip, 4999, bytes(1472)),
    "other": lambda ip: None,
}


@pytest.mark.parametrize("kind", FLOODS)
def test_transfer_in_a_flood(prompt, wire, kind):
    """Frames for nobody, in bursts that no FIFO holds, while a TCP transfer goes on: it arrives
    whole, the board answers afterwards, and no buffer is missing."""
    mac = wire.ask(prompt.ip)
    resources(prompt)  # what is kept for good is there now
    before = resources(prompt)
    stop = threading.Event()
    packet = FLOODS[kind](prompt.ip)
    bursts = []

    def flood():
        while not stop.is_set():
            for _ in range(100):
                wire.send(mac, 0x0800 if packet else 0x88B5, packet or bytes(46))
            bursts.append(time.monotonic())
            time.sleep(0.01)  # so that some of the transfer's segments get in

    prompt.type(f"echo {PORT}\n")
    prompt.expect("^listening$")
    data, total = data_of(20_000), 0
    flooder = threading.Thread(target=flood)
    flooder.start()
    try:
        with socket.create_connection((prompt.ip, PORT), 60) as peer:
            while len(bursts) < 10:
                sender = threading.Thread(target=peer.sendall, args=(data,))
                sender.start()
                assert receive_exactly(peer, len(data)) == data
                sender.join(PATIENCE)
                total += len(data)
    finally:
        stop.set()
        flooder.join(PATIENCE)
    prompt.expect(f"^echoed {total} bytes$")
    prompt.expect("^portside> ")
    assert ping(prompt.ip, count=5) == 5
    wait_until(lambda: resources(prompt) == before, "all buffers are back")


# --- A download ---


def serve_in_pieces(listener, body):
    """Answers one request: the head, a short segment, goes before the body, as file-server has
    it."""
    with listener.accept()[0] as peer:
        peer.settimeout(PATIENCE)
        while not peer.recv(4096).endswith(b"\r\n\r\n"):
            pass
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fields = f"Content-Length: {len(body)}\r\nX: {'x' * 150}\r\n"
        peer.sendall(f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode())
        peer.sendall(body)
        receive_to_end(peer)


def test_a_download_drops_nothing(board_class, network, tcp_listener, tmp_path):
    """A window that comes in short segments takes more buffers than one of full ones: none of it
    is dropped, to come again a fifth of a second later."""
    tap, ip = network.lend()
    body = data_of(150_000)
    command = board_class.command(f"NET=tap:{tap}", f"IP={ip}/{PREFIX}")
    board = Prompt(["env", "-C", str(tmp_path), *map(str, command)])
    try:
        board.expect("^portside> ")
        before = counters(board)
        server = threading.Thread(target=serve_in_pieces, args=(tcp_listener, body))
        server.start()
        port = tcp_listener.getsockname()[1]
        output, status = board.run(f"file-client -q -o /host/got {HOST_IP} {port} x", 60)
        server.join(PATIENCE)
        assert status == 0, output
        assert (tmp_path / "got").read_bytes() == body
        after = counters(board)
    finally:
        board.end()
        network.give_back(tap, ip)
    dropped = ("quota", "reserve", "link_drop", "rx_no_pbuf", "rx_overrun")
    assert {name: after[name] - before[name] for name in dropped} == dict.fromkeys(dropped, 0)


# --- A full house ---


def unacknowledged(peer):
    return struct.unpack("i", fcntl.ioctl(peer, termios.TIOCOUTQ, b"\0" * 4))[0]


@on("board")
@pytest.mark.parametrize("first", ["UDP", "TCP"])
def test_every_window_is_backed(probes, connect, udp_peer, first):
    """A listener, four connections and two UDP sockets, none of which is read: each connection
    takes a whole window, whoever came first, and nothing of it is lost."""
    app = probes.start("full-house", 4, PORT)
    app.expect("^ready$")
    peers = [connect(app.ip, PORT) for _ in range(4)]
    app.expect("^full$")

    def fill_udp():
        for _ in range(30):
            for port in (PORT, PORT + 1):
                udp_peer.sendto(bytes(1472), (app.ip, port))
                udp_peer.sendto(b"x", (app.ip, port))
            time.sleep(0.002)  # no faster than a FIFO

    def fill_tcp():
        for peer in peers:
            peer.sendall(data_of(probes.window))
        for peer in peers:
            wait_until(lambda peer=peer: unacknowledged(peer) == 0, "the window is taken", 30)

    for step in (fill_udp, fill_tcp) if first == "UDP" else (fill_tcp, fill_udp):
        step()
    assert ping(app.ip, count=5) == 5
    for peer in peers:
        peer.sendall(b"more")  # for which there is no room
        peer.shutdown(socket.SHUT_WR)
    assert answers(app.ip)
    app.type("now\n")
    for number in range(2):
        assert int(app.expect(rf"^socket {number} had (\d+) datagrams$")[1]) > 0
    for number in range(4):
        app.expect(f"^client {number} sent {probes.window + 4} bytes$", 60)
    assert app.wait() == 0


@on("board")
def test_four_clients_converse_at_once(probes, connect):
    """tcp-server -M threads: each of four clients gets its own bytes back, many times."""
    app = probes.start("tcp-server", "-l", "4", "-M", "threads", PORT)
    app.expect("^listening")
    peers = [connect(app.ip, PORT) for _ in range(4)]
    failures = []

    def converse(number, peer):
        try:
            for turn in range(20):
                exchange(peer, b"%d %d " % (number, turn) + data_of(100 * turn))
        except (AssertionError, OSError) as problem:
            failures.append((number, problem))

    threads = [
        threading.Thread(target=converse, args=each) for each in enumerate(peers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures and not any(thread.is_alive() for thread in threads)
    for peer in peers:
        peer.close()
        app.expect(r"^client \S+ closed, ", 60)


# --- Datagrams that are too long ---


def test_a_datagram_that_does_not_fit_is_counted(prompt, wire, udp_peer):
    """Its fragments are dropped and counted; those of the next are not."""
    longest = prompt.board.longest_datagram
    mac = wire.ask(prompt.ip)
    before = counters(prompt)
    for number in range(longest // 1480 + 6):
        more = 0x2000 | number * 1480 // 8
        wire.send(mac, 0x0800, ip_packet(17, wire.ip, prompt.ip, bytes(1480), 1, more))
        assert wire.ask(prompt.ip) == mac  # no faster than a FIFO
    after = counters(prompt)
    assert any(after[name] > before[name] for name in ("fragments_drop", "reserve_fragments"))
    prompt.type(f"udp-recv -E -n 1 {PORT}\n")
    prompt.expect("^listening")
    udp_peer.sendto(data_of(longest), (prompt.ip, PORT))
    assert udp_peer.recv(65536) == data_of(longest)
