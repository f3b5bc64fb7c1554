# SPDX-License-Identifier: BSD-3-Clause
"""Files of boards for the tests: a QEMU in a folder of the test, by a script in QEMU's place: /host
is that folder. And what the probe `file` is asked."""

import re
import shlex
import socket

import pytest

from conftest import CHOSEN
from peers import free_port
from porttools import Prompt
from stacks import BOARDS, BUILD, PATIENCE, REPO

ROM = REPO / "board" / "rom"


@pytest.fixture(params=BOARDS)
def board(request, network):
    if request.param not in CHOSEN and "board" not in CHOSEN:
        pytest.skip(f"PORTSIDE_STACKS leaves {request.param} out")
    return request.param


@pytest.fixture
def start(board, tmp_path):
    """Starts the board with a prompt; `script` is run in the shell that becomes QEMU, in `folder`,
    `prefix` stands before QEMU's name. With `image` another one than the probes'."""
    started = []

    def start(folder=tmp_path, script="", image=None, prefix=""):
        # Not in the folder that the board sees.
        qemu = tmp_path.parent / f"{tmp_path.name}.qemu{len(started)}"
        qemu.write_text(f'#!/bin/sh\n{script}\ncd {shlex.quote(str(folder))} || exit 1\n'
                        f'exec {prefix} qemu-system-arm "$@"\n')  # fmt: skip
        qemu.chmod(0o755)
        prompt = Prompt(
            [
                REPO / "board" / "run",
                f"BOARD={board}",
                f"IMAGE={image or BUILD / board / 'probes.elf'}",
                f"QEMU={qemu}",
                *("NET=user", "RESTRICT=1", f"HOSTPORT={free_port(socket.SOCK_STREAM)}"),
            ]
        )
        started.append(prompt)
        prompt.expect("^portside> ")
        return prompt

    yield start
    for each in started:
        each.end()


@pytest.fixture
def prompt(start):
    return start()


def run(prompt, *words, status=0, timeout=PATIENCE):
    """Runs a command that ends with this status; its output."""
    output, ended = prompt.run(" ".join(shlex.quote(str(word)) for word in words), timeout)
    assert ended == status, f"{words}: {ended}, {output}"
    return output


def fails(prompt, *words):
    """What a command that fails says."""
    return run(prompt, *words, status=1).strip()


def read(prompt, path):
    """A file's bytes."""
    lines = run(prompt, "file", "hex", path, timeout=60).split("\n")
    data = bytes.fromhex("".join(lines[:-2]))
    assert lines[-2] == f"{len(data)} bytes"
    return data


def entries(prompt, path):
    return re.findall(r"^\[(.*)\]$", run(prompt, "file", "list", path), re.MULTILINE)
