# SPDX-License-Identifier: BSD-3-Clause
"""File calls, the same on every stack: a board's answers are those that Linux gives.

The probe `files` prints a question and its answer on each line; what it prints on the host, in a
folder of the host's file system, is what it must print elsewhere.
"""

import os
import subprocess

import pytest

from porttools import on, probes  # noqa: F401 (fixtures)
from stacks import BUILD, PATIENCE


def own_folder(probes, tmp_path):
    """Where a probe may make files."""
    return str(tmp_path) if probes.name in ("host", "linux") else "/ram"


def linux_answers(folder, *options):
    """What the host says. Its standard input is a pipe, as that of the other stacks is."""
    folder.mkdir()
    done = subprocess.run(
        [BUILD / "host" / "probes" / "files", *options, folder],
        input=b"",
        capture_output=True,
        timeout=PATIENCE,
        env={"LC_ALL": "C"},
    )
    assert done.returncode == 0, done
    assert not os.listdir(folder)
    return done.stdout.decode().splitlines()


@on("linux", "board")
def test_answers_are_those_of_linux(probes, tmp_path):
    expected = linux_answers(tmp_path / "reference")
    folder = tmp_path / "tested"
    folder.mkdir()
    app = probes.start("files", own_folder(probes, folder))
    assert app.wait() == 0
    assert len(expected) > 200
    assert app.lines == expected


@on("host", "linux", "board")
@pytest.mark.parametrize("options", [(), ("-f",)], ids=["descriptors", "stdio"])
def test_threads_at_once(probes, tmp_path, options):
    app = probes.start("file-storm", *options, own_folder(probes, tmp_path), 4, 100)
    app.expect("^100 rounds of 4 threads$")
    assert app.wait() == 0


@on("host", "linux")
@pytest.mark.parametrize("how", ["return", "exit", "signal"])
def test_what_stdio_holds_at_the_end(probes, tmp_path, how):
    """Who returns or calls exit() has all written, who is ended by a signal nothing. Boards, which
    forget /ram, are asked in test_board_files.py."""
    path = tmp_path / "left"
    assert probes.start("file", "leave", path, how).wait() in (0, 143, -15)
    assert path.read_text() == ("" if how == "signal" else f"left by {how}\n")
