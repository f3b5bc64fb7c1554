# SPDX-License-Identifier: BSD-3-Clause
"""The command lines: help, and one clear line for each mistake."""

import os
import re
import subprocess

import pytest

from stacks import BUILD

APPS = {
    "udp-send": ("bnimerBh", ["HOST PORT", "milliseconds", "seconds"]),
    "udp-recv": ("bgneEh", ["PORT"]),
    "udp-chat": ("bewh", ["HOST PORT", "SECONDS"]),
    "ip": ("h", ["ADDRESS[/LENGTH]"]),
    "tcp-client": ("bmsh", ["HOST PORT", "seconds"]),
    "tcp-server": ("blMrwh", ["PORT", "once|queue|talk|threads", "SECONDS"]),
    "file-server": ("bldh", ["PORT", "HTTP", "10 seconds", "300 ms", "255 bytes"]),
    "dns": ("h", ["NAME"]),
    "file-client": ("ocRqh", ["HOST PORT NAME", "10 seconds", "FILE.part", "SHA-256"]),
    "messenger-server": ("bkuh", ["PORT", "default 10", "default 16", "10 seconds", "1 to 128"]),
    "messenger": ("bh", ["NAME HOST PORT", "1 to 31", "1 to 1000", "/who", "exit", "5\nseconds"]),
}

MISTAKES = [
    ("dns", [], r"needs NAME, got 0 arguments"),
    ("dns", ["a", "b"], r"needs NAME, got 2 arguments"),
    ("dns", ["-x", "a"], r"unknown option -x"),
    ("udp-send", [], r"needs HOST and PORT, got 0 arguments"),
    ("udp-send", ["10.0.0.1"], r"needs HOST and PORT, got 1 arguments"),
    ("udp-send", ["10.0.0.1", "80", "x"], r"needs HOST and PORT, got 3 arguments"),
    ("udp-send", ["10.0.0.1", "65536"], r'"65536" is not a port number from 1 to 65535'),
    ("udp-send", ["10.0.0.1", "-1"], r"unknown option -1"),
    ("udp-send", ["10.0.0.1", "http"], r'"http" is not a port number from 1 to 65535'),
    ("udp-send", ["10.0.0.1", "0"], r'"0" is not a port number from 1 to 65535'),
    ("udp-send", ["10.0.0.1", ""], r'"" is not a port number from 1 to 65535'),
    ("udp-send", ["-x", "10.0.0.1", "80"], r"unknown option -x"),
    ("udp-send", ["-m"], r"option -m needs a value"),
    ("udp-send", ["-b", "65536", "10.0.0.1", "80"], r'-b: "65536" is not \[ADDR:\]PORT'),
    ("udp-send", ["-b", "10.0.0.1", "10.0.0.1", "80"], r'-b: "10\.0\.0\.1" is not \[ADDR:\]PORT'),
    ("udp-send", ["-b", "x:80", "10.0.0.1", "80"], r'-b: "x:80" does not start with an IPv4'),
    ("udp-send", ["-b", "10.0.0.1:x", "10.0.0.1", "80"], r'-b: "10\.0\.0\.1:x" ends in no port'),
    ("udp-send", ["-b", "::1:80", "10.0.0.1", "80"], r"-b: \"::1:80\" has no \[brackets\]"),
    ("udp-send", ["-n", "0", "10.0.0.1", "80"], r'-n: "0" is not a number from 1 to 4294967295'),
    ("udp-send", ["-n", "x", "10.0.0.1", "80"], r'-n: "x" is not a number'),
    ("udp-send", ["-n", "4294967296", "10.0.0.1", "80"], r'-n: "4294967296" is not a number'),
    ("udp-send", ["-i", "-5", "10.0.0.1", "80"], r'-i: "-5" is not a number from 0 to 86400000'),
    ("udp-send", ["-i", "1.5", "10.0.0.1", "80"], r'-i: "1\.5" is not a number'),
    ("udp-send", ["-e", "no-such", "10.0.0.1", "80"], r'-e: "no-such" is not an encoding'),
    ("udp-send", ["-e", "", "10.0.0.1", "80"], r'-e: "" is not an encoding'),
    ("udp-recv", [], r"needs PORT, got 0 arguments"),
    ("udp-recv", ["80", "81"], r"needs PORT, got 2 arguments"),
    ("udp-recv", ["65536"], r'"65536" is not a port number'),
    ("udp-recv", ["8080 "], r'"8080 " is not a port number'),
    ("udp-recv", ["-b", "nowhere", "8080"], r'-b: "nowhere" is not an IPv4 or IPv6 address'),
    ("udp-recv", ["-b", ":::", "8080"], r'-b: ":::" is (not an IPv4 or|an) IPv6 address'),
    ("udp-recv", ["-g", "x", "8080"], r'-g: "x" is not an IPv4 or IPv6 address'),
    ("udp-recv", ["-g", "10.0.0.1", "8080"], r'-g: "10\.0\.0\.1" is not a multicast address'),
    ("udp-recv", ["-n", "0", "8080"], r'-n: "0" is not a number from 1 to 4294967295'),
    ("udp-recv", ["-e", "no-such", "8080"], r'-e: "no-such" is not an encoding'),
    ("udp-recv", ["-g"], r"option -g needs a value"),
    ("udp-recv", ["-z", "8080"], r"unknown option -z"),
    ("udp-recv", ["--help"], r"no long options here \(-h shows help\)"),
    ("udp-chat", [], r"needs HOST and PORT, got 0 arguments"),
    ("udp-chat", ["10.0.0.1", "65536"], r'"65536" is not a port number from 1 to 65535'),
    ("udp-chat", ["-b", "x", "10.0.0.1", "80"], r'-b: "x" is not \[ADDR:\]PORT'),
    ("udp-chat", ["-e", "no-such", "10.0.0.1", "80"], r'-e: "no-such" is not an encoding'),
    ("udp-chat", ["-w", "-1", "10.0.0.1", "80"], r'-w: "-1" is not a number from 0 to 86400'),
    ("udp-chat", ["-m", "10.0.0.1", "80"], r"unknown option -m"),
    ("ip", [], r"needs ADDRESS, got 0 arguments"),
    ("ip", ["-x", "10.0.0.1"], r"unknown option -x"),
    ("tcp-client", [], r"needs HOST and PORT, got 0 arguments"),
    ("tcp-client", ["10.0.0.1", "x"], r'"x" is not a port number'),
    ("tcp-client", ["-b", ":80", "10.0.0.1", "80"], r'-b: ":80" does not start with an IPv4'),
    ("tcp-client", ["-b"], r"option -b needs a value"),
    ("tcp-client", ["-r", "10.0.0.1", "80"], r"unknown option -r"),
    ("tcp-server", [], r"needs PORT, got 0 arguments"),
    ("tcp-server", ["x"], r'"x" is not a port number'),
    ("tcp-server", ["-b", "1.2.3", "8080"], r'-b: "1\.2\.3" is not an IPv4 or IPv6 address'),
    ("tcp-server", ["-l", "65536", "8080"], r'-l: "65536" is not a number from 0 to 65535'),
    ("tcp-server", ["-l", "-1", "8080"], r'-l: "-1" is not a number'),
    ("tcp-server", ["-M", "", "8080"], r'-M: "" is not once, queue, talk or threads'),
    ("tcp-server", ["-M", "twice", "8080"], r'-M: "twice" is not once, queue, talk or threads'),
    ("tcp-server", ["-w", "x", "8080"], r'-w: "x" is not a number from 0 to 86400'),
    ("tcp-server", ["-w"], r"option -w needs a value"),
    ("tcp-server", ["-q", "8080"], r"unknown option -q"),
    ("file-server", [], r"needs PORT, got 0 arguments"),
    ("file-server", ["80", "."], r"needs PORT, got 2 arguments"),
    ("file-server", ["65536"], r'"65536" is not a port number'),
    ("file-server", ["-b", "nowhere", "80"], r'-b: "nowhere" is not an IPv4 or IPv6 address'),
    ("file-server", ["-b", "10.0.0.1:80", "80"], r'-b: "10\.0\.0\.1:80": the port stands by'),
    ("file-server", ["-l", "65536", "80"], r'-l: "65536" is not a number from 0 to 65535'),
    ("file-server", ["-d"], r"option -d needs a value"),
    ("file-server", ["-w", "80"], r"unknown option -w"),
    ("file-client", [], r"needs HOST, PORT and NAME, got 0 arguments"),
    ("file-client", ["10.0.0.1", "80"], r"needs HOST, PORT and NAME, got 2 arguments"),
    ("file-client", ["10.0.0.1", "80", "a", "b"], r"needs HOST, PORT and NAME, got 4 arguments"),
    ("file-client", ["10.0.0.1", "http", "a"], r'"http" is not a port number from 0 to 65535'),
    ("file-client", ["10.0.0.1", "0", "a"], r"port 0: "),
    ("file-client", ["-o"], r"option -o needs a value"),
    ("file-client", ["-o", "", "10.0.0.1", "80", "a"], r'-o: "" is no name of a file'),
    ("file-client", ["-x", "10.0.0.1", "80", "a"], r"unknown option -x"),
    ("file-client", ["-c", "-R", "10.0.0.1", "80", "a"], r"-c and -R: "),
    ("file-client", ["-c", "-o", "-", "10.0.0.1", "80", "a"], r"-c and -o -: "),
    ("file-client", ["10.0.0.1", "80", ""], r'"" ends in no name of a file'),
    ("file-client", ["10.0.0.1", "80", "a/"], r'"a/" ends in no name of a file'),
    ("file-client", ["10.0.0.1", "80", "a/.."], r'"a/\.\." ends in no name of a file'),
    ("messenger-server", [], r"needs PORT, got 0 arguments"),
    ("messenger-server", ["65536"], r'"65536" is not a port number'),
    ("messenger-server", ["-b", "1.2.3", "80"], r'-b: "1\.2\.3" is not an IPv4 or IPv6 address'),
    ("messenger-server", ["-k", "0", "80"], r'-k: "0" is not a number from 1 to 3600'),
    ("messenger-server", ["-u", "129", "80"], r'-u: "129" is not a number from 1 to 128'),
    ("messenger-server", ["-l", "5", "80"], r"unknown option -l"),
    ("messenger", [], r"needs NAME, HOST and PORT, got 0 arguments"),
    ("messenger", ["10.0.0.1", "80"], r"needs NAME, HOST and PORT, got 2 arguments"),
    ("messenger", ["alice", "10.0.0.1", "x"], r'"x" is not a port number from 1 to 65535'),
    ("messenger", ["a b", "10.0.0.1", "80"], r"that NAME cannot be: 1 to 31 bytes"),
    ("messenger", ["a:b", "10.0.0.1", "80"], r"that NAME cannot be: 1 to 31 bytes"),
    ("messenger", ["/a", "10.0.0.1", "80"], r"that NAME cannot be: 1 to 31 bytes"),
    ("messenger", ["", "10.0.0.1", "80"], r"that NAME cannot be: 1 to 31 bytes"),
    ("messenger", ["a" * 32, "10.0.0.1", "80"], r"that NAME cannot be: 1 to 31 bytes"),
    ("messenger", ["-b", "x", "a", "10.0.0.1", "80"], r'-b: "x" is not \[ADDR:\]PORT'),
    ("messenger", ["-k", "a", "10.0.0.1", "80"], r"unknown option -k"),
]


@pytest.mark.parametrize("app", APPS)
def test_help(stack, app):
    options, words = APPS[app]
    running = stack.start(app, "-h")
    assert running.wait() == 0
    text = "\n".join(running.lines)
    assert f"usage: {app} [-" in text
    for option in options:
        assert re.search(rf"^  -{option}\b", text, re.MULTILINE)
    for word in words:
        assert word in text
    if not running.merged:
        assert not running.error_lines
    assert all(len(line) <= 100 for line in running.lines)


@pytest.mark.parametrize("app, args, message", MISTAKES, ids=lambda value: None)
def test_mistake(stack, app, args, message):
    running = stack.start(app, *args)
    assert running.wait() == 2
    complaints = [line for line in running.error_lines if line.startswith(f"{app}: ")]
    assert len(complaints) == 1
    assert re.match(f"^{app}: {message}", complaints[0])
    if not running.merged:
        assert running.error_lines == complaints
        assert not running.lines


def test_prompt_only_on_a_terminal(stack, udp_peer):
    if stack.is_board:
        pytest.skip("its console is a terminal always")
    app = stack.start("udp-send", "192.168.77.1", udp_peer.getsockname()[1])
    app.type("x\n")
    app.end_input()
    assert app.wait() == 0
    assert not any("message>" in line for line in app.lines)


@pytest.mark.parametrize("args", [("-h",), ("-m", "x", "192.168.77.1", "9")])
def test_output_that_is_lost_is_no_success(stack, args):
    if stack.is_board:
        pytest.skip("a console takes all")
    binary = BUILD / stack.name / "udp-send"
    tap, ip = stack.network.lend()
    environment = {**os.environ, "PORTSIDE_IF": f"tap:{tap}", "PORTSIDE_IP": f"{ip}/24"}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [binary, *args], env=environment, stdout=full, stderr=subprocess.PIPE, timeout=20
        )
    stack.network.give_back(tap, ip)
    assert done.returncode == 1
    # The reason is known only where the last write is the one that failed.
    assert re.fullmatch(
        b"udp-send: standard output: (No space left on device|not all could be written)\n",
        done.stderr,
    )
