# SPDX-License-Identifier: BSD-3-Clause
"""board/size: its figures are those of other tools, it notices when they are not, and prints the
same each time."""

import os
import re
import shutil
import subprocess

import pytest

from stacks import BUILD, PATIENCE, REPO

SIZE = REPO / "board" / "size"
BOARDS = sorted(path.parent.name for path in (REPO / "board").glob("*/board.mk"))
APPS = sorted(path.stem for path in (REPO / "apps").glob("*.c"))


def run(*arguments, **environment):
    done = subprocess.run(
        [SIZE, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **environment}, check=False,
    )
    return done.returncode, done.stdout, done.stderr


def tool(name, *arguments):
    done = subprocess.run([f"arm-none-eabi-{name}", *arguments], capture_output=True, text=True,
                          timeout=PATIENCE, check=True)
    return done.stdout


def image_of(board, name="portside"):
    path = BUILD / board / f"{name}.elf"
    assert path.exists(), f"not built: {path}"
    return path


def shown(board, *more):
    """{part: (flash, RAM)}, {purpose: RAM} and the line of totals."""
    status, out, err = run("--image", image_of(board), board, *more)
    assert (status, err) == (0, "")
    parts, _, rest = out.partition(f"{board}: RAM by purpose\n")
    parts = re.findall(r"^  (\S.*?) +(\d+) +(\d+)$", parts, re.MULTILINE)
    purposes = re.findall(r"^  (\S.*?) +(\d+)$", rest, re.MULTILINE)
    by_part = {name: (int(flash), int(ram)) for name, flash, ram in parts}
    return by_part, {name: int(ram) for name, ram in purposes}, out.splitlines()[-1]


@pytest.fixture(params=BOARDS)
def board(request):
    return request.param


def sections(board):
    rows = re.findall(r"^(\.\w+) +(\d+) +\d+$", tool("size", "-A", image_of(board)), re.MULTILINE)
    return {name: int(count) for name, count in rows}


def test_sums_are_those_of_the_sections(board):
    parts, purposes, total = shown(board)
    flash, ram = parts.pop("sum")
    of = sections(board)
    assert flash == of[".text"] + of[".rodata"] + of[".data"]
    assert ram == of[".stack"] + of[".data"] + of[".bss"]
    heap = purposes.pop("heap: what is left of RAM")
    assert (flash, ram) == tuple(map(sum, zip(*parts.values())))
    assert ram == sum(purposes.values())
    whole = re.fullmatch(
        rf"{board}: flash {flash} of \d+ bytes \(\d+\.\d %\),"
        rf" RAM {ram} of (\d+) bytes \(\d+\.\d %\), heap {heap}",
        total,
    )
    # The heap begins at a multiple of 8.
    assert whole and 0 <= int(whole[1]) - ram - heap < 8, total


def test_memory_is_what_the_linker_script_says(board):
    _, purposes, total = shown(board)
    text = (REPO / "board" / board / f"{board}.ld").read_text()
    unit = {"K": 1024, "M": 1024 * 1024}
    for region, word in (("CODE", "flash"), ("RAM", "RAM")):
        length = re.search(rf"{region} .*LENGTH = (\d+)([KM])", text)
        assert re.search(rf"\b{word} \d+ of {int(length[1]) * unit[length[2]]} bytes", total)
    symbols = {line.split()[2]: int(line.split()[0], 16)
               for line in tool("nm", image_of(board)).splitlines()}
    heap = symbols["_heap_end"] - symbols["_heap_start"]
    assert purposes["heap: what is left of RAM"] == heap


def test_every_program_has_its_line(board):
    parts, _, _ = shown(board)
    for app in APPS:
        assert 200 < parts[f"apps/{app}"][0] and parts[f"apps/{app}"][1] <= 4, app
    unknown = [name for name in parts if name.endswith((".o", ".o)", ".a"))]
    assert unknown == []  # each file belongs to a part


@pytest.mark.parametrize("purpose, symbol", [
    ("lwIP: receive buffers (PBUF_POOL)", "memp_memory_PBUF_POOL_base"),
    ("lwIP: heap (to send, mailboxes, its threads' stacks)", "ram_heap"),
    ("stacks of programs", "stacks"),
])
def test_the_large_ones_are_what_nm_says(board, purpose, symbol):
    _, purposes, _ = shown(board)
    rows = tool("nm", "--print-size", image_of(board)).splitlines()
    sizes = [int(row.split()[1], 16) for row in rows if row.split()[-1] == symbol]
    if symbol == "ram_heap" and not sizes:  # one heap for programs and for lwIP
        assert purpose not in purposes
    else:
        assert [purposes[purpose]] == sizes and sizes[0] > 1000


def test_probes_are_parts_too(board):
    status, out, _ = run("--image", image_of(board, "probes"), board)
    assert status == 0 and re.search(r"^  tests/resources +\d+ +\d+$", out, re.MULTILINE)


def test_same_image_same_output():
    assert run(*BOARDS) == run(*BOARDS)


def test_make_size_shows_all_boards_and_their_totals_last(board):
    def make(*words):
        old = [word for name in BOARDS for word in ("-o", name)]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(["make", *old, "size", *words], cwd=REPO, capture_output=True,
                              text=True, timeout=2 * PATIENCE, check=False, env=clean)
        assert done.returncode == 0, done.stderr
        return done.stdout

    everything, one = make(), make(f"BOARD={board}")
    totals = everything.splitlines()[-len(BOARDS) :]
    assert [line.split(":")[0] for line in totals] == BOARDS
    assert one.splitlines()[-1] in totals and one.count("RAM by purpose") == 1


# --- It does not print what is not so ---


@pytest.fixture
def copy(board, tmp_path):
    """A copy of the image and its map, to be spoilt."""
    for name in ("portside.elf", "portside.map"):
        shutil.copy(BUILD / board / name, tmp_path)
    return tmp_path / "portside.elf"


def refused(board, copy, complaint, **environment):
    status, out, err = run("--image", copy, board, **environment)
    assert (status, out) == (1, "")
    assert re.fullmatch(f"board/size: {complaint}\n", err), err


def test_a_map_that_lacks_a_piece(board, copy):
    text = copy.with_suffix(".map").read_text()
    spoilt = re.sub(r"^ \.bss\.stacks\s+0x.*\n", "", text, count=1, flags=re.MULTILINE)
    assert spoilt != text
    copy.with_suffix(".map").write_text(spoilt)
    refused(board, copy, r".*: the pieces of \.bss are \d+ bytes, the section \d+")


def test_a_map_of_another_image(board, copy):
    tool("objcopy", "--add-section", f".extra={REPO / 'LICENSE'}", "--set-section-flags",
         ".extra=alloc,load,readonly", copy)
    refused(board, copy, r".*: flash: the parts are \d+ bytes, arm-none-eabi-size says \d+")


@pytest.mark.parametrize("missing, complaint", [
    ("portside.elf", r"no image .*portside\.elf; make builds it"),
    ("portside.map", r".*portside\.map: No such file or directory"),
])
def test_what_is_missing_is_named(board, copy, missing, complaint):
    copy.with_name(missing).unlink()
    refused(board, copy, complaint)


def test_an_empty_map(board, copy):
    copy.with_suffix(".map").write_text("")
    refused(board, copy, r".*portside\.map: no memory called CODE and RAM")


def test_no_image_but_a_text(board, copy):
    copy.write_text("text\n")
    refused(board, copy, r".*file format not recognized")


@pytest.mark.parametrize("arguments, complaint", [
    (["nosuch"], "unknown board 'nosuch'; there are: "),
    (["--image", "x.elf"], "--image needs the name of its board"),
    (["--nosuch"], "unrecognized arguments"),
])
def test_usage(arguments, complaint):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "") and complaint in err.splitlines()[-1]
