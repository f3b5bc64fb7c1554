# SPDX-License-Identifier: BSD-3-Clause
"""tcp-server where it is about more than one conversation: closing the listening socket alone, more
clients than threads, the backlog, and failures of accept()."""

import errno
import os
import re
import resource
import socket
import subprocess

import pytest

from conftest import CHOSEN
from peers import exchange, has_ended, receive_to_end, reset, wait_until
from porttools import on
from stacks import HOST_IP, STACKS

PORT = 8080
NOBODY = "192.168.77.254"


@pytest.fixture(scope="module", autouse=True)
def client_of_nobody(network):
    """lwIP repeats its SYN for half a minute: it does so beside the other tests."""
    if "linux" not in CHOSEN or network.no_taps:
        yield None
        return
    stack = STACKS["linux"](network)
    yield stack.start("tcp-client", "-m", "x", NOBODY, PORT)
    stack.end_all()


def start_server(stack, *args, backlog=5, **options):
    app = stack.start("tcp-server", *args, PORT, **options)
    app.expect(rf"^listening on [\d.]+:{PORT} backlog {backlog}$")
    return app


def name_of(peer):
    return re.escape("{}:{}".format(*peer.getsockname()))


def is_refused(sockets, ip):
    peer = sockets(socket.SOCK_STREAM)
    try:
        peer.connect((ip, PORT))
    except ConnectionRefusedError:
        return True
    finally:
        peer.close()
    return False


# --- The listening socket is closed, the conversations are not ---


def test_first_interrupt_ends_no_conversation(stack, connect, sockets):
    app = start_server(stack, "-M", "threads")
    peers = [connect(app.ip, PORT) for _ in range(3)]
    for peer in peers:
        exchange(peer, b"before")
    app.interrupt()
    app.expect("^listens no more, clients left: 3$")
    wait_until(lambda: is_refused(sockets, app.ip), "new clients are refused")
    for left in (3, 2, 1):
        for peer in peers[:left]:
            exchange(peer, b"after")
        name = name_of(peers[left - 1])
        peers[left - 1].close()
        app.expect(rf"^client {name} closed, \d+ bytes in, \d+ bytes out$")
    # The last conversation is over.
    assert app.wait() == 130


def test_second_interrupt_ends_the_rest(stack, connect):
    app = start_server(stack, "-M", "threads")
    peers = [connect(app.ip, PORT) for _ in range(2)]
    for peer in peers:
        exchange(peer, b"before")
    app.interrupt()
    app.expect("^listens no more, clients left: 2$")
    exchange(peers[0], b"after")
    app.interrupt()
    assert app.wait(5) == 130
    assert all(has_ended(peer, 2) for peer in peers)


def test_first_interrupt_without_clients(stack, connect):
    app = start_server(stack, "-M", "threads")
    peer = connect(app.ip, PORT)
    exchange(peer, b"hello")
    peer.close()
    app.expect("^client .* closed, ")
    app.interrupt()
    app.expect("^listens no more, clients left: 0$")
    assert app.wait(5) == 130


def test_clients_in_the_backlog_are_reset_with_the_listening_socket(stack, connect):
    """One at a time is served: the others have connected, and nobody has accepted them."""
    app = start_server(stack, "-M", "talk", "-l", "3", backlog=3)
    served, *waiting = [connect(app.ip, PORT) for _ in range(3)]
    exchange(served, b"hello")
    app.interrupt()
    assert app.wait(5) == 130
    assert all(has_ended(peer, 2) for peer in (served, *waiting))


# --- More clients than threads ---


def knock(app, sockets):
    """A client whose connection may still be under way."""
    peer = sockets(socket.SOCK_STREAM)
    peer.setblocking(False)
    peer.connect_ex((app.ip, PORT))
    peer.settimeout(40)
    return peer


def fill(stack, sockets):
    """A server, and clients until one of them waits for a thread. A board's connections may be
    used up before its threads."""
    limits = None
    if not stack.is_board:
        # Little address space, and much of it for each thread's stack.
        limits = {resource.RLIMIT_STACK: 64 << 20, resource.RLIMIT_AS: 900 << 20}
    app = start_server(stack, "-M", "threads", "-l", "4", backlog=4, limits=limits)

    def is_told_of(name):
        """Whether it is served, or waits."""
        told = re.compile(rf"client {name} (connected|waits: no memory for another thread)$")
        return any(told.search(line) for line in [*app.lines, *app.error_lines])

    peers = []
    for _ in range(stack.clients if stack.is_board else 14):
        peers.append(knock(app, sockets))
        name = name_of(peers[-1])
        wait_until(lambda: is_told_of(name), f"{name} is told of; {app}")
        if any("waits" in line for line in app.error_lines):
            return app, peers
    assert stack.is_board, app
    return app, peers


def test_more_clients_than_it_has_threads(stack, sockets):
    """Who finds no thread waits, like the others in the backlog, until somebody leaves: all get
    their turn, and none is reset."""
    app, peers = fill(stack, sockets)
    for peer in peers + [knock(app, sockets) for _ in range(3)]:
        exchange(peer, b"good bye")
        name = name_of(peer)
        peer.shutdown(socket.SHUT_WR)
        assert receive_to_end(peer) == b""
        peer.close()
        app.expect(rf"^client {name} closed, 8 bytes in, 8 bytes out$", 40)
    assert not any(" reset" in line for line in app.lines)
    app.interrupt()
    assert app.wait(5) == 130


@on("host", "linux", fixture="stack")  # a board's connections are used up before its threads
def test_first_interrupt_while_one_waits_for_a_thread(stack, sockets):
    """It was not served yet: it is reset, and the conversations go on."""
    app, peers = fill(stack, sockets)
    app.interrupt()
    app.expect(rf"^listens no more, clients left: {len(peers) - 1}$")
    assert has_ended(peers[-1], 5)
    exchange(peers[0], b"hello")
    app.interrupt()
    assert app.wait(5) == 130


# --- accept() fails, and the server goes on ---

FAILING_ACCEPT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
int accept(int fd, struct sockaddr *address, socklen_t *length)
{
    static const int errors[] = {ERRORS};
    static unsigned calls;
    int (*real)(int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "accept");
    if (calls < sizeof errors / sizeof errors[0]) {
        errno = errors[calls++];
        return -1;
    }
    return real(fd, address, length);
}
"""
SURVIVED = ("ECONNABORTED", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPROTO", "EINTR", "EAGAIN")


@pytest.fixture
def failing(stack, tmp_path):
    """Makes a program's first calls of accept() fail with these errors. Of the host alone: on lwIP
    accept() is no function of a library that can be replaced."""
    def prepare(*errors):
        source, library = tmp_path / "accept.c", tmp_path / "accept.so"
        source.write_text(FAILING_ACCEPT.replace("ERRORS", ", ".join(errors)))
        command = ["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True, timeout=60)
        stack.prefix = ("env", f"LD_PRELOAD={library}")

    return prepare


@on("host", fixture="stack")
def test_survives_failures_of_accept(stack, failing, connect):
    failing(*SURVIVED)
    app = start_server(stack, "-M", "threads")
    exchange(connect(app.ip, PORT), b"hello")
    for name in SURVIVED[:-2]:
        app.expect_error(rf"^tcp-server: accept: {re.escape(errno_text(name))}$")
    # What only says "again" is nothing to tell.
    assert len(app.error_lines) == len(SURVIVED) - 2
    exchange(connect(app.ip, PORT), b"still there")


@on("host", fixture="stack")
def test_ends_when_accept_cannot_work(stack, failing, sockets):
    failing("EINVAL")
    app = start_server(stack, "-M", "threads")
    # It may be reset before connect() has told.
    sockets(socket.SOCK_STREAM).connect_ex((app.ip, PORT))
    app.expect_error(rf"^tcp-server: accept: {re.escape(errno_text('EINVAL'))}$")
    assert app.wait() == 1


def errno_text(name):
    return os.strerror(getattr(errno, name))


# --- The tutorial's three servers, with how each client ended ---


def test_a_line_for_each_way_to_end(stack, connect):
    app = start_server(stack, "-M", "threads")
    ways = []
    for way in (lambda peer: peer.close(), reset):
        peer = connect(app.ip, PORT)
        exchange(peer, b"x" * 100)
        app.expect(rf"^client {name_of(peer)} connected$")
        ways.append((name_of(peer), way))
        way(peer)
        told = "reset" if way is reset else "closed"
        app.expect(rf"^client {ways[-1][0]} {told}, 100 bytes in, 100 bytes out$")
    assert ways[0][0].startswith(re.escape(HOST_IP))


@on("linux", fixture="stack")
def test_client_of_nobody(stack, client_of_nobody):
    reason = "Connection timed out"
    client_of_nobody.expect_error(rf"^tcp-client: connect {NOBODY}:{PORT}: {reason}$", 60)
    assert client_of_nobody.wait() == 1
