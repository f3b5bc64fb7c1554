# SPDX-License-Identifier: BSD-3-Clause
"""stats and mem: what was sent, received, dropped and is in use, as the test brings it about."""

import contextlib
import re
import struct
import subprocess

import pytest

from frames import Wire, ip_packet
from netstat_rows import table_of
from porttools import on, option_of, ping, probes, prompt  # noqa: F401 (fixtures)
from stacks import PATIENCE
from test_netstat import Scene, serve

PORT = 8080
LAYER = {"sent": 0, "received": 1, "dropped": 2}


@pytest.fixture
def wire(network):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    with contextlib.closing(Wire("up1")) as made:
        yield made


def dropped(lines, layer, cause):
    """How many packets a layer dropped for that cause."""
    (line,) = [line for line in lines if line.startswith(f"{layer} ")]
    found = re.search(rf", {cause} (\d+)", line)
    return int(found[1]) if found else 0


def bad_udp(source, target):
    """A datagram with a wrong checksum."""
    return ip_packet(17, source, target, struct.pack("!HHHH", 9, PORT, 12, 0x1234) + b"data")


@on("linux", "board")
def test_layers_count_what_comes(probes, wire):
    scene = Scene(probes.start("scene"))
    scene.open(f"udp {PORT}")
    assert ping(scene.ip, count=1) == 1
    mac = wire.ask(scene.ip)
    before = scene.say("stats")
    assert ping(scene.ip, count=5) == 5
    for _ in range(3):
        wire.send(mac, 0x0800, bad_udp(wire.ip, scene.ip))
        wire.send(mac, 0x0800, ip_packet(200, wire.ip, scene.ip, bytes(12)))  # nobody's protocol
        assert wire.ask(scene.ip) == mac  # no faster than a FIFO
    after = scene.say("stats")
    for layer, cause in (("udp", "checksum"), ("ip", "protocol")):
        assert dropped(after, layer, cause) - dropped(before, layer, cause) == 3
    old, new = table_of(before), table_of(after)
    assert new["icmp"][LAYER["received"]] - old["icmp"][LAYER["received"]] == 5
    for layer in ("link", "ip"):
        for column in ("sent", "received"):
            grown = new[layer][LAYER[column]] - old[layer][LAYER[column]]
            assert grown >= 5, (layer, column)
    assert "refused: 0 segments by the reserve, 0 by a quota, 0 fragments, 0 datagrams" in after


@on("linux", "board")
def test_pools_count_sockets(probes):
    """In use, most ever, size, times empty: up, to the end, and down again."""
    scene = Scene(probes.start("scene"))
    scene.open("udp 0")
    size = option_of(probes.name, "MEMP_NUM_TCP_PCB_LISTEN")
    count = min(size, 20)
    before = scene.stats()
    slots = [scene.open(f"listen {PORT + number} 1")[0] for number in range(count)]
    full = scene.stats()
    assert full["TCP_PCB_LISTEN"] == [count, count, size, 0]
    assert full["NETCONN"][0] - before["NETCONN"][0] == count
    if count == size:
        scene.app.type(f"listen {PORT + size} 1\n")
        scene.app.expect("^listen: ")
        assert scene.stats()["TCP_PCB_LISTEN"] == [size, size, size, 1]
    for slot in slots:
        scene.say(f"close {slot}")
    after = scene.stats()["TCP_PCB_LISTEN"]
    assert after[:3] == [0, count, size]


# --- mem ---


def memory(prompt):
    """The heap's figures, what each owner has, and the other lines' numbers by their first word."""
    text, status = prompt.run("mem")
    assert status == 0
    heap, others, owners = {}, {}, {}
    for line in text.splitlines():
        share = re.fullmatch(r"  (\S+) +(\d+) bytes in (\d+) blocks", line)
        if share:
            owners[share[1]] = int(share[2])
        elif line.startswith("heap: "):
            names = ("bytes", "used", "most", "free", "largest", "failed")
            heap = dict(zip(names, map(int, re.findall(r"\d+", line))))
        else:
            name, numbers = line.split(":")
            others[name] = [int(number) for number in re.findall(r"\d+", numbers)]
    return heap, owners, others


def symbol_of(image, symbol):
    """What nm tells: an address, and a size where there is one."""
    done = subprocess.run(
        ["arm-none-eabi-nm", "-S", str(image)], capture_output=True, text=True, timeout=PATIENCE
    )
    found = re.search(rf"^(\w+) (?:(\w+) )?\w {symbol}$", done.stdout, re.MULTILINE)
    return [int(number, 16) for number in found.groups() if number]


def address_of(image, symbol):
    return symbol_of(image, symbol)[0]


def test_mem_adds_up(prompt, connect):
    image, name = prompt.board.path(), prompt.board.name
    serve(prompt, connect, 0)
    heap, owners, others = memory(prompt)
    # Blocks are aligned, so that a little at the ends may not be used.
    arena = address_of(image, "_heap_end") - address_of(image, "_heap_start")
    assert arena - 16 < heap["bytes"] <= arena
    assert heap["used"] + heap["free"] == heap["bytes"] and heap["largest"] <= heap["free"]
    assert heap["used"] <= heap["most"]
    assert sum(owners.values()) == heap["used"] and set(owners) <= {"system", "lwIP"}
    buffers, size, used, most = others["receive buffers"]
    assert buffers == option_of(name, "PBUF_POOL_SIZE")
    assert size == option_of(name, "PBUF_POOL_BUFSIZE") and used <= most <= buffers
    size, used, free = others["/ram"]
    assert (used, free) == (0, size)
    programs, each, system, all_of_system = others["stacks"]
    assert programs * each == symbol_of(image, "stacks")[1]
    assert 4 <= system and all_of_system > system * 200


def test_mem_sees_what_is_taken(prompt):
    """A file in /ram, and the memory of a job that runs: nothing else is a program's."""
    before = memory(prompt)[2]["/ram"][1]
    assert prompt.run("file put /ram/note hello")[1] == 0
    assert memory(prompt)[2]["/ram"][1] > before
    assert prompt.run("file remove /ram/note")[1] == 0
    assert memory(prompt)[2]["/ram"][1] == before
