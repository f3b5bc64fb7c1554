# SPDX-License-Identifier: BSD-3-Clause
"""Each app on linux under valgrind: no wrong access, nothing lost, nothing open that should not be.

An app has a scenario at least, from its start to its end; a new app without one fails a test. What
may be left when a process ends is listed here with its reason, by the function that made it: all
that the stack below keeps until then. What an app still has at an end of its own choice is a leak,
reachable or not; after a signal it has had no chance to give it back.
"""

import contextlib
import hashlib
import http.client
import http.server
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from lease_peers import dnsmasq, names
from messenger_peers import Server, User, login_line
from peers import exchange, receive_to_end
from porttools import linux_app  # noqa: F401 (a fixture)
from stacks import HOST_IP, PATIENCE, PREFIX, REPO

SLOW = 6 * PATIENCE  # valgrind takes 20 to 50 times as long
BAD = 99  # valgrind's status when it has found something
PORT = 8080
APPS = sorted(path.stem.replace("_", "-") for path in (REPO / "apps").glob("*.c"))

KEPT_BY_THE_STACK = {
    "linux_thread_self": "a record for each thread that used a socket, until the thread ends",
    "tcpip_init": "lwIP's mailbox and core lock, made once",
    "claim_slot": "a semaphore for each slot of the resolver, used again and again",
}
OPEN_BY_THE_STACK = {
    "os_tap_open": "the TAP: what was sent last goes out while the process ends",
    "os_control_listen": "the control socket, answering until the end",
    "os_watch_open": "the TAP's state, watched until the end",
}


# --- What is done with each app ---


class Scene:
    """Starts the app; its address; sockets for its peers."""

    def __init__(self, start, ip, sockets, folder):
        self.start, self.ip, self.sockets, self.folder = start, ip, sockets, folder

    def udp_peer(self):
        made = self.sockets(socket.SOCK_DGRAM)
        made.settimeout(SLOW)
        return made, made.getsockname()[1]

    def tcp_listener(self):
        made = self.sockets(socket.SOCK_STREAM)
        made.settimeout(SLOW)
        made.listen(5)
        return made, made.getsockname()[1]

    def connect(self):
        made = self.sockets(socket.SOCK_STREAM)
        made.settimeout(SLOW)
        made.connect((self.ip, PORT))
        return made

    def listening(self, app):
        app.expect("^listening on ", SLOW)
        return app


def udp_send_waits_for_replies(scene):
    peer, port = scene.udp_peer()
    app = scene.start("udp-send", "-r", "-n", 2, "-m", "hello", "-m", "", HOST_IP, port)
    for expected in (b"hello", b"", b"hello", b""):
        data, sender = peer.recvfrom(100)
        assert data == expected
        peer.sendto(data.upper(), sender)
    return app, 0


def udp_send_sends_what_is_typed(scene):
    peer, port = scene.udp_peer()
    app = scene.start("udp-send", HOST_IP, port)
    app.type("one\ntwo\n")
    app.end_input()
    assert [peer.recv(100), peer.recv(100)] == [b"one", b"two"]
    return app, 0


def udp_recv_echoes(scene):
    peer, _ = scene.udp_peer()
    app = scene.listening(scene.start("udp-recv", "-E", "-n", 3, PORT))
    for data in (b"one", b"\xff\x00", b"x" * 5000):
        peer.sendto(data, (scene.ip, PORT))
        assert peer.recv(6000) == data
    return app, 0


def udp_recv_is_interrupted(scene):
    app = scene.listening(scene.start("udp-recv", PORT))
    app.interrupt()
    return app, 130


def udp_chat_talks_until_exit(scene):
    peer, port = scene.udp_peer()
    app = scene.start("udp-chat", HOST_IP, port)
    own = int(app.expect(r"^bound to [\d.]+:(\d+)$", SLOW)[1])
    for word in ("one", "two"):
        peer.sendto(b"\xffunasked", (scene.ip, own))
        app.expect(r" 8 bytes: \\xffunasked$", SLOW)
        app.type(word + "\n")
        assert peer.recv(100) == word.encode()
    app.type("exit\n")
    return app, 0


def udp_chat_waits_for_silence(scene):
    peer, port = scene.udp_peer()
    app = scene.start("udp-chat", HOST_IP, port)
    app.type("one\n")
    app.end_input()
    sender = peer.recvfrom(100)[1]
    peer.sendto(b"answer", sender)
    app.expect(" 6 bytes: answer$", SLOW)
    return app, 0


def ip_tells(scene):
    return scene.start("ip", "192.168.77.1/24", "224.0.0.1", "fe80::1/64", "::ffff:1.2.3.4"), 0


def ip_does_not_understand(scene):
    return scene.start("ip", "192.168.77.1", "1::2::3"), 2


def tcp_client_talks(scene):
    listener, port = scene.tcp_listener()
    app = scene.start("tcp-client", "-s", "-m", "one", "-m", "two", HOST_IP, port)
    with contextlib.closing(listener.accept()[0]) as peer:
        peer.settimeout(SLOW)
        peer.sendall(b"early")
        assert receive_to_end(peer) == b"onetwo"
        peer.sendall(b"late")
    return app, 0


def tcp_client_finds_nobody(scene):
    listener, port = scene.tcp_listener()
    listener.close()
    return scene.start("tcp-client", "-m", "one", HOST_IP, port), 1


def tcp_server_serves_once(scene):
    app = scene.listening(scene.start("tcp-server", "-M", "once", PORT))
    client = scene.connect()
    exchange(client, b"hello")
    client.close()
    return app, 0


def tcp_server_serves_many_and_is_interrupted(scene):
    app = scene.listening(scene.start("tcp-server", "-M", "threads", PORT))
    clients = [scene.connect() for _ in range(3)]
    for client in clients + clients:
        exchange(client, b"hello" * 1000)
    for client in clients[:2]:
        client.shutdown(socket.SHUT_WR)
        assert receive_to_end(client) == b""
        client.close()
    for _ in range(2):
        app.expect(" closed, ", SLOW)
    app.interrupt()  # one client is still there
    app.expect("^listens no more, clients left: 1$", SLOW)
    exchange(clients[2], b"hello")
    app.interrupt()
    return app, 130


def tcp_server_ends_with_its_last_client(scene):
    app = scene.listening(scene.start("tcp-server", "-M", "threads", PORT))
    client = scene.connect()
    exchange(client, b"hello")
    app.interrupt()
    app.expect("^listens no more, clients left: 1$", SLOW)
    client.close()
    return app, 130


def content(folder):
    data = hashlib.sha256(b"content").digest() * 5000
    (folder / "file.bin").write_bytes(data)
    return data


def file_server_serves_and_is_interrupted(scene):
    data = content(scene.folder)
    app = scene.listening(scene.start("file-server", "-d", scene.folder, PORT))
    web = http.client.HTTPConnection(scene.ip, PORT, timeout=SLOW)
    for target, expected, part in (
        ("/file.bin", 200, data),
        ("/nosuch", 404, b"404"),
        ("/", 200, b'<a href="file.bin">'),
        ("/file.bin/", 404, b"404"),
        ("/file.bin", 200, data),
    ):
        web.request("GET", target)
        answer = web.getresponse()
        assert answer.status == expected and part in answer.read()
    web.close()
    for request, reply in ((b"file.bin\n", data), (b"nosuch\n", b"")):
        client = scene.connect()
        client.sendall(request)
        assert receive_to_end(client) == reply
        client.close()
    for _ in range(3):
        app.expect("^client .* (closed|reset), ", SLOW)
    app.interrupt()
    return app, 130


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web_server(folder):
    with http.server.ThreadingHTTPServer(
        (HOST_IP, 0), lambda *a: Quiet(*a, directory=folder)
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def file_client_downloads(scene):
    data, saved = content(scene.folder), scene.folder / "saved"
    with web_server(scene.folder) as port:
        app = scene.start("file-client", "-o", saved, HOST_IP, port, "file.bin")
        assert app.wait(SLOW) == 0, str(app)
    assert saved.read_bytes() == data
    return app, 0


def file_client_finds_nothing(scene):
    with web_server(scene.folder) as port:
        app = scene.start("file-client", "-o", scene.folder / "saved", HOST_IP, port, "nosuch")
        assert app.wait(SLOW) == 1, str(app)
    return app, 1


def file_client_takes_the_tutorial_s_protocol(scene):
    listener, port = scene.tcp_listener()
    saved = scene.folder / "saved"
    app = scene.start("file-client", "-R", "-o", saved, HOST_IP, port, "name")
    with contextlib.closing(listener.accept()[0]) as peer:
        peer.settimeout(SLOW)
        assert peer.recv(100) == b"name\n"
        peer.sendall(b"content" * 3000)
    assert app.wait(SLOW) == 0 and saved.read_bytes() == b"content" * 3000
    return app, 0


def messenger_server_serves_and_is_interrupted(scene):
    app = scene.listening(scene.start("messenger-server", "-u", 2, PORT))
    alice, bob = (User(scene.ip, PORT, name) for name in ("alice", "bob"))
    for line in (b"LOGIN carl 5000\n", b"LOGIN alice 5000\n", b"x" * 200):
        assert login_line(scene.ip, PORT, line).startswith(b"NO ")
    number = alice.send(b"SAY", b"bob", b"hello")
    assert bob.hear() == (b"alice", b"hello")
    alice.expect(b"DONE", number=number)
    assert alice.say("nobody", b"hello") and sorted(bob.who()) == [b"alice", b"bob"]
    alice.udp.send(b"garbage")
    alice.log_out()
    app.interrupt()
    bob.expect(b"END")
    bob.close()
    return app, 130


def messenger_says_and_hears(scene):
    server = Server(scene.sockets, seconds=600)
    app = scene.start("messenger", "alice", HOST_IP, server.port)
    server.tcp.settimeout(SLOW)
    assert server.log_in() == b"alice"
    app.expect("^logged in as alice", SLOW)
    server.send(b"MSG", 1, b"128", b"bob", b"hi\x1b")
    server.expect(b"GOT", timeout=SLOW)
    app.expect(r"^bob: hi\\x1b$", SLOW)
    app.type("bob: hello\n/who\nnonsense\n")
    app.end_input()
    for word, answer, *rest in ((b"SAY", b"NOT", b"no"), (b"WHO", b"USERS", b"0", b"bob")):
        server.send(answer, server.expect(word, timeout=SLOW)[1], *rest)
    server.send(b"BYE", server.expect(b"OUT", timeout=SLOW)[1])
    return app, 1  # something was not delivered


def dns_finds_names(scene):
    with dnsmasq("br0", names(scene.folder, peer=HOST_IP)):
        app = scene.start("dns", "peer.lab.")
        assert app.wait(SLOW) == 0 and app.lines == [HOST_IP]
    return app, 0


def dns_finds_nothing(scene):
    with dnsmasq("br0", names(scene.folder, peer=HOST_IP)):
        app = scene.start("dns", "nosuch.lab")
        assert app.wait(SLOW) == 1
    return app, 1


SCENARIOS = {
    "dns": [dns_finds_names, dns_finds_nothing],
    "udp-send": [udp_send_waits_for_replies, udp_send_sends_what_is_typed],
    "udp-recv": [udp_recv_echoes, udp_recv_is_interrupted],
    "udp-chat": [udp_chat_talks_until_exit, udp_chat_waits_for_silence],
    "ip": [ip_tells, ip_does_not_understand],
    "tcp-client": [tcp_client_talks, tcp_client_finds_nobody],
    "tcp-server": [
        tcp_server_serves_once, tcp_server_serves_many_and_is_interrupted,
        tcp_server_ends_with_its_last_client,
    ],
    "file-server": [file_server_serves_and_is_interrupted],
    "messenger-server": [messenger_server_serves_and_is_interrupted],
    "messenger": [messenger_says_and_hears],
    "file-client": [
        file_client_downloads, file_client_finds_nothing, file_client_takes_the_tutorial_s_protocol,
    ],
}  # fmt: skip


# --- What valgrind says to it ---


def calls_in(lines):
    return [found[1] for line in lines if (found := re.search(r"0x[0-9A-F]+: (\S+)", line))]


def records(text, begin):
    """(headline, functions called) of each paragraph of the report that begins so."""
    plain = re.sub(r"^==\d+== ?", "", text, flags=re.MULTILINE)
    for paragraph in plain.split("\n\n"):
        lines = paragraph.strip().splitlines()
        # The first descriptor follows its headline without a blank line.
        for at, line in enumerate(lines):
            if re.match(begin, line):
                yield line, calls_in(lines[at:])


def kept(calls, table):
    # "part.0" and the like: what the compiler has made of a function.
    return any(call.split(".")[0] in table for call in calls)


def complaints(text, interrupted):
    """What is left at the end and should not be, a line each."""
    for line, calls in records(text, "Open "):
        inherited = not calls
        if not inherited and not kept(calls, OPEN_BY_THE_STACK):
            yield f"{line} {calls}"
    for line, calls in records(text, r"[\d,]+ bytes in .* still reachable"):
        if not interrupted and not kept(calls, KEPT_BY_THE_STACK):
            yield f"{line} {calls}"


@pytest.fixture
def scene(linux_app, network, sockets, tmp_path):
    tap, ip = network.lend()
    log = tmp_path / "valgrind.log"
    valgrind = [
        *("valgrind", "--leak-check=full", "--show-leak-kinds=all", "--track-fds=yes"),
        *("--errors-for-leak-kinds=definite,indirect,possible", f"--error-exitcode={BAD}"),
        *("--num-callers=40", "--vgdb=no", f"--log-file={log}"),
        f"--suppressions={Path(__file__).with_name('valgrind.supp')}",
    ]

    def start(app, *args):
        setting = {"PORTSIDE_IF": f"tap:{tap}", "PORTSIDE_IP": f"{ip}/{PREFIX}"}
        return linux_app(app, *args, prefix=valgrind, **setting)

    folder = tmp_path / "folder"
    folder.mkdir()
    made = Scene(start, ip, sockets, folder)
    made.log = log
    yield made
    network.give_back(tap, ip)


def run(scene, scenario):
    """The report of a scenario, which has ended as it should."""
    assert shutil.which("valgrind"), "no valgrind here: `make setup` installs it"
    app, expected = scenario(scene)
    status = app.wait(SLOW)
    report = scene.log.read_text(errors="replace")
    assert status == expected, f"{app}\n{report}"
    return report, expected >= 128


@pytest.mark.parametrize(
    "scenario",
    [each for app in APPS for each in SCENARIOS.get(app, [])],
    ids=lambda scenario: scenario.__name__,
)
def test_finds_nothing(scene, scenario):
    report, interrupted = run(scene, scenario)
    assert re.search(r"ERROR SUMMARY: 0 errors from 0 contexts", report), report
    assert list(complaints(report, interrupted)) == []


def test_every_app_has_a_scenario():
    assert [app for app in APPS if not SCENARIOS.get(app)] == []


# --- It would find something ---


LEAKS = """
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static char *kept;
int main(int argc, char **argv)
{
    char *p = malloc(10), *volatile q = p;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)argc;
    if (fd < 0) return 7;
    switch (argv[1][0]) {
    case 'r': kept = malloc(20); break;
    case 'l': q = malloc(30); q = NULL; break;
    case 'f': open("/dev/null", O_RDONLY); break;
    case 'w': q[10] = 1; break;
    case 'u': if (q[3] > 0) close(fd); break;
    default: break;
    }
    close(fd);
    free(p);
    return kept != NULL && argv[1][1] != 0;
}
"""


@pytest.fixture
def leaking(tmp_path):
    """A program on the linux stack that does what its argument says."""
    source, binary = tmp_path / "leaks.c", tmp_path / "leaks"
    source.write_text(LEAKS)
    build = REPO / "build" / "linux"
    flags = [word for word in (build / "flags").read_text().split() if word[:2] not in ("-M", "-W")]
    command = [*flags, "-O0", str(source), str(build / "libportside.a"), "-o", str(binary)]
    subprocess.run(command, cwd=REPO, check=True, timeout=60)
    return binary


@pytest.mark.parametrize("mistake, status, said", [
    ("n", 0, None),
    ("reachable", 1, "still reachable"),
    ("l", BAD, "definitely lost"),
    ("f", 0, "Open file descriptor"),
    ("w", BAD, "Invalid write of size 1"),
    ("u", BAD, "Conditional jump or move depends on uninitialised"),
])  # fmt: skip
def test_mistakes_are_found(scene, leaking, mistake, status, said):
    def scenario(scene):
        return scene.start(leaking, mistake), status

    report, _ = run(scene, scenario)
    found = list(complaints(report, False))
    if said is None:
        assert found == [] and "ERROR SUMMARY: 0 errors" in report
    else:
        assert any(said in line for line in found) or (status == BAD and said in report), report
