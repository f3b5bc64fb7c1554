# SPDX-License-Identifier: BSD-3-Clause
"""A browser at file-server's pages, on every stack: it reads them as they are meant, goes into a
folder, and a click on a file saves it. What it sees is kept as pictures under build/pictures/."""

import os
import shutil
import urllib.parse

import pytest

from browser import Browser
from file_peers import (  # noqa: F401 (fixtures)
    PORT,
    Server,
    content,
    folder,
    is_board,
    ok,
    sends,
    serve,
)
from porttools import prompt  # noqa: F401 (fixture)
from stacks import BUILD
from test_file_ram import fetch as fetch_to_ram
from test_file_ram import serving

DATA = content(20_000)
HOSTILE = "<img src=x onerror='alert(1)'>.bin"
TEXT = "one gr\u00fc\u00dfe, two \u4f60\u597d"
NAMES = "[...document.querySelectorAll('b')].map(e => e.textContent)"


def keep_pictures(browser, name):
    """A phone's and a desk's, by day and by night."""
    pictures = BUILD / "pictures"
    pictures.mkdir(exist_ok=True)
    for width in (400, 1200):
        for scheme in ("light", "dark"):
            picture = browser.show(width, scheme=scheme)
            assert picture.startswith(b"\x89PNG")
            (pictures / f"index-{name}-{width}-{scheme}.png").write_bytes(picture)
            # Nothing sticks out to the right.
            assert browser.evaluate("document.documentElement.scrollWidth") <= width


def complaints(browser):
    """What the browser says of pages: refused styles, failed loads."""
    return [event for event in browser.events if event.get("method") == "Log.entryAdded"]


def check_page(browser, url, names, name):
    browser.open(url)
    assert browser.evaluate(NAMES) == names
    assert browser.evaluate("getComputedStyle(document.querySelector('li')).display") == "flex"
    keep_pictures(browser, name)
    assert not complaints(browser)


pytestmark = pytest.mark.skipif(
    not shutil.which("chromium-headless-shell"), reason="no chromium-headless-shell"
)


def test_browser(stack, folder, tmp_path):
    if is_board(stack):
        pytest.skip("a board cannot list /host; its own files: test_browser_at_a_board")
    names = ["Zahlen gr\u00fc\u00dfe \u4f60\u597d.txt", "data.bin", "notes.txt", HOSTILE]
    names.append("a name that goes on and on " * 6 + "until it does not fit.txt")
    for number, name in enumerate(names):
        folder.write(name, DATA[: 3 ** (number + 4)])
    folder.write("data.bin", DATA)
    folder.write(names[0], TEXT.encode())
    folder.write("pictures of a board/inner.bin", DATA[:777])
    (folder.path / "logs").mkdir()
    os.truncate(folder.write("large.img", b""), 4_700_000_000)
    app = serve(stack, folder(""))
    home = tmp_path / "browser"
    home.mkdir()
    with Browser(home) as browser:
        url = f"http://{app.ip}:{PORT}/"
        shown = ["logs/", "pictures of a board/", *sorted([*names, "large.img"])]
        check_page(browser, url, shown, stack.name)
        assert browser.evaluate("document.title") == "Files in /"
        assert browser.download("a[href='data.bin']") == ("data.bin", DATA)
        browser.click("a[href^='pictures']")
        browser.wait("Page.loadEventFired")
        assert browser.evaluate("document.title") == "Files in /pictures of a board/"
        assert browser.download("a[href='inner.bin']") == ("inner.bin", DATA[:777])
        browser.click("a[href='../']")
        browser.wait("Page.loadEventFired")
        assert browser.evaluate("location.href") == url
        browser.open(f"{url}logs")
        assert browser.evaluate("location.href") == f"{url}logs/"
        browser.open(f"{url}{urllib.parse.quote(names[0])}")
        assert browser.evaluate("document.body.innerText") == TEXT


def test_browser_at_a_board(prompt, tmp_path):
    names = [HOSTILE, "data.bin", "notes.txt"]
    data = DATA[:900]
    for name in names:
        with Server(sends(ok(data))) as server:
            fetch_to_ram(prompt, server, "-o", f'"/ram/{name}"')
    home = tmp_path / "browser"
    home.mkdir()
    with Browser(home) as browser:
        with serving(prompt, "/ram") as url:
            check_page(browser, url, sorted(names), prompt.board.name)
            assert browser.download("a[href='data.bin']") == ("data.bin", data)
        with serving(prompt, "/rom") as url:
            browser.open(url)
            keep_pictures(browser, f"{prompt.board.name}-rom")
            first = browser.evaluate(NAMES)[0]
            browser.click("a")
            browser.wait("Page.loadEventFired")
            assert browser.evaluate("location.href") == f"{url}/{first}"
