# SPDX-License-Identifier: BSD-3-Clause
"""tcp-server on every stack, and tcp-client with it: Python sockets, netcat, Ctrl-C."""

import hashlib
import random
import re
import resource
import socket
import threading
import time

import pytest

from peers import (
    count_connected,
    exchange,
    has_ended,
    interrupted,
    receive_exactly,
    receive_to_end,
    reset,
    wait_until,
)
from stacks import HOST_IP


def start_server(stack, *args, port=8080, backlog=5):
    app = stack.start("tcp-server", *args, port)
    app.expect(rf"^listening on [\d.]+:{port} backlog {backlog}$")
    return app


def name_of(peer):
    return re.escape("{}:{}".format(*peer.getsockname()))


# --- tcp-server ---


def test_server_once_echoes(stack, connect):
    app = start_server(stack, "-M", "once")
    peer = connect(app.ip, 8080)
    exchange(peer, b"hello")
    assert receive_to_end(peer) == b""
    peer.close()
    app.expect(rf"^client {HOST_IP}:\d+ connected$")
    app.expect(rf"^{HOST_IP}:\d+ 5 bytes: hello$")
    app.expect(rf"^client {HOST_IP}:\d+ served, 5 bytes in, 5 bytes out$")
    assert app.wait() == 0


def test_server_once_replies_text(stack, connect):
    app = start_server(stack, "-M", "once", "-r", "hahahah")
    peer = connect(app.ip, 8080)
    exchange(peer, b"hello", b"hahahah")
    peer.close()
    app.expect(r"^client \S+ served, 5 bytes in, 7 bytes out$")
    assert app.wait() == 0


def test_server_once_with_a_silent_client(stack, connect):
    app = start_server(stack, "-M", "once")
    connect(app.ip, 8080).close()
    app.expect(r"^client \S+ closed, 0 bytes in, 0 bytes out$")
    assert app.wait() == 0


def test_server_queue_is_the_default(stack, connect):
    app = start_server(stack)
    waiting = [connect(app.ip, 8080) for _ in range(3)]
    for peer in reversed(waiting):
        peer.sendall(b"hello")
    for peer in waiting:
        assert receive_exactly(peer, 5) == b"hello"
        assert receive_to_end(peer) == b""
        peer.close()
        app.expect(r"^client \S+ served, 5 bytes in, 5 bytes out$")


def test_server_queue_answers_a_request_that_it_reads_in_part(stack, connect):
    """Closing a socket with bytes unread resets the connection and takes the reply with it."""
    app = start_server(stack, "-M", "queue", "-r", "hahahah")
    for _ in range(3):
        peer = connect(app.ip, 8080)
        peer.sendall(b"x" * 4000)
        assert receive_to_end(peer) == b"hahahah"
        peer.close()
        app.expect(r"^client \S+ served, \d+ bytes in, 7 bytes out$")


def test_server_talk(stack, connect):
    app = start_server(stack, "-M", "talk")
    for _ in range(2):
        peer = connect(app.ip, 8080)
        for word in (b"one", b"two", b"three"):
            exchange(peer, word)
        peer.shutdown(socket.SHUT_WR)
        assert receive_to_end(peer) == b""
        app.expect(rf"^client {name_of(peer)} closed, 11 bytes in, 11 bytes out$")
        peer.close()


def test_server_threads(stack, connect):
    app = start_server(stack, "-M", "threads")
    peers = [connect(app.ip, 8080) for _ in range(4)]
    for n in range(3):
        for i, peer in enumerate(peers):
            exchange(peer, f"round {n} client {i}".encode())
    for peer in peers:
        name = name_of(peer)
        peer.close()
        app.expect(rf"^client {name} closed, 48 bytes in, 48 bytes out$")
    # Threads that ended give their place to others, many times over.
    for n in range(12):
        peer = connect(app.ip, 8080)
        exchange(peer, b"next")
        name = name_of(peer)
        peer.close()
        app.expect(rf"^client {name} closed, 4 bytes in, 4 bytes out$")


def test_server_threads_reply_text_to_each_message(stack, connect):
    app = start_server(stack, "-M", "threads", "-r", "hahahah")
    peer = connect(app.ip, 8080)
    for word in (b"one", b"two"):
        exchange(peer, word, b"hahahah")


def test_server_lines_of_threads_stay_whole(stack, connect):
    app = start_server(stack, "-M", "threads")
    peers = [connect(app.ip, 8080) for _ in range(3)]
    size = 20 * 1000

    def talk(peer, letter):
        for _ in range(20):
            exchange(peer, letter * 1000)

    talkers = [
        threading.Thread(target=talk, args=(peer, letter))
        for peer, letter in zip(peers, (b"a", b"b", b"c"))
    ]
    for talker in talkers:
        talker.start()
    for talker in talkers:
        talker.join(60)
    names = [name_of(peer) for peer in peers]
    for peer in peers:
        peer.close()
    pattern = rf"^client (\S+) closed, {size} bytes in, {size} bytes out$"
    closed = {app.expect(pattern)[1] for _ in peers}
    assert {re.escape(name) for name in closed} == set(names)
    for line in app.lines:
        if " bytes: " in line:
            count, text = re.search(r"^\S+ (\d+) bytes: (a+|b+|c+)$", line).groups()
            assert len(text) == int(count)


def test_server_on_one_address(stack, connect):
    app = stack.start("tcp-server", "-b", "{ip}", "-M", "once", 8080)
    app.expect(rf"^listening on {re.escape(app.ip)}:8080 backlog 5$")
    if not stack.is_lwip:
        with pytest.raises(ConnectionRefusedError):
            connect("127.0.0.1", 8080)
    exchange(connect(app.ip, 8080), b"hello")
    assert app.wait() == 0


def test_server_any_port(stack, connect):
    app = stack.start("tcp-server", "-M", "once", 0)
    port = int(app.expect(r"^listening on 0\.0\.0\.0:(\d+) backlog 5$")[1])
    exchange(connect(app.ip, port), b"hello")
    assert app.wait() == 0


def test_server_on_a_taken_port(stack):
    if stack.is_lwip:
        pytest.skip("each program has a stack, hence ports, of its own")
    start_server(stack)
    second = stack.start("tcp-server", 8080)
    reason = r"Address already in use \(EADDRINUSE\)"
    second.expect_error(rf"^tcp-server: bind 0\.0\.0\.0:8080: {reason}$")
    assert second.wait() == 1


def test_server_starts_again_at_once(stack, connect):
    """Its port is not kept by connections that it closed first (TIME_WAIT)."""
    if stack.is_lwip:
        pytest.skip("each program has a stack, hence ports, of its own")
    for _ in range(2):
        app = start_server(stack, "-M", "once")
        peer = connect(app.ip, 8080)
        exchange(peer, b"hello")
        assert receive_to_end(peer) == b""
        peer.close()
        assert app.wait() == 0


def test_server_backlog(stack, sockets):
    """Six clients knock while nobody accepts; later all of them are served."""
    app = stack.start("tcp-server", "-l", "2", "-w", "5", 8080)
    app.expect(r"^listening on 0\.0\.0\.0:8080 backlog 2$")
    app.expect(r"^waiting 5 s before the first accept$")
    peers = [sockets(socket.SOCK_STREAM) for _ in range(6)]
    for peer in peers:
        peer.setblocking(False)
        peer.connect_ex((app.ip, 8080))
    # Linux lets one more in than the backlog says.
    assert count_connected(peers, 2.5) == (2 if stack.is_lwip else 3)
    assert not any("connected" in line for line in app.lines)
    for peer in peers:
        peer.settimeout(30)
    pending = list(peers)

    def knock(peer):
        wait_until(lambda: is_connected(peer), "connected", 30)
        exchange(peer, b"hello")
        assert receive_to_end(peer) == b""
        peer.close()
        pending.remove(peer)

    knockers = [threading.Thread(target=knock, args=(peer,)) for peer in peers]
    for knocker in knockers:
        knocker.start()
    for knocker in knockers:
        knocker.join(40)
    assert not pending


def is_connected(peer):
    try:
        peer.getpeername()
        return True
    except OSError:
        return False


def test_server_survives_a_client_that_resets(stack, connect):
    app = start_server(stack, "-M", "threads")
    peer = connect(app.ip, 8080)
    exchange(peer, b"hello")
    name = name_of(peer)
    reset(peer)
    app.expect(rf"^client {name} reset, 5 bytes in, 5 bytes out$")
    exchange(connect(app.ip, 8080), b"still there")


@pytest.mark.parametrize("mode", ["queue", "talk", "threads"])
def test_server_survives_clients_that_left_before_accept(stack, connect, mode):
    app = start_server(stack, "-M", mode, "-w", "2")
    for _ in range(2):
        reset(connect(app.ip, 8080))
    connect(app.ip, 8080).close()
    exchange(connect(app.ip, 8080), b"still there")
    app.expect(r"^client \S+ closed, 0 bytes in, 0 bytes out$")


def test_server_drops_a_client_that_never_reads(stack, sockets, connect):
    app = start_server(stack, "-M", "threads")
    greedy = sockets(socket.SOCK_STREAM)
    greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    greedy.connect((app.ip, 8080))
    name = name_of(greedy)
    greedy.setblocking(False)
    deadline = time.monotonic() + 60
    stalled = None
    while not (stalled and time.monotonic() - stalled > 1):
        assert time.monotonic() < deadline, "it takes everything"
        try:
            greedy.send(b"x" * 1000)
            stalled = None
        except BlockingIOError:
            stalled = stalled or time.monotonic()
            time.sleep(0.01)
    # Its thread is stuck: others are served meanwhile, and then it is dropped.
    exchange(connect(app.ip, 8080), b"me too")
    assert not any("timed out" in line for line in app.lines)
    app.expect(rf"^client {name} timed out, ")
    exchange(connect(app.ip, 8080), b"still there")


def test_server_without_descriptors_goes_on(stack, connect):
    if stack.is_lwip:
        pytest.skip("the limit is the kernel's; lwIP's limits are tested with the board's numbers")
    app = stack.start("tcp-server", "-M", "threads", 8080, limits={resource.RLIMIT_NOFILE: 8})
    app.expect("^listening")
    first = [connect(app.ip, 8080) for _ in range(4)]
    for peer in first:
        exchange(peer, b"hello")
    late = connect(app.ip, 8080)
    late.sendall(b"hello")
    app.expect_error(r"^tcp-server: accept: Too many open files$")
    first[0].close()
    assert receive_exactly(late, 5) == b"hello"
    exchange(first[1], b"still there")


def test_server_and_netcat(stack, netcat):
    app = start_server(stack, "-M", "talk")
    nc = netcat("-N", app.ip, 8080)
    nc.stdin.write(b"hello\n")
    nc.stdin.flush()
    assert nc.stdout.readline() == b"hello\n"
    nc.stdin.close()
    assert nc.wait(10) == 0
    app.expect(r"^client \S+ closed, 6 bytes in, 6 bytes out$")


def test_one_app_talks_to_the_other(stack):
    server = start_server(stack, "-M", "once", "-r", "hahahah")
    client = stack.start("tcp-client", "-m", "hello", server.ip, 8080)
    own = client.expect(rf"^connected (\S+) -> {re.escape(server.ip)}:8080$")[1]
    server.expect(rf"^{re.escape(own)} 5 bytes: hello$")
    client.expect(r"^received 7 bytes: hahahah$")
    assert client.wait() == 0
    assert server.wait() == 0


def test_much_data_both_ways(stack, connect):
    """All of it comes back, in order."""
    app = stack.start("tcp-server", "-M", "threads", 8080, quiet=True)
    peer = connect_when_ready(connect, app.ip)
    block = random.Random(1).randbytes(1 << 16)
    sent, received = hashlib.sha256(), hashlib.sha256()

    def send():
        left = stack.bulk
        while left > 0:
            part = block[: min(left, len(block))]
            peer.sendall(part)
            sent.update(part)
            left -= len(part)
        peer.shutdown(socket.SHUT_WR)

    peer.settimeout(60)
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    count = 0
    while True:
        data = peer.recv(1 << 16)
        if not data:
            break
        received.update(data)
        count += len(data)
    sender.join(10)
    assert count == stack.bulk
    assert received.digest() == sent.digest()


def connect_when_ready(connect, ip):
    """Its output is not read, so try until it listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return connect(ip, 8080)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


# --- Ctrl-C ---


def test_interrupt_while_accepting(stack):
    assert interrupted(start_server(stack)) == 130


def test_interrupt_before_accepting(stack):
    app = start_server(stack, "-w", "60")
    app.expect("^waiting 60 s")
    assert interrupted(app) == 130


def test_interrupt_while_serving(stack, connect):
    app = start_server(stack, "-M", "talk")  # -M threads: test_tcp_server.py
    peer = connect(app.ip, 8080)
    exchange(peer, b"hello")
    assert interrupted(app) == 130
    assert has_ended(peer, 2)


def test_interrupt_while_connecting(stack, network):
    # Nobody has this address: the connection waits for its neighbour.
    app = stack.start("tcp-client", "-m", "x", "192.168.77.254", 8080)
    time.sleep(0.5)  # nothing tells that connect() is under way
    assert app.process.poll() is None
    assert interrupted(app) == 130


def test_interrupt_while_waiting_for_a_reply(stack, tcp_listener):
    app = stack.start("tcp-client", "-m", "x", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    app.expect("^sent 1 bytes")
    assert interrupted(app) == 130
    peer.settimeout(2)
    assert receive_exactly(peer, 1) == b"x"
    assert has_ended(peer, 2)


def test_interrupt_while_typing(stack, tcp_listener):
    app = stack.start("tcp-client", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    app.expect("^connected")
    assert interrupted(app) == 130
    assert has_ended(peer, 2)


def test_interrupt_while_sending(stack, tcp_listener):
    """The peer takes nothing, so that the client is stuck in the middle of its message."""
    if stack.is_board:
        pytest.skip("a console line is shorter than what the buffers take")
    tcp_listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    app = stack.start("tcp-client", "-s", HOST_IP, tcp_listener.getsockname()[1])
    peer, _ = tcp_listener.accept()
    app.expect("^connected")
    app.type("x" * 8_000_000 + "\n")
    receive_exactly(peer, 1)
    assert app.process.poll() is None
    assert interrupted(app) == 130
