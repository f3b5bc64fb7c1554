# SPDX-License-Identifier: BSD-3-Clause
"""file-client -c: the rest of a file by Range, from servers that know ranges, that do not, and that
lie about them. Whatever they say, the result is the whole file or an error."""

import re

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    Server,
    cases_for,
    check_failed,
    check_received,
    content,
    curl,
    fetch,
    first_of_range,
    folder,
    http_server,
    is_board,
    ok,
    ranged,
    sends_what_is_taken,
    serve,
    sha256,
)
from stacks import HOST_IP

DATA = content(50_000)
PART = DATA[:20_000]


def resume(stack, folder, port, *options, ip=HOST_IP):
    return fetch(stack, "a.bin", "-c", *options, "-o", folder("a.bin"), port=port, ip=ip)


@pytest.mark.parametrize("have", [0, 1, 1460, 49_999])
def test_the_rest(stack, folder, have):
    """The SHA-256 is that of the whole."""
    folder.write("a.bin.part", DATA[:have])
    with Server(ranged(DATA)) as server:
        app = resume(stack, folder, server.port)
        check_received(app, DATA, folder.path / "a.bin", resumed=have)
    assert folder.names() == ["a.bin"]
    assert first_of_range(server.heads[0]) == (have or None)


def test_nothing_to_resume(stack, folder):
    """Without a part all of it, and an older file does not count as one."""
    folder.write("a.bin", PART)
    with Server(ranged(DATA)) as server:
        check_received(resume(stack, folder, server.port), DATA, folder.path / "a.bin")
    assert first_of_range(server.heads[0]) is None


def test_from_file_server(stack, folder):
    """Both ends are ours."""
    (folder.path / "served").mkdir()
    folder.write("served/a.bin", DATA)
    folder.write("a.bin.part", PART)
    app = serve(stack, folder("served"))
    copy = resume(stack, folder, 8080, ip=app.ip)
    check_received(copy, DATA, folder.path / "a.bin", resumed=len(PART))
    app.expect(r'^client \S+ GET "a.bin": 206, 30000 bytes$')


def test_server_without_ranges(stack, folder, tmp_path, http_server):
    """http.server sends the whole: what was there does not count."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.bin").write_bytes(DATA)
    port = http_server(source)
    for part in (PART, DATA, DATA + b"more than there is", b"of something else"):
        folder.write("a.bin.part", part)
        app = resume(stack, folder, port)
        app.expect_error("the server sends no parts: it comes from the beginning$")
        check_received(app, DATA, folder.path / "a.bin")
        app.kill()


def test_part_is_the_whole(stack, folder):
    """416 tells the length: what is there is all, or is asked for once more."""
    folder.write("a.bin.part", DATA)
    with Server(ranged(DATA), ranged(DATA), all_come=False) as server:
        app = resume(stack, folder, server.port)
        assert app.wait() == 0, app
        assert sha256(DATA) in app.expect("^received .*")[0]
    assert folder.names() == ["a.bin"] and folder.read("a.bin") == DATA


def test_part_is_longer_than_the_file(stack, folder):
    """It cannot be of this file."""
    folder.write("a.bin.part", DATA + b"more")
    with Server(ranged(DATA), ranged(DATA), all_come=False) as server:
        app = resume(stack, folder, server.port)
        if app.wait() == 0:
            assert folder.read("a.bin") == DATA
        else:
            check_failed(app, f"{HOST_IP}:{server.port}: ")
            assert folder.names() == ["a.bin.part"]


def partial(data, content_range, **more):
    fields = [f"Content-Range: {content_range}"] if content_range is not None else []
    return ok(data, *fields, status="206 Partial Content", **more)


REST = DATA[20_000:]
# Answers to "Range: bytes=20000-" that are no good for the part.
LIES = {
    "no Content-Range": partial(REST, None),
    "the begin": partial(DATA, "bytes 0-49999/50000"),
    "too early": partial(DATA[19_999:], "bytes 19999-49999/50000"),
    "too late": partial(DATA[20_001:], "bytes 20001-49999/50000"),
    "a piece": partial(DATA[20_000:30_000], "bytes 20000-29999/50000"),
    "another length": partial(REST, "bytes 20000-39999/50000"),
    "beyond the end": partial(REST, "bytes 20000-49999/40000"),
    "backwards": partial(REST, "bytes 49999-20000/50000"),
    "two of them": partial(REST, "bytes 0-29999/30000\r\nContent-Range: bytes 20000-49999/50000"),
    "another unit": partial(REST, "lines 20000-49999/50000"),
    "no numbers": partial(REST, "bytes a-b/c"),
    "negative": partial(REST, "bytes -20000-49999/50000"),
    "2 to the 64 more": partial(REST, "bytes 18446744073709571616-18446744073709601615/*"),
    "unsatisfied": partial(REST, "bytes */50000"),
    "multipart": ok(
        b"--x\r\nContent-Range: bytes 20000-49999/50000\r\n\r\n" + REST + b"\r\n--x--\r\n",
        "Content-Type: multipart/byteranges; boundary=x",
        status="206 Partial Content",
    ),
    "chunks of more than it says": b"HTTP/1.1 206 Partial Content\r\n"
    b"Content-Range: bytes 20000-49999/50000\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (REST, b"more", b"")),
    "cut": partial(REST[:100], "bytes 20000-49999/50000", length=30_000),
    "416 without a length": ok(b"", status="416 Range Not Satisfiable"),
    "416 that lies": ok(b"", "Content-Range: bytes */50000", status="416 Range Not Satisfiable"),
    "416 with our length": ok(b"", "Content-Range: bytes */20000", status="416 Not Satisfiable"),
    "404": ok(b"<html>", status="404 Not Found"),
    "500": ok(b"<html>", status="500 Internal Server Error"),
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "nothing": b"",
}
# With this the part is the whole, as far as anybody can know.
COMPLETE = {"416 with our length": PART}


def kept_is_good(part):
    return part[:20_000] == PART and DATA.startswith(part)


def test_lies(stack, folder):
    """Nothing but the whole gets the final name, and the part loses nothing that was good."""
    wrong = {}
    lies = cases_for(stack, LIES, "no Content-Range", "too late", "2 to the 64 more", "cut", "404")
    for name, lie in lies.items():
        for old in folder.names():
            (folder.path / old).unlink()
        folder.write("a.bin.part", PART)
        # A second question, for all of it, is allowed.
        with Server(sends_what_is_taken(lie), ranged(DATA), all_come=False) as server:
            app = resume(stack, folder, server.port)
            status = app.wait()
        names = folder.names()
        if status == 0 and names == ["a.bin"]:
            if folder.read("a.bin") != COMPLETE.get(name, DATA):
                wrong[name] = "another file"
        elif status != 1 or names != ["a.bin.part"]:
            wrong[name] = f"status {status}, {names}"
        elif not kept_is_good(folder.read("a.bin.part")):
            wrong[name] = "the part is spoilt"
        app.kill()
    assert not wrong


def test_cut_again_and_again(stack, folder):
    """Each try adds to the part."""

    def some(peer, head):
        first = first_of_range(head) or 0
        whole = ranged_bytes(head)
        peer.sendall(whole[: len(whole) - (50_000 - first) + 15_000])

    def ranged_bytes(head):
        first = first_of_range(head)
        if first is None:
            return ok(DATA)
        return partial(DATA[first:], f"bytes {first}-49999/50000")

    with Server(some, some, some, some) as server:
        for have in (15_000, 30_000, 45_000):
            app = resume(stack, folder, server.port)
            kept = re.escape(folder("a.bin.part"))
            check_failed(
                app,
                rf"{HOST_IP}:{server.port}: the connection ended after {have} of 50000 bytes, "
                rf"kept in {kept}$",
            )
            app.kill()
            assert folder.read("a.bin.part") == DATA[:have]
        app = resume(stack, folder, server.port)
        check_received(app, DATA, folder.path / "a.bin", resumed=45_000)


def tagged(data, tag):
    """An answer that keeps to Range and If-Range."""

    def answer(peer, head):
        asked = re.search(rb"\r\nIf-Range: (.*)\r\n", head)
        first = first_of_range(head) if asked and asked[1].decode() == tag else None
        field = f"ETag: {tag}"
        if first is None:
            peer.sendall(ok(data, field))
        else:
            where = f"Content-Range: bytes {first}-{len(data) - 1}/{len(data)}"
            peer.sendall(ok(data[first:], field, where, status="206 Partial Content"))

    return answer


def cut(data, *fields):
    return lambda peer, head: peer.sendall(ok(data, *fields)[: -len(data) + len(PART)])


def test_the_file_is_still_the_same(stack, folder):
    """The ETag of the broken try goes with the next one, and then it is gone."""
    with Server(cut(DATA, 'ETag: "one"'), tagged(DATA, '"one"')) as server:
        check_failed(resume(stack, folder, server.port), f"{HOST_IP}:{server.port}: ")
        assert folder.names() == ["a.bin.part", "a.bin.part.etag"]
        assert folder.read("a.bin.part.etag") == b'"one"'
        app = resume(stack, folder, server.port)
        check_received(app, DATA, folder.path / "a.bin", resumed=len(PART))
    assert folder.names() == ["a.bin"]
    assert b"If-Range" not in server.heads[0] and b'If-Range: "one"\r\n' in server.heads[1]


def test_the_file_has_changed(stack, folder):
    """Nothing of the old one is in the new one, and the user is told."""
    other = content(60_000, 2)
    with Server(cut(DATA, 'ETag: "one"'), tagged(other, '"two"')) as server:
        check_failed(resume(stack, folder, server.port), f"{HOST_IP}:{server.port}: ")
        app = resume(stack, folder, server.port)
        app.expect_error(r'^file-client: \S+: "a.bin": the file has changed meanwhile: it comes')
        check_received(app, other, folder.path / "a.bin")
    assert folder.names() == ["a.bin"]


def test_from_a_file_server_whose_file_changes(stack, folder):
    """Both ends are ours, where files have a date."""
    if is_board(stack):
        pytest.skip("/host does not tell when a file was changed")
    source = folder.write("served/a.bin", content(1_000_000))
    app = serve(stack, folder("served"))
    tag = curl("-I", f"http://{app.ip}:8080/a.bin").decode().split("ETag: ")[1].split("\r\n")[0]
    for data, resumed in ((content(1_000_000), len(PART)), (content(1_000_000, 2), 0)):
        if not resumed:
            source.write_bytes(data)
        folder.write("a.bin.part", content(1_000_000)[: len(PART)])
        folder.write("a.bin.part.etag", tag.encode())
        copy = resume(stack, folder, 8080, ip=app.ip)
        check_received(copy, data, folder.path / "a.bin", resumed=resumed)
        copy.kill()
    assert folder.names() == ["a.bin", "served"]


# What may be in FILE.part.etag that is no ETag to send, or in an answer that is none to keep.
NO_TAGS = {
    "empty": b"",
    "weak": b'W/"x"',
    "no quotes": b"x",
    "a field": b'"x"\r\nEvil: "yes"',
    "a blank": b'"x y"',
    "long": b'"' + b"x" * 100 + b'"',
}


def test_no_tags(stack, folder):
    for name, tag in cases_for(stack, NO_TAGS, "a field").items():
        folder.write("a.bin.part", PART)
        folder.write("a.bin.part.etag", tag)
        with Server(ranged(DATA)) as server:
            app = resume(stack, folder, server.port)
            check_received(app, DATA, folder.path / "a.bin", resumed=len(PART))
        assert b"If-Range" not in server.heads[0] and b"Evil" not in server.heads[0], name
        app.kill()
    with Server(cut(DATA, 'ETag: W/"weak"')) as server:
        check_failed(resume(stack, folder, server.port), f"{HOST_IP}:{server.port}: ")
    assert folder.names() == ["a.bin", "a.bin.part"]


def test_part_of_another_file(stack, folder):
    """A server that minds no If-Range says by its ETag that the part is of another file."""
    folder.write("a.bin.part", PART)
    folder.write("a.bin.part.etag", b'"one"')
    part = partial(REST, 'bytes 20000-49999/50000\r\nETag: "two"')
    with Server(sends_what_is_taken(part)) as server:
        check_failed(resume(stack, folder, server.port), ".*it is a part of another file")
    assert folder.read("a.bin.part") == PART


def test_standard_output_cannot_be_resumed(stack, folder):
    app = stack.start("file-client", "-c", "-o", "-", HOST_IP, 8080, "a.bin")
    assert app.wait() == 2, app
    app.expect_error("^file-client: ")
