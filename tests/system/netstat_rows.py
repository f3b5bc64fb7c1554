# SPDX-License-Identifier: BSD-3-Clause
"""What netstat and stats print, as the tests read it, and the same of the peer's kernel."""

import re
import subprocess

HEADER = r"^ +LOCAL +REMOTE +STATE +RECV +SEND +AGE +FD OWNER$"
END_OF_STATS = "^while the interface was down: "
ROW = re.compile(
    r"(?P<proto>tcp6?|udp6?|raw6?) +(?P<local>\S+) +(?P<remote>\S+) +(?P<state>LISTEN|\S+)"
    r"(?: (?P<pending>\d+)/(?P<backlog>\d+))? +(?P<recv>\d+) +(?P<send>\d+) +(?P<age>\d+)"
    r" +(?P<fd>\d+|-) (?P<owner>\S+)"
)
NUMBERS = ("pending", "backlog", "recv", "send", "age")


class Row(dict):
    """A line as a dictionary; .details are the numbers of the indented line below it."""

    details = ()


def rows_of(lines):
    """The rows in a text of netstat; whatever is no row, and no detail of one, is a failure."""
    rows = []
    for line in lines:
        match = ROW.fullmatch(line)
        if match:
            row = Row(match.groupdict())
            row.update({name: int(row[name]) for name in NUMBERS if row[name] is not None})
            rows.append(row)
        elif not re.fullmatch(HEADER, line):
            assert line.startswith("     ") and rows, f"{line!r} is no line of netstat"
            rows[-1].details = tuple(map(int, re.findall(r"\d+", line)))
    return rows


def of_peer(rows, port, ip="192.168.77.1"):
    """The rows of the connection with that end."""
    return [row for row in rows if row["remote"] == f"{ip}:{port}"]


def table_of(lines):
    """{first word: numbers} of the pools and layers of stats."""
    rows = [re.fullmatch(r"(\w+)((?: +(?:\d+|-)){3,4})(,.*)?", line) for line in lines]
    return {
        row[1]: [int(number) if number != "-" else None for number in row[2].split()]
        for row in rows
        if row
    }


def kernel_sees(port):
    """State, and bytes in its receive and its send queue, of the kernel's socket at that port."""
    done = subprocess.run(
        ["ss", "-tanH", f"sport = :{port}"], capture_output=True, text=True, timeout=10, check=True
    )
    fields = done.stdout.split()
    return (fields[0], int(fields[1]), int(fields[2])) if fields else ("CLOSED", 0, 0)
