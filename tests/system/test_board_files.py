# SPDX-License-Identifier: BSD-3-Clause
"""Files on boards: /rom, /ram and /host, who owns what is open, and what is left behind.

A board's QEMU is started here in a folder of the test, by a script in QEMU's place: /host is that
folder.
"""

import os
import random
import re
import shlex
import shutil
import socket
import subprocess

import pytest

from conftest import CHOSEN
from peers import free_port
from porttools import Prompt
from stacks import BUILD, PATIENCE, REPO
from test_files import linux_answers

BOARDS = sorted(path.parent.name for path in REPO.glob("board/*/board.mk"))
ROM = REPO / "board" / "rom"
NO_HOST = r"""
for word; do
    shift
    [ "$word" = -semihosting-config ] && skip=1 && continue
    [ -n "$skip" ] && skip= && continue
    set -- "$@" "$word"
done
"""


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


def resources(prompt):
    return dict(re.findall(r"([\w-]+)=(\d+)", run(prompt, "resources")))


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
    assert resources(prompt)["ram"] == "0"
    fill = run(prompt, "file", "fill", "/ram/big")
    bytes_in_big = int(re.match(r"(\d+) bytes: ENOSPC\n", fill)[1])
    assert 0.95 * size < bytes_in_big < size
    assert int(resources(prompt)["ram"]) > bytes_in_big
    assert fails(prompt, "file", "put", "/ram/other", "x") == "open: ENOSPC"
    assert entries(prompt, "/ram") == ["big"]
    facts = run(prompt, "file", "stat", "/ram/big")
    assert facts.startswith(f"file {bytes_in_big} bytes, mode 644, device 3, ")
    run(prompt, "file", "move", "/ram/big", "/ram/moved")
    run(prompt, "file", "remove", "moved")
    assert resources(prompt)["ram"] == "0"
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


# --- /host ---


def test_host_answers_are_those_of_linux(prompt, tmp_path):
    (tmp_path / "tested").mkdir()
    expected = linux_answers(tmp_path / "reference", "-s")
    output = run(prompt, "files", "-s", "/host/tested", timeout=60)
    assert output.splitlines() == expected


def test_host_files(prompt, tmp_path):
    data = random.Random(2).randbytes(50_000)
    (tmp_path / "data.bin").write_bytes(data)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner").write_bytes(b"inside")
    assert read(prompt, "/host/data.bin") == data
    assert read(prompt, "/host/folder/../folder/inner") == b"inside"
    facts = run(prompt, "file", "stat", "/host/data.bin")
    assert facts == "file 50000 bytes, mode 644, device 4, 0 s\n"
    run(prompt, "file", "put", "/host/folder/new", "from the board")
    assert (tmp_path / "folder" / "new").read_bytes() == b"from the board"
    run(prompt, "file", "move", "/host/folder/new", "/host/moved")
    assert (tmp_path / "moved").read_bytes() == b"from the board"
    assert fails(prompt, "file", "move", "/host/moved", "/ram/moved") == "rename: EXDEV"
    run(prompt, "file", "remove", "/host/moved")
    assert sorted(os.listdir(tmp_path)) == ["data.bin", "folder"]
    assert fails(prompt, "file", "hex", "/host/none") == "open: ENOENT"
    assert fails(prompt, "file", "list", "/host") == "opendir: ENOTSUP"


def test_host_folders(prompt, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    assert run(prompt, "file", "stat", "/host/folder").startswith("directory ")
    assert fails(prompt, "file", "hex", "/host/folder") == "read: EISDIR"
    assert fails(prompt, "file", "put", "/host/folder", "x") == "open: EISDIR"
    assert fails(prompt, "file", "remove", "/host/folder") == "unlink: EISDIR"
    assert fails(prompt, "file", "list", "/host/folder") == "opendir: ENOTSUP"
    assert folder.is_dir()
    run(prompt, "file", "move", "/host/folder", "/host/other")
    assert (tmp_path / "other").is_dir()


def test_host_ends_at_its_folder(start, tmp_path):
    """`..` is resolved by the text and does not lead out; nor does an absolute name inside."""
    inside = tmp_path / "inside"
    inside.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("not for boards")
    prompt = start(folder=inside)
    for path in ("/host/../secret", "/host/../../secret", f"/host/../{tmp_path}/secret",
                 f"/host/{secret}", "/host/x/../../secret", "../secret"):  # fmt: skip
        assert fails(prompt, "file", "hex", path) in ("open: ENOENT", "open: ENAMETOOLONG"), path
    assert fails(prompt, "file", "put", "/host/../new", "x") == "open: EROFS"
    # Names that SYS_OPEN has a meaning for.
    for name in (":tt", ":semihosting-features"):
        assert fails(prompt, "file", "hex", f"/host/{name}") == "open: EINVAL"
    assert not os.listdir(inside) and secret.read_text() == "not for boards"


def test_host_exclusive(prompt, tmp_path):
    (tmp_path / "old").write_text("old")
    assert fails(prompt, "file", "mode", "/host/old", "wcx") == "open: EEXIST"
    assert fails(prompt, "file", "mode", "/host/old", "wctx") == "open: EEXIST"
    assert run(prompt, "file", "mode", "/host/new", "wcx") == "done\n"
    assert (tmp_path / "old").read_text() == "old" and (tmp_path / "new").read_text() == "wcx"


def test_host_fifo(prompt, tmp_path):
    """Nobody is at its other end: opened to read it would stop the board for ever."""
    os.mkfifo(tmp_path / "fifo")
    assert run(prompt, "file", "stat", "/host/fifo").startswith("fifo ")
    for flags in ("r", "w", "rw", "wct", "wa"):
        assert fails(prompt, "file", "mode", "/host/fifo", flags) == "open: ENXIO", flags
    run(prompt, "file", "remove", "/host/fifo")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("size", [2**31, 2**32 - 1, 2**32, 2**32 + 10, 3 * 2**32 + 5000])
def test_host_too_large(prompt, tmp_path, size):
    """No wrong length, and no other bytes than were asked for."""
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(size)
    assert fails(prompt, "file", "stat", "/host/large") == "stat: EOVERFLOW"
    for flags in ("r", "rw", "wa"):
        assert fails(prompt, "file", "mode", "/host/large", flags) == "open: EOVERFLOW", flags
    assert path.stat().st_size == size
    run(prompt, "file", "move", "/host/large", "/host/renamed")
    run(prompt, "file", "remove", "/host/renamed")


def test_host_as_large_as_can_be(prompt, tmp_path):
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(2**31 - 1)
    assert run(prompt, "file", "stat", "/host/large").startswith("file 2147483647 bytes")
    assert fails(prompt, "file", "mode", "/host/large", "wa") == "write: EFBIG"
    with open(path, "wb") as file:
        file.truncate(2**31 - 3)
    assert run(prompt, "file", "mode", "/host/large", "wa") == "done\n"
    assert path.stat().st_size == 2**31 - 1
    with open(path, "rb") as file:
        file.seek(-4, os.SEEK_END)
        assert file.read() == b"\0\0wa"


def private_mounts():
    """The words that begin a private mount namespace in a script, or a skip."""
    words = "unshare -m" if os.geteuid() == 0 else "unshare -Urm"
    probe = f"{words} mount -t tmpfs -o size=64k none /mnt"
    if subprocess.run(probe.split(), capture_output=True, timeout=PATIENCE).returncode != 0:
        pytest.skip("no private mounts here")
    return words


def in_private_mount(tmp_path, steps):
    """A script that mounts a small tmpfs at tmp_path, that only this QEMU sees."""
    words = private_mounts()
    folder = shlex.quote(str(tmp_path))
    return (
        f'[ -n "$INNER" ] || INNER=1 exec {words} "$0" "$@"\n'
        f"mount -t tmpfs -o size=64k none {folder} && cd {folder} && {steps} || exit 1\ncd /"
    )


def test_host_disk_full(start, tmp_path):
    prompt = start(script=in_private_mount(tmp_path, "true"))
    assert run(prompt, "file", "fill", "/host/big") == "65536 bytes: ENOSPC\n"
    assert fails(prompt, "file", "put", "/host/other", "text") == "write: ENOSPC"
    run(prompt, "file", "remove", "/host/big")
    run(prompt, "file", "put", "/host/other", "text")
    assert read(prompt, "/host/other") == b"text"


def test_host_read_only(start, tmp_path):
    steps = "echo text >file && mkdir sub && mount -o remount,ro ."
    prompt = start(script=in_private_mount(tmp_path, steps))
    assert read(prompt, "/host/file") == b"text\n"
    assert run(prompt, "file", "stat", "/host/file").startswith("file 5 bytes, mode 444")
    assert run(prompt, "file", "stat", "/host/sub").startswith("directory ")
    for path in ("/host/file", "/host/new"):
        assert fails(prompt, "file", "put", path, "x") == "open: EROFS", path
    assert fails(prompt, "file", "remove", "/host/file") == "unlink: EROFS"
    assert fails(prompt, "file", "move", "/host/file", "/host/x") == "rename: EROFS"


def test_host_protected_file(board, start, tmp_path):
    """By its mode, which root does not mind: QEMU runs as nobody then."""
    (tmp_path / "file").write_text("text")
    (tmp_path / "file").chmod(0o444)
    (tmp_path / "secret").write_text("text")
    (tmp_path / "secret").chmod(0)
    prefix = ""
    if os.geteuid() == 0:
        image = BUILD / board / "probes.elf"
        for path in (image, *image.parents):
            if not path.stat().st_mode & 0o005:
                pytest.skip(f"{path} is root's alone, and QEMU as nobody could not read the image")
        tmp_path.chmod(0o777)
        prefix = "setpriv --clear-groups --reuid=65534 --regid=65534"
    prompt = start(prefix=prefix)
    assert read(prompt, "/host/file") == b"text"
    assert run(prompt, "file", "stat", "/host/file").startswith("file 4 bytes, mode 444")
    assert fails(prompt, "file", "put", "/host/file", "x") == "open: EACCES"
    assert fails(prompt, "file", "hex", "/host/secret") == "open: EACCES"
    assert (tmp_path / "file").read_text() == "text"


def test_no_host(start, tmp_path):
    """As on silicon without a debugger: there is no /host, and the rest works."""
    (tmp_path / "file").write_text("text")
    prompt = start(script=NO_HOST)
    assert entries(prompt, "/") == ["rom", "ram"]
    for path in ("/host", "/host/file"):
        assert fails(prompt, "file", "stat", path) == "stat: ENOENT"
        assert fails(prompt, "file", "hex", path) == "open: ENOENT"
    assert fails(prompt, "file", "list", "/host") == "opendir: ENOENT"
    assert fails(prompt, "file", "move", "/host/file", "/host/other") == "rename: ENOENT"
    assert fails(prompt, "file", "put", "/host/x", "text") == "open: ENOENT"
    assert read(prompt, "/rom/hello.txt") == (ROM / "hello.txt").read_bytes()
    run(prompt, "file", "put", "x", "in RAM")
    assert read(prompt, "/ram/x") == b"in RAM"
    assert os.listdir(tmp_path) == ["file"]


# --- No memory for FILEs ---


def test_threads_without_memory(prompt):
    """A thread's standard streams take memory: without it there is no thread, and nothing worse."""
    found = re.match(r"(\d+) threads without memory, (\d+) with it\n", run(prompt, "no-memory"))
    assert int(found[1]) < int(found[2])
    assert run(prompt, "file", "stat", "/rom").startswith("directory ")
