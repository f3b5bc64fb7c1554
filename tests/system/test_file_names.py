# SPDX-License-Identifier: BSD-3-Clause
"""Which names file-server answers, as tables: what lies outside of its folder, or is no file, is
refused in both protocols, however it is written."""

import os
import re
import socket
import threading
import time
import urllib.parse

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    SECRET,
    Caller,
    folder,
    is_board,
    raw,
    serve,
)
from peers import wait_until
from stacks import PATIENCE

SERVED, REFUSED, MISSING = "served", "refused", "not found"
OUTCOMES = {200: SERVED, 403: REFUSED, 404: MISSING}

FILES = {
    "hello.txt": b"hello\n",
    "sub/inner.txt": b"inner\n",
    "sub/hello.txt": b"another hello\n",
    "a b.txt": b"a space\n",
    "gr\u00fc\u00dfe.txt": b"umlauts\n",
    "\u4f60\u597d.txt": b"two characters\n",
    "100%.txt": b"percent\n",
    "%41.txt": b"percent and digits\n",
    "what?.txt": b"question\n",
    "a..b": b"two dots inside\n",
    "...": b"three dots\n",
    ".hidden": b"begins with a dot\n",
    "-dash": b"like an option\n",
    "a+b&c=d;e,f~g'h(i)!*$@:": b"what URLs may hold\n",
    '<b>"&amp;': b"what HTML may not\n",
    "x" * 255: b"the longest name\n",
}

# Names, in either protocol: percent-encoded for HTTP, behind a slash.
NAMES = {
    **{name: SERVED for name in FILES},
    "sub//inner.txt": SERVED,
    "./hello.txt": SERVED,
    "sub/./inner.txt": SERVED,
    "nosuch": MISSING,
    "sub/nosuch": MISSING,
    "nosuch/hello.txt": MISSING,
    "HELLO.TXT": MISSING,
    "hello.txt ": MISSING,
    " hello.txt": MISSING,
    "hello.tx": MISSING,
    "a\\..\\b": MISSING,
    "hello.txt/": MISSING,
    "hello.txt/x": MISSING,
    "hello.txt/.": MISSING,
    "y" * 255: MISSING,
    "y" * 256: REFUSED,
    "sub/" + "y" * 255: REFUSED,
    "y/" * 500: REFUSED,
    "..": REFUSED,
    "../secret.txt": REFUSED,
    "../folder/hello.txt": REFUSED,
    "../../../../../../../../etc/passwd": REFUSED,
    "sub/..": REFUSED,
    "sub/../hello.txt": REFUSED,
    "sub/../../secret.txt": REFUSED,
    "nosuch/../hello.txt": REFUSED,
    "./../secret.txt": REFUSED,
    "/etc/passwd": REFUSED,
    "/": REFUSED,
    "//etc/passwd": REFUSED,
    "sub": REFUSED,
    "sub/": REFUSED,
    ".": REFUSED,
}

# Folders have a page over HTTP, behind a slash. A board cannot list /host.
FOLDERS = {"sub": 301, "sub/": SERVED, ".": 301}
FOLDERS_OF_A_BOARD = {**FOLDERS, "sub/": REFUSED}

# As they are in the request line.
TARGETS = {
    "/hello.txt?x=1": SERVED,
    "/hello.txt?": SERVED,
    "/hello.txt?/../../secret.txt": SERVED,
    "/%68%65llo%2etxt": SERVED,
    "/sub%2finner.txt": SERVED,
    "/%%34%31.txt": 400,
    "/what?.txt": MISSING,
    "/%2541.txt": SERVED,
    "/" + "%78" * 255: SERVED,
    "/gr%c3%bc%c3%9fe.txt": SERVED,
    "/%2e%2e/secret.txt": REFUSED,
    "/%2E%2e/secret.txt": REFUSED,
    "/.%2e/secret.txt": REFUSED,
    "/%2e%2e%2fsecret.txt": REFUSED,
    "/..%2fsecret.txt": REFUSED,
    "/sub/%2e%2e/%2e%2e/secret.txt": REFUSED,
    "/%252e%252e/secret.txt": MISSING,
    "/..%5csecret.txt": MISSING,
    "/%c0%ae%c0%ae/secret.txt": MISSING,
    "/%2fetc/passwd": REFUSED,
    "//etc/passwd": REFUSED,
    "///etc/passwd": REFUSED,
    "/etc/passwd": MISSING,
    "http://x/../secret.txt": REFUSED,
    "http://x//etc/passwd": REFUSED,
    "http://x/hello.txt": SERVED,
    "/hello.txt%00": 400,
    "/hello.txt%00.html": 400,
    "/%00": 400,
    "/%zz": 400,
    "/%4": 400,
    "/%": 400,
    "/hello.txt%": 400,
    "/hello.txt%2": 400,
    "/%-1": 400,
    "/hello.txt\x01": 400,
    "/hello.txt%0a": REFUSED,
    "/hello.txt%0d%0aSet-Cookie:%20x": REFUSED,
    "/%1b%5b2J": REFUSED,
    "/%ff%fe": MISSING,
}


@pytest.fixture
def server(stack, folder):
    for name, data in FILES.items():
        folder.write(name, data)
    (folder.path.parent / "secret.txt").write_bytes(SECRET)
    return serve(stack, folder(""))


def over_http(server, target):
    with Caller(server.ip) as caller:
        answer = caller.ask(target)
    return OUTCOMES.get(answer.status, answer.status), answer.body


def over_raw(server, name):
    data = raw(server.ip, name + b"\n")
    event = server.expect(r'^client \S+ RAW "(.*)": (sent|not found|refused)')[2]
    return event.replace("sent", SERVED), data


def check(server, table, outcome, expected_data=FILES):
    wrong = {}
    for name, expected in table.items():
        got, data = outcome(server, name)
        assert SECRET.strip() not in data and b"root:" not in data, name
        if got != expected:
            wrong[name] = f"{got}, not {expected}"
        elif got == SERVED and name in expected_data and data != expected_data[name]:
            wrong[name] = f"served {data!r}"
        elif got != SERVED and outcome is over_raw_text and data:
            wrong[name] = f"{got}, and yet {data!r}"
    assert not wrong
    assert over_http(server, "/hello.txt") == (SERVED, FILES["hello.txt"])


def over_raw_text(server, name):
    return over_raw(server, os.fsencode(name))


def over_http_text(server, name):
    return over_http(server, "/" + urllib.parse.quote(name, safe="/"))


def test_names_over_http(stack, server):
    folders = FOLDERS_OF_A_BOARD if is_board(stack) else FOLDERS
    check(server, {**NAMES, **folders}, over_http_text)


def test_names_over_the_tutorials_protocol(server):
    check(server, NAMES, over_raw_text)


def test_targets(server):
    check(server, TARGETS, over_http)


def test_bytes_that_are_no_text(server):
    """Neither file nor harm, and events that a terminal survives."""
    names = (b"\xff\xfe", b"\xc3", b"hello.txt\x1b[2J", b"\x01\x02", b'"\\', b'x": sent 9 bytes')
    for name in names:
        assert over_raw(server, name)[0] in (MISSING, REFUSED), name
    for line in server.lines:
        assert re.fullmatch(r"[ -~]*", line), line
    assert any(r'RAW "\xff\xfe":' in line for line in server.lines)
    assert any(r'RAW "hello.txt\x1b[2J":' in line for line in server.lines)
    assert any(r'RAW "\"\\":' in line for line in server.lines)
    assert not any('RAW "x": sent' in line for line in server.lines)


# --- What is no file, or leads out: where the stack sees the host's files as they are ---


@pytest.fixture
def odd(stack, server, folder):
    """Links, and what is not a file, in the folder."""
    if is_board(stack):
        pytest.skip("semihosting tells files and links not apart")
    outside = folder.path.parent / "folder-of-others"
    outside.mkdir()
    (outside / "secret.txt").write_bytes(SECRET)
    links = {
        "inside": "hello.txt",
        "inside-sub": "sub",
        "sub/up": "../hello.txt",
        "chain": "inside",
        "absolute": str(folder.path / "hello.txt"),
        "out": "../secret.txt",
        "out-absolute": str(outside / "secret.txt"),
        "out-neighbour": "../folder-of-others/secret.txt",
        "out-sub": "..",
        "out-chain": "out",
        "loop": "loop",
        "loop-a": "loop-b",
        "loop-b": "loop-a",
        "dangling": "nosuch",
        "dangling-out": "../nosuch",
        "null": "/dev/null",
        "zero": "/dev/zero",
        "passwd": "/etc/passwd",
        "root": "/",
    }
    for name, target in links.items():
        (folder.path / name).symlink_to(target)
    os.mkfifo(folder.path / "fifo")
    (folder.path / "sub" / "fifo-link").symlink_to("../fifo")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder.path / "socket"))  # sun_path is short
        yield server


ODD = {
    "inside": SERVED,
    "inside-sub/inner.txt": SERVED,
    "sub/up": SERVED,
    "chain": SERVED,
    "absolute": SERVED,
    "out": REFUSED,
    "out-absolute": REFUSED,
    "out-neighbour": REFUSED,
    "out-sub": REFUSED,
    "out-sub/secret.txt": REFUSED,
    "out-sub/folder/hello.txt": SERVED,  # out, and in again
    "out-chain": REFUSED,
    "loop": REFUSED,
    "loop-a": REFUSED,
    "loop/x": REFUSED,
    "dangling": MISSING,
    "dangling-out": MISSING,
    "null": REFUSED,
    "zero": REFUSED,
    "passwd": REFUSED,
    "root/etc/passwd": REFUSED,
    "fifo": REFUSED,
    "sub/fifo-link": REFUSED,
    "socket": REFUSED,
}
ODD_DATA = {
    **dict.fromkeys(("inside", "sub/up", "chain", "absolute"), FILES["hello.txt"]),
    "inside-sub/inner.txt": FILES["sub/inner.txt"],
}


@pytest.mark.parametrize("outcome", [over_http_text, over_raw_text], ids=["HTTP", "tutorial"])
def test_what_is_no_file(odd, outcome):
    check(odd, ODD, outcome, ODD_DATA)


def test_fifo_does_not_block(odd):
    """Nobody writes to it: opening it would wait for ever, and with it the others."""
    with Caller(odd.ip) as first:
        first.send(b"fifo\n")
        assert over_http(odd, "/hello.txt")[0] == SERVED
        assert first.rest() == b""


def test_link_that_changes(odd, folder):
    """Between two looks at it, from a file inside to one outside: that is never served."""
    over = threading.Event()

    def flip():
        new = folder.path / "new"
        while not over.is_set():
            for target in ("hello.txt", "../secret.txt"):
                new.symlink_to(target)
                new.replace(folder.path / "flips")

    flipper = threading.Thread(target=flip, daemon=True)
    flipper.start()
    wait_until((folder.path / "flips").is_symlink, "the link is there")
    got = {SERVED: 0, REFUSED: 0}
    end = time.monotonic() + 1
    try:
        with Caller(odd.ip) as caller:
            while time.monotonic() < end:
                answer = caller.ask("/flips")
                got[OUTCOMES[answer.status]] += 1
                assert answer.status != 200 or answer.body == FILES["hello.txt"]
    finally:
        over.set()
        flipper.join(PATIENCE)
    assert got[SERVED] and got[REFUSED]


def test_unreadable_file(stack, folder):
    """Even root, without the right to read everything."""
    folder.write("hello.txt", FILES["hello.txt"])
    folder.write("unreadable", SECRET).chmod(0)
    rights = "-dac_override,-dac_read_search"
    stack.prefix = ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", "--")
    app = serve(stack, folder(""))
    for outcome in (over_http_text, over_raw_text):
        check(app, {"unreadable": REFUSED}, outcome)
