# SPDX-License-Identifier: BSD-3-Clause
"""Clients of file-server that leave in the middle, never read, never ask or take for ever: the
others are served meanwhile, and nothing of them is left."""

import os
import re
import signal
import subprocess
import threading
import time

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    PORT,
    Caller,
    ask,
    content,
    curl,
    folder,
    is_board,
    raw,
    request,
    serve,
)
from peers import interrupted, receive_exactly, wait_until
from porttools import linux_app, prompt  # noqa: F401 (fixtures)
from stacks import PATIENCE, REPO

ROM = REPO / "board" / "rom"
SMALL = content(2000)
LARGE = content(500_000)  # the begin of it; then zeros, more than all buffers on the way hold
LARGE_SIZE = 64_000_000


def write_files(path):
    (path / "small.bin").write_bytes(SMALL)
    (path / "large.bin").write_bytes(LARGE)
    os.truncate(path / "large.bin", LARGE_SIZE)


@pytest.fixture
def server(stack, folder):
    write_files(folder.path)
    app = serve(stack, folder(""))
    assert ask(app.ip, "/small.bin").body == SMALL  # what is made once is made
    return app


def still_serves(server):
    assert ask(server.ip, "/small.bin").body == SMALL
    assert raw(server.ip, b"small.bin\n") == SMALL


class NothingLeft:
    """Checks that a server on this machine has no more in use afterwards than before."""

    def __init__(self, stack, server):
        self.server = server
        self.before = None if is_board(stack) else self._in_use()

    def _in_use(self):
        """Descriptors and threads of the process, when all of its clients have gone."""
        wait_until(self._all_gone, "all clients have gone")
        pid = self.server.process.pid
        return [len(os.listdir(f"/proc/{pid}/{what}")) for what in ("fd", "task")]

    def _all_gone(self):
        lines = list(self.server.lines)
        come = [line for line in lines if line.endswith(" connected")]
        return len(come) == len([line for line in lines if line.endswith(" bytes out")])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.before and kind is None:
            wait_until(
                lambda: all(now <= was for now, was in zip(self._in_use(), self.before)),
                f"no more in use than {self.before}",
            )


# --- Clients that leave ---

HEAD = request("/large.bin")
LEAVES = {
    "at once": b"",
    "in the method": b"GE",
    "in the request line": HEAD[:12],
    "in a field": HEAD[:30],
    "before the empty line": HEAD[:-2],
    "in a name": b"larg",
    "in the body": HEAD,
    "in the tutorial's body": b"large.bin\n",
}


@pytest.mark.parametrize("how", ["close", "reset"])
def test_clients_that_leave(stack, server, how):
    with NothingLeft(stack, server):
        for phase, data in LEAVES.items():
            with Caller(server.ip, window=4096) as caller:
                name = caller.name
                server.expect(f"^client {name} connected$")
                caller.send(data)
                if "body" in phase:
                    receive_exactly(caller.peer, 3000)
                if how == "reset":
                    caller.reset()
            # Who closes with bytes unread resets. A half name is one, too, and answered.
            ending = "reset" if how == "reset" or "body" in phase else "closed"
            server.expect(rf"^client {name} {ending}, \d+ bytes in, \d+ bytes out$")
        still_serves(server)


def test_clients_that_are_killed(stack, server, tmp_path):
    """curl in the middle of a body: the kernel resets the connection."""
    with NothingLeft(stack, server):
        for _ in range(3):
            process = subprocess.Popen(
                ["curl", "-q", "-s", "--noproxy", "*", "--limit-rate", "100k", "-o"]
                + [str(tmp_path / "part"), f"http://{server.ip}:{PORT}/large.bin"]
            )
            try:
                server.expect(r"^client \S+ connected$")
                part = tmp_path / "part"
                wait_until(lambda: part.exists() and part.stat().st_size > 0, "some of it")
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
            server.expect(r"^client \S+ reset, \d+ bytes in, \d+ bytes out$")
            part.unlink()
        still_serves(server)


def test_clients_that_leave_at_once(stack, server):
    """Some are gone before accept() sees them."""
    with NothingLeft(stack, server):
        for number in range(12):
            with Caller(server.ip) as caller:
                if number % 2:
                    caller.reset()
        still_serves(server)


# --- Files that change ---


def test_file_that_becomes_shorter(stack, server, folder):
    """What is missing is a cut: the connection ends early, and the server says why."""
    with NothingLeft(stack, server):
        for data in (HEAD, b"large.bin\n"):
            with Caller(server.ip, window=4096) as caller:
                caller.send(data)
                receive_exactly(caller.peer, 3000)
                os.truncate(folder.path / "large.bin", 1000)
                # Read on: a server with little to send from looks at the file only then.
                assert has_ended_somehow(caller.peer)
                server.expect_error(
                    rf'^file-server: client {caller.name}: read "large.bin": it has become shorter$'
                )
            os.truncate(folder.path / "large.bin", LARGE_SIZE)
        still_serves(server)


def test_file_that_grows(stack, server, folder):
    """Content-Length was said: no more than that comes, and the connection goes on."""
    size = 300_000
    os.truncate(folder.path / "large.bin", size)
    with Caller(server.ip, window=4096) as caller:
        caller.send(HEAD)
        begin = receive_exactly(caller.peer, 3000)
        os.truncate(folder.path / "large.bin", LARGE_SIZE)
        head, _, body = begin.partition(b"\r\n\r\n")
        assert b"Content-Length: 300000\r\n" in head
        body += receive_exactly(caller.peer, size - len(body))
        assert body == LARGE[:size]
        assert caller.ask("/small.bin").body == SMALL


# --- Clients that stay ---


def drip(caller, data, over):
    """A byte a second."""
    try:
        for byte in data:
            caller.send(bytes([byte]))
            if over.wait(1):
                return
    except OSError:
        pass  # the server has had enough


def sip(caller, over):
    """Less of an answer than the server asks for, again and again."""
    try:
        while not over.wait(2):
            caller.peer.recv(500)
    except OSError:
        pass  # the server has had enough


def test_clients_that_stay(stack, server):
    """Three at once: one never asks, one reads a little now and then, one asks a byte at a time.
    Each is dropped after its time, and who asks in order is served all the while."""
    over = threading.Event()
    with NothingLeft(stack, server), Caller(server.ip) as silent, Caller(
        server.ip, window=4096
    ) as greedy, Caller(server.ip) as slow:
        greedy.send(HEAD)
        sipper = threading.Thread(target=sip, args=(greedy, over), daemon=True)
        sipper.start()
        first, rest = request("/small.bin", "X: " + "x" * 100).split(b"\r\n", 1)
        slow.send(first + b"\r\n")
        dripper = threading.Thread(target=drip, args=(slow, rest, over), daemon=True)
        dripper.start()
        begin = time.monotonic()
        names = {silent.name, greedy.name, slow.name}
        ended = rf"^client ({'|'.join(names)}) timed out, \d+ bytes in, \d+ bytes out$"
        served = 0
        while time.monotonic() - begin < 8:
            still_serves(server)
            served += 2
            early = any(re.search(ended, line) for line in server.lines)
            assert not early or time.monotonic() - begin > 9
            time.sleep(0.2)  # not to fill the log
        assert served >= 6
        for _ in range(3):
            name = re.escape(server.expect(ended, 30)[1])
            names.remove(name)
            still_serves(server)
        for caller in (silent, slow):
            assert has_ended_somehow(caller.peer)
        over.set()
        dripper.join(PATIENCE)
        sipper.join(PATIENCE)


def has_ended_somehow(peer):
    """After what may have been answered first."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if peer.recv(65536) == b"":
                return True
        except (ConnectionResetError, BrokenPipeError):
            return True
    return False


def test_idle_connections_and_a_slow_reader(stack, server):
    """Connections that are kept open after an answer, and not used again, are closed; who reads a
    little now and then, for longer than that, is not dropped."""
    with NothingLeft(stack, server):
        with Caller(server.ip) as kept, Caller(server.ip) as again, Caller(
            server.ip, window=4096
        ) as slow:
            slow.send(HEAD)
            assert kept.ask("/small.bin").body == SMALL
            assert again.ask("/small.bin", method="HEAD").length == 2000
            again.send(b"GET ")  # and no more
            begin = time.monotonic()
            read = b""
            while time.monotonic() - begin < 14:
                read += receive_exactly(slow.peer, 8000)
                time.sleep(0.7)  # a slow one
            for caller in (kept, again):
                assert has_ended_somehow(caller.peer)
            name = slow.name
            assert not [line for line in server.lines if re.search(f"^client {name} tim", line)]
            slow.reset()
        assert LARGE.startswith(read.partition(b"\r\n\r\n")[2])
        server.expect(rf"^client {name} reset, ")
    still_serves(server)


def test_interrupt_while_serving(stack, server):
    """Everybody's connection ends, and so does the server, within a second or so."""
    with Caller(server.ip, window=4096) as greedy, Caller(server.ip) as silent:
        greedy.send(HEAD)
        receive_exactly(greedy.peer, 3000)
        assert interrupted(server) == 130
        for caller in (greedy, silent):
            assert has_ended_somehow(caller.peer)


# --- Many, one after another ---


def one_of_many(ip, number, name="small.bin", data=SMALL, large="large.bin"):
    """A download, in order or not: HTTP by curl, HTTP, the tutorial's way, cut by the client; and
    the page of the folder."""
    kind = number % 7
    if kind == 0:
        assert curl(f"http://{ip}:{PORT}/{name}") == data
    elif kind in (1, 2):
        assert ask(ip, f"/{name}").body == data
    elif kind == 3:
        assert raw(ip, name.encode() + b"\n") == data
    elif kind == 4:
        assert ask(ip, "/nosuch").status == 404
    elif kind == 5:
        assert name.encode() in ask(ip, "/").body
    else:
        with Caller(ip, window=4096) as caller:
            caller.send(request(f"/{large}"))
            receive_exactly(caller.peer, 500)
            caller.reset()


def memory_of(server):
    """What the process has written to that is no file's: heap and stacks, in kB."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(re.search(r"RssAnon:\s+(\d+) kB", status.read())[1])


def test_300_downloads(stack, server):
    if is_board(stack):
        pytest.skip("test_1000_downloads_of_a_board looks deeper")
    with NothingLeft(stack, server):
        # On lwIP as many as later: those in TIME_WAIT lie in a part of a pool that is touched then.
        for number in range(300 if stack.is_lwip else 30):
            one_of_many(server.ip, number)
        before = memory_of(server)
        for number in range(300):
            one_of_many(server.ip, number)
    still_serves(server)
    # The smallest thing that is lost with each would be as much.
    assert memory_of(server) - before < 64
    server.interrupt()
    assert server.wait() == 130


def pools_after(linux_app, network, path, count):
    """What lwIP has in use, and how often it was short, at the end of so many downloads."""
    tap, ip = network.lend()
    app = linux_app(
        *("file-server", "-d", path, PORT),
        **{"PORTSIDE_IF": f"tap:{tap}", "PORTSIDE_IP": f"{ip}/24", "PORTSIDE_STATS": "1"},
    )
    try:
        app.expect("^listening")
        for number in range(count):
            one_of_many(ip, number)
        app.interrupt()
        assert app.wait() == 130
    finally:
        app.kill()
        network.give_back(tap, ip)
    lines = [re.fullmatch(r"([A-Z_]+) +(\d+) +\d+ +\d+ +(\d+)", x) for x in app.error_lines]
    return {line[1]: (line[2], line[3]) for line in lines if line}


def test_300_downloads_give_back_lwips_pools(linux_app, network, tmp_path):
    write_files(tmp_path)
    few = pools_after(linux_app, network, tmp_path, 7)
    many = pools_after(linux_app, network, tmp_path, 300)
    # Connections in TIME_WAIT are there for a while.
    assert few.pop("TCP_PCB")[1] == many.pop("TCP_PCB")[1] == "0"
    # A pool is listed once it was asked for anything.
    assert {name: many[name] for name in few} == few and "NETCONN" in many
    assert all(many[name][0] == "0" for name in many.keys() - few.keys())


def resources(prompt):
    output, status = prompt.run("resources")
    assert status == 0, output
    return dict(re.findall(r"([\w-]+)=(\d+)", output))


def downloads_of_a_board(prompt, count):
    """Serves /rom in the prompt, and ends it."""
    prompt.type(f"file-server -d /rom {PORT}\n")
    prompt.expect("^listening")
    samples = [path for path in ROM.iterdir() if path.is_file()]
    small, large = (choose(samples, key=lambda path: path.stat().st_size) for choose in (min, max))
    for number in range(count):
        one_of_many(prompt.ip, number, small.name, small.read_bytes(), large.name)
        # What nobody reads would stop the console, and with it the board.
        prompt.expect(r"^client \S+ (closed|reset), .* bytes out\n")
    prompt.type("\x03")
    prompt.expect("exit status 130\nportside> ")


def test_1000_downloads_of_a_board(prompt):
    """Pools, heap, threads and files are as before."""
    downloads_of_a_board(prompt, 7)  # the first round leaves FILEs for as many threads at once
    before = resources(prompt)
    downloads_of_a_board(prompt, 1000)
    wait_until(lambda: resources(prompt) == before, f"{resources(prompt)} is {before}")
    assert {"heap", "threads", "TCP_PCB", "PBUF_POOL"} <= set(before)
