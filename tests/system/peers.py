# SPDX-License-Identifier: BSD-3-Clause
"""What the tests' peers have in common: plain sockets that know nothing of the apps."""

import errno
import select
import socket
import struct
import threading
import time

from stacks import PATIENCE

NAP = 0.01


class _Naps(threading.Thread):
    """Sleeps over and over, and counts how often."""

    def __init__(self):
        super().__init__(daemon=True)
        self.count = 0
        self.start()

    def run(self):
        while True:
            time.sleep(NAP)
            self.count += 1


_naps = None


def fair_seconds():
    """A clock that stands still while this machine gives us no processor: it counts short naps,
    which take longer then. A limit on it judges a program, not the load beside it."""
    global _naps
    if _naps is None:
        _naps = _Naps()
    return _naps.count * NAP


def interrupted(app):
    """The exit status of an app after what Ctrl-C does; within a second, as is promised."""
    begin = fair_seconds()
    app.interrupt()
    status = app.wait()
    assert fair_seconds() - begin < 1.5  # the rest is what it takes to end a process
    return status


def wait_until(condition, what, timeout=PATIENCE):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.01)


def free_port(kind):
    """A port that nobody has now: the namespace is private, so nobody takes it meanwhile."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def is_bound(kind, port):
    """Whether some program of the namespace has the port (TCP: listens at it)."""
    table = "/proc/net/tcp" if kind == socket.SOCK_STREAM else "/proc/net/udp"
    with open(table) as lines:
        rows = [line.split() for line in lines][1:]
    return any(
        int(row[1].split(":")[1], 16) == port and (row[3] == "0A" or table.endswith("udp"))
        for row in rows
    )


def receive_exactly(peer, count):
    data = b""
    while len(data) < count:
        part = peer.recv(min(65536, count - len(data)))
        assert part, f"the stream ended after {len(data)} of {count} bytes"
        data += part
    return data


def receive_to_end(peer):
    data = b""
    while True:
        part = peer.recv(65536)
        if not part:
            return data
        data += part


def reset(peer):
    """Closes with a RST."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def has_ended(peer, timeout):
    """Whether the other side ends the connection in time, with FIN or RST."""
    readable, _, _ = select.select([peer], [], [], timeout)
    if not readable:
        return False
    try:
        return peer.recv(65536) == b""
    except ConnectionResetError:
        return True


def exchange(peer, request, reply=None):
    peer.sendall(request)
    expected = request if reply is None else reply
    assert receive_exactly(peer, len(expected)) == expected


def count_connected(peers, seconds):
    """How many of the non-blocking connects under way are done after that time."""
    deadline = time.monotonic() + seconds
    pending = set(peers)
    connected = 0
    while pending and time.monotonic() < deadline:
        left = max(0.0, deadline - time.monotonic())
        _, writable, _ = select.select([], list(pending), [], left)
        for peer in writable:
            pending.discard(peer)
            error = peer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            assert error == 0, f"connect: {errno.errorcode.get(error, error)}"
            connected += 1
    return connected
