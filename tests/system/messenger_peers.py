# SPDX-License-Identifier: BSD-3-Clause
"""A user of messenger-server and a server for messenger, written from the text of
apps/lib/messenger_protocol.h and from nothing else."""

import contextlib
import re
import select
import socket
import time

from stacks import HOST_IP, PATIENCE

TOKEN = re.compile(rb"[0-9a-f]{16}")


class Refused(Exception):
    pass


def login_line(ip, port, line, timeout=PATIENCE):
    """What the server answers to these bytes, up to the end of the connection."""
    with socket.socket() as tcp:
        tcp.settimeout(timeout)
        tcp.connect((ip, port))
        tcp.sendall(line)
        answer = b""
        while not answer.endswith(b"\n"):
            part = tcp.recv(1000)
            if not part:
                break
            answer += part
        return answer


class User:
    """Logged in; its UDP socket is bound to nothing but what connect() gives it."""

    def __init__(self, ip, port, name, source=HOST_IP):
        self.name = name.encode() if isinstance(name, str) else name
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect((ip, port))
        self.port = self.udp.getsockname()[1]
        self.number = 0
        try:
            answer = login_line(ip, port, b"LOGIN %s %d\n" % (self.name, self.port))
            welcome = re.fullmatch(rb"OK ([0-9a-f]{16}) (\d+)\n", answer)
            if not welcome:
                raise Refused(answer)
        except BaseException:
            self.udp.close()
            raise
        self.token, self.seconds = welcome[1], int(welcome[2])

    def send(self, word, *rest, number=None):
        if number is None:
            self.number += 1
            number = self.number
        parts = [word, self.token, b"%d" % number]
        parts += [part if isinstance(part, bytes) else str(part).encode() for part in rest]
        self.udp.send(b" ".join(parts))
        return number

    def receive(self, timeout=PATIENCE):
        """The next datagram: word, number, rest; None after that time."""
        if not select.select([self.udp], [], [], timeout)[0]:
            return None
        datagram = self.udp.recv(65536)
        assert len(datagram) <= 1200
        word, token, number, *rest = datagram.split(b" ", 3)
        assert token == self.token, datagram
        return word, int(number), rest[0] if rest else b""

    def expect(self, *words, number=None, timeout=PATIENCE, acknowledge=True):
        """The next datagram of one of these words."""
        deadline = time.monotonic() + timeout
        while True:
            got = self.receive(max(0, deadline - time.monotonic()))
            assert got, f"{self.name}: no {words} within {timeout} s"
            if got[0] == b"MSG" and acknowledge:
                self.send(b"GOT", got[2].split(b" ", 1)[0], number=got[1])
            if got[0] in words and number in (None, got[1]):
                return got

    def ask(self, word, *rest, answers, repeat=0.4):
        """Sends a request until it is answered."""
        number = self.send(word, *rest)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(AssertionError):
                return self.expect(*answers, number=number, timeout=repeat)
            self.send(word, *rest, number=number)
        raise AssertionError(f"{self.name}: no answer to {word}")

    def say(self, to, text):
        """None when it has been delivered, else the reason why not."""
        to = to.encode() if isinstance(to, str) else to
        word, _, rest = self.ask(b"SAY", to, text, answers=(b"DONE", b"NOT"))
        return None if word == b"DONE" else rest

    def hear(self):
        """The next message: its sender, its text. It is acknowledged."""
        _, _, rest = self.expect(b"MSG")
        _, sender, text = rest.split(b" ", 2)
        return sender, text

    def who(self):
        names, start = [], b"0"
        while True:
            _, _, rest = self.ask(b"WHO", start, answers=(b"USERS",))
            start, *more = rest.split(b" ")
            names += more
            if start == b"0":
                return names

    def ping(self):
        self.ask(b"PING", answers=(b"PONG",))

    def others(self):
        """What has come, and what comes up to the answer to a PING, but for such answers."""
        came, number, deadline = [], self.send(b"PING"), time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            got = self.receive(0.4)
            if got is None:
                self.send(b"PING", number=number)
            elif got[0] != b"PONG":
                came.append(got)
            elif got[1] == number:
                return came
        raise AssertionError(f"{self.name}: no answer to PING")

    def log_out(self):
        self.ask(b"OUT", answers=(b"BYE",))
        self.close()

    def close(self):
        """Without a word: it falls silent."""
        self.udp.close()


class Server:
    """What a client meets: it takes one login, and then sends and receives what a test wants."""

    def __init__(self, sockets, seconds=10, ip=HOST_IP):
        self.tcp = sockets(socket.SOCK_STREAM, ip=ip)
        self.tcp.listen(5)
        self.port = self.tcp.getsockname()[1]
        self.udp = sockets(socket.SOCK_DGRAM, self.port, ip=ip)
        self.seconds = seconds
        self.token = b"0123456789abcdef"

    def log_in(self, answer=None):
        """Takes a login; the name."""
        with self.tcp.accept()[0] as peer:
            peer.settimeout(PATIENCE)
            line = b""
            while not line.endswith(b"\n"):
                line += peer.recv(1000)
            word, name, port = line[:-1].split(b" ")
            assert word == b"LOGIN"
            self.client = (peer.getpeername()[0], int(port))
            peer.sendall(answer or b"OK %s %d\n" % (self.token, self.seconds))
            assert peer.recv(1) == b"", "the client closes first"
        return name

    def send(self, word, number, *rest, token=None):
        parts = [word, token or self.token, b"%d" % number, *rest]
        self.udp.sendto(b" ".join(parts), self.client)

    def deliver(self, number, sender_id, *rest):
        """Sends a message until it is acknowledged."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.send(b"MSG", number, sender_id, *rest)
            with contextlib.suppress(TimeoutError):
                while self.expect(b"GOT", timeout=0.4) != (b"GOT", number, sender_id):
                    pass
                return
        raise AssertionError(f"no GOT {number} {sender_id}")

    def expect(self, *words, timeout=PATIENCE):
        """The next datagram of one of these words: word, number, rest. PINGs are answered."""
        deadline = time.monotonic() + timeout
        while True:
            self.udp.settimeout(max(0.01, deadline - time.monotonic()))
            datagram, sender = self.udp.recvfrom(65536)
            assert sender == self.client and len(datagram) <= 1200
            word, token, number, *rest = datagram.split(b" ", 3)
            assert token == self.token
            if word == b"PING":
                self.send(b"PONG", int(number))
            if word in words:
                return word, int(number), rest[0] if rest else b""
