# SPDX-License-Identifier: BSD-3-Clause
"""Who lends addresses and knows names: dnsmasq, and a DHCP server that does what a test says."""

import contextlib
import re
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from peers import wait_until
from stacks import PATIENCE

DISCOVER, OFFER, REQUEST, ACK, NAK, RELEASE = 1, 2, 3, 5, 6, 7
COOKIE = bytes.fromhex("63825363")


class Dnsmasq:
    """dnsmasq at one interface, without any setting or file of this machine."""

    def __init__(self, interface, *options, ports=(53,)):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [
                *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file="),
                *("--user=root", "--group=", "--log-facility=-", "--log-dhcp", "--log-queries"),
                *(f"--interface={interface}", "--except-interface=lo", "--bind-interfaces"),
                *("--no-resolv", "--no-hosts", "--local=/lab/", "--no-ping", "--leasefile-ro"),
                *options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        wait_until(
            lambda: self.process.poll() is not None or set(ports) <= udp_ports(), "dnsmasq's ports"
        )
        assert self.process.poll() is None, self.text()

    def text(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def count(self, pattern):
        """How many lines of its log have it."""
        return len(re.findall(pattern, self.text()))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        self.log.close()


def udp_ports():
    with open("/proc/self/net/udp") as table:
        return {int(row.split()[1].split(":")[1], 16) for row in list(table)[1:]}


@contextlib.contextmanager
def dnsmasq(interface, *options, ports=(53,)):
    made = Dnsmasq(interface, *options, ports=ports)
    try:
        yield made
    finally:
        made.stop()


def names(folder, **addresses):
    """An option of dnsmasq's: these names, of the domain lab, have these addresses."""
    path = Path(folder) / "names"
    path.write_text(
        "".join(
            f"{ip} {name}.lab\n"
            for name, ips in addresses.items()
            for ip in (ips if isinstance(ips, (list, tuple)) else (ips,))
        )
    )
    return f"--addn-hosts={path}"


class LeaseServer:
    """A DHCP server that lends .address for .seconds, or is .silent, or says no once (.refuse)."""

    def __init__(self, interface, server, address, seconds, renew):
        self.server, self.address, self.seconds, self.renew = server, address, seconds, renew
        self.silent = self.refuse = False
        self.seen = []  # types of the messages that came
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.bind(("", 67))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while not self._over.is_set():
            if select.select([self._socket], [], [], 0.05)[0]:
                self._answer(self._socket.recv(2000))

    def _answer(self, message):
        kind = self._kind_of(message)
        self.seen.append(kind)
        if self.silent or kind not in (DISCOVER, REQUEST):
            return
        if kind == REQUEST and self.refuse:
            self.refuse = False
            self._send(message, NAK, b"")
            return
        times = struct.pack("!BBIBBIBBI", 51, 4, self.seconds, 58, 4, self.renew, 59, 4,
                            max(self.renew + 1, self.seconds - 1))  # fmt: skip
        network = bytes([1, 4, 255, 255, 255, 0, 3, 4]) + socket.inet_aton(self.server)
        self._send(message, OFFER if kind == DISCOVER else ACK, times + network)

    @staticmethod
    def _kind_of(message):
        options = message[240:]
        while options and options[0] != 255:
            if options[0] == 53:
                return options[2]
            options = options[1:] if options[0] == 0 else options[2 + options[1] :]
        return None

    def _send(self, request, kind, options):
        reply = (
            b"\2\1\6\0" + request[4:8] + bytes(8)
            + socket.inet_aton(self.address if kind != NAK else "0.0.0.0") + bytes(8)
            + request[28:44] + bytes(192) + COOKIE
            + bytes([53, 1, kind, 54, 4]) + socket.inet_aton(self.server) + options + b"\xff"
        )  # fmt: skip
        with contextlib.suppress(OSError):
            self._socket.sendto(reply.ljust(300, b"\0"), ("255.255.255.255", 68))

    def wait_for(self, kind, timeout=PATIENCE):
        """Until such a message comes, after now."""
        begin = len(self.seen)
        wait_until(lambda: kind in self.seen[begin:], f"a DHCP message {kind}", timeout)

    def stop(self):
        self._over.set()
        self._thread.join(PATIENCE)
        self._socket.close()


@contextlib.contextmanager
def lease_server(*args):
    made = LeaseServer(*args)
    try:
        yield made
    finally:
        made.stop()


def seconds_since(begin):
    return time.monotonic() - begin
