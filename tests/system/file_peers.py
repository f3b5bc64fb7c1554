# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of file-server and file-client share: folders that a stack sees, HTTP as bytes,
and servers that answer what a test says, truthful or not."""

import contextlib
import hashlib
import os
import re
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from peers import receive_exactly, reset
from stacks import HOST_IP, PATIENCE

PORT = 8080
LONG = 60.0  # for megabytes on a busy machine
RECEIVED = r"received (\d+) bytes in (\d+\.\d{3}) s, SHA-256 ([0-9a-f]{64})"
# What no answer may contain: it lies outside of the folder that is served.
SECRET = b"outside of the folder: 1b0c9f5e\n"


def is_board(stack):
    return stack.name not in ("host", "linux")


def cases_for(stack, table, *names):
    """The table; where each case is a start of QEMU, the cases that are named."""
    return {name: table[name] for name in names} if is_board(stack) else table


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def content(size, seed=1):
    """Bytes that do not repeat, the same ones each time."""
    data = b""
    while len(data) < size:
        block = hashlib.shake_256(f"{seed} {len(data)}".encode()).digest(min(size, 1 << 20))
        data += block
    return data[:size]


def sizes_of(stack):
    """Around a segment's and a buffer's worth, and a large one."""
    large = 10 * stack.bulk if is_board(stack) else 5_000_000
    return (0, 1, 1459, 1460, 1461, 65535, 65536, 65537, large)


class Folder:
    """A folder that the test and the apps of a stack see: a board has it as /host, which is where
    its QEMU was started."""

    def __init__(self, stack, path):
        stack.cwd = path
        self.path = path
        self.on_stack = "/host" if is_board(stack) else str(path)

    def __call__(self, name):
        """What the stack calls this file."""
        return f"{self.on_stack}/{name}"

    def write(self, name, data):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def read(self, name):
        return (self.path / name).read_bytes()

    def names(self):
        return sorted(os.listdir(self.path))


@pytest.fixture
def folder(stack, tmp_path):
    """Empty, and the stack's working directory."""
    path = tmp_path / "folder"
    path.mkdir()
    return Folder(stack, path)


# --- file-server ---


def serve(stack, directory, *options, port=PORT):
    """Starts file-server; returns when it listens."""
    app = stack.start("file-server", "-d", directory, *options, port)
    app.expect(rf"^listening on 0\.0\.0\.0:{port} backlog 5, serving ")
    return app


def request(target, *fields, method="GET", version="HTTP/1.1", host="board"):
    """The bytes of a request; text or bytes."""
    words = [as_bytes(word) for word in (method, target, version)]
    lines = [b" ".join(words)]
    if host is not None:
        lines.append(b"Host: " + as_bytes(host))
    lines += [as_bytes(field) for field in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


class Answer:
    """An HTTP answer as it came, checked for its form."""

    def __init__(self, stream, method="GET"):
        line = stream.readline(1000)
        match = re.fullmatch(rb"HTTP/1\.1 ([1-5]\d\d) ([ -~]+)\r\n", line)
        assert match, f"no status line: {line!r}"
        self.status = int(match[1])
        self.reason = match[2].decode()
        self.fields = {}
        while (line := stream.readline(4000)) != b"\r\n":
            match = re.fullmatch(rb"([A-Za-z0-9-]+): ?([ -~]*)\r\n", line)
            assert match, f"no header field: {line!r}"
            name = match[1].decode().lower()
            assert name not in self.fields, f"{name} comes twice"
            self.fields[name] = match[2].decode()
        self.body = b"" if method == "HEAD" or self.status == 304 else self._read_body(stream)
        self.length = int(self.fields.get("content-length", len(self.body)))
        self.closes = self.fields.get("connection", "").lower() == "close"
        assert SECRET.strip() not in self.body

    def _read_body(self, stream):
        if "content-length" in self.fields:
            body = stream.read(int(self.fields["content-length"]))
            assert len(body) == int(self.fields["content-length"]), "the body was cut"
            return body
        if "transfer-encoding" not in self.fields:
            assert self.fields["connection"] == "close"
            return stream.read()
        assert self.fields["transfer-encoding"] == "chunked"
        body = b""
        while (size := int(stream.readline(20), 16)) > 0:
            body += stream.read(size)
            assert stream.read(2) == b"\r\n", "the chunk was cut"
        assert stream.readline(20) == b"\r\n", "there is more behind the last chunk"
        return body

    def __repr__(self):
        return f"{self.status} {self.reason} {self.fields} {self.body[:200]!r}"


class Caller:
    """One connection to a server, for requests in any form."""

    def __init__(self, ip, port=PORT, timeout=PATIENCE, window=None):
        self.peer = socket.socket()
        if window:
            self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.peer.settimeout(timeout)
        self.peer.connect((ip, port))
        self.stream = self.peer.makefile("rb")
        self.name = re.escape("{}:{}".format(*self.peer.getsockname()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.peer.close()

    def send(self, data):
        self.peer.sendall(data)

    def answer(self, method="GET"):
        return Answer(self.stream, method)

    def ask(self, target, *fields, **more):
        self.send(request(target, *fields, **more))
        return self.answer(more.get("method", "GET"))

    def rest(self):
        """All that still comes until the server closes; a reset is an error."""
        return self.stream.read()

    def reset(self):
        self.stream.close()
        reset(self.peer)


def ask(ip, target, *fields, **more):
    """One request on a connection of its own."""
    with Caller(ip) as caller:
        return caller.ask(target, *fields, **more)


def raw(ip, data, half_close=False, port=PORT):
    """What the tutorial's protocol answers."""
    with Caller(ip, port) as caller:
        caller.send(data)
        if half_close:
            caller.peer.shutdown(socket.SHUT_WR)
        return caller.rest()


def curl(*arguments, status=0, timeout=LONG):
    """Runs curl without anybody's settings; its output."""
    done = subprocess.run(
        ["curl", "-q", "-sS", "--noproxy", "*", "--max-time", str(timeout), *map(str, arguments)],
        capture_output=True,
        timeout=timeout + 10,
    )
    assert done.returncode == status, f"curl: {done.returncode}, {done.stderr.decode()}"
    return done.stdout


# --- file-client ---


def fetch(stack, name, *options, port=PORT, ip=HOST_IP):
    """Starts file-client, without progress: a board's console is a terminal."""
    return stack.start("file-client", "-q", *options, ip, port, name)


def check_received(app, data, path=None, resumed=0):
    """It ended well, says what it received (with -c: now), and the file is all of it."""
    assert app.wait(LONG) == 0, app
    match = app.expect(rf"^{RECEIVED}, saved as ")
    assert int(match[1]) == len(data) - resumed, app
    assert match[3] == sha256(data), app
    if path is not None:
        assert Path(path).read_bytes() == data
        assert not Path(f"{path}.part").exists()


def check_failed(app, reason, status=1):
    """It ended with this status and one line; the match in it."""
    assert app.wait(LONG) == status, app
    match = app.expect_error(rf"^file-client: {reason}")
    said = [line for line in app.error_lines if line.startswith("file-client: ")]
    assert len(said) == 1, app
    assert not [line for line in app.lines if re.search(RECEIVED, line)], app
    return match


class Server:
    """A server of the test's own. Each connection is answered by the next of `answers`, called as
    answer(peer, head) with the request up to its end; then it is closed, in order or with a reset.
    With all_come=False the last ones need not be asked for."""

    def __init__(
        self,
        *answers,
        end_of_request=b"\r\n\r\n",
        end="close",
        all_come=True,
        patience=PATIENCE,
    ):
        self.answers = answers
        self.all_come = all_come
        self.enough = False
        self.end_of_request = end_of_request
        self.end = end
        self.heads = []
        self.failure = None
        self.listener = socket.create_server((HOST_IP, 0))
        self.listener.settimeout(patience)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            for answer in self.answers:
                peer, _ = self.listener.accept()
                peer.settimeout(PATIENCE)
                self._serve(peer, answer)
        except Exception as problem:
            self.failure = None if self.enough else problem

    def _serve(self, peer, answer):
        head = b""
        try:
            while not head.endswith(self.end_of_request):
                head += receive_exactly(peer, 1)
            self.heads.append(head)
            answer(peer, head)
            if self.end == "reset":
                reset(peer)
        finally:
            peer.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if not self.all_come:
            self.enough = True
            self.listener.shutdown(socket.SHUT_RDWR)
        if kind is None:
            self.thread.join(PATIENCE)
            assert not self.thread.is_alive(), "nobody came, or its answer has no end"
        self.listener.close()
        if kind is None and self.failure:
            raise self.failure


def sends(data):
    """An answer of these bytes."""
    return lambda peer, head: peer.sendall(data)


def sends_what_is_taken(data):
    """The same to a client that may turn away before the end of it."""

    def answer(peer, head):
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            peer.sendall(data)

    return answer


def ok(data, *fields, length=None, status="200 OK"):
    """The bytes of an answer; with another Content-Length when that is given."""
    lines = [f"HTTP/1.1 {status}".encode(), *map(as_bytes, fields)]
    lines.append(b"Content-Length: " + as_bytes(str(len(data) if length is None else length)))
    return b"\r\n".join(lines) + b"\r\n\r\n" + data


def first_of_range(head):
    match = re.search(rb"\r\nRange: bytes=(\d+)-\r\n", head, re.IGNORECASE)
    return int(match[1]) if match else None


def ranged(data):
    """An answer that keeps to Range, as RFC 9110 says."""

    def answer(peer, head):
        first = first_of_range(head)
        if first is None:
            peer.sendall(ok(data))
        elif first >= len(data):
            field = f"Content-Range: bytes */{len(data)}"
            peer.sendall(ok(b"", field, status="416 Range Not Satisfiable"))
        else:
            field = f"Content-Range: bytes {first}-{len(data) - 1}/{len(data)}"
            peer.sendall(ok(data[first:], field, status="206 Partial Content"))

    return answer


def wait_for_end(peer):
    """Returns when the other side has ended the connection, one way or the other."""
    try:
        while peer.recv(65536):
            pass
    except (ConnectionResetError, BrokenPipeError):
        pass


@pytest.fixture
def http_server():
    """Starts Python's http.server for a folder; its port."""
    started = []

    def start(path, *options):
        process = subprocess.Popen(
            ["/usr/bin/python3", "-u", "-m", "http.server", "--bind", HOST_IP, *options]
            + ["--directory", str(path), "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        return int(re.search(rb" port (\d+) ", process.stdout.readline())[1])

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
