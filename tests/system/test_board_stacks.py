# SPDX-License-Identifier: BSD-3-Clause
"""A board's stacks: programs do what goes deep, and on each stack there is room left for what an
interrupt at the deepest place would push. The sizes in board.h and lwipopts.h rest on this.

The stacks of programs are read out of QEMU's memory, since what a thread leaves there stays until
the next one starts: painted words (port/cortex-m/kernel_thread.c) were never used.
"""

import contextlib
import re
import socket
import struct
import subprocess
import threading

import pytest

from messenger_peers import Refused, Server, User
from monitor import Monitor, qemu_with_monitor
from peers import exchange, has_ended, receive_to_end
from porttools import Prompt, answers
from stacks import HOST_IP, PATIENCE, PREFIX, REPO

PORT = 7007
PAINT = struct.pack("<I", 0xC5A5C5A5)
# An exception frame of 32 bytes, and the 32 of registers that a switch saves.
INTERRUPT = 64


def constant(board, name):
    text = (REPO / "board" / board / "board.h").read_text()
    return int(re.search(rf"^#define {name} (\d+)\b", text, re.MULTILINE)[1])


def symbol(board, name):
    """Address and size of a variable of the probes' image."""
    listing = subprocess.run(
        ["arm-none-eabi-nm", "-S", board.path()], capture_output=True, text=True, timeout=PATIENCE
    ).stdout
    address, size = re.search(rf"^(\w+) (\w+) \w {name}$", listing, re.MULTILINE).groups()
    return int(address, 16), int(size, 16)


class Watched:
    """A board's prompt, and the most that was used of the stacks of its programs."""

    def __init__(self, prompt, monitor, folder):
        self.prompt, self.monitor, self.dump = prompt, monitor, folder / "stacks"
        self.size = constant(prompt.board.name, "BOARD_APP_STACK")
        self.address, self.all = symbol(prompt.board, "stacks")
        assert self.all % self.size == 0
        self.most = {}

    def look(self, program):
        self.monitor.ask("memsave", val=self.address, size=self.all, filename=str(self.dump))
        memory = self.dump.read_bytes()
        for at in range(0, self.all, self.size):
            stack = memory[at : at + self.size]
            unused = 0
            while stack[unused : unused + 4] == PAINT:
                unused += 4
            # What was never used is all zeros.
            used = self.size - unused if any(stack) else 0
            self.most[program] = max(self.most.get(program, 0), used)

    def run(self, line):
        output = self.prompt.run(line, 40)[0]
        self.look(line.split()[0])
        return output

    @contextlib.contextmanager
    def server(self, line):
        """It is ended by a Ctrl-C."""
        self.prompt.type(line + "\n")
        self.prompt.expect("^listening")
        yield
        self.prompt.type("\x03")
        self.prompt.expect("^portside> ")
        self.look(line.split()[0])


@pytest.fixture
def watched(board_class, network, tmp_path):
    tap, ip = network.lend()
    qemu, path = qemu_with_monitor(tmp_path)
    prompt = Prompt(board_class.command(f"QEMU={qemu}", f"NET=tap:{tap}", f"IP={ip}/{PREFIX}"))
    prompt.ip, prompt.board = ip, board_class
    try:
        prompt.expect("^portside> ")
        with contextlib.closing(Monitor(path)) as monitor:
            yield Watched(prompt, monitor, tmp_path)
    finally:
        prompt.end()
        network.give_back(tap, ip)


@contextlib.contextmanager
def name_server():
    """There is no such name, it says."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST_IP, 53))
        server.settimeout(PATIENCE)

        def serve():
            query, asker = server.recvfrom(512)
            server.sendto(query[:2] + b"\x81\x83" + query[4:], asker)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(PATIENCE)


def use_messenger_server(watched):
    ip = watched.prompt.ip
    with watched.server(f"messenger-server -u 2 {PORT}"):
        alice, bob = (User(ip, PORT, name) for name in ("a" * 31, "\xe9" * 15))
        for name in ("carl", alice.name, "a:b"):
            with pytest.raises(Refused):
                User(ip, PORT, name)
        number = alice.send(b"SAY", bob.name, b"\xff" * 1000)
        assert bob.hear() == (alice.name, b"\xff" * 1000)
        alice.expect(b"DONE", number=number)
        assert alice.say("nobody", b"x") and len(alice.who()) == 2
        alice.udp.send(b"garbage" * 200)
        alice.log_out()
        bob.ping()
    bob.close()


def use_messenger(watched, sockets):
    server, prompt = Server(sockets), watched.prompt
    prompt.type(f"messenger alice {HOST_IP} {server.port}\n")
    server.log_in()
    prompt.expect("^logged in")
    server.send(b"MSG", 1, b"128", b"b" * 31, b"\xff" * 1000)
    server.expect(b"GOT")
    prompt.type("bob: " + "x" * 200 + "\n/who\nbob: no\n:\n")
    answers = {b"SAY": (b"DONE",), b"WHO": (b"USERS", b"0", *[b"u" * 31] * 30)}
    for word in (b"SAY", b"WHO"):
        answer, *rest = answers[word]
        server.send(answer, server.expect(word)[1], *rest)
    server.send(b"NOT", server.expect(b"SAY")[1], b"no such user")
    prompt.type("exit\n")
    server.send(b"BYE", server.expect(b"OUT")[1])
    prompt.expect("^portside> ")
    watched.look("messenger")


def use_shell(watched, connect):
    """Its own commands while there is a connection, and the programs that only boards have."""
    prompt = watched.prompt
    prompt.type(f"tcp-server -M threads {PORT} &\n")
    prompt.expect("listening on .*\n\\r?portside> ")
    peer = connect(prompt.ip, PORT)
    prompt.expect(" connected\n\\r?portside> ")
    for line in ("help", "jobs", "mem", "stats", "netstat", "ifconfig", "ps"):
        assert prompt.run(line)[1] == 0, line
    prompt.type("kill -KILL all\n")
    prompt.expect("tcp-server: exit status 137\n\\r?portside> ")
    assert has_ended(peer, PATIENCE)
    for line in (f"ping -c 1 {HOST_IP}", "dns localhost", "ls -l /rom", "cat /rom/ports.txt",
                 "cp /rom/ports.txt /ram/copy", "rm /ram/copy", "df"):  # fmt: skip
        watched.run(line)


def test_room_is_left(watched, connect, udp_peer, tcp_listener, sockets):
    prompt = watched.prompt
    with name_server():
        assert "getaddrinfo" in watched.run("udp-send -m x nobody.example 8080")
    port = udp_peer.getsockname()[1]
    assert "sent 5 bytes" in watched.run(f"udp-send -m hello {HOST_IP} {port}")
    assert udp_peer.recv(2048) == b"hello"
    with watched.server(f"udp-recv -E -g 239.77.1.2 {PORT}"):
        udp_peer.sendto(b"\xff" * 1472, (prompt.ip, PORT))
        assert len(udp_peer.recv(2048)) == 1472
    prompt.type(f"udp-chat {HOST_IP} {port}\n")
    bound = int(prompt.expect(r"^bound to [\d.]+:(\d+)$")[1])
    udp_peer.sendto(b"\xff" * 1472, (prompt.ip, bound))
    prompt.expect(r" 1472 bytes: (\\xff)+\nmessage> ")
    prompt.type("hello\n")
    assert udp_peer.recv(2048) == b"hello"
    prompt.expect("^sent 5 bytes .*\nmessage> ")
    prompt.type("exit\n")
    prompt.expect("^portside> ")
    watched.look("udp-chat")
    assert "documentation" in watched.run("ip 2001:db8:1:0:0:2:0:0/77 10.1.2.3/25 ::ffff:1.2.3.4")
    with watched.server(f"tcp-server -M threads {PORT}"):
        peers = [connect(prompt.ip, PORT) for _ in range(4)]
        for peer in peers:
            exchange(peer, b"\x01" * 1460)
        peers[0].close()
        prompt.type("\x03")
        prompt.expect("^listens no more, clients left: [34]$")
    port = tcp_listener.getsockname()[1]
    prompt.type(f"tcp-client -m hello {HOST_IP} {port}\n")
    with tcp_listener.accept()[0] as peer:
        assert peer.recv(100) == b"hello"
        peer.sendall(b"\xff" * 1460)
        prompt.expect("^received")
    prompt.expect("^portside> ")
    watched.look("tcp-client")
    with watched.server(f"file-server -d /rom {PORT}"):
        for request in (b"GET /ports.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                        b"GET /nosuch HTTP/1.1\r\nHost: x\r\nRange: bytes=1-\r\n\r\n",
                        b"GET / HTTP/1.0\r\n\r\n", b"ports.txt\n", b"../x\n"):
            peer = connect(prompt.ip, PORT)
            peer.sendall(request)
            peer.shutdown(socket.SHUT_WR)
            receive_to_end(peer)
    use_messenger_server(watched)
    use_messenger(watched, sockets)
    assert "3 received" in watched.run(f"ping -c 3 -i 5 -s 1472 {HOST_IP}")
    use_shell(watched, connect)
    assert answers(prompt.ip)
    for command in ("netstat", "stats", "mem"):  # in the shell's thread, main, looked at below
        assert prompt.run(command)[1] == 0
    size = constant(prompt.board.name, "BOARD_APP_STACK")
    for program, used in watched.most.items():
        assert 256 < used <= size - INTERRUPT, watched.most
    system = re.findall(r"^(\S+) (\d+) of (\d+)$", watched.run("stacks"), re.MULTILINE)
    assert {name for name, _, _ in system} >= {"main", "console", "tcpip", "ethernet", "idle"}
    for name, used, size in system:
        assert 0 < int(used) <= int(size) - INTERRUPT, system
