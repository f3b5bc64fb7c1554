# SPDX-License-Identifier: BSD-3-Clause
"""The page that file-server makes of a folder: all that may be had and nothing else, sorted, and
harmless whatever the files are called."""

import html.parser
import os
import re
import socket
import urllib.parse

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    SECRET,
    Caller,
    Server,
    ask,
    content,
    folder,
    is_board,
    ok,
    request,
    sends,
    serve,
)
from peers import wait_until
from porttools import prompt, resources  # noqa: F401 (fixture)
from stacks import REPO
from test_file_ram import DATA, fetch, serving

# What an owner may have called a file.
HOSTILE = [
    "<script>alert(1)<",
    "&lt;b&gt;&#60;",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "data:text,x",
    "100%",
    "%41",
    "%2e%2e",
    "what?x=1",
    "hash#x",
    "a+b c",
    " begins and ends ",
    "back\\slash",
    "-dash",
    ".hidden",
    "...",
    "gr\u00fc\u00dfe \u4f60\u597d \U0001f600.txt",
    "x" * 255,
]
REPLACED = "\ufffd"
# Bytes of names, and how they are shown.
ODD_BYTES = {
    b"not\xffUTF\xfe-8": f"not{REPLACED}UTF{REPLACED}-8",
    b"cut\xe4\xbd": f"cut{REPLACED}{REPLACED}",
    b"overlong\xc0\xae": f"overlong{REPLACED}{REPLACED}",
    "turned\u202eexe.txt".encode(): f"turned{REPLACED}exe.txt",
    "c1\u0085x".encode(): f"c1{REPLACED}x",
}


class Page(html.parser.HTMLParser):
    """A page, read as a browser does: its rows as {bytes of the link: (text, size)}, in order."""

    ALLOWED = {
        "html": {"lang"}, "head": set(), "meta": {"charset", "name", "content"},
        "link": {"rel", "href"}, "style": set(), "title": set(), "body": set(), "h1": set(),
        "ul": set(), "li": {"class"}, "a": {"href"}, "b": set(), "small": {"title"}, "p": set(),
    }  # fmt: skip

    def __init__(self, body):
        super().__init__()
        self.rows, self.texts, self.sizes = {}, {}, {}
        self.tag = self.link = self.exact = None
        self.feed(body.decode("utf-8"))  # which it must be
        self.close()
        assert body.endswith(b"</html>\n")

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert set(names) <= self.ALLOWED[tag], (tag, attributes)
        assert len(names) == len(set(names))
        values = dict(attributes)
        self.tag = tag
        if tag == "a":
            assert re.fullmatch(r"([\w.~/-]|%[0-9a-f]{2})+", values["href"], re.ASCII), values
            self.link = urllib.parse.unquote_to_bytes(values["href"])
            assert self.link not in self.rows, "it is there twice"
            self.rows[self.link] = ("", None)
        if tag == "small":
            self.exact = int(values["title"].split()[0])

    def handle_endtag(self, tag):
        self.tag = None

    def handle_data(self, data):
        if self.tag == "b":
            self.rows[self.link] = (self.rows[self.link][0] + data, None)
        elif self.tag == "small":
            self.rows[self.link] = (self.rows[self.link][0], self.exact)
            self.sizes[self.exact] = data
        elif self.tag:
            self.texts[self.tag] = self.texts.get(self.tag, "") + data


def page_of(ip, target="/"):
    answer = ask(ip, target)
    assert (answer.status, answer.fields["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.fields["content-security-policy"]
    assert answer.fields["x-content-type-options"] == "nosniff"
    return Page(answer.body)


def check_order(page):
    """Folders, then files, each by the bytes of its name."""
    links = [link for link in page.rows if link != b"../"]
    assert links == sorted(links, key=lambda link: (not link.endswith(b"/"), link.strip(b"/")))


def quote(link):
    return "/" + urllib.parse.quote(link)


def test_page_of_a_folder(stack, folder):
    if is_board(stack):
        check_unlisted(stack, folder)
        return
    files = {os.fsencode(name): content(3 * n, n) for n, name in enumerate(HOSTILE)}
    files |= {name: content(5, name) for name in ODD_BYTES}
    for name, data in files.items():
        folder.write(os.fsdecode(name), data)
    folder.write("sub <b>/inner.txt", b"inner\n")
    (folder.path / "empty").mkdir()
    (folder.path.parent / "secret.txt").write_bytes(SECRET)
    add_what_is_refused(folder.path)
    (folder.path / "inside").symlink_to("sub <b>/inner.txt")
    (folder.path / "to empty").symlink_to("empty")
    app = serve(stack, folder(""))

    page = page_of(app.ip)
    check_order(page)
    folders = {b"sub <b>/", b"empty/", b"to empty/"}
    assert set(page.rows) == set(files) | folders | {b"inside"}
    assert page.texts["title"] == page.texts["h1"] == "Files in /"
    total = sum(map(len, files.values())) + len(b"inner\n")
    assert page.texts["p"].startswith(f"3 folders, {len(files) + 1} files, {total} B")
    with Caller(app.ip) as caller:
        for link, data in files.items():
            assert page.rows[link][1] == len(data)
            shown = ODD_BYTES.get(link) or link.decode()
            assert page.rows[link][0] == shown
            assert caller.ask(quote(link)).body == data, link
        assert page.rows[b"inside"][1] == 6
        for link in folders:
            assert page.rows[link] == (link.decode(), None)
            assert caller.ask(quote(link)).status == 200, link
    app.expect(r'^client \S+ GET "": 200, \d+ bytes$')

    inner = page_of(app.ip, quote(b"sub <b>/"))
    assert list(inner.rows) == [b"../", b"inner.txt"]
    assert inner.texts["title"] == inner.texts["h1"] == "Files in /sub <b>/"
    assert list(page_of(app.ip, "/empty/").rows) == [b"../"]
    check_forms(app)
    check_own_page(app, folder)


def add_what_is_refused(path):
    """None of this may be in the page."""
    (path / "out").symlink_to("../secret.txt")
    (path / "out-folder").symlink_to("..")
    (path / "dangling").symlink_to("nosuch")
    (path / "loop").symlink_to("loop")
    (path / "null").symlink_to("/dev/null")
    (path / "new\nline").write_bytes(b"x")
    (path / "escape\x1b[2J").write_bytes(b"x")
    os.mkfifo(path / "fifo")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path / "socket"))


def check_forms(app):
    """HEAD, HTTP/1.0, no slash, several on a connection: the same page."""
    whole = ask(app.ip, "/")
    head = ask(app.ip, "/", method="HEAD")
    assert head.fields == whole.fields and head.body == b""
    with Caller(app.ip) as caller:
        caller.send(request("/", "Connection: keep-alive", version="HTTP/1.0"))
        old = caller.answer()
        assert "transfer-encoding" not in old.fields and old.closes
        assert old.body == whole.body
    with Caller(app.ip) as caller:
        for target in ("/", "/?x=1", "http://somewhere"):
            assert caller.ask(target).body == whole.body, target
        for target, location in (("/empty", "/empty/"), ("/sub%20%3Cb%3E?x", "/sub%20%3cb%3e/")):
            answer = caller.ask(target)
            assert (answer.status, answer.fields["location"]) == (301, location)
        assert caller.ask("/out-folder").status == 403
        assert caller.ask("/out-folder/").status == 403
        assert caller.ask("//empty").status == 403


def check_own_page(app, folder):
    """A folder's index.html is served instead, as the file that it is."""
    data = b"<!DOCTYPE html><p>my own"
    folder.write("empty/index.html", data)
    answer = ask(app.ip, "/empty/")
    assert answer.body == data and answer.length == len(data) and "etag" in answer.fields
    assert answer.fields["content-type"].startswith("text/html")
    assert ask(app.ip, "/empty/", "Range: bytes=0-3").body == data[:4]
    (folder.path / "empty" / "index.html").unlink()
    (folder.path / "empty" / "index.html").symlink_to(folder.path.parent / "secret.txt")
    assert list(page_of(app.ip, "/empty/").rows) == [b"../"]


def check_unlisted(stack, folder):
    """What a board says of the host's folders; their index.html it knows."""
    folder.write("sub/a.txt", b"a\n")
    folder.write("written/index.html", b"<p>written")
    app = serve(stack, folder(""))
    for target in ("/", "/sub/"):
        answer = ask(app.ip, target)
        assert answer.status == 403 and b"cannot list" in answer.body
    assert ask(app.ip, "/sub").fields["location"] == "/sub/"
    assert ask(app.ip, "/written/").body == b"<p>written"
    assert ask(app.ip, "/sub/a.txt").body == b"a\n"


SIZES = {
    0: "0 B", 999: "999 B", 1000: "1.0 KB", 1999: "1.9 KB", 99_999: "99.9 KB", 100_000: "100 KB",
    999_999: "999 KB", 1_000_000: "1.0 MB", 5_000_000_000: "5.0 GB",
}  # fmt: skip


def test_page_of_many_files(stack, tmp_path):
    """Far more names than are held at once, some of them long: each is there once, in order."""
    if is_board(stack):
        pytest.skip("a board cannot list /host; its own files: test_pages_of_a_board")
    names = [f"{'long ' * (n % 40)}{n * 7919 % 1000:03}" for n in range(1000)]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    for n in range(100):
        (tmp_path / f"folder {n * 37 % 100}").mkdir()
    for size, name in zip(SIZES, names):
        os.truncate(tmp_path / name, size)
    app = serve(stack, str(tmp_path))
    page = page_of(app.ip)
    check_order(page)
    assert page.sizes == SIZES
    assert set(page.rows) == {name.encode() for name in names} | {
        f"folder {n}/".encode() for n in range(100)
    }
    assert page.texts["p"].startswith("100 folders, 1000 files, 5.0 GB")


def test_pages_of_a_board(prompt):
    """/rom, and /ram with names that somebody may have given; the memory is there again."""
    samples = {
        os.fsencode(path.name): path.stat().st_size
        for path in (REPO / "board" / "rom").iterdir()
        if path.is_file()
    }
    with serving(prompt, "/rom"):
        page = page_of(prompt.ip)
        check_order(page)
        assert {link: size for link, (_, size) in page.rows.items()} == samples
    with serving(prompt, "/"):
        assert set(page_of(prompt.ip).rows) == {b"host/", b"ram/", b"rom/"}
        assert set(page_of(prompt.ip, "/rom/").rows) == {b"../", *samples}
        assert list(page_of(prompt.ip, "/ram/").rows) == [b"../"]
        assert ask(prompt.ip, "/host/").status == 403
    names = ["<script>x", '"&q', "100%", "what?", "last.txt"]
    for number, name in enumerate(names):
        with Server(sends(ok(DATA[:number]))) as server:
            fetch(prompt, server, "-o", f"'/ram/{name}'")
    with serving(prompt, "/ram"):
        page_of(prompt.ip)  # what is made once is made
    before = resources(prompt)
    with serving(prompt, "/ram"):
        for _ in range(5):
            page = page_of(prompt.ip)
            check_order(page)
            assert page.rows == {
                name.encode(): (name, number) for number, name in enumerate(names)
            }
        for number, name in enumerate(names):
            assert ask(prompt.ip, quote(name.encode())).body == DATA[:number]
        head = ask(prompt.ip, "/", method="HEAD")
        assert head.status == 200 and head.fields["transfer-encoding"] == "chunked"
    wait_until(lambda: resources(prompt) == before, f"{resources(prompt)} is {before}")
