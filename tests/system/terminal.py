# SPDX-License-Identifier: BSD-3-Clause
"""A program on a terminal of its own, for tests that type and read as a person does."""

import codecs
import contextlib
import os
import pty
import re
import select
import signal
import time

from stacks import PATIENCE


class Terminal:
    """Starts command[0], with nothing but `environment`."""

    def __init__(self, environment, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execve(command[0], command, environment)
            finally:
                os._exit(127)
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def expect(self, pattern, timeout=PATIENCE):
        """The match; what comes up to it is consumed."""
        until = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.text)
            if found:
                self.text = self.text[found.end() :]
                return found
            ready, _, _ = select.select([self.fd], [], [], max(0, until - time.monotonic()))
            data = self.read() if ready else None
            assert data is not None, f"no {pattern!r} in {self.text!r}"
            self.text = (self.text + data).replace("\r\n", "\n")  # which may come in two pieces

    def read(self):
        """What there is, once there is some; None at the end."""
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            data = b""
        return self._decoder.decode(data) if data else None

    def type(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
