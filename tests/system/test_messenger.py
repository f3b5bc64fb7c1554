# SPDX-License-Identifier: BSD-3-Clause
"""messenger-server on every stack against users in Python, and all together: users on four stacks
through a server on any of them."""

import contextlib
import os
import re
import signal
import socket

import pytest

from messenger_peers import Refused, User, login_line
from peers import reset, wait_until
from porttools import prompt, resources  # noqa: F401 (fixtures)
from stacks import HOST_IP, PATIENCE, STACKS

PORT = 7007
# Silence that this may take to be noticed; a bound, like PATIENCE.
SILENCE = 4


@pytest.fixture
def user_at(network):
    """Logs Python users in; their sockets are closed at the end."""
    with contextlib.ExitStack() as opened:

        def log_in(ip, name):
            made = User(ip, PORT, name)
            opened.callback(made.close)
            return made

        yield log_in


def start_server(stack, *options):
    app = stack.start("messenger-server", *options, PORT)
    app.expect(rf"^listening on 0\.0\.0\.0:{PORT} for \d+ users$")
    return app


def refusal(ip, name, port=b"5000"):
    answer = login_line(ip, PORT, b"LOGIN %s %s\n" % (name, port))
    assert answer.startswith(b"NO ") and answer.endswith(b"\n"), answer
    return answer[3:-1].decode()


# --- The server ---


def test_messages_pass(stack, user_at):
    """What is said, and to whom; losses; who speaks as somebody else."""
    app = start_server(stack)
    alice, bob = user_at(app.ip, "alice"), user_at(app.ip, "bob")
    app.expect(rf"^user bob logged in from {HOST_IP}:\d+, UDP port {bob.port}$")
    assert alice.port != bob.port and alice.seconds == 10
    hello_and_what_is_odd(app, alice, bob)
    what_does_not_arrive(app, alice, bob)
    what_comes_twice(app, alice, bob)
    who_is_there(app, alice, bob, user_at)
    impostors(app, alice, bob)
    # The end is told, and what was ignored.
    app.interrupt()
    for user in (alice, bob):
        assert user.expect(b"END")[1] == 0
    assert app.wait() == 130
    ignored = re.fullmatch(r"ended with 2 users, (\d+) datagrams ignored", app.lines[-1])
    assert int(ignored[1]) >= 8, str(app)


def hello_and_what_is_odd(app, alice, bob):
    texts = [b"hello", b"x", b" a  b: c ", b"\x1b[31m\x00\r\nalice: no", b"\xff" * 1000,
             "\u4f60\u597d".encode()]  # fmt: skip
    for text in texts:
        number = alice.send(b"SAY", b"bob", text)
        assert bob.hear() == (b"alice", text)
        alice.expect(b"DONE", number=number)
        app.expect(rf"^alice -> bob {len(text)} bytes$")
    number = bob.send(b"SAY", b"bob", b"note")  # to oneself
    assert bob.hear() == (b"bob", b"note")
    bob.expect(b"DONE", number=number)


def what_does_not_arrive(app, alice, bob):
    assert alice.say("carl", b"x") == b"no such user"
    app.expect("^alice -> carl 1 bytes, no such user$")
    assert alice.say("ali", b"x") == b"no such user"
    # Neither too long, nor empty, nor to what is no name: there is no answer but to the next.
    for rest in ((b"bob", b"x" * 1001), (b"bob", b""), (b"bob",), (b"/who", b"x"), ()):
        alice.send(b"SAY", *rest)
        assert alice.others() == []
    app.expect(rf"^datagram from {HOST_IP}:{alice.port} ignored, and others will be$")


def what_comes_twice(app, alice, bob):
    number = alice.send(b"SAY", b"bob", b"again")
    first = bob.expect(b"MSG", acknowledge=False)
    for _ in range(3):
        alice.send(b"SAY", b"bob", b"again", number=number)
        # Number and sender's ID are the same.
        assert bob.expect(b"MSG", acknowledge=False) == first
    # An older one is not passed on, and nobody else can say that bob has got it.
    sender_id = first[2].split(b" ")[0]
    alice.send(b"SAY", b"bob", b"old", number=number - 1)
    alice.send(b"GOT", sender_id, number=number)
    assert alice.others() == []
    bob.send(b"GOT", sender_id, number=number + 1)
    bob.send(b"GOT", b"4294967295", number=number)
    assert bob.others() == [] and alice.others() == []
    bob.send(b"GOT", sender_id, number=number)
    alice.expect(b"DONE", number=number)
    times = lambda: sum("alice -> bob 5 bytes" in line for line in app.lines)  # noqa: E731
    wait_until(lambda: times() >= 2, "it is told")  # "hello", "again"
    assert times() == 2


def who_is_there(app, alice, bob, user_at):
    carl = user_at(app.ip, "carl")
    assert sorted(alice.who()) == [b"alice", b"bob", b"carl"]
    # Who leaves before a message is acknowledged has perhaps not seen it.
    number = alice.send(b"SAY", b"carl", b"last")
    carl.expect(b"MSG", acknowledge=False)
    carl.ask(b"OUT", answers=(b"BYE",))
    app.expect("^user carl logged out$")
    alice.send(b"SAY", b"carl", b"last", number=number)
    assert alice.expect(b"NOT", number=number)[2] == b"the user has left meanwhile"
    # The token is worth nothing any more; the name is free.
    sent = carl.send(b"PING")
    assert carl.expect(b"END") == (b"END", sent, b"")
    again = user_at(app.ip, "carl")
    assert again.token != carl.token and sorted(bob.who()) == [b"alice", b"bob", b"carl"]
    again.log_out()


def impostors(app, alice, bob):
    """Neither the address nor the token alone make one a user; and the server sends nothing
    longer than what it was sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mallory:
        mallory.connect((app.ip, PORT))
        mallory.send(b"SAY %s 99 bob x" % alice.token)
        mallory.send(b"OUT %s 99" % alice.token)
        bob.udp.send(b"SAY %s 99 bob x" % alice.token)
        for garbage in (b"", b"\0", b"SAY", b"PING " + alice.token, b"x" * 1400,
                        b"PING %s -1" % alice.token, b"PING %s 1" % alice.token.upper()[:-1],
                        b"MSG %s 1 128 bob x" % alice.token):  # fmt: skip
            mallory.send(garbage)
            alice.ping()  # no faster than a board
        for request in (b"PING 0000000000000000 7", b"SAY 0123456789abcdef 7 bob " + b"x" * 900):
            mallory.send(request)
            mallory.settimeout(PATIENCE)
            # The first that comes: nothing before was answered.
            assert mallory.recv(2000) == b"END %s 7" % request.split(b" ")[1]
        with contextlib.suppress(OSError):
            mallory.send(b"x" * 60000)  # fragments: it is cut, lost or ignored
    alice.ping()
    bob.ping()
    assert alice.say("carl", b"x") == b"no such user"


NOT_ALLOWED = [b"", b"a" * 32, b"a:b", b":", b"/who", b"a\tb", b"a\x1bb", b"\x7f", b"\xff",
               "\u00a0".encode(), "\u0085".encode(), b"\xc0\x80"]  # fmt: skip


def test_logins(stack, user_at, connect):
    """Names; a full house; clients who are silent, endless or gone; who falls silent."""
    app = start_server(stack, "-k", SILENCE)
    for name in NOT_ALLOWED:
        assert refusal(app.ip, name) == "that is no name for a user"
    for port in (b"0", b"65536", b"x", b"-1", b"5000 "):
        assert refusal(app.ip, b"alice", port) == "that is no UDP port"
    assert login_line(app.ip, PORT, b"HELLO\n") == b"NO that is no login\n"
    assert login_line(app.ip, PORT, b"x" * 5000).startswith(b"NO that line is too long")
    assert login_line(app.ip, PORT, b"LOGIN a 1\nLOGIN b 2\n") == b"NO that is more than a login\n"
    assert not any(line.startswith("user ") for line in app.lines)

    longest = user_at(app.ip, b"a" * 31)
    assert longest.seconds == SILENCE
    assert refusal(app.ip, longest.name) == "the name is taken"
    app.expect(r"^login from .* refused: the name is taken$")
    odd = user_at(app.ip, "J\u00f6rg\\\u202e")  # shown so that the line does not turn around
    app.expect(r"^user J\u00f6rg\\\\\\xe2\\x80\\xae logged in from ")
    odd.log_out()
    users = full_house(app, longest, user_at)
    silent = [connect(app.ip, PORT) for _ in range(2)]
    silent[0].sendall(b"LOGIN half")
    they_vanish(app, longest, users)
    # Within 10 s; meanwhile nobody waits, and users say that they are there.
    for peer in silent:
        wait_until(lambda peer=peer: longest.ping() or is_reset(peer), "it is reset")
    for _ in silent:
        app.expect("^login from .* dropped: nothing whole has come in time$")
    hostile_clients(app, longest, user_at, connect)
    longest.ping()
    app.interrupt()
    assert app.wait(4) == 130  # nothing of hostile clients keeps it


def is_reset(peer):
    peer.settimeout(0.5)
    try:
        assert peer.recv(1000) != b"", "its connection would stay until it closes, too"
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def hostile_clients(app, user, user_at, connect):
    """None of them keeps others from logging in, nor users from talking."""
    for _ in range(3):
        connect(app.ip, PORT)
    user.ping()
    late = user_at(app.ip, "late")  # for whom one of them is dropped
    app.expect("^login from .* dropped: another waits$")
    endless = connect(app.ip, PORT)
    with contextlib.suppress(OSError):
        for _ in range(100):
            endless.sendall(b"x" * 1000)
    gone = connect(app.ip, PORT)
    gone.sendall(b"LOGIN gone")
    reset(gone)
    connect(app.ip, PORT).close()
    late.ping()
    user.ping()
    late.log_out()


def full_house(app, first, user_at):
    """16 are let in, the next is told."""
    users = []
    for number in range(15):
        users.append(user_at(app.ip, f"user-{number}"))
        for user in (first, *users):
            user.ping()
    with pytest.raises(Refused, match="NO the server is full"):
        user_at(app.ip, "one-more")
    app.expect(r"^login from .* refused: the server is full$")
    first.ping()
    assert sorted(users[0].who()) == sorted(user.name for user in [first, *users])
    for sender, receiver in zip(users, users[1:]):
        number = sender.send(b"SAY", receiver.name, b"pass it on")
        assert receiver.hear() == (sender.name, b"pass it on")
        sender.expect(b"DONE", number=number)
    return users


def they_vanish(app, first, users):
    """Nobody says anything more but the first and the last: that makes room."""
    for _ in users[:-1]:
        wait_for_line(app, r"^user user-\d+ vanished$", lambda: (first.ping(), users[-1].ping()))
    assert sorted(first.who()) == sorted([first.name, users[-1].name])
    assert first.say(users[0].name, b"x") == b"no such user"
    users[-1].log_out()


def wait_for_line(app, pattern, meanwhile):
    def found():
        meanwhile()
        with contextlib.suppress(AssertionError):
            return app.expect(pattern, 0.5)
        assert app.process.poll() is None, str(app)
        return None

    wait_until(found, pattern)


def test_port_is_taken(stack, sockets):
    if stack.is_board:
        pytest.skip("test_port_is_taken_on_a_board: a program beside it is one of the prompt's")
    if stack.name == "linux":
        pytest.skip("each process has ports of its own")
    for kind, call in ((socket.SOCK_STREAM, "bind"), (socket.SOCK_DGRAM, "bind UDP")):
        with contextlib.closing(sockets(kind)) as other:
            port = other.getsockname()[1]
            if kind == socket.SOCK_STREAM:
                other.listen(1)
            app = stack.start("messenger-server", "-b", HOST_IP, port)
            reason = r"Address already in use( \(EADDRINUSE\))?"
            app.expect_error(f"^messenger-server: {call} {HOST_IP}:{port}: {reason}$")
            assert app.wait() == 1


@pytest.mark.parametrize("first, call", [("tcp-server", "listen"), ("udp-recv", "bind UDP")])
def test_port_is_taken_on_a_board(prompt, first, call):
    """Two listeners that allow reuse of addresses: lwIP finds out when the second one listens."""
    prompt.type(f"{first} {PORT} &\n")
    prompt.expect(rf"listening on 0\.0\.0\.0:{PORT}")
    output, status = prompt.run(f"messenger-server {PORT}")
    assert status == 1
    complaint = rf"^messenger-server: {call} 0\.0\.0\.0:{PORT}: Address already in use"
    assert re.search(complaint, output)


def test_many_logins_leave_nothing(prompt):
    """200 logins and log-outs, some of them refused or broken off: a board has back all it had."""

    def rounds(count):
        prompt.type(f"messenger-server -u 2 {PORT}\n")
        prompt.expect("^listening on ")
        stays = User(prompt.ip, PORT, "stays")
        for number in range(count):
            User(prompt.ip, PORT, f"user-{number}").log_out()
            if number % 10 == 0:
                assert refusal(prompt.ip, b"stays") == "the name is taken"
                with socket.create_connection((prompt.ip, PORT), PATIENCE) as broken:
                    broken.sendall(b"LOGIN")
                stays.ping()
        prompt.type("\x03")
        stays.expect(b"END")
        stays.close()
        prompt.expect("exit status 130\nportside> ")

    rounds(1)
    before = resources(prompt)
    rounds(200)
    wait_until(lambda: resources(prompt) == before, f"{resources(prompt)} is {before}")


def test_more_logins_than_sockets(linux_app_server, user_at):
    """1100 in a row: lwIP on linux has 1024 TCP sockets."""
    for number in range(1100):
        user_at(linux_app_server.ip, f"user-{number}").log_out()


@pytest.fixture
def linux_app_server(network):
    stack = STACKS["linux"](network)
    try:
        yield start_server(stack)
    finally:
        stack.end_all()


# --- All together ---


@pytest.fixture
def everywhere(network):
    made = {name: kind(network) for name, kind in STACKS.items()}
    yield made
    for each in made.values():
        each.end_all()


def test_users_on_all_stacks(stack, everywhere):
    """Through a server on this stack; two of them are on one machine. Some are killed."""
    server = start_server(stack, "-k", SILENCE)
    users = {}
    for name, where in (*((name, name) for name in everywhere), ("second", "host")):
        users[name] = everywhere[where].start("messenger", name, server.ip, PORT)
    for name, app in users.items():
        app.expect(f"^logged in as {name}, UDP port ")
    for sender in users:
        for receiver in users:
            users[sender].type(f"{receiver}: from {sender}\n")
            users[receiver].expect(f"^{sender}: from {sender}$")
            users[sender].expect(f"^delivered to {receiver}$")
            server.expect(f"^{sender} -> {receiver} {len('from ' + sender)} bytes$")
    # Two are killed, one of them a board: they say nothing any more.
    lost = ["linux", "lm3s6965evb"]
    for name in lost:
        os.killpg(users[name].process.pid, signal.SIGKILL)
    seen = {server.expect(r"^user (\S+) vanished$")[1] for _ in lost}
    assert seen == set(lost)
    users["mps2-an385"].type("/who\n")
    left = users["mps2-an385"].expect("^users: (.*)$")[1].split()
    assert sorted(left) == sorted(set(users) - set(lost))
    users["host"].type("linux: are you there?\n")
    users["host"].expect_error("^messenger: not delivered: no such user$")
    users["second"].end_input()
    assert users["second"].wait() == 0
    server.expect("^user second logged out$")
    # Where the server ends, the clients do.
    server.interrupt()
    assert server.wait() == 130
    for name in ("host", "mps2-an385"):
        users[name].expect_error("^messenger: server .* has ended the session$")
        assert users[name].wait() == 1


def test_server_vanishes(stack, everywhere):
    """Killed: its clients notice the silence."""
    server = start_server(stack, "-k", 2)
    app = everywhere["linux"].start("messenger", "alice", server.ip, PORT)
    app.expect("^logged in as alice")
    os.killpg(server.process.pid, signal.SIGKILL)
    app.expect_error(rf"^messenger: server {server.ip}:{PORT} does not answer any more$")
    assert app.wait() == 1
