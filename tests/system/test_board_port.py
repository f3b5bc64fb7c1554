# SPDX-License-Identifier: BSD-3-Clause
"""A board as such: boots, its prompt, its network back ends, its cable, and how it dies."""

import re
import socket
import subprocess
import time

import pytest

from monitor import Monitor, qemu_with_monitor
from peers import exchange, free_port, receive_exactly, wait_until
from porttools import (  # noqa: F401 (fixtures)
    Prompt,
    answers,
    linux_app,
    on,
    own_tap,
    ping,
    probes,
    prompt,
    read_capture,
)
from stacks import BOARDS, HOST_IP, PATIENCE, PREFIX, REPO

FAULT_STATUS = int(
    re.search(
        r"^#define FAULT_EXIT_STATUS (\d+)$",
        (REPO / "port" / "cortex-m" / "fault.h").read_text(),
        re.MULTILINE,
    )[1]
)


# --- Boots ---


@on("board")
def test_ten_boots(probes, connect):
    """In a row: a ping is answered, the network works, the program's status comes out."""
    for boot in range(10):
        app = probes.start("echo", 7007)
        app.expect("^listening$")
        assert answers(app.ip), f"boot {boot}"
        peer = connect(app.ip, 7007)
        exchange(peer, b"boot %d" % boot)
        peer.close()
        app.expect("^echoed 6 bytes$")
        assert app.wait() == 0
        probes.end_all()  # gives the TAP back
    assert probes.start("echo").wait() == 2
    assert probes.start("send-and-end", HOST_IP, 1, 1).wait() == 1


# --- Faults ---


FAULTS = {"read": "BusFault", "write": "BusFault", "call": "MemManage", "divide": "UsageFault"}


def skip_without(board, what):
    if not getattr(board, what):
        pytest.skip(f"QEMU's {board.name} has no {what.replace('_', ' ')}")


@on("board")
@pytest.mark.parametrize("options", [(), ("-t",)], ids=["main", "thread"])
@pytest.mark.parametrize("what", FAULTS)
def test_fault(probes, what, options):
    """The report names the thread and shows the registers; QEMU ends with the failure status."""
    if FAULTS[what] == "BusFault":
        skip_without(probes, "bus_faults")
    app = probes.start("fault", *options, what)
    app.expect(f"^fault: {FAULTS[what]}$")
    app.expect(r"^thread fault, stack \d+ of \d+$")  # a thread has its program's name
    for registers in ("r0 .*r3", "r12 .*lr .*pc .*psr", "r4 .*r7", "r8 .*r11", "CFSR .*HFSR"):
        app.expect(f"^{registers} ")
    assert app.wait() == FAULT_STATUS
    assert not any("nothing happened" in text for text in app.lines)


@on("board")
@pytest.mark.parametrize("options", [(), ("-t",)], ids=["main", "thread"])
def test_stack_overflow(probes, options):
    """It is named as what it is."""
    app = probes.start("fault", *options, "stack")
    app.expect("^panic: stack overflow$")
    app.expect(r"^thread fault, stack \d+ of \d+$")
    assert app.wait() == FAULT_STATUS


@on("board")
def test_fault_tells_the_address(probes):
    skip_without(probes, "bus_faults")
    app = probes.start("fault", "read")
    app.expect(r"BFAR\W+(0x)?a0000000")
    assert app.wait() == FAULT_STATUS


@on("board")
def test_abort(probes):
    assert probes.start("fault", "abort").wait() == 128 + 6


def test_endless_loop_is_told(prompt):
    """A program without a call in which it could end: the console says so, the board answers."""
    prompt.type("fault spin\n")
    prompt.expect("^spins$")
    assert answers(prompt.ip)
    prompt.type("\x03")
    prompt.expect("fault does not end", 10)
    assert answers(prompt.ip)


# --- Back ends of the network ---


@pytest.fixture
def board_run(board_class):
    """Starts board/run with the probes' image and arguments; its console."""
    started = []

    def start(*arguments, **environment):
        started.append(Prompt(board_class.command(*arguments), environment))
        return started[-1]

    yield start
    for each in started:
        each.end()


def free_port_of_both():
    while True:
        port = free_port(socket.SOCK_STREAM)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


@pytest.mark.parametrize("address", ["192.168.77.10/24", "10.5.6.7/16", "dhcp"])
def test_user_network_forwards_tcp(board_run, network, address):
    port = free_port_of_both()
    board = board_run("NET=user", "RESTRICT=1", f"HOSTPORT={port}", f"IP={address}",
                      f"GW={'10.5.0.1' if address[:2] == '10' else '192.168.77.1'}",
                      "CMD=tcp-server -M once 8080")  # fmt: skip
    board.expect("^listening on ")
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
        exchange(peer, b"through TCP")
    assert board.process.wait(PATIENCE) == 0


def test_user_network_forwards_udp(board_run, network):
    """Not with RESTRICT=1: there QEMU lets a datagram in, but its answer not out."""
    port = free_port_of_both()
    board = board_run("NET=user", f"HOSTPORT={port}", "CMD=udp-recv -E -n 1 8080")
    board.expect("^listening on ")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(PATIENCE)
        peer.sendto(b"through UDP", ("127.0.0.1", port))
        assert peer.recv(100) == b"through UDP"
    assert board.process.wait(PATIENCE) == 0


def test_restricted_network_lets_nothing_out(board_run, network):
    """The host's services are not reached from a restricted board, and from another they are."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        for restrict, status in (("1", 1), ("0", 0)):
            board = board_run(
                *("NET=user", f"RESTRICT={restrict}", f"HOSTPORT={free_port_of_both()}"),
                f"CMD=tcp-client -s 192.168.77.1 {port}",
            )
            if restrict == "0":
                board.expect("^connected ")
                with listener.accept()[0] as peer:
                    peer.settimeout(PATIENCE)
                    board.type("out\n\x04")
                    assert receive_exactly(peer, 3) == b"out"
            assert board.process.wait(PATIENCE) == status


def test_dhcp_without_a_server(board_run, linux_app, network):
    """One line, status 1; the wait for a server is bounded, on a board and on linux."""
    tap, ip = network.lend()
    try:
        with own_tap("alone0", "10.77.9.1/24"):
            app = linux_app("udp-recv", 5000, PORTSIDE_IF="tap:alone0", PORTSIDE_IP="dhcp")
            board = board_run(f"NET=tap:{tap}", "IP=dhcp", "CMD=udp-send -h")
            board.expect("ip=dhcp: no DHCP server answered within 20 s", 40)
            assert board.process.wait(PATIENCE) == 1
            assert app.wait() == 1
            assert app.error_lines == ["portside: alone0: no DHCP server answered within 20 s"]
    finally:
        board.end()
        network.give_back(tap, ip)


def test_capture(board_run, network, tmp_path):
    path = tmp_path / "with, comma.pcap"
    tap, ip = network.lend()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((HOST_IP, 0))
        peer.settimeout(PATIENCE)
        port = peer.getsockname()[1]
        try:
            board = board_run(
                *(f"NET=tap:{tap}", f"IP={ip}/{PREFIX}", f"PCAP={path}"),
                f"CMD=udp-send -m captured -r {HOST_IP} {port}",
            )
            data, address = peer.recvfrom(100)
            peer.sendto(b"answer", address)
            assert board.process.wait(PATIENCE) == 0
        finally:
            board.end()
            network.give_back(tap, ip)
    rows = read_capture(path, "ip.src", "ip.dst", "udp.payload", only=f"udp.port == {port}")
    assert [(a, b, bytes.fromhex(c.replace(":", ""))) for a, b, c in rows] == [
        (ip, HOST_IP, b"captured"),
        (HOST_IP, ip, b"answer"),
    ]


# --- The cable ---


@pytest.fixture
def board_with_monitor(board_run, network, tmp_path):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    qemu, path = qemu_with_monitor(tmp_path)
    tap, ip = network.lend()
    board = board_run(f"QEMU={qemu}", f"NET=tap:{tap}", f"IP={ip}/{PREFIX}")
    board.expect("^portside> ")
    board.ip = ip
    monitor = Monitor(path)
    try:
        yield board, monitor
    finally:
        monitor.close()
        board.end()
        network.give_back(tap, ip)


def test_link_down_and_up(board_class, board_with_monitor, udp_peer):
    skip_without(board_class, "phy")
    board, monitor = board_with_monitor
    port = udp_peer.getsockname()[1]
    send = f"udp-send -m cable {HOST_IP} {port}"
    assert board.run(send)[1] == 0
    assert udp_peer.recvfrom(100)[0] == b"cable"
    for _ in range(3):
        monitor.ask("set_link", name="net0", up=False)
        # The chip tells: a program learns at once that there is no network.
        wait_until(lambda: board.run(send)[1] == 1, "sendto fails without a link")
        assert ping(board.ip, wait=1) == 0
        monitor.ask("set_link", name="net0", up=True)
        wait_until(lambda: board.run(send)[1] == 0, "sendto works with a link")
        assert answers(board.ip)
        udp_peer.setblocking(False)
        while True:
            try:
                udp_peer.recvfrom(100)
            except BlockingIOError:
                break


def test_connection_survives_a_short_cut(board_with_monitor, connect):
    """What is sent while the cable is out comes when it is in again."""
    board, monitor = board_with_monitor
    board.type("echo 7007\n")
    board.expect("^listening$")
    peer = connect(board.ip, 7007)
    exchange(peer, b"before")
    monitor.ask("set_link", name="net0", up=False)
    peer.sendall(b"while it is out")
    time.sleep(0.5)  # a retransmission or two are lost
    monitor.ask("set_link", name="net0", up=True)
    assert receive_exactly(peer, 15) == b"while it is out"
    peer.close()
    board.expect("^echoed 21 bytes$")
    board.expect("^portside> ")


def test_no_cable_at_the_start(board_class, board_run, network, tmp_path):
    """With nothing plugged in it says so, and shows its prompt all the same."""
    skip_without(board_class, "phy")
    qemu, path = qemu_with_monitor(tmp_path, "-S")
    board = board_run(f"QEMU={qemu}", "NET=user", f"HOSTPORT={free_port_of_both()}")
    monitor = Monitor(path)
    try:
        monitor.ask("set_link", name="net0", up=False)
        monitor.ask("cont")
        board.expect("no link", 30)
        board.expect("^portside> ")
        assert board.run("help")[1] == 0
    finally:
        monitor.close()


@pytest.mark.parametrize("board", BOARDS)
def test_board_is_listed_with_its_machine(board):
    """The machine that board.mk names is one that this QEMU knows."""
    machine = re.search(
        r"^QEMU_MACHINE := (\S+)$",
        (REPO / "board" / board / "board.mk").read_text(),
        re.MULTILINE,
    )[1]
    listing = subprocess.run(
        ["qemu-system-arm", "-machine", "help"], capture_output=True, text=True, timeout=20
    )
    assert re.search(rf"^{machine}\s", listing.stdout, re.MULTILINE)
