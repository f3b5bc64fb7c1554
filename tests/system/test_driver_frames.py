# SPDX-License-Identifier: BSD-3-Clause
"""Ethernet drivers of boards, by the probe `frames` (tests/system/board_probes): every length in
every cut through the chip's FIFOs, without pbufs, and more than they hold; returned by the chip
itself or by a peer on the wire."""

import json
import re
import select
import socket
import subprocess
import threading

import pytest

from conftest import BRIDGE
from peers import free_port
from stacks import BUILD, PATIENCE, PREFIX, REPO

BOARDS = sorted(path.parent.name for path in (REPO / "board").glob("*/board.mk"))
FRAME_TYPE = 0x88B5
LENGTHS, CUTS, FEW = 1514 - 42 + 1, 7, 20
SECONDS = 120  # for 10 000 frames, one after the other


def has_driver(board, name):
    return f"drivers/{name}.c" in (REPO / "board" / board / "board.mk").read_text()


def frames(board, words, *settings):
    """Status and output of the probe on a board."""
    image = BUILD / board / "probes.elf"
    assert image.exists(), f"not built: {image}"
    done = subprocess.run(
        [REPO / "board" / "run", f"BOARD={board}", f"IMAGE={image}", *settings,
         f"CMD=frames {words}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.replace("\r\n", "\n") + done.stderr


def figures(out, pattern):
    found = re.search(f"^{pattern}$", out, re.MULTILINE)
    assert found, out
    return [int(each) for each in found.groups()]


def check_all(status, out):
    """What holds whoever returns the frames; the figures of the floods."""
    assert status == 0, out
    assert figures(out, r"lengths 42 to 1514 in 7 cuts: (\d+) frames as sent") == [LENGTHS * CUTS]
    # In each place of a chain each alignment of the first byte with each of the last.
    seen = r"alignments .*: (\d+) alone, (\d+) first, (\d+) between, (\d+) last"
    assert figures(out, seen) == [16] * 4
    dropped = r"no pbuf: (\d+) sent, (\d+) dropped; then (\d+) of (\d+) as sent"
    assert figures(out, dropped) == [FEW] * 4
    floods = re.findall(
        r"^flood of (\d+), (?:up to )?(\d+) bytes: (\d+) came back as sent; then (\d+) of 20$",
        out, re.MULTILINE,
    )  # fmt: skip
    assert [flood[:2] for flood in floods] == [("30", "1514"), ("400", "42"), ("100", "1514")]
    assert [flood[3] for flood in floods] == [str(FEW)] * 3
    return [int(flood[2]) for flood in floods]


@pytest.mark.parametrize("board", [each for each in BOARDS if has_driver(each, "lan9118")])
def test_lan9118_through_its_own_fifos(board, network):
    status, out = frames(board, "loop", "RESTRICT=1", f"HOSTPORT={free_port(socket.SOCK_STREAM)}")
    large, small, mixed = check_all(status, out)
    # The FIFO holds 10 560 bytes: at least 6 full frames or 155 small ones (board/.../README.md).
    # The receive thread has read few more when it waits for the core lock.
    assert 6 <= large < 30 and 155 <= small < 400 and 6 <= mixed < 100
    no_pbuf, restarts, bad, gathered, not_sent = figures(
        out, r"chip: (\d+) no pbuf, (\d+) restarts, (\d+) bad, (\d+) sent gathered, (\d+) not sent"
    )
    # A restart would have hidden that the framing was lost. Both ways of sending were taken: cuts
    # with small or with too many buffers are gathered, a frame in one piece never is.
    assert (no_pbuf, restarts, bad, not_sent) == (FEW, 0, 0, 0)
    assert 2 * LENGTHS < gathered < (CUTS - 2) * LENGTHS


class Echo:
    """Returns each of these frames to its sender, on the bridge."""

    def __init__(self):
        command = ["ip", "-j", "link", "show", BRIDGE]
        listing = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
        self.mac = json.loads(listing.stdout)[0]["address"]
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(FRAME_TYPE))
        self.socket.bind((BRIDGE, FRAME_TYPE))
        self.end, self.wake = socket.socketpair()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while True:
            ready, _, _ = select.select([self.socket, self.end], [], [])
            if self.end in ready:
                return
            frame = self.socket.recv(2000)
            self.socket.send(frame[6:12] + frame[:6] + frame[12:])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.wake.close()
        self.thread.join()
        self.end.close()
        self.socket.close()


@pytest.mark.parametrize("board", BOARDS)
def test_through_an_echoing_peer(board, network):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    tap, ip = network.lend()
    try:
        with Echo() as echo:
            status, out = frames(board, f"echo {echo.mac}", f"NET=tap:{tap}", f"IP={ip}/{PREFIX}")
    finally:
        network.give_back(tap, ip)
    came = check_all(status, out)
    assert all(count <= sent for count, sent in zip(came, (30, 400, 100)))


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("words", ["", "around", "loop twice", "echo", "echo 02:00:00:00:00",
                                   "echo 02:00:00:00:00:01:02", "echo 02-00-00-00-00-01"])
def test_usage(board, words, network):
    status, out = frames(board, words, "RESTRICT=1", f"HOSTPORT={free_port(socket.SOCK_STREAM)}")
    assert (status, out.splitlines()[-1]) == (2, "usage: frames loop | frames echo MAC")


@pytest.mark.parametrize("board", BOARDS)
def test_a_peer_that_does_not_answer_is_told(board, network):
    status, out = frames(board, "echo 02:00:00:00:00:01", "RESTRICT=1",
                         f"HOSTPORT={free_port(socket.SOCK_STREAM)}")
    assert status == 1
    assert "frames: a frame does not come back; 1 sent, 0 received" in out.splitlines()
