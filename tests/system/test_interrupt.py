# SPDX-License-Identifier: BSD-3-Clause
"""SIGINT (Ctrl-C on a board) in every call that blocks, on every stack.

The probe `block` waits in the call that is named. By default the signal ends it: its sockets are
closed, its peer sees FIN or RST and has what was sent before. With a handler the call returns EINTR
and the program goes on. Where POSIX gives a call no EINTR (thrd_join, cnd_wait) the handler runs
while it waits.
"""

import contextlib
import re
import signal
import socket
import subprocess
import time

import pytest

from peers import wait_until
from porttools import BUILD, on, probes, prompt, resources  # noqa: F401 (fixtures)
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
        self.query = self.asker = None
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
            self.query, self.asker = self.names.recvfrom(512)
            assert b"nobody" in self.query

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
        time.sleep(0.1)  # the distance between two looks
        return self._unread()

    def answer_late(self):
        """The name server says that there is no such name, to somebody who no longer asks."""
        self.names.sendto(self.query[:2] + b"\x81\x83" + self.query[4:], self.asker)

    def read_to_end(self):
        """All that the peer gets, and how it ends: "FIN" or "RST"."""
        data = b""
        while True:
            try:
                part = self.peer.recv(1 << 20)
            except ConnectionResetError:
                return data, "RST"
            if not part:
                self.peer.close()  # else an exiting program waits for our side's FIN
                return data, "FIN"
            data += part


@pytest.fixture
def scene_of():
    with contextlib.ExitStack() as opened:
        yield lambda call: Scene(call, opened)


def start_block(probes, scene, *options, tmp_path=None):
    """Starts the probe; returns when it waits in the call."""
    words = [*options, scene.call, *scene.arguments]
    if probes.name == "host" and scene.names:
        app = start_with_our_names(probes, words, tmp_path)
    else:
        app = probes.start("block", *words)
    app.expect(f"^blocking in {scene.call}$")
    scene.wait_until_blocked()
    if not probes.is_board:
        wait_until(lambda: is_asleep(app.process.pid), f"asleep in {scene.call}")
    return app


def is_asleep(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def start_with_our_names(probes, words, tmp_path):
    """The host's resolver knows the machine's name servers: in a mount namespace, ours."""
    possible = subprocess.run(
        ["unshare", "-m", "true"], capture_output=True, text=True, timeout=10
    )
    if possible.returncode:
        pytest.skip(f"no mount namespace for the host's resolver: {possible.stderr.strip()}")
    (tmp_path / "resolv.conf").write_text(
        f"nameserver {HOST_IP}\noptions timeout:1 attempts:2\n"
    )
    (tmp_path / "nsswitch.conf").write_text("hosts: dns\n")
    script = "set -e; for f in resolv.conf nsswitch.conf; do mount --bind $0/$f /etc/$f; done; "
    probe = BUILD / "host" / "probes" / "block"
    command = ["unshare", "-m", "sh", "-c", script + 'exec "$@"', str(tmp_path), str(probe)]
    app = probes._spawn([*command, *map(str, words)], HOST_IP, lambda: None, False, None)
    probes.started.append(app)
    return app


def ended_by(probes, sig):
    return -sig if probes.name == "host" else 128 + sig


@pytest.mark.parametrize("call", CALLS)
def test_default_action(probes, scene_of, call, tmp_path):
    scene = scene_of(call)
    app = start_block(probes, scene, tmp_path=tmp_path)
    app.interrupt()
    ending = scene.read_to_end() if scene.peer else None
    assert app.wait(SOON) == ended_by(probes, signal.SIGINT)
    assert not any("returned" in line for line in app.lines), app
    if ending:
        data, how = ending
        assert data[:6] == b"before"
        assert how == "FIN" or call != "recv"


@pytest.mark.parametrize("call", CALLS)
def test_handler(probes, scene_of, call, tmp_path):
    scene = scene_of(call)
    app = start_block(probes, scene, "-s", tmp_path=tmp_path)
    app.interrupt()
    returned = app.expect(rf"^{call} returned (.*)$", SOON)[1]
    check_returned(probes.name, call, returned)
    if call == "send":
        sent = int(app.expect(r"^sent (\d+) bytes$")[1])
    app.expect("^the handler ran$", SOON)
    # One signal ends one call. But lwIP's send() that had taken something says how much, and its
    # EINTR goes to the next call, so that a loop that sends the rest learns of it.
    cut = call == "send" and probes.is_lwip and not returned.startswith("-1")
    app.expect(f"^then poll returned {'-1, EINTR' if cut else '0'}$", SOON)
    ending = scene.read_to_end() if scene.peer else None
    assert app.wait(SOON) == 0
    if call == "recv":
        assert ending == (b"before", "FIN")
    elif call == "send":
        assert (len(ending[0]), ending[1]) == (sent, "FIN")
    elif call == "close":
        assert ending[0][:6] == b"before"


def check_returned(stack, call, returned):
    if call in ("thrd_join", "cnd_wait"):
        assert returned == "0"
    elif call == "thrd_sleep":
        assert returned.startswith("-1")
    elif call == "send":
        # What was taken before the signal counts.
        assert returned == "-1, EINTR" or int(returned) > 0
    elif call == "close" and stack == "host":
        assert returned == "0"  # Linux goes on in the background
    elif call == "getaddrinfo" and stack == "host":
        assert not returned.startswith("0")  # glibc's goes on until it has waited long enough
    else:
        assert returned == "-1, EINTR"


@on("host", "linux")
@pytest.mark.parametrize("call", ["recv", "poll", "thrd_join"])
def test_terminated(probes, scene_of, call):
    """SIGTERM does what SIGINT does; a board has no key for it."""
    scene = scene_of(call)
    app = start_block(probes, scene)
    app.process.send_signal(signal.SIGTERM)
    if scene.peer:
        assert scene.read_to_end() == (b"before", "FIN")
    assert app.wait(SOON) == ended_by(probes, signal.SIGTERM)


@on("host", "linux")
@pytest.mark.parametrize("call", ["recvfrom", "connect", "fgets"])
def test_ignored(probes, scene_of, call):
    """A program in the background, started with SIGINT ignored, is left alone."""
    scene = scene_of(call)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        app = start_block(probes, scene)
    finally:
        signal.signal(signal.SIGINT, before)
    app.interrupt()
    app.process.send_signal(signal.SIGTERM)
    assert app.wait(SOON) == ended_by(probes, signal.SIGTERM)


@on("host", "linux")
@pytest.mark.parametrize("call", ["recvfrom", "poll"])
def test_at_any_moment_of_the_start(probes, call):
    """Before main() the kernel ends it, later the stack; at no moment does it crash or hang."""
    for step in range(60):
        app = probes.start("block", call, PORT)
        time.sleep(step * 0.0003)  # the moment
        app.interrupt()
        assert app.wait(SOON) in (-signal.SIGINT, ended_by(probes, signal.SIGINT)), step
        assert not app.error_lines
        app.kill()


def run_and_interrupt(prompt, scene, *options):
    line = " ".join(map(str, ["block", *options, scene.call, *scene.arguments]))
    prompt.type(line + "\n")
    prompt.expect(f"^blocking in {scene.call}\n")
    scene.wait_until_blocked()
    prompt.type("\x03")
    if scene.peer:
        scene.read_to_end()
    if scene.names:
        scene.answer_late()
    prompt.expect(r"\^C\n", SOON)
    if options:
        prompt.expect("^the handler ran\nthen poll returned .*\nportside> ", SOON)
    else:
        prompt.expect("^exit status 130\nportside> ", SOON)


def test_board_gets_all_back(prompt):
    """What an interrupted job had is there again: sockets, threads, heap, lwIP's pools."""
    baseline = None
    for _ in range(3):
        for call in CALLS:
            for options in ((), ("-s",)):
                with contextlib.ExitStack() as opened:
                    run_and_interrupt(prompt, Scene(call, opened), *options)
        if baseline is None:
            # The first round also fills what is kept for good: ARP entries, semaphores.
            baseline = resources(prompt)
            assert baseline["sockets"] == 0 and baseline["jobs"] == 1, baseline
    wait_until(lambda: resources(prompt) == baseline, f"{resources(prompt)} is {baseline}")


def test_board_at_any_moment(prompt):
    """Ctrl-C before, while and after a program starts: each time the prompt comes back."""
    calls = [call for call in CALLS if call not in WITH_PEER]
    for step in range(60):
        prompt.type(f"block {calls[step % len(calls)]} {HOST_IP} {PORT}\n")
        time.sleep(step * 0.0005)  # the moment
        # Who reads the next line? Prompts and echoes may mix, a line of the shell's does not.
        prompt.type(f"\x03mark{step}\n")
        prompt.expect(f"mark{step}: unknown command", SOON)
    prompt.type("help\n")
    prompt.expect("commands:\n")
