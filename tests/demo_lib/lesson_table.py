# SPDX-License-Identifier: BSD-3-Clause
"""Which heading of the tutorial is shown by which commands and which lesson."""

from demo_lib import experiments, lessons
from demo_lib.programs import HOST_IP

PEER = f"{HOST_IP} 8080"


class Lesson:
    """With `cells`, run() returns figures of an experiment, whose names these are."""

    def __init__(self, heading, commands, run, cells=None):
        self.heading, self.commands, self.run = heading, commands, run
        self.cells = cells


LESSONS = [
    Lesson("View network card information", ["ifconfig en0"], lessons.network_card),
    Lesson(
        "Close and open a network card",
        ["ifconfig en0 down", f"udp-send -m hello {HOST_IP} 9", "ifconfig en0 up"],
        lessons.down_and_up,
    ),
    Lesson(
        "The concept of ip addresses, and their classes",
        ["ip ADDRESS..."],
        lessons.kinds_of_address,
    ),
    Lesson(
        "Unicast, multicast, broadcasting",
        [f"udp-recv -g {lessons.GROUP} 8080", "udp-send -B -m TEXT 192.168.77.255 8080"],
        lessons.one_many_all,
    ),
    Lesson("Well known ports", ["tcp-server 80"], lessons.port_80),
    Lesson("Dynamic port", ["udp-recv 0"], lessons.any_port),
    Lesson(
        "Port: which program; create sockets",
        ["tcp-server 8080 &", "udp-recv 9000 &", "netstat"],
        lessons.sockets,
    ),
    Lesson("udp sends data: fixed", [f"udp-send -m hahaha {PEER}"], lessons.fixed),
    Lesson("udp sends data: typed, in a loop, until exit", [f"udp-send {PEER}"], lessons.typed),
    Lesson("udp receives data", ["udp-recv 8080"], lessons.receives),
    Lesson("udp receives data: gbk", ["udp-recv -e gbk 8080"], lessons.receives_gbk),
    Lesson("Port binding issues", [f"udp-send -b 5555 -m hello {PEER}"], lessons.bound),
    Lesson(
        "The same port can not be used by two programs",
        ["tests/system/probes/second_bind.c"],
        experiments.second_bind,
        cells=("UDP", "TCP"),
    ),
    Lesson(
        "Single, half-duplex, full-duplex; udp with one socket",
        [f"udp-chat -b 7000 {PEER}"],
        lessons.full_duplex,
    ),
    Lesson(
        "The difference between tcp and udp: nobody is there",
        [f"udp-send -m hello {PEER}", f"tcp-client -m hello {PEER}"],
        lessons.nobody_there,
    ),
    Lesson("tcp client, step by step", [f"tcp-client -m hello {PEER}"], lessons.client),
    Lesson("tcp server, step by step", ["tcp-server -M once -r hahahah 8080"], lessons.server_once),
    Lesson(
        "listen(128): how many may wait",
        ["tcp-server -l 2 -w 2 8080"],
        experiments.backlog,
        cells=("let in", "served"),
    ),
    Lesson(
        "Operating principle of QQ, unbound port",
        ["messenger-server 8080", f"messenger alice {PEER}"],
        lessons.messages,
    ),
    Lesson(
        "The difference between recv and recvfrom",
        ["udp-recv 8080", f"tcp-client -m hello {PEER}"],
        lessons.recv_and_recvfrom,
    ),
    Lesson(
        "tcp note 7: closing the listener",
        ["tcp-server -M threads -r hahahah 8080", "Ctrl-C, twice"],
        lessons.shuts_the_door,
    ),
    Lesson(
        "Example 1, and tcp note 8: a client is served, the next one comes",
        ["tcp-server -M queue -r hahahah 8080"],
        lessons.server_queue,
    ),
    Lesson(
        "Example 2, and tcp note 9: the same user many times, until it closes",
        ["tcp-server -M talk -r hahahah 8080"],
        lessons.server_talk,
    ),
    Lesson(
        "Example 3: file download client",
        [f"file-client {PEER} NAME", f"file-client -R {PEER} NAME"],
        lessons.download,
    ),
    Lesson("Example 3: file download server", ["file-server -d DIR 8080"], lessons.upload),
]
