# SPDX-License-Identifier: BSD-3-Clause
"""Files on boards: /rom and /ram, who owns what is open, and what is left behind."""

import os
import random
import re
import shutil
import subprocess

import pytest

from board_files import (  # noqa: F401 (fixtures)
    ROM,
    board,
    entries,
    fails,
    prompt,
    read,
    run,
    start,
)
from porttools import resources
from stacks import BUILD, PATIENCE, REPO

# --- /rom ---


def test_rom_holds_the_folder(prompt):
    names = entries(prompt, "/rom")
    assert sorted(names) == sorted(path.name for path in ROM.iterdir())
    for name in names:
        assert read(prompt, f"/rom/{name}") == (ROM / name).read_bytes(), name
        facts = run(prompt, "file", "stat", f"/rom/{name}")
        assert facts == f"file {(ROM / name).stat().st_size} bytes, mode 444, device 2, 0 s\n"


def test_rom_samples():
    """What the other tests download: an empty file, a short one, one of many windows; all small."""
    sizes = {path.name: path.stat().st_size for path in ROM.iterdir()}
    assert sizes["empty.txt"] == 0
    assert 0 < sizes["hello.txt"] < 128
    assert max(sizes.values()) >= 10 * 1024
    assert sum(sizes.values()) <= 44 * 1024


def test_rom_is_read_only(prompt):
    assert fails(prompt, "file", "put", "/rom/new", "text") == "open: EROFS"
    for flags in ("w", "rw", "wt", "wc", "wa", "c"):
        name = "new" if flags == "c" else "hello.txt"
        assert fails(prompt, "file", "mode", f"/rom/{name}", flags) == "open: EROFS", flags
    assert fails(prompt, "file", "mode", "/rom/hello.txt", "wcx") == "open: EEXIST"
    assert fails(prompt, "file", "mode", "/rom/new", "w") == "open: ENOENT"
    assert fails(prompt, "file", "remove", "/rom/hello.txt") == "unlink: EROFS"
    assert fails(prompt, "file", "move", "/rom/hello.txt", "/rom/x") == "rename: EROFS"
    assert fails(prompt, "file", "move", "/rom/hello.txt", "/ram/x") == "rename: EXDEV"
    assert run(prompt, "file", "mode", "/rom/hello.txt", "r") == "done\n"
    assert read(prompt, "/rom/hello.txt") == (ROM / "hello.txt").read_bytes()


@pytest.fixture
def rom_table(tmp_path):
    """Makes the table of a folder; its text."""
    folder, table = tmp_path / "rom", tmp_path / "out" / "rom.S"
    folder.mkdir()

    def make(status=0):
        done = subprocess.run(
            [REPO / "port" / "cortex-m" / "rom_table", folder, table],
            capture_output=True,
            timeout=PATIENCE,
            text=True,
        )
        assert done.returncode == status, done
        return done.stderr if status else table.read_text()

    make.folder, make.table = folder, table
    return make


def test_rom_table_changes_with_its_folder(rom_table):
    seen = [rom_table()]
    (rom_table.folder / "a").write_bytes(b"one")
    seen.append(rom_table())
    before = rom_table.table.stat().st_mtime_ns
    os.utime(rom_table.folder / "a")
    assert rom_table() == seen[-1]
    assert rom_table.table.stat().st_mtime_ns == before  # nothing to build again
    (rom_table.folder / "a").write_bytes(b"two")
    seen.append(rom_table())
    (rom_table.folder / "b").touch()
    seen.append(rom_table())
    (rom_table.folder / "a").rename(rom_table.folder / "c")
    seen.append(rom_table())
    (rom_table.folder / "b").unlink()
    seen.append(rom_table())
    assert len(set(seen)) == len(seen)
    (rom_table.folder / ".hidden").touch()
    assert rom_table() == seen[-1]


def test_rom_table_refuses_folders(rom_table):
    (rom_table.folder / "sub").mkdir()
    assert "is no file" in rom_table(status=1)
    assert not rom_table.table.exists()
    (rom_table.folder / "sub").rmdir()
    (rom_table.folder / "dangling").symlink_to("nowhere")
    assert "is no file" in rom_table(status=1)
    shutil.rmtree(rom_table.folder)
    assert "there is no folder" in rom_table(status=1)


def test_another_rom_in_the_image(board, start, tmp_path):
    """BOARD_ROM names another folder; an image is made anew when it changes, and else not."""
    rom, build = tmp_path / "rom", tmp_path / "build"
    rom.mkdir()
    shutil.copytree(BUILD / board, build / board, copy_function=shutil.copy2)
    image = build / board / "probes.elf"
    long_name = "n" * 255
    contents = {
        "one.bin": random.Random(1).randbytes(20_001),
        "with 'quotes' and \"these\", back\\slash": b"x",
        "\xfcml\xe4ut": b"utf-8",
        long_name: b"long",
    }

    # The same lwIP, or all would be compiled again.
    lwip = re.search(r"-isystem (\S+)/src/include", (BUILD / board / "flags").read_text())[1]

    def make():
        subprocess.run(
            ["make", "-C", REPO, f"BUILD={build}", f"LWIP_DIR={lwip}",
             f"BOARD_ROM={rom}", str(image)],
            check=True, capture_output=True, timeout=300,
            env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0"},
        )  # fmt: skip
        return image.stat().st_mtime_ns

    make()
    assert entries(start(image=image), "/rom") == []
    for name, data in contents.items():
        (rom / name).write_bytes(data)
    first = make()
    assert make() == first
    board = start(image=image)
    assert sorted(entries(board, "/rom")) == sorted(contents)
    for name, data in contents.items():
        if len(name) < 100:  # a name of 255 bytes is more than some board's console takes
            assert read(board, f"/rom/{name}") == data
    (rom / "one.bin").write_bytes(b"changed")
    assert make() != first
    assert read(start(image=image), "/rom/one.bin") == b"changed"


# --- /ram ---


def test_ram_full(prompt, board):
    """What fits is written, the rest is ENOSPC, and it all comes back to the byte."""
    header = (REPO / "board" / board / "board.h").read_text()
    words = re.search(r"BOARD_RAM_FILES[\s\\]+(?:\(([\d *]+)\)|(\d+))", header)
    size = 1
    for factor in (words[1] or words[2]).split("*"):
        size *= int(factor)
    assert resources(prompt)["ram"] == 0
    fill = run(prompt, "file", "fill", "/ram/big")
    bytes_in_big = int(re.match(r"(\d+) bytes: ENOSPC\n", fill)[1])
    assert 0.95 * size < bytes_in_big < size
    assert resources(prompt)["ram"] > bytes_in_big
    assert fails(prompt, "file", "put", "/ram/other", "x") == "open: ENOSPC"
    assert entries(prompt, "/ram") == ["big"]
    facts = run(prompt, "file", "stat", "/ram/big")
    assert facts.startswith(f"file {bytes_in_big} bytes, mode 644, device 3, ")
    run(prompt, "file", "move", "/ram/big", "/ram/moved")
    run(prompt, "file", "remove", "moved")
    assert resources(prompt)["ram"] == 0
    assert run(prompt, "file", "fill", "/ram/again") == fill
    run(prompt, "file", "mode", "again", "wt")
    run(prompt, "file", "put", "/ram/other", "there is room")
    assert read(prompt, "other") == b"there is room"


def test_names_of_ram(prompt):
    run(prompt, "file", "put", "x", "text")
    assert entries(prompt, "/ram") == ["x"]
    for path in ("./x", "/ram/x", "/rom/../ram/x", "../ram/./x", "//ram//x"):
        assert read(prompt, path) == b"text", path
    assert fails(prompt, "file", "put", "n" * 44, "") == "open: ENAMETOOLONG"
    assert fails(prompt, "file", "stat", "n" * 44) == "stat: ENAMETOOLONG"
    run(prompt, "file", "put", "n" * 43, "")
    assert sorted(entries(prompt, ".")) == ["n" * 43, "x"]
    assert fails(prompt, "file", "put", "x/y", "") == "open: ENOTDIR"
    assert fails(prompt, "file", "put", "sub/y", "") == "open: ENOENT"


def test_times_of_ram(prompt):
    run(prompt, "file", "put", "x", "text")
    seconds = re.search(r" (\d+) s\n", run(prompt, "file", "stat", "x"))
    assert 0 <= int(seconds[1]) < 3600  # since the board's start


@pytest.mark.parametrize("how", ["return", "exit", "signal"])
def test_what_stdio_holds_at_the_end(prompt, how):
    """As on Linux (test_files.py): a signal loses what is in the buffer, and no FILE is left."""
    before = resources(prompt)
    run(prompt, "file", "leave", "left", how, status=143 if how == "signal" else 0)
    assert read(prompt, "left") == (b"" if how == "signal" else f"left by {how}\n".encode())
    run(prompt, "file", "remove", "left")
    after = resources(prompt)
    # newlib's chain of FILEs grows once and for all.
    for name in ("heap", "blocks"):
        before.pop(name), after.pop(name)
    assert after == before


# --- / and what is where ---


def test_root(prompt):
    assert entries(prompt, "/") == ["rom", "ram", "host"]
    for path, device in (("/", 1), ("/rom", 2), ("/ram", 3), ("/host", 4), (".", 3), ("..", 1)):
        mode = 755 if device > 2 else 555
        assert re.match(f"directory 0 bytes, mode {mode}, device {device}, 0 s\n",
                        run(prompt, "file", "stat", path)), path  # fmt: skip
    assert fails(prompt, "file", "stat", "/none") == "stat: ENOENT"
    assert fails(prompt, "file", "stat", "/romx") == "stat: ENOENT"
    assert fails(prompt, "file", "put", "/new", "x") == "open: EROFS"
    assert fails(prompt, "file", "put", "/none/new", "x") == "open: ENOENT"
    assert fails(prompt, "file", "move", "/ram", "/ram/x") == "rename: EBUSY"
    assert fails(prompt, "file", "remove", "/rom") == "unlink: EISDIR"
    assert fails(prompt, "file", "list", "/rom/hello.txt") == "opendir: ENOTDIR"


def test_too_long_path(prompt):
    assert fails(prompt, "file", "stat", "./" * 50 + "x" * 44) == "stat: ENAMETOOLONG"


# --- Who owns a descriptor ---


def test_descriptors_run_out_and_come_back(prompt):
    before = resources(prompt)
    for _ in range(3):
        prompt.type("file hold /rom/hello.txt 20\n")
        prompt.expect("^opened 13: EMFILE\n")
        prompt.type("enough\n")
        prompt.expect("^portside> ")
    assert resources(prompt) == before


def test_descriptors_of_another_job(prompt):
    output = run(prompt, "beside", "/rom/hello.txt", "file", "use")
    calls = ("read", "write", "lseek", "fstat", "ftruncate", "fcntl", "close")
    assert output == "".join(f"{call}: EBADF\n" for call in calls) + (
        "file ended with 0, descriptor 3 works\n"
    )


def test_descriptors_held_by_another_job(prompt):
    """The table is one: who finds it full of others' files is told ENFILE."""
    prompt.type("beside /rom/hello.txt file hold /rom/hello.txt 20\n")
    # beside's number comes behind the arguments, where hold ignores it.
    prompt.expect("^opened 12: ENFILE\n")
    prompt.type("enough\n")
    prompt.expect("^file ended with 0, descriptor 3 works\n")


@pytest.mark.parametrize("path", ["/ram/loop", "/host/loop"])
def test_interrupted_while_writing(prompt, tmp_path, path):
    """The descriptor and the room of a file without a name come back."""
    before = resources(prompt)
    for _ in range(3):
        prompt.type(f"file loop {path}\n")
        prompt.expect("^writing\n")
        prompt.type("\x03")
        prompt.expect("^exit status 130\n")
        prompt.expect("^portside> ")
    assert resources(prompt) == before
    assert not os.listdir(tmp_path)


def test_files_of_stdio_are_nobody_elses(prompt):
    """The search for a free FILE is the one place of newlib's stdio where threads meet."""
    assert run(prompt, "file-storm", "-d", "/ram", 3, 100_000, timeout=120) == (
        "100000 rounds of 3 threads\n"
    )


# --- No memory for FILEs ---


def test_threads_without_memory(prompt):
    """A thread's standard streams take memory: without it there is no thread, and nothing worse."""
    found = re.match(r"(\d+) threads without memory, (\d+) with it\n", run(prompt, "no-memory"))
    assert int(found[1]) < int(found[2])
    assert run(prompt, "file", "stat", "/rom").startswith("directory ")
