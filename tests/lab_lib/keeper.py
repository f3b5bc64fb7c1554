# SPDX-License-Identifier: BSD-3-Clause
"""The keeper: the process that a lab lives and dies with.

It is the first process of the lab's process namespace: the kernel ends all others with it. It makes
the network, starts dnsmasq and listens at a socket in the lab's folder. A session (session.py)
connects, gets descriptors of the namespaces, and keeps the connection as long as its shell lives;
the kernel closes the connection of one that was killed. With the last one the lab ends.

A lock on the folder keeps apart who starts or joins a lab and a lab that ends: sessions hold it
from looking for a keeper until they are connected, the keeper from its decision to end until it
has. So the keeper of a new lab cannot end before its first session is there.
"""

import contextlib
import fcntl
import os
import select
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from demo_lib import network
from demo_lib.programs import HOST_IP
from lab_lib import namespaces

TAPS = 4
FIRST_LINUX, FIRST_BOARD = 2, 10  # the addresses of tap0's program or board
LEASES = ("192.168.77.100", "192.168.77.199")
START_SECONDS = 10
LOCKED_MS = 50  # until the next look whether a lock is free

NAMES = {"host": HOST_IP}
NAMES |= {f"tap{n}": f"192.168.77.{FIRST_LINUX + n}" for n in range(TAPS)}
NAMES |= {f"board{n}": f"192.168.77.{FIRST_BOARD + n}" for n in range(TAPS)}


class Failure(Exception):
    """No lab can be had; the text is one line that says why."""


def lock(folder):
    """Makes the lab's folder where there is none; a descriptor that holds its lock."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if is_folder(folder, descriptor):
            return descriptor
        os.close(descriptor)  # a lab that ended has removed it meanwhile


def is_folder(folder, descriptor):
    try:
        return os.path.samestat(os.stat(folder), os.fstat(descriptor))
    except OSError:
        return False


@contextlib.contextmanager
def short_path(folder):
    """The path of the folder's socket, which the kernel wants in 107 bytes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/socket"
    finally:
        os.close(descriptor)


def start(folder, held):
    """Starts a keeper for the folder, whose lock the caller has as `held`. Returns when the lab
    stands; Failure says why it does not."""
    for path in folder.iterdir():  # of a keeper that was killed
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    result, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)  # or it would hold the lock, too
        os.close(result)
        try:
            _become_keeper(folder, tell)
        except Exception as error:  # whatever it is, the session says it
            os.write(tell, str(error).encode())
        finally:
            os._exit(1)
    os.close(tell)
    with open(result, encoding="utf-8", errors="replace") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if said != "ready":
        shutil.rmtree(folder, ignore_errors=True)
        raise Failure(said or "the keeper of the network was killed")


def _become_keeper(folder, tell):
    os.setsid()  # no terminal's Ctrl-C or hang-up is for it
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    outside = os.readlink("/proc/self/ns/net")
    try:
        namespaces.make()
    except OSError as error:
        raise Failure(
            f"no private network to be had: {error.strerror or error};"
            " user namespaces seem to be forbidden (root needs none)"
        ) from None
    if os.fork() != 0:
        os._exit(0)
    try:
        complaint = network.make(outside, [f"tap{n}" for n in range(TAPS)])
    except network.Unusable as error:
        complaint = str(error)
    if complaint:
        raise Failure(complaint)
    _write_names(folder)
    _start_dnsmasq(folder)
    listener = socket.socket(socket.AF_UNIX)
    with short_path(folder) as path:
        listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries whom nobody waits for
    os.write(tell, b"ready")
    os.close(tell)
    _serve(folder, listener)


def _write_names(folder):
    lines = "".join(f"{address} {name}.lab\n" for name, address in NAMES.items())
    (folder / "names").write_text(lines, encoding="ascii")
    try:
        system = Path("/etc/hosts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        system = "127.0.0.1 localhost\n"
    text = f"{system.rstrip()}\n{lines}"
    (folder / "hosts").write_text(text, encoding="utf-8", errors="surrogateescape")
    (folder / "resolv.conf").write_text(f"nameserver {HOST_IP}\n", encoding="ascii")


def _start_dnsmasq(folder):
    """Starts DHCP and DNS; comes back when both are there."""
    log = folder / "dnsmasq.log"
    with open(log, "wb") as sink:
        server = subprocess.Popen(
            [
                *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file="),
                # In a user namespace there is no other user, and groups may not be changed.
                *("--user=root", "--group=", "--log-facility=-", "--log-dhcp"),
                *("--interface=br0", "--except-interface=lo", "--bind-interfaces"),
                *("--no-resolv", "--no-hosts", f"--addn-hosts={folder}/names", "--local=/lab/"),
                *(f"--dhcp-range={','.join(LEASES)},1h", "--dhcp-authoritative", "--no-ping"),
                f"--dhcp-leasefile={folder}/leases",
            ],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    until = time.monotonic() + START_SECONDS
    while not {53, 67} <= _udp_ports():
        if server.poll() is not None or time.monotonic() > until:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise Failure(f"dnsmasq does not start: {said[-1] if said else 'it says nothing'}")
        time.sleep(0.01)


def _udp_ports():
    with open("/proc/self/net/udp", encoding="ascii") as table:
        return {int(row.split()[1].split(":")[1], 16) for row in list(table)[1:]}


def _serve(folder, listener):
    """Until the last session has gone."""
    offered = namespaces.open_all()
    own = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    sessions = {}
    while True:
        if not sessions and _may_end(own, poll):
            _end(folder, own)
        for descriptor, _ in poll.poll(None if sessions else LOCKED_MS):
            if descriptor == listener.fileno():
                session, _ = listener.accept()
                with contextlib.suppress(OSError):
                    socket.send_fds(session, [b"come in"], offered)
                    sessions[session.fileno()] = session
                    poll.register(session, select.POLLIN)
            else:
                last = sessions.pop(descriptor)
                poll.unregister(last)
                if sessions:
                    last.close()  # the last of all stays open until the end


def _may_end(own, poll):
    """Takes the lock; False when somebody is about to join, or has just done so."""
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    if not poll.poll(0):
        return True
    fcntl.flock(own, fcntl.LOCK_UN)
    return False


def _end(folder, own):
    """What was started in the lab ends, and its files go; then the keeper. The last session sees
    its connection close with that."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.wait()  # SIGCHLD is ignored: waits for all
    if is_folder(folder, own):  # and not removed, and another lab's by now
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
