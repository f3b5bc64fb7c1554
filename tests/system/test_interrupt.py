# SPDX-License-Identifier: BSD-3-Clause
"""SIGINT (Ctrl-C on a board) in every call that blocks, on every stack.

The probe `block` waits in the call that is named. By default the signal ends it: its sockets are
closed, its peer sees FIN or RST and has what was sent before. With a handler the call returns EINTR
and the program goes on. Where POSIX gives a call no EINTR (thrd_join, cnd_wait) the handler runs
while it waits.
"""

import contextlib
import re
import shutil
import signal
import socket
import struct
import subprocess

import pytest

from peers import receive_exactly, wait_until
from porttools import BUILD, probes, prompt  # noqa: F401 (fixtures)
from stacks import HOST_IP

CALLS = [
    *("accept", "recv", "recvfrom", "connect", "send", "close", "poll", "select"),
    *("getaddrinfo", "fgets", "thrd_sleep", "thrd_join", "cnd_wait"),
]
WITH_PEER = ("recv", "send", "close")
PORT = 7007
# Promised is one second; this only tells an end from none on a busy machine.
SOON = 8


@contextlib.contextmanager
def full_listener():
    """A TCP address at which a connect() waits: nobody accepts, and there is no room to wait."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind((HOST_IP, 0))
        listener.listen(0)
        for _ in range(2):
            filler = opened.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield listener.getsockname()[1]


@contextlib.contextmanager
def silent_name_server():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST_IP, 53))
        server.settimeout(SOON)
        yield server


class Scene:
    """What a blocked probe has on the other side: a listener, a full one, a name server."""

    def __init__(self, call, opened):
        self.call = call
        self.peer = None
        self.names = None
        self.listener = None
        self.arguments = [PORT]
        if call in WITH_PEER:
            self.listener = opened.enter_context(socket.socket())
            # Little room, so that a sender soon blocks.
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.listener.bind((HOST_IP, 0))
            self.listener.listen(1)
            self.listener.settimeout(SOON)
            self.arguments = [HOST_IP, self.listener.getsockname()[1]]
        elif call == "connect":
            self.arguments = [HOST_IP, opened.enter_context(full_listener())]
        elif call == "getaddrinfo":
            self.names = opened.enter_context(silent_name_server())
        self.opened = opened

    def wait_until_blocked(self):
        """After the probe has said that it is about to block."""
        if self.listener:
            self.peer = self.opened.enter_context(self.listener.accept()[0])
            self.peer.settimeout(SOON)
            wait_until(lambda: self._unread() >= 6, "what was sent before")
        if self.call in ("send", "close"):
            self._wait_until_full()
        if self.names:
            query, _ = self.names.recvfrom(512)
            assert b"nobody" in query

    def _unread(self):
        return len(self.peer.recv(1 << 24, socket.MSG_PEEK | socket.MSG_DONTWAIT))

    def _wait_until_full(self):
        """No more comes: the sender has to wait."""
        last = [-1]

        def same_as_before():
            before, last[0] = last[0], self._window()
            return before == last[0]

        wait_until(same_as_before, "the window is full")

    def _window(self):
        import time

        time.sleep(0.1)  # the distance between two looks
        return self._unread()

    def read_to_end(self):
        """All that the peer gets, and how it ends: "FIN" or "RST"."""
        data = b""
        while True:
            try:
                part = self.peer.recv(1 << 20)
            except ConnectionResetError:
                return data, "RST"
            if not part:
                return data, "FIN"
            data += part
