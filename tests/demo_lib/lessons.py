# SPDX-License-Identifier: BSD-3-Clause
"""The tutorial's headings, and for each the commands that show it.

A lesson is a function of a stack and of its peer, the host. It returns what the stack's program
said, line by line, as it was read in this run and checked; or it raises a Failure.
"""

import re
import signal
import socket
import subprocess

from demo_lib import experiments
from demo_lib.programs import PATIENCE, check

GROUP = "239.7.7.7"


# What a board's prompt sends besides: itself, and what erases a line.
PROMPT = r"portside> |message> |\x1b\[[0-9;]*[A-Za-z]|\r"


def said(program, *patterns):
    """The next lines of a program that match, one for each pattern; of digests the beginning."""
    lines = [program.expect(pattern).string for pattern in patterns]
    lines = [re.sub("([0-9a-f]{12})[0-9a-f]{52}", r"\1...", line) for line in lines]
    return [re.sub(PROMPT, "", line).strip() for line in lines]


def network_card(stack, _peer):
    """What the stack's only one is; on the host that is Linux's own tool."""
    if hasattr(stack, "shell"):
        shell = stack.shell()
        shell.type("ifconfig en0\r")
        return said(shell, "^en0: up, ", "^ +address ")
    if stack.is_lwip:
        program = stack.start("udp-recv", 0)
        program.expect("^listening on ")
        return said(ask(stack, program), "^en0: up, ", "^ +address ")
    command = ["ip", "-4", "-br", "address", "show", "dev", "br0"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    check(stack.address in found.stdout, f"{command} says: {found.stdout}")
    return [" ".join(found.stdout.split())]


def ask(stack, program, *words):
    """The linux stack's ifconfig, which asks a program that runs."""
    return stack.start("ifconfig", "-p", program.process.pid, "en0", *words)


def down_and_up(stack, peer):
    """Down, a datagram cannot be sent; up, it can again."""
    target = f"-m hello {peer.address} 9"
    if hasattr(stack, "shell"):
        shell = stack.shell()
        lines = []
        for word, pattern in (("down", "^udp-send: .*"), ("up", "^sent 5 bytes")):
            shell.type(f"ifconfig en0 {word}\rudp-send {target}\r")
            lines += said(shell, pattern)
        return lines
    if not stack.is_lwip:
        return host_down_and_up(stack)
    sender = stack.start("udp-send", peer.address, 9)
    sender.type("hello\n")
    sender.expect("sent 5 bytes")
    ask(stack, sender, "down").finish()
    sender.type("hello\n")
    lines = said(sender, "udp-send: .*")
    sender.finish(1)
    return lines


def host_down_and_up(stack):
    """With a card of its own, since everybody else talks over the bridge."""
    lines = []
    host_ip("link add card0 type veth peer name card1")
    host_ip("address add 192.168.78.1/24 dev card0")
    host_ip("link set card1 up")
    for state in ("up", "down", "up"):
        host_ip(f"link set card0 {state}")
        sender = stack.start("udp-send", "-m", "hello", "192.168.78.2", 9)
        lines += said(sender, "^sent 5 bytes" if state == "up" else "^udp-send: ")
    host_ip("link delete card0")
    return lines[1:]


def host_ip(words):
    subprocess.run(["ip", *words.split()], capture_output=True, timeout=PATIENCE, check=True)


def recv_and_recvfrom(stack, peer):
    """recvfrom() tells who sent a datagram; recv() on a connection only what came."""
    return receives(stack, peer) + client(stack, peer)[1:2]


def kinds_of_address(stack, _peer):
    addresses = ["10.0.0.1", "172.16.0.1", "192.168.77.1/24", "224.0.0.1", "240.0.0.1", "127.0.0.1"]
    program = stack.start("ip", *addresses)
    lines = said(program, *[f"^{each.partition('/')[0]}: " for each in addresses])
    program.finish()
    return lines


def sockets(stack, _peer):
    """One of each kind, in the list of those that there are: ss on the host, netstat on lwIP."""
    if hasattr(stack, "shell"):
        shell = stack.shell()
        for command, port in (("tcp-server", 8080), ("udp-recv", 9000)):
            shell.type(f"{command} {port} &\r")
            shell.expect(f"listening on .*:{port}")
        shell.type("netstat\r")
        return said(shell, "^.*tcp .*:8080 .*LISTEN", r"^udp .*:9000 ")
    lines = []
    for app, kind in (("tcp-server", "tcp"), ("udp-recv", "udp")):
        program = stack.start(app, 0)
        port = program.expect(r"^listening on \S+:(\d+)")[1]
        if stack.is_lwip:  # each process has a stack of its own
            program.process.send_signal(signal.SIGUSR1)
            lines += said(program, rf"^{kind} .*:{port} ")
        else:
            lines.append(line_of_ss(port))
        program.interrupt()
    return lines


def line_of_ss(port):
    command = ["ss", "-Hltun", "sport", "=", f":{port}"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return " ".join(found.stdout.split()[:5])


def full_duplex(stack, peer):
    """What comes is shown while the program waits for what is typed."""
    other = peer.start("udp-chat", "-b", f"{peer.address}:0", stack.address, 7000)
    port = other.expect(r"^bound to \S+:(\d+)$")[1]
    chat = stack.start("udp-chat", "-b", 7000, peer.address, port)
    chat.expect("^bound to ")
    other.type("from the host\n")
    lines = said(chat, "13 bytes: from the host$")
    chat.type("from the stack\n")
    lines += said(chat, "sent 14 bytes")
    other.expect("14 bytes: from the stack$")
    for each in (chat, other):
        each.type("exit\n")
        each.finish()
    return [re.sub("^.*(?=sent )", "", line) for line in lines]


def messages(stack, peer):
    """Two users, one on the host and one on the stack, both with ports that nobody chose."""
    server = peer.serve("messenger-server")
    bob = peer.start("messenger", "bob", server.address, server.port)
    bob.expect("^logged in as bob")
    alice = stack.start("messenger", "alice", server.address, server.port)
    lines = said(alice, "^logged in as alice, UDP port ")
    alice.type("bob: hello\n")
    bob.expect("^alice: hello$")
    bob.type("alice: hello, too\n")
    lines += said(alice, "bob: hello, too$")
    for each in (alice, bob):
        each.type("exit\n")
        each.finish()
    server.interrupt()
    return lines


def fixed(stack, peer):
    receiver = peer.serve("udp-recv", "-n", 1)
    sender = stack.start("udp-send", "-m", "hahaha", receiver.address, receiver.port)
    lines = said(sender, r"^sent 6 bytes \S+ -> ")
    receiver.expect("6 bytes: hahaha$")
    sender.finish()
    return lines


def typed(stack, peer):
    receiver = peer.serve("udp-recv", "-n", 2)
    sender = stack.start("udp-send", receiver.address, receiver.port)
    sender.type("one\ntwo\nexit\n")
    ports = []
    lines = []
    for text in ("one", "two"):
        lines += said(sender, r"sent 3 bytes \S+ -> ")
        ports.append(receiver.expect(rf"^\S+:(\d+) 3 bytes: {text}$")[1])
    sender.finish()
    check(len(set(ports)) == 1, f"two datagrams of one socket came from {ports}")
    return [re.sub(r"^.*(?=sent)", "", line) for line in lines]


def bound(stack, peer):
    receiver = peer.serve("udp-recv", "-n", 1)
    sender = stack.start("udp-send", "-b", 5555, "-m", "hello", receiver.address, receiver.port)
    lines = said(sender, r"^sent 5 bytes \S+:5555 -> ")
    receiver.expect(r"^\S+:5555 5 bytes: hello$")
    sender.finish()
    return lines


def receives(stack, peer):
    receiver = stack.serve("udp-recv", "-n", 1)
    sender = peer.start("udp-send", "-m", "hello", receiver.address, receiver.port)
    lines = said(receiver, "^.* 5 bytes: hello$")
    receiver.finish()
    sender.finish()
    return lines


def receives_gbk(stack, _peer):
    """Bytes that are GBK's for two Chinese characters; a board has no table of them."""
    options = [] if stack.name.startswith(("lm3s", "mps")) else ["-e", "gbk"]
    receiver = stack.serve("udp-recv", "-n", 1, *options)
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto("你好".encode("gbk"), (receiver.address, receiver.port))
    lines = said(receiver, r"^.* 4 bytes: (你好|\\xc4\\xe3\\xba\\xc3)$")
    receiver.finish()
    return lines


def one_many_all(stack, peer):
    """The group is also joined by whoever else listens; each stack has a port of its own."""
    port = 7000 + int(stack.address.rpartition(".")[2])
    receiver = stack.start("udp-recv", "-g", GROUP, "-n", 3, port)
    receiver.expect("^listening on ")
    lines = []
    for target, options in ((stack.address, []), (GROUP, []), ("192.168.77.255", ["-B"])):
        sender = peer.start("udp-send", *options, "-m", target, target, port)
        lines += said(receiver, rf"^.* \d+ bytes: {re.escape(target)}$")
        sender.finish()
    receiver.finish()
    return lines


def any_port(stack, _peer):
    receiver = stack.start("udp-recv", 0)
    lines = said(receiver, r"^listening on \S+:\d+$")
    port = int(lines[0].rpartition(":")[2])
    check(port > 1023, f"port {port} was given, which is a well-known one")
    receiver.interrupt()
    return lines


def port_80(stack, _peer):
    """On Linux a port below 1024 needs the privilege for it; lwIP knows none."""
    server = stack.start("tcp-server", 80)
    line = server.expect(r"^listening on \S+:80 |^tcp-server: bind \S+:80: EACCES").string
    if line.startswith("listening"):
        server.interrupt()
    else:
        server.finish(1)
    return [line]


def nobody_there(stack, peer):
    """To a port where nobody is: a datagram is sent all the same, a connection is not made."""
    with socket.socket() as closed:
        closed.bind((peer.address, 0))
        port = closed.getsockname()[1]
        sender = stack.start("udp-send", "-m", "hello", peer.address, port)
        lines = said(sender, "^sent 5 bytes ")
        sender.finish()
        caller = stack.start("tcp-client", "-m", "hello", peer.address, port)
        lines += said(caller, "^tcp-client: connect ")
        caller.finish(1)
    return lines


def client(stack, peer):
    server = peer.serve("tcp-server", "-M", "once", "-r", "hahahah")
    program = stack.start("tcp-client", "-m", "hello", server.address, server.port)
    lines = said(program, "^connected ", "^received 7 bytes: hahahah$", "^closed by ")
    program.finish()
    server.finish()
    return lines


def serve_clients(stack, peer, mode, clients, patterns):
    """Clients, each with some texts, one after the other; what the server said of the last one."""
    server = stack.serve("tcp-server", "-M", mode, "-r", "hahahah")
    lines = []
    for texts in clients:
        says = [word for text in texts for word in ("-m", text)]
        program = peer.start("tcp-client", *says, server.address, server.port)
        for _ in texts:
            program.expect("^received 7 bytes: hahahah$")
        lines += said(server, "^client .* connected$", *patterns)
        program.finish()
    if mode == "once":
        server.finish()
    else:
        server.interrupt()
    return lines


def server_once(stack, peer):
    patterns = ["5 bytes: hello$", "^client .* served,"]
    return serve_clients(stack, peer, "once", [["hello"]], patterns)


def server_queue(stack, peer):
    return serve_clients(stack, peer, "queue", [["one"], ["two"]], [" 3 bytes: ", " served, "])


def server_talk(stack, peer):
    patterns = [" 3 bytes: one$", " 3 bytes: two$", "^client .* closed, "]
    return serve_clients(stack, peer, "talk", [["one", "two"]], patterns)


def shuts_the_door(stack, _peer):
    """The first Ctrl-C closes the listener: who is inside talks on, nobody new comes in."""
    server = stack.serve("tcp-server", "-M", "threads", "-r", "hahahah")
    address = (server.address, server.port)
    with socket.create_connection(address, PATIENCE) as inside:
        server.expect("^client .* connected$")
        server.ctrl_c()
        lines = said(server, "^listens no more")
        refused = False
        try:
            socket.create_connection(address, PATIENCE).close()
        except ConnectionRefusedError:
            refused = True
        check(refused, "a client got in after the listener was closed")
        inside.sendall(b"still here")
        lines += said(server, "10 bytes: still here$")
        check(inside.recv(100) == b"hahahah", "the client inside got no reply")
        server.interrupt()
    return lines


def download(stack, peer):
    name, digest = experiments.the_file()
    server = peer.serve("file-server", "-d", peer.served)
    lines = []
    for way in ([], ["-R"]):
        target = f"{stack.name}-lesson"
        program = experiments.start_client(stack, server, target, name, *way)
        told = said(program, rf"^received \d+ bytes in .*{digest}")
        lines += [line.replace(target, "FILE") for line in told]
        program.finish()
    server.interrupt()
    return lines


def upload(stack, peer):
    name, digest = experiments.the_file()
    server = stack.serve("file-server", "-d", stack.served)
    program = experiments.start_client(peer, server, f"{stack.name}-lesson", name)
    program.expect(rf"^received \d+ bytes in .*{digest}")
    lines = said(server, "GET ")
    program.finish()
    server.interrupt()
    return lines
