# SPDX-License-Identifier: BSD-3-Clause
"""HTTP as file-server reads it, in one table: the bytes of a request, the answer and what becomes
of the connection, with the section of RFC 9110 (HTTP) or RFC 9112 (HTTP/1.1) that says so."""

import re

from file_peers import Caller, content, folder, is_board, serve  # noqa: F401 (fixture)

DATA = content(1000)
OPEN, CLOSES = "open", "closes"
WHOLE = {"body": DATA}
NO_RANGE = {"Content-Range": "bytes */1000"}


def get(*fields, target="/a.bin", method="GET", version="HTTP/1.1"):
    lines = [f"{method} {target} {version}", "Host: x", *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def line(text):
    """A request line alone, with what makes it whole."""
    return text.encode("latin-1") + b"\r\nHost: x\r\n\r\n"


def part(first, behind):
    fields = {"Content-Range": f"bytes {first}-{behind - 1}/1000"}
    return 206, OPEN, {"body": DATA[first:behind], **fields}


FILLER = "X-Long: " + "x" * 600
INNER = get(target="/empty")

# Section, what it is, the bytes, and the answer: status, the connection, body and fields. None: no
# answer and a close, which is what the tutorial's protocol says to a name that is not there. {tag}
# is the ETag of the file; a row with it is left out where there are none.
TABLE = [
    # The request line.
    ("9112 3", "the plain case", get(), (200, OPEN, WHOLE)),
    ("9112 2.2", "an empty line before it", b"\r\n" + get(), (200, OPEN, WHOLE)),
    ("9112 2.2", "bare LF", b"GET /a.bin HTTP/1.1\nHost: x\n\n", (200, OPEN, WHOLE)),
    ("9112 2.2", "bare CR", b"GET /a.bin HTTP/1.1\rHost: x\r\n\r\n", None),
    ("9112 2.2", "bare CR in a field", get("X: a\rY: b"), (400, CLOSES)),
    ("9112 3", "two spaces", line("GET  /a.bin HTTP/1.1"), (400, CLOSES)),
    ("9112 3", "a space in the target", line("GET /a .bin HTTP/1.1"), (400, CLOSES)),
    ("9112 3", "a tab for a space", b"GET\t/a.bin\tHTTP/1.1\r\n", None),
    ("9112 3", "a space behind it", b"GET /a.bin HTTP/1.1 \r\n", None),
    ("9112 3", "target over 1 KB", get(target="/" + "x" * 1100), (414, CLOSES)),
    ("9112 3", "target over 60 KB", get(target="/" + "x" * 60_000), (414, CLOSES)),
    ("9110 9.1", "small letters", line("get /a.bin HTTP/1.1"), (405, OPEN, {"Allow": "GET, HEAD"})),
    ("9110 15.5.6", "POST", line("POST /a.bin HTTP/1.1"), (405, OPEN, {"Allow": "GET, HEAD"})),
    ("9110 15.5.6", "DELETE", line("DELETE /a.bin HTTP/1.1"), (405, OPEN)),
    ("9110 15.5.6", "an unknown one", line("FROB /a.bin HTTP/1.1"), (405, OPEN)),
    ("9110 9.3.2", "HEAD", get(method="HEAD"), (200, OPEN, {"Content-Length": "1000"})),
    ("9112 3.2.2", "absolute form", line("GET http://s:80/a.bin HTTP/1.1"), (200, OPEN, WHOLE)),
    ("9112 3.2.2", "large letters", line("GET HTTP://s/a.bin HTTP/1.1"), (200, OPEN, WHOLE)),
    ("9112 3.2.2", "another scheme", line("GET ftp://s/a.bin HTTP/1.1"), (400, CLOSES)),
    ("9112 3.2.3", "authority form", line("CONNECT s:80 HTTP/1.1"), (405, OPEN)),
    ("9112 3.2.4", "OPTIONS *", line("OPTIONS * HTTP/1.1"), (405, OPEN)),
    ("9112 3.2.4", "GET *", line("GET * HTTP/1.1"), (400, CLOSES)),
    ("9112 3.2", "no slash", line("GET a.bin HTTP/1.1"), (400, CLOSES)),
    # Versions.
    ("9112 2.3", "HTTP/0.9", b"GET /a.bin\r\n", None),
    ("9110 2.5", "HTTP/1.2", get(version="HTTP/1.2"), (200, OPEN, WHOLE)),
    ("9110 15.6.6", "HTTP/2.0", get(version="HTTP/2.0"), (505, CLOSES)),
    ("9113 3.4", "HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (505, CLOSES)),
    ("9112 2.3", "no digit", line("GET /a.bin HTTP/1."), (400, CLOSES)),
    ("9112 2.3", "two digits", line("GET /a.bin HTTP/1.10"), (400, CLOSES)),
    ("9112 2.3", "http/1.1", b"GET /a.bin http/1.1\r\n", None),
    ("9112 9.3", "HTTP/1.0", get(version="HTTP/1.0"), (200, CLOSES, WHOLE)),
    ("9112 C.2.2", "and kept", get("Connection: keep-alive", version="HTTP/1.0"),
     (200, OPEN, {"Connection": "keep-alive", **WHOLE})),
    ("9112 3.2", "without Host", b"GET /a.bin HTTP/1.0\r\n\r\n", (200, CLOSES, WHOLE)),
    # Host.
    ("9112 3.2", "no Host", b"GET /a.bin HTTP/1.1\r\n\r\n", (400, CLOSES)),
    ("9112 3.2", "two Hosts", get("Host: y"), (400, CLOSES)),
    ("9112 3.2", "an empty one", b"GET /a.bin HTTP/1.1\r\nHost:\r\n\r\n", (200, OPEN, WHOLE)),
    ("9112 3.2", "a bad one", b"GET /a.bin HTTP/1.1\r\nHost: a b\r\n\r\n", (400, CLOSES)),
    ("9112 3.2", "a bad one, too", b"GET /a.bin HTTP/1.1\r\nHost: a/b\r\n\r\n", (400, CLOSES)),
    ("9112 3.2", "of IPv6", b"GET /a.bin HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", (200, OPEN, WHOLE)),
    # Fields.
    ("9112 5.1", "space before a colon", get("X : a"), (400, CLOSES)),
    ("9112 5.1", "space before a name", b"GET /a.bin HTTP/1.1\r\n Host: x\r\n\r\n", (400, CLOSES)),
    ("9112 5.2", "a folded line", get("X: a", " b"), (400, CLOSES)),
    ("9112 5", "no colon", get("nonsense"), (400, CLOSES)),
    ("9112 5", "no name", get(": a"), (400, CLOSES)),
    ("9110 5.5", "NUL", get("X: a\0b"), (400, CLOSES)),
    ("9110 5.5", "bytes over 127", get("X: \xff\xfe"), (200, OPEN, WHOLE)),
    ("9110 5.1", "names in any case", get("rANGE:bytes=0-0\t "), part(0, 1)),
    ("9110 5.6.2", "no token", get("X(y): a"), (400, CLOSES)),
    ("6585 5", "1.9 KB in three fields", get(*[FILLER] * 3), (200, OPEN, WHOLE)),
    ("6585 5", "1.9 KB in one", get("X: " + "x" * 1850), (200, OPEN, WHOLE)),
    ("6585 5", "over 2 KB in one", get("X: " + "x" * 2100), (431, CLOSES)),
    ("6585 5", "over 2 KB in many", get(*[f"X-{n:03}: xxxxxxxx" for n in range(140)]),
     (431, CLOSES)),
    ("6585 5", "far over 2 KB", get(*["X: " + "x" * 2100] * 20), (431, CLOSES)),
    ("6585 5", "a long one that counts", get("Range: bytes=0-" + "0" * 1100), (431, CLOSES)),
    # Bodies of requests: nobody wants them, and they are no request.
    ("9112 6.3", "Content-Length: 0", get("Content-Length: 0"), (200, OPEN, WHOLE)),
    ("9112 6.3", "a body", get(f"Content-Length: {len(INNER)}") + INNER, (200, CLOSES, WHOLE)),
    ("9112 6.3", "two lengths", get("Content-Length: 0", "Content-Length: 5"), (400, CLOSES)),
    ("9112 6.3", "the same twice", get("Content-Length: 0", "Content-Length: 0"),
     (200, OPEN, WHOLE)),
    ("9112 6.3", "a list of lengths", get("Content-Length: 5, 5"), (400, CLOSES)),
    ("9112 6.3", "no number", get("Content-Length: five"), (400, CLOSES)),
    ("9112 6.3", "below zero", get("Content-Length: -5"), (400, CLOSES)),
    ("9112 6.3", "with a plus", get("Content-Length: +5"), (400, CLOSES)),
    ("9112 6.1", "chunks", get("Transfer-Encoding: chunked")
     + b"%x\r\n%s\r\n0\r\n\r\n" % (len(INNER), INNER), (200, CLOSES, WHOLE)),
    ("9112 6.1", "both", get("Content-Length: 5", "Transfer-Encoding: chunked")
     + b"0\r\n\r\n" + INNER, (200, CLOSES, WHOLE)),
    ("9112 6.1", "an unknown coding", get("Transfer-Encoding: x"), (200, CLOSES, WHOLE)),
    ("9110 10.1.1", "Expect", get("Expect: 100-continue"), (200, OPEN, WHOLE)),
    ("9110 10.1.1", "Expect and a body", get("Expect: 100-continue", "Content-Length: 9"),
     (200, CLOSES, WHOLE)),
    # The connection.
    ("9112 9.6", "close", get("Connection: close"), (200, CLOSES, WHOLE)),
    ("9112 9.6", "Close in a list", get("Connection: x, Close"), (200, CLOSES, WHOLE)),
    ("9112 9.3", "close and keep-alive", get("Connection: keep-alive, close"),
     (200, CLOSES, WHOLE)),
    ("9112 9.3", "a missing file", get(target="/nosuch"), (404, OPEN)),
    # Targets.
    ("3986 2.1", "percent-encoding", get(target="/%61%2ebin"), (200, OPEN, WHOLE)),
    ("3986 2.1", "of the slash", get(target="/.%2fa.bin"), (200, OPEN, WHOLE)),
    ("3986 2.1", "of a percent sign", get(target="/%2561.bin"), (404, OPEN)),
    ("3986 2.1", "bad digits", get(target="/%zz"), (400, CLOSES)),
    ("3986 2.1", "cut", get(target="/a.bin%2"), (400, CLOSES)),
    ("3986 2.1", "NUL", get(target="/a.bin%00"), (400, CLOSES)),
    ("3986 5.2.4", "..", get(target="/../secret"), (403, OPEN)),
    ("3986 5.2.4", ".. encoded", get(target="/%2e%2e/secret"), (403, OPEN)),
    ("3986 5.2.4", "and its slash", get(target="/%2E%2e%2Fsecret"), (403, OPEN)),
    ("3986 3.4", "a query", get(target="/a.bin?x=1&y=/../"), (200, OPEN, WHOLE)),
    ("3986 3.4", "an empty one", get(target="/a.bin?"), (200, OPEN, WHOLE)),
    # Parts.
    ("9110 14.1.2", "first byte", get("Range: bytes=0-0"), part(0, 1)),
    ("9110 14.1.2", "from a byte on", get("Range: bytes=990-"), part(990, 1000)),
    ("9110 14.1.2", "the last ones", get("Range: bytes=-10"), part(990, 1000)),
    ("9110 14.1.2", "more than there are", get("Range: bytes=-5000"), part(0, 1000)),
    ("9110 14.1.2", "beyond the end", get("Range: bytes=990-5000"), part(990, 1000)),
    ("9110 14.1.1", "large letters", get("Range: BYTES=3-4"), part(3, 5)),
    ("9110 14.2", "several", get("Range: bytes=0-0,5-9"), (200, OPEN, WHOLE)),
    ("9110 14.2", "two fields", get("Range: bytes=0-0", "Range: bytes=5-9"), (200, OPEN, WHOLE)),
    ("9110 14.2", "backwards", get("Range: bytes=9-5"), (200, OPEN, WHOLE)),
    ("9110 14.2", "no number", get("Range: bytes=a-b"), (200, OPEN, WHOLE)),
    ("9110 14.2", "no range", get("Range: bytes=-"), (200, OPEN, WHOLE)),
    ("9110 14.2", "another unit", get("Range: lines=1-5"), (200, OPEN, WHOLE)),
    ("9110 14.2", "of HEAD", get("Range: bytes=0-0", method="HEAD"),
     (200, OPEN, {"Content-Length": "1000"})),
    ("9110 15.5.17", "behind the end", get("Range: bytes=1000-"), (416, OPEN, NO_RANGE)),
    ("9110 15.5.17", "far behind it", get("Range: bytes=99999999999999999999-"),
     (416, OPEN, NO_RANGE)),
    ("9110 15.5.17", "the last none", get("Range: bytes=-0"), (416, OPEN, NO_RANGE)),
    # Conditions.
    ("9110 13.1.5", "If-Range", get("Range: bytes=5-9", "If-Range: {tag}"), part(5, 10)),
    ("9110 13.1.5", "a weak tag", get("Range: bytes=5-9", "If-Range: W/{tag}"),
     (200, OPEN, WHOLE)),
    ("9110 13.1.5", "another tag", get("Range: bytes=5-9", 'If-Range: "x"'), (200, OPEN, WHOLE)),
    ("9110 13.1.5", "a date", get("Range: bytes=5-9", "If-Range: Thu, 01 Jan 1970 00:00:01 GMT"),
     (200, OPEN, WHOLE)),
    ("9110 13.1.2", "If-None-Match", get("If-None-Match: {tag}"), (304, OPEN, {"ETag": "{tag}"})),
    ("9110 13.1.2", "weak, too", get("If-None-Match: W/{tag}"), (304, OPEN)),
    ("9110 13.1.2", "of HEAD", get("If-None-Match: {tag}", method="HEAD"), (304, OPEN)),
    ("9110 13.2.2", "before a range", get("If-None-Match: {tag}", "Range: bytes=0-0"),
     (304, OPEN)),
    ("9110 13.1.2", "any tag", get("If-None-Match: *"), (304, OPEN)),
    ("9110 13.1.2", "another tag", get('If-None-Match: "x"'), (200, OPEN, WHOLE)),
    ("9110 13.1.2", "a long list", get('If-None-Match: "x"' + ', "y"' * 250), (200, OPEN, WHOLE)),
    ("9110 13.1.2", "of no file", get("If-None-Match: *", target="/nosuch"), (404, OPEN)),
    # What every answer says.
    ("9110 8.3", "a text", get(target="/t.txt"), 
     (200, OPEN, {"Content-Type": "text/plain; charset=utf-8"})),
    ("9110 8.3", "by its ending", get(target="/t.HTML"),
     (200, OPEN, {"Content-Type": "text/html"})),
    ("9110 8.3", "no known ending", get(),
     (200, OPEN, {"Content-Type": "application/octet-stream"})),
    ("fetch 3.5", "as it is said", get(), (200, OPEN, {"X-Content-Type-Options": "nosniff"})),
    ("fetch 3.5", "of errors", get(target="/nosuch"),
     (404, OPEN, {"X-Content-Type-Options": "nosniff"})),
    ("9110 14.3", "parts are known", get(), (200, OPEN, {"Accept-Ranges": "bytes"})),
]  # fmt: skip


def check_row(ip, data, expected, tag):
    method = "HEAD" if data.startswith(b"HEAD") else "GET"
    with Caller(ip) as caller:
        caller.send(data.replace(b"{tag}", tag))
        if expected is None:
            assert caller.rest() == b""
            return
        status, connection, wanted = (*expected, {})[:3]
        answer = caller.answer(method)
        assert answer.status == status, answer
        for name, value in wanted.items():
            got = answer.body if name == "body" else answer.fields[name.lower()]
            assert got == (value.replace("{tag}", tag.decode()) if name != "body" else value), name
        assert answer.closes == (connection == CLOSES)
        if answer.status == 304:
            assert not {"content-length", "transfer-encoding"} & set(answer.fields)
        if connection == CLOSES:
            check_no_more(caller)
        else:
            assert caller.ask("/empty").status == 200, "no second request"


def check_no_more(caller):
    """Bytes that nobody read make the end a reset."""
    try:
        assert caller.rest() == b""
    except ConnectionResetError:
        pass


def test_table(stack, folder):
    folder.write("a.bin", DATA)
    folder.write("empty", b"")
    folder.write("t.txt", b"text\n")
    folder.write("t.HTML", b"<p>\n")
    server = serve(stack, folder(""))
    with Caller(server.ip) as caller:
        tag = caller.ask("/a.bin").fields.get("etag", "").encode()
    assert bool(tag) != is_board(stack)  # /host does not tell when a file was changed
    wrong = {}
    for section, name, data, expected in TABLE:
        if not tag and b"{tag}" in data:
            continue
        try:
            check_row(server.ip, data, expected, tag)
        except (AssertionError, KeyError, OSError) as problem:
            wrong[f"{section}: {name}"] = f"{type(problem).__name__} {problem}"
    assert not wrong
    names = [(section, name) for section, name, _, _ in TABLE]
    assert len(set(names)) == len(names) and all(re.match(r"\d{4} |fetch ", s) for s, _ in names)
