# SPDX-License-Identifier: BSD-3-Clause
"""QEMU's machine protocol, for tests that pull a board's cable or look into its memory."""

import json
import socket

from peers import wait_until
from stacks import PATIENCE


def qemu_with_monitor(folder, options=""):
    """A program for board/run's QEMU=, and the path of the monitor's socket that it makes."""
    qemu, path = folder / "qemu", folder / "monitor"
    qemu.write_text(
        f'#!/bin/sh\nexec qemu-system-arm "$@" {options} -qmp unix:{path},server=on,wait=off\n'
    )
    qemu.chmod(0o755)
    return qemu, path


class Monitor:
    """QEMU's machine protocol on a socket of ours."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        wait_until(lambda: self._connects(str(path)), "QEMU's monitor")
        self.lines = self.socket.makefile("r")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def _connects(self, path):
        """QEMU makes the socket first, and listens then."""
        return self.socket.connect_ex(path) == 0

    def ask(self, what, **arguments):
        request = {"execute": what, "arguments": arguments}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if "event" not in answer:
                assert "return" in answer, answer
                return answer["return"]

    def close(self):
        self.lines.close()
        self.socket.close()
