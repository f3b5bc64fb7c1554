# SPDX-License-Identifier: BSD-3-Clause
"""The demo's experiments.

Each is a function of a stack and of its peer, the host. It returns its figures, one for each of
its rows, all read from what the programs said in this run; or it raises a Failure that says what
differs from its claim.
"""

import hashlib
import os
import select
import socket
import time

from demo_lib.programs import HOST_IP, PATIENCE, SERVED, Failure, Program, check, deadline

BACKLOG, CLIENTS = 2, 6


def udp_there_and_back(stack, peer):
    receiver = stack.serve("udp-recv", "-E", "-n", 1)
    sender = peer.start("udp-send", "-r", "-m", "hello", receiver.address, receiver.port)
    sent = sender.expect(r"^sent 5 bytes \S+:(\d+) -> \S+:(\d+)$")
    reply = sender.expect(r"^(\S+):(\d+) 5 bytes: hello$")
    seen = receiver.expect(r"^\S+:(\d+) 5 bytes: hello$")
    sender.finish()
    receiver.finish()
    if stack.keeps_ports:
        check(seen[1] == sent[1], f"sent from port {sent[1]}, yet it came from {seen[1]}")
    check(
        (reply[1], int(reply[2])) == (receiver.address, receiver.port),
        f"sent to {receiver.address}:{receiver.port}, the reply came from {reply[1]}:{reply[2]}",
    )
    return f":{seen[1]}->:{sent[2]}", f":{reply[2]}->:{sent[1]}"


def unbound_sender(stack, peer):
    with socket.socket(type=socket.SOCK_DGRAM) as witness:
        witness.bind((HOST_IP, 0))
        witness.settimeout(max(0.1, min(PATIENCE, deadline - time.monotonic())))
        sender = stack.start("udp-send", "-n", 3, "-m", "hello", *witness.getsockname())
        said = sender.expect(r"^sent 5 bytes \S+:(\d+) -> ")[1]
        try:
            ports = [witness.recvfrom(100)[1][1] for _ in range(3)]
        except socket.timeout:
            raise Failure("its three datagrams did not all arrive") from None
        sender.finish()
    check(set(ports) == {int(said)}, f"it says port {said}, yet they came from {ports}")
    return (f"{said}, {len(ports)} times",)


def first_to_close(client, server, out):
    """Reads how client and server ended, and checks that they tell the same."""
    told = client.expect(r"^(closing|closed by) \S+, (\d+) bytes out, (\d+) bytes in$")
    seen = server.expect(r"^client \S+ (closed|served|.*), (\d+) bytes in, (\d+) bytes out$")
    client.finish()
    check(told.group(2, 3) == seen.group(2, 3), f"two accounts: {told[0]!r} and {seen[0]!r}")
    check(int(told[2]) == out, f"{told[2]} bytes were sent, not {out}")
    first = {("closing", "closed"): "client", ("closed by", "served"): "server"}
    who = first.get((told[1], seen[1]))
    check(who, f"two accounts: {told[0]!r} and {seen[0]!r}")
    return f"{told[2]} out, {told[3]} in", who


def connection(stack, client, server):
    told = client.expect(r"^connected \S+:(\d+) -> \S+:(\d+)$")
    seen = server.expect(r"^client \S+:(\d+) connected$")
    if stack.keeps_ports:
        check(seen[1] == told[1], f"connected from port {told[1]}, yet it came from {seen[1]}")
    return f":{seen[1]}->:{told[2]}"


def tcp_serves(stack, peer):
    texts = ["one", "two", "three"]
    server = stack.serve("tcp-server", "-M", "talk")
    says = [word for text in texts for word in ("-m", text)]
    client = peer.start("tcp-client", *says, server.address, server.port)
    ports = connection(stack, client, server)
    for text in texts:
        client.expect(f"^received {len(text)} bytes: {text}$")
    amount, first = first_to_close(client, server, len("".join(texts)))
    server.interrupt()
    check(first == "client", f"the {first} closed first")
    return ports, amount, first


def tcp_calls(stack, peer):
    server = peer.serve("tcp-server", "-M", "once", "-r", "bye")
    client = stack.start("tcp-client", "-m", "hello", server.address, server.port)
    ports = connection(stack, client, server)
    client.expect("^received 3 bytes: bye$")
    amount, first = first_to_close(client, server, len("hello"))
    server.finish()
    check(first == "server", f"the {first} closed first")
    return ports, amount, first


def second_bind(stack, _peer):
    probe = stack.start("probes/second-bind")
    found = [probe.expect(rf"^{kind} port \d+: second bind: (\w+)")[1] for kind in ("udp", "tcp")]
    probe.finish()
    check(found == ["EADDRINUSE"] * 2, f"UDP says {found[0]}, TCP says {found[1]}")
    return found


class Crowd:
    """Clients that connect at nearly the same time, send, and wait for a reply and its end."""

    def __init__(self, count):
        self.inside, self.served = set(), set()
        self.clients = [socket.socket() for _ in range(count)]
        self.called = []

    def connect(self, address):
        for client in self.clients:
            client.setblocking(False)
            client.connect_ex(address)
            self.called.append(client)
            # One after the other, so that they also come back one after the other.
            self.watch(0.06, lambda: len(self.inside) == len(self.called))

    def watch(self, seconds, enough=lambda: False):
        until = min(time.monotonic() + seconds, deadline)
        while not (enough() or Program.stopping or time.monotonic() >= until):
            calling = [client for client in self.called if client not in self.inside]
            talking = self.inside - self.served
            answered, connected, _ = select.select(talking, calling, [], 0.02)
            for client in connected:
                error = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                check(error == 0, f"a client got: {os.strerror(error)}")
                self.inside.add(client)
                client.send(b"hello")
            for client in answered:
                if not client.recv(100):
                    self.served.add(client)
                    client.close()  # so that a small board has a connection for the next one

    def end(self):
        for client in self.clients:
            client.close()


def backlog(stack, _peer):
    # The count takes 1.5 s, so that each client has called twice (Linux repeats a SYN after 1 s).
    # On a busy machine the server may be done waiting before: then it shall wait longer.
    for wait in (2, 6):
        server = stack.serve("tcp-server", "-l", BACKLOG, "-w", wait)
        crowd = Crowd(CLIENTS)
        try:
            crowd.connect((server.address, server.port))
            crowd.watch(1.3)
            inside = len(crowd.inside)
            server.read(0)
            if any(line.startswith("client ") for line in server.lines):
                stack.end()
                continue
            crowd.watch(wait + 8, lambda: len(crowd.served) == CLIENTS)
        finally:
            crowd.end()
        served = len(crowd.served)
        server.interrupt()
        limit = BACKLOG + stack.lets_in_more
        check(inside == limit, f"{inside} clients were let in, not {limit}")
        check(served == CLIENTS, f"only {served} of {CLIENTS} clients were served in the end")
        return f"{inside} of {CLIENTS}", f"{served} of {CLIENTS}"
    raise Failure("the server accepted before the clients were counted: is this machine busy?")


def the_file():
    """The largest file that all stacks serve, and its SHA-256."""
    file = max(SERVED.iterdir(), key=lambda each: each.stat().st_size)
    return file.name, hashlib.sha256(file.read_bytes()).hexdigest()


def start_client(stack, server, target, name, *options):
    save = ["-o", f"{stack.saved}/{target}"]
    return stack.start("file-client", *options, *save, server.address, server.port, name)


def fetch(client_stack, server, number, *options):
    """Fetches the file; returns how the cells show its digest, which the client counted while
    it received, and which is checked against the file that it saved."""
    name, digest = the_file()
    target = f"{client_stack.name}-{number}"
    client = start_client(client_stack, server, target, name, *options)
    told = client.expect(r"^received (\d+) bytes in \S+ s, SHA-256 ([0-9a-f]{64}), saved as ")
    client.finish()
    saved = (client_stack.folder / target).read_bytes()
    check(told[2] == digest, f"{client.name} received {told[2]}, the file is {digest}")
    check(hashlib.sha256(saved).hexdigest() == digest, f"{client.name} saved another file")
    return f"{told[2][:12]}.."


def fetch_nothing(client_stack, server, number):
    """Asks for a file that is not there: the answer, and that nothing was saved."""
    target = f"{client_stack.name}-{number}"
    client = start_client(client_stack, server, target, "no-file")
    told = client.expect(r'"no-file": (.*)$')[1]
    client.finish(1)
    left = [file.name for file in client_stack.folder.glob(f"{target}*")]
    check(not left, f"a file that is not there left {left}")
    return told


def download(server_stack, client_stack):
    server = server_stack.serve("file-server", "-d", server_stack.served)
    cells = [
        fetch(client_stack, server, 1),
        fetch(client_stack, server, 2, "-R"),
        fetch_nothing(client_stack, server, 3),
    ]
    server.interrupt()
    return cells


def messages(stack, peer):
    server = peer.serve("messenger-server")
    anna = peer.start("messenger", "anna", server.address, server.port)
    anna.expect("^logged in as anna, ")
    user = stack.start("messenger", stack.name, server.address, server.port)
    told = user.expect(rf"^logged in as {stack.name}, UDP port (\d+)$")[1]
    seen = server.expect(rf"^user {stack.name} logged in from \S+, UDP port (\d+)$")[1]
    check(seen == told, f"its port is {told}, yet the server was told {seen}")
    user.type("anna: hello\n")
    anna.expect(f"^{stack.name}: hello$")
    user.expect("^delivered to anna$")
    passed_on = [server.expect(rf"^{stack.name} -> anna (\d+ bytes)$")[1]]
    anna.type(f"{stack.name}: yes\n")
    user.expect("^anna: yes$")
    anna.expect(f"^delivered to {stack.name}$")
    passed_on.append(server.expect(rf"^anna -> {stack.name} (\d+ bytes)$")[1])
    for each in (user, anna):
        each.type("exit\n")
        each.finish()
        server.expect("^user .* logged out$")
    server.interrupt()
    return [f":{told}", *passed_on]


class Experiment:
    """What is claimed, how the rows are called, and the function that finds their figures."""

    def __init__(self, claim, rows, run, needs_tap=False):
        self.claim, self.rows, self.run, self.needs_tap = claim, rows, run, needs_tap


EXPERIMENTS = [
    Experiment(
        "UDP there and back: the reply comes from the port asked, to the port that sent",
        ["request", "reply"],
        udp_there_and_back,
    ),
    Experiment(
        "UDP without bind(): the first datagram gets the sender a port, and it keeps it",
        ["sent from port"],
        unbound_sender,
        needs_tap=True,
    ),
    Experiment(
        "TCP, called: the stack's tcp-server echoes three messages of the host's tcp-client",
        ["connection", "client's bytes", "first to close"],
        tcp_serves,
    ),
    Experiment(
        "TCP, calling: the stack's tcp-client gets one reply from the host's tcp-server",
        ["connection", "client's bytes", "first to close"],
        tcp_calls,
        needs_tap=True,
    ),
    Experiment(
        "A port is given once: a second socket's bind() to it fails",
        ["UDP", "TCP"],
        second_bind,
    ),
    Experiment(
        f"listen({BACKLOG}), and nobody accepts: of {CLIENTS} clients Linux lets {BACKLOG} + 1 in,"
        f" lwIP {BACKLOG};\n"
        "   the SYNs of the others are dropped, and come again until there is room",
        ["let in at once", "served in the end"],
        backlog,
        needs_tap=True,
    ),
    Experiment(
        "A file, served: the host's file-client fetches it from the stack's file-server;\n"
        "   one SHA-256 of what was served, received and saved; a missing file leaves nothing",
        ["HTTP", "tutorial's way", "a missing file"],
        download,
    ),
    Experiment(
        "A file, fetched: the stack's file-client gets it from the host's file-server",
        ["HTTP", "tutorial's way", "a missing file"],
        lambda stack, peer: download(peer, stack),
        needs_tap=True,
    ),
    Experiment(
        "Messages: a user on the stack and anna on the host, through the host's server",
        ["UDP port, told", "to anna", "from anna"],
        messages,
        needs_tap=True,
    ),
]
