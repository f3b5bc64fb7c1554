# SPDX-License-Identifier: BSD-3-Clause
"""A cable that is pulled and put back under a running server: it goes on serving.

With a static address and with one from dnsmasq; on linux also with the interface taken down. Where
QEMU's machine has no PHY the board cannot know that the cable is out, and loses frames meanwhile.
"""

import http.client

import pytest

from lease_peers import dnsmasq
from machines import HERE, TAP, THERE, machine, own_network  # noqa: F401 (fixtures)
from peers import exchange, wait_until
from porttools import answers
from stacks import PATIENCE, REPO

LENT = "10.77.9.105"
PORT = 8080
FILE = "services.txt"


def download(ip):
    """The status and body that the file-server sends."""
    web = http.client.HTTPConnection(ip, PORT, timeout=PATIENCE)
    try:
        web.request("GET", f"/{FILE}")
        answer = web.getresponse()
        return answer.status, answer.read()
    finally:
        web.close()


def cable(made):
    return made.cut, made.mend


def interface(made):
    """The same by ifconfig, for a program on linux."""
    return (
        lambda: made.ifconfig("en0", "down"),
        lambda: made.ifconfig("en0", "up"),
    )


def serves_again_after(made, way, ip, content):
    cut, mend = way(made)
    cut()
    wait_until(lambda: made.is_cut(ip), "cut off")
    mend()
    wait_until(lambda: answers(ip, 2), "it is back")
    assert download(ip) == (200, content)


@pytest.mark.parametrize("address", [HERE, "dhcp"])
def test_file_server_goes_on(machine, address):
    content = (REPO / "board" / "rom" / FILE).read_bytes()
    with dnsmasq(TAP, f"--dhcp-range={LENT},{LENT},2m", ports=(53, 67)):
        made = machine(address, ("file-server", "-d", machine.files, str(PORT)))
        ip = LENT if address == "dhcp" else HERE
        made.expect("listening on ", 2 * PATIENCE)
        assert download(ip) == (200, content)
        for _ in range(2):
            serves_again_after(made, cable, ip, content)
        if not made.is_board:
            serves_again_after(made, interface, ip, content)


@pytest.mark.parametrize("address", [HERE, "dhcp"])
def test_connection_goes_on(machine, connect, address):
    """What is sent while the cable is out comes when it is in again, on the same connection."""
    with dnsmasq(TAP, f"--dhcp-range={LENT},{LENT},2m", ports=(53, 67)):
        made = machine(address, ("tcp-server", "-M", "threads", str(PORT)))
        made.expect("listening on ", 2 * PATIENCE)
        ip = LENT if address == "dhcp" else HERE
        peer = connect(ip, PORT)
        exchange(peer, b"before")
        made.cut()
        wait_until(lambda: made.is_cut(ip), "cut off")
        peer.sendall(b"while it is out")
        made.mend()
        assert peer.recv(100) == b"while it is out"
        exchange(peer, b"after")
        exchange(connect(ip, PORT), b"another")
