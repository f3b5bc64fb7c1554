# SPDX-License-Identifier: BSD-3-Clause
"""file-server and HTTP clients that others wrote, and file-client on every pair of stacks."""

import http.client
import subprocess
import urllib.request

import pytest

from file_peers import (  # noqa: F401 (fixtures)
    LONG,
    PORT,
    Folder,
    check_received,
    content,
    curl,
    fetch,
    folder,
    is_board,
    serve,
    sizes_of,
)
from stacks import HOST_IP, REPO, STACKS



def test_curl_gets_every_size(stack, folder):
    files = {f"size{size}.bin": content(size, size) for size in sizes_of(stack)}
    for name, data in files.items():
        folder.write(name, data)
    app = serve(stack, folder(""))
    for name, data in files.items():
        assert curl(f"http://{app.ip}:{PORT}/{name}") == data, name
        app.expect(rf'^client {HOST_IP}:\d+ GET "{name}": 200, {len(data)} bytes$')
        app.expect(rf"^client {HOST_IP}:\d+ closed, \d+ bytes in, \d+ bytes out$")


def test_curl_uses_one_connection(stack, folder):
    folder.write("a.bin", content(3000))
    app = serve(stack, folder(""))
    url = f"http://{app.ip}:{PORT}/a.bin"
    assert curl(url, url, url) == content(3000) * 3
    app.expect(r"^client \S+ closed")
    assert len([line for line in app.lines if line.endswith(" connected")]) == 1


def test_curl_head_and_ranges(stack, folder):
    data = content(100_000)
    folder.write("a.bin", data)
    app = serve(stack, folder(""))
    url = f"http://{app.ip}:{PORT}/a.bin"
    head = curl("-I", url).decode().lower()
    assert head.startswith("http/1.1 200 ok\r\n") and "\r\ncontent-length: 100000\r\n" in head
    app.expect(r'^client \S+ HEAD "a.bin": 200, 0 bytes$')
    for given, part in (("0-0", data[:1]), ("70000-", data[70000:]), ("-1461", data[-1461:])):
        assert curl("-r", given, url) == part
        app.expect(rf'^client \S+ GET "a.bin": 206, {len(part)} bytes$')
    assert b"http/1.1 206 " in curl("-i", "-r", "5-9", url).lower()


def test_curl_old_and_new(stack, folder, tmp_path):
    """HTTP/1.0; a file that has not changed; a folder that wants its slash."""
    folder.write("sub/a.bin", content(3000))
    folder.write("sub/index.html", b"<p>a page")
    app = serve(stack, folder(""))
    url = f"http://{app.ip}:{PORT}/sub"
    assert curl("--http1.0", f"{url}/a.bin", f"{url}/a.bin") == content(3000) * 2
    assert curl("-L", url) == b"<p>a page"
    if not is_board(stack):  # /host does not tell when a file was changed
        status = ("-o", tmp_path / "a.bin", "-w", "%{http_code}", "--etag-save", tmp_path / "tag")
        assert curl(*status, f"{url}/a.bin") == b"200"
        assert curl(*status, "--etag-compare", tmp_path / "tag", f"{url}/a.bin") == b"304"


def test_curl_resumes(stack, folder, tmp_path):
    data = content(200_000)
    folder.write("a.bin", data)
    app = serve(stack, folder(""))
    target = tmp_path / "a.bin"
    for have in (1, 1460, 199_999):
        target.write_bytes(data[:have])
        curl("-C", "-", "-o", target, f"http://{app.ip}:{PORT}/a.bin")
        assert target.read_bytes() == data
        app.expect(rf'^client \S+ GET "a.bin": 206, {200_000 - have} bytes$')


def test_curl_limits_its_rate(stack, folder):
    """A slow reader gets all of it."""
    data = content(150_000)
    folder.write("a.bin", data)
    app = serve(stack, folder(""))
    assert curl("--limit-rate", "60k", f"http://{app.ip}:{PORT}/a.bin") == data


def test_curl_many_at_once(stack, folder, tmp_path):
    """Four at a time on boards, eight elsewhere, three rounds of them."""
    at_once = 4 if is_board(stack) else 8
    data = {f"f{n}.bin": content(60_000 + n, n) for n in range(3 * at_once)}
    for name, each in data.items():
        folder.write(name, each)
    app = serve(stack, folder(""))
    arguments = ["-Z", "--parallel-max", at_once]
    for name in data:
        arguments += ["-o", tmp_path / name, f"http://{app.ip}:{PORT}/{name}"]
    curl(*arguments)
    for name, each in data.items():
        assert (tmp_path / name).read_bytes() == each, name


def test_wget(stack, folder, tmp_path):
    data = content(100_000)
    folder.write("a.bin", data)
    app = serve(stack, folder(""))
    target = tmp_path / "a.bin"
    target.write_bytes(data[:40_000])
    for have in (40_000, 0):
        target.write_bytes(data[:have])
        done = subprocess.run(
            ["wget", "--no-config", "--no-proxy", "-t", "1", "-T", "20", "-c", "-nv"]
            + ["-O", str(target), f"http://{app.ip}:{PORT}/a.bin"],
            capture_output=True,
            text=True,
            timeout=LONG,
        )
        assert done.returncode == 0, done.stderr
        assert target.read_bytes() == data
        status = 206 if have else 200
        app.expect(rf'^client \S+ GET "a.bin": {status}, {100_000 - have} bytes$')


def test_python_clients(stack, folder):
    data = content(20_000)
    folder.write("a.bin", data)
    app = serve(stack, folder(""))
    connection = http.client.HTTPConnection(app.ip, PORT, timeout=20)
    for method, body in (("GET", data), ("HEAD", b""), ("GET", data)):
        connection.request(method, "/a.bin")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, body)
        assert answer.headers["Content-Length"] == "20000"
    connection.close()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{app.ip}:{PORT}/a.bin", timeout=20) as answer:
        assert answer.read() == data


def test_serves_rom(stack):
    """The sample files in a board's flash."""
    if not is_board(stack):
        pytest.skip("only a board has /rom")
    app = serve(stack, "/rom")
    samples = [path for path in (REPO / "board" / "rom").rglob("*") if path.is_file()]
    assert samples
    for path in samples:
        name = path.relative_to(REPO / "board" / "rom")
        assert curl(f"http://{app.ip}:{PORT}/{name}") == path.read_bytes(), name



# --- The stacks among themselves ---


@pytest.fixture(params=["to host", "to linux", "to a second"])
def other(request, stack, network, tmp_path):
    """Another stack beside the first, or a second one of the same kind, and its folder."""
    name = request.param.removeprefix("to ")
    name = stack.name if name == "a second" else name
    if name == stack.name and not request.param.endswith("second"):
        pytest.skip("the same as a second one")
    made = STACKS[name](network)
    if made.is_lwip and network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    missing = made.missing()
    if missing:
        pytest.skip(f"not built: {missing}")
    path = tmp_path / "other"
    path.mkdir()
    yield made, Folder(made, path)
    made.end_all()


@pytest.mark.parametrize("options", [[], ["-R"]], ids=["HTTP", "tutorial's protocol"])
def test_between_stacks(stack, folder, other, options):
    other_stack, other_folder = other
    for server, source, client, target in (
        (stack, folder, other_stack, other_folder),
        (other_stack, other_folder, stack, folder),
    ):
        data = content(150_000, server.name + client.name)
        source.write("a.bin", data)
        app = serve(server, source(""))
        copy = fetch(client, "a.bin", *options, "-o", target("copy.bin"), ip=app.ip)
        check_received(copy, data, target.path / "copy.bin")
        what = 'RAW "a.bin": sent' if options else 'GET "a.bin": 200,'
        app.expect(rf"^client {copy.ip}:\d+ {what} 150000 bytes$")
        app.kill()
        copy.kill()
