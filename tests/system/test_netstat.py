# SPDX-License-Identifier: BSD-3-Clause
"""netstat: every socket in states that the test brings about, compared with what the peer knows;
while connections come and go; on SIGUSR1; and after programs have ended."""

import contextlib
import re
import signal
import socket
import subprocess
import threading
import time

from netstat_rows import END_OF_STATS, HEADER, kernel_sees, of_peer, rows_of, table_of
from peers import exchange, has_ended, receive_to_end, wait_until
from porttools import (  # noqa: F401 (fixtures)
    answers,
    lwip,
    linux_app,
    on,
    option_of,
    probes,
    prompt,
)
from stacks import BUILD, PATIENCE

PORT = 8080
UDP_PORT = 5000


class Scene:
    """The probe of that name: a socket for each line."""

    def __init__(self, app):
        self.app = app
        self.ip = app.ip
        app.expect("^ready$")

    def say(self, line):
        """The lines that it answers with."""
        self.app.type(line + "\n")
        begin = self.app._seen["out"]
        self.app.expect("^ok$")
        lines = self.app.lines[begin : self.app._seen["out"] - 1]
        return [each for each in lines if each != line]  # a board's console echoes

    def open(self, line):
        """A new socket: its slot and its descriptor."""
        (answer,) = self.say(line)
        return re.fullmatch(r"slot (\d+) fd (\d+)", answer).groups()

    def rows(self):
        return rows_of(self.say("netstat"))

    def row(self, peer):
        """The one row of the connection with this peer's socket."""
        (row,) = of_peer(self.rows(), peer.getsockname()[1])
        return row

    def stats(self):
        return table_of(self.say("stats"))

    def wait_for(self, peer, **wanted):
        """Until the row of the connection is so."""

        def matches():
            rows = of_peer(self.rows(), peer.getsockname()[1])
            return len(rows) == 1 and all(rows[0][name] == wanted[name] for name in wanted)

        wait_until(matches, f"{peer.getsockname()}: {wanted}")
        return self.row(peer)


def listening(rows, port=PORT):
    (row,) = [row for row in rows if row["state"] == "LISTEN" and row["local"] == f"*:{port}"]
    return row


def fill_mailbox(scene, peer, size):
    """Ten more datagrams of 100 bytes than its mailbox holds."""
    for number in range(size + 10):
        peer.sendto(bytes(100), (scene.ip, UDP_PORT))
        if number % 10 == 0:
            assert answers(scene.ip)  # no faster than a board's FIFO
    assert answers(scene.ip)


def check_udp(scene, peer, name):
    size = option_of(name, "DEFAULT_UDP_RECVMBOX_SIZE")
    _, fd = scene.open(f"udp {UDP_PORT}")
    fill_mailbox(scene, peer, size)
    (row,) = [row for row in scene.rows() if row["local"] == f"*:{UDP_PORT}"]
    assert (row["proto"], row["remote"], row["state"]) == ("udp", "*:*", "-")
    assert (row["recv"], row["send"], row["fd"]) == (100 * size, 0, fd)
    assert re.fullmatch(r"scene(/\d+)?", row["owner"])
    assert row.details == (size, 10)
    return row["owner"]


def check_backlog(scene, peers):
    """Three clients, room for two; the third's SYN comes again when there is room."""
    slot, fd = scene.open(f"listen {PORT} 2")
    for peer in peers:
        peer.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            peer.connect((scene.ip, PORT))

    def states():
        return sorted(kernel_sees(peer.getsockname()[1])[0] for peer in peers)

    wait_until(lambda: states() == ["ESTAB", "ESTAB", "SYN-SENT"], "two are in")
    rows = scene.rows()
    row = listening(rows)
    assert (row["pending"], row["backlog"], row["fd"]) == (2, 2, fd)
    for peer in peers:
        port = peer.getsockname()[1]
        found = of_peer(rows, port)
        if kernel_sees(port)[0] == "ESTAB":
            assert [each["state"] for each in found] == ["ESTABLISHED"]
            assert (found[0]["fd"], found[0]["owner"]) == ("-", "-")
            assert found[0]["local"] == f"{scene.ip}:{PORT}"
        else:
            assert found == []
    return slot


def accept(scene, listener, peers):
    """Accepts one; its slot and the peer."""
    slot, fd = scene.open(f"accept {listener}")
    ports = {
        int(row["remote"].rpartition(":")[2]) for row in scene.rows() if row["fd"] == fd
    }
    (peer,) = [peer for peer in peers if peer.getsockname()[1] in ports]
    peer.settimeout(PATIENCE)
    return slot, fd, peer


def check_unread(scene, slot, fd, peer, owner):
    peer.sendall(bytes(1000))
    row = scene.wait_for(peer, recv=1000)
    assert (row["state"], row["send"]) == ("ESTABLISHED", 0)
    assert (row["fd"], row["owner"]) == (fd, owner)
    scene.say(f"receive {slot} 400")
    assert scene.row(peer)["recv"] == 600
    # The peer closes: what it sent is still there to be read.
    peer.shutdown(socket.SHUT_WR)
    assert scene.wait_for(peer, state="CLOSE_WAIT")["recv"] == 600
    assert kernel_sees(peer.getsockname()[1])[0] == "FIN-WAIT-2"
    scene.say(f"receive {slot} 600")
    assert scene.row(peer)["recv"] == 0
    scene.say(f"close {slot}")
    assert receive_to_end(peer) == b""
    wait_until(lambda: not of_peer(scene.rows(), peer.getsockname()[1]), "it is gone")


def check_unsent(scene, slot, peer):
    """Against a peer that does not read: what it has not taken is in SEND, in FIN_WAIT_1, too."""
    port = peer.getsockname()[1]
    sent = 0

    def is_full():
        nonlocal sent
        (answer,) = scene.say(f"send {slot} 1000000")
        sent += int(answer.split()[1])
        return answer == "sent 0" and 0 < scene.row(peer)["send"] == sent - kernel_sees(port)[1]

    wait_until(is_full, "it takes no more, and both sides agree on what is under way")
    scene.say(f"shutdown {slot}")
    row = scene.wait_for(peer, state="FIN_WAIT_1")
    assert row["send"] == sent - kernel_sees(port)[1]
    # Read, it comes to its end: FIN_WAIT_2, and TIME_WAIT, which nobody owns.
    assert len(receive_to_end(peer)) == sent
    assert scene.wait_for(peer, state="FIN_WAIT_2")["send"] == 0
    assert kernel_sees(port)[0] == "CLOSE-WAIT"
    peer.shutdown(socket.SHUT_WR)
    row = scene.wait_for(peer, state="TIME_WAIT")
    assert (row["fd"], row["owner"], row["recv"], row["send"]) == ("-", "-", 0, 0)
    scene.say(f"close {slot}")
    assert scene.row(peer)["state"] == "TIME_WAIT"


@on("linux", "board")
def test_known_situations(probes, sockets, udp_peer):
    begin = time.monotonic()
    scene = Scene(probes.start("scene"))
    owner = check_udp(scene, udp_peer, probes.name)
    peers = [sockets(socket.SOCK_STREAM) for _ in range(3)]
    for peer in peers:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener = check_backlog(scene, peers)
    slot, fd, peer = accept(scene, listener, peers)
    peers.remove(peer)
    wait_until(lambda: listening(scene.rows())["pending"] == 2, "the third is in")
    check_unread(scene, slot, fd, peer, owner)
    slot, fd, peer = accept(scene, listener, peers)
    peers.remove(peer)
    check_unsent(scene, slot, peer)
    assert listening(scene.rows())["pending"] == 1
    assert all(row["age"] <= time.monotonic() - begin + 1 for row in scene.rows())
    # A connection that was reset leaves its socket behind, and nothing else.
    slot, fd, peer = accept(scene, listener, peers)
    port = peer.getsockname()[1]
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    wait_until(lambda: not of_peer(scene.rows(), port), "it was reset")
    (row,) = [row for row in scene.rows() if row["fd"] == fd]
    assert (row["state"], row["local"], row["remote"]) == ("CLOSED", "*:*", "*:*")
    pools = scene.stats()
    assert pools["TCP_PCB_LISTEN"][0] == 1 and pools["UDP_PCB"][0] >= 1
    scene.app.end_input()
    assert scene.app.wait() == 0


@on("linux", "board")
def test_connected_out_and_unbound(probes, tcp_listener):
    scene = Scene(probes.start("scene"))
    ip, port = tcp_listener.getsockname()
    _, fd = scene.open(f"connect {ip} {port}")
    peer, address = tcp_listener.accept()
    with peer:
        (row,) = [row for row in scene.rows() if row["fd"] == fd]
        assert row["local"] == f"{address[0]}:{address[1]}" and row["remote"] == f"{ip}:{port}"
        assert row["state"] == "ESTABLISHED"


@on("linux", "board")
def test_while_connections_come_and_go(probes, connect):
    """Each text is whole, and what stays is in it once."""
    count = 60 if probes.is_board else 300
    scene = Scene(probes.start("scene"))
    slot, fd = scene.open(f"listen {PORT} 8")
    lasting = connect(scene.ip, PORT)
    _, lasting_fd = scene.open(f"accept {slot}")
    stop = threading.Event()

    def come_and_go():
        while not stop.is_set():
            with contextlib.suppress(OSError), socket.socket() as peer:
                peer.settimeout(1)
                peer.connect((scene.ip, PORT))
                has_ended(peer, 1)

    crowd = [threading.Thread(target=come_and_go) for _ in range(4)]
    for each in crowd:
        each.start()
    try:
        scene.app.type(f"churn {slot} {count}\n")
        scene.app.expect("^ok$", 60)
    finally:
        stop.set()
        for each in crowd:
            each.join(PATIENCE)
    texts = "\n".join(scene.app.lines).split("OWNER\n")[1:]
    assert len(texts) == count
    for text in texts:
        rows = rows_of(line for line in text.splitlines() if line.startswith(("tcp", "udp")))
        assert [row["fd"] for row in rows].count(fd) == 1, text
        (row,) = of_peer(rows, lasting.getsockname()[1])
        assert (row["fd"], row["state"]) == (lasting_fd, "ESTABLISHED")
    lasting.sendall(b"still there")
    scene.say("receive 1 11")


# --- SIGUSR1 ---


def report_of(app):
    """Sends the signal; the lines of netstat and the table of stats."""
    begin = len(app.error_lines)
    app.process.send_signal(signal.SIGUSR1)
    app.expect_error(HEADER)
    app.expect_error(END_OF_STATS)
    lines = list(app.error_lines[begin:])
    pool = next(i for i, line in enumerate(lines) if line.startswith("pool "))
    return rows_of(lines[:pool]), table_of(lines[pool:])


@on("linux", fixture="lwip")
def test_signal_of_a_blocked_program(lwip, connect):
    """The call under way goes on: the server that waits in accept() and recv() notices nothing."""
    app = lwip.start("tcp-server", "-M", "talk", PORT)
    app.expect("^listening")
    for _ in range(3):
        rows, pools = report_of(app)
        assert listening(rows)["owner"] == "tcp-server" and pools["TCP_PCB_LISTEN"][0] == 1
    peer = connect(app.ip, PORT)
    exchange(peer, b"one")
    for _ in range(3):
        rows, _ = report_of(app)
        (row,) = of_peer(rows, peer.getsockname()[1])
        assert row["state"] == "ESTABLISHED" and row["owner"] == "tcp-server"
    exchange(peer, b"two")
    peer.close()
    app.expect("closed, 6 bytes in, 6 bytes out")
    app.interrupt()
    assert app.wait() == 130
    assert not [line for line in app.error_lines if line.startswith("tcp-server")]


@on("linux")
def test_signal_at_any_time(probes, connect):
    """Before the stack is up, and while the program's end waits for a peer that does not read."""
    app = probes.start("scene")
    scene = Scene(app)
    rows, pools = report_of(app)
    assert rows == [] and "TCP_PCB" not in pools
    slot, _ = scene.open(f"listen {PORT} 2")
    rows, _ = report_of(app)
    assert listening(rows)["owner"] == "scene"
    peer = connect(scene.ip, PORT)
    accepted, _ = scene.open(f"accept {slot}")
    while scene.say(f"send {accepted} 1000000") != ["sent 0"]:
        pass
    app.end_input()
    wait_until(lambda: states_of(app, peer) == ["FIN_WAIT_1"], "the program's end is under way")
    assert receive_to_end(peer)
    assert app.wait() == 0


def states_of(app, peer):
    return [row["state"] for row in of_peer(report_of(app)[0], peer.getsockname()[1])]


@on("linux")
def test_signal_of_a_program_with_a_handler(probes):
    scene = Scene(probes.start("scene"))
    scene.open(f"udp {UDP_PORT}")
    scene.say("handle")
    scene.app.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: scene.say("signals") == ["signals 1"], "the handler has run")
    assert scene.app.error_lines == []


# --- Through the control socket ---


def ask(tool, *words):
    return subprocess.run(
        [BUILD / "linux" / tool, *words], capture_output=True, text=True, timeout=PATIENCE
    )


@on("linux")
def test_tools_ask_a_running_program(probes, connect):
    """build/linux/netstat and stats tell what the program itself does."""
    scene = Scene(probes.start("scene"))
    slot, _ = scene.open(f"listen {PORT} 2")
    peer = connect(scene.ip, PORT)
    pid = str(scene.app.process.pid)
    done = ask("netstat", "-p", pid)
    assert (done.returncode, done.stderr) == (0, "")
    rows = rows_of(done.stdout.splitlines())
    row = listening(rows)
    assert (row["pending"], row["backlog"], row["owner"]) == (1, 2, "scene")
    assert len(of_peer(rows, peer.getsockname()[1])) == 1 and len(rows) == 2
    assert [dict(each, age=0) for each in rows] == [dict(each, age=0) for each in scene.rows()]
    done = ask("stats", "-p", pid)
    assert done.returncode == 0
    pools = table_of(done.stdout.splitlines())
    assert pools["TCP_PCB"][0] == 1 and pools["TCP_PCB_LISTEN"][0] == 1
    for tool in ("netstat", "stats"):
        done = ask(tool, "-p", pid, "x")
        assert done.returncode == 2
        assert f'{tool}: takes no arguments, got "x"' in done.stdout + done.stderr


# --- A board's prompt ---


def kept(prompt):
    """What stays when a program has ended: netstat without TIME_WAIT, the pools in use without
    those, and the heap."""
    rows = rows_of(prompt.run("netstat")[0].splitlines())
    waiting = [row for row in rows if row["state"] == "TIME_WAIT"]
    pools = table_of(prompt.run("stats")[0].splitlines())
    used = {name: numbers[0] for name, numbers in pools.items() if name.isupper()}
    used["TCP_PCB"] = used.get("TCP_PCB", 0) - len(waiting)
    memory = re.sub(r"most \d+", "", prompt.run("mem")[0])
    rows = [(row["local"], row["state"]) for row in rows if row not in waiting]
    return rows, {name: number for name, number in used.items() if number}, memory


def serve(prompt, connect, number):
    """Starts a server and ends it, as somebody talks to it or has left: the first Ctrl-C lets those
    who are there stay, the second ends them."""
    prompt.type(f"tcp-server -M threads {PORT}\n")
    prompt.expect("^listening")
    peer = connect(prompt.ip, PORT)
    exchange(peer, b"round %d" % number)
    if number % 2:
        peer.close()
    prompt.type("\x03")
    prompt.expect("^listens no more")
    if not number % 2:
        prompt.type("\x03")
    prompt.expect("exit status 130\nportside> ")
    peer.close()


def test_100_rounds_leave_all_as_before(prompt, connect):
    serve(prompt, connect, 0)  # what is made once is made
    before = kept(prompt)
    assert before[0] == []
    for number in range(100):
        serve(prompt, connect, number)
    wait_until(lambda: kept(prompt) == before, f"{kept(prompt)} is {before}")


def test_prompt_refuses_arguments(prompt):
    for command in ("netstat", "stats", "mem"):
        assert prompt.run(f"{command} x") == (
            f'{command}: takes no arguments, got "x"\n',
            2,
        )
