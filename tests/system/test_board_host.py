# SPDX-License-Identifier: BSD-3-Clause
"""/host: the files of whoever runs the board, through semihosting."""

import os
import random
import shlex
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
from stacks import BUILD, PATIENCE
from test_files import linux_answers

NO_HOST = r"""
for word; do
    shift
    [ "$word" = -semihosting-config ] && skip=1 && continue
    [ -n "$skip" ] && skip= && continue
    set -- "$@" "$word"
done
"""


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
