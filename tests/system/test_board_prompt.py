# SPDX-License-Identifier: BSD-3-Clause
"""A board's prompt: commands, quoting, editing, Ctrl-C, and what a program leaves behind."""

import re

from peers import exchange
from porttools import prompt  # noqa: F401 (fixture)
from stacks import HOST_IP


def test_prompt_helps(prompt):
    output, status = prompt.run("help")
    assert status == 0
    for app in ("help", "udp-send", "udp-recv", "tcp-client", "tcp-server"):
        assert re.search(rf"\b{app}\b", output), output


def test_prompt_and_statuses(prompt):
    for line, expected in (
        ("nonsense", 127),
        ("udp-send", 2),
        ("udp-send -h", 0),
        ("tcp-client 'a", 2),
        ('tcp-client "a', 2),
        ("tcp-client a\\", 2),
        (" ".join(["help"] * 40), 2),
        ("", 0),
        ("   ", 0),
        ("fault abort", 134),
        ("udp-recv -n 0 0 extra", 2),
    ):
        output, status = prompt.run(line)
        assert status == expected, (line, output)
        assert (output.count("\n") == 1) == (expected in (2, 127)), output


def test_prompt_keeps_quoted_words(prompt, udp_peer):
    port = udp_peer.getsockname()[1]
    for text, expected in (
        ("'two  words'", b"two  words"),
        ('"it\'s"', b"it's"),
        (r"a\ b", b"a b"),
        (r'"a\"b\\c"', b'a"b\\c'),
        (r"'a\b'", rb"a\b"),
        ("a'b'\"c\"d", b"abcd"),
        ("''", b""),
    ):
        _, status = prompt.run(f"udp-send -m {text} {HOST_IP} {port}")
        assert status == 0
        assert udp_peer.recvfrom(100)[0] == expected


def test_prompt_edits_a_line(prompt):
    prompt.type("nonsense\x7f\x7f\x7fX\b\x15hellp\bp\x7f\x7fp\n")
    prompt.expect("^commands:\n")
    prompt.expect("^portside> ")
    # A line longer than there is room for is refused byte by byte, and the board lives.
    prompt.type("x" * 1100 + "\n")
    prompt.expect("\a")
    prompt.expect("exit status 127\n")
    prompt.expect("^portside> ")
    assert prompt.run("help")[1] == 0


def test_prompt_and_line_ends(prompt):
    for end in ("\n", "\r", "\r\n"):
        prompt.type("help" + end)
        prompt.expect("^commands:\n")
        prompt.expect("^portside> ")
    prompt.type("\x04")
    prompt.expect("portside> ")  # the end of input is no end of the shell
    assert prompt.run("help")[1] == 0


def test_interrupt_at_the_prompt(prompt):
    for _ in range(5):
        prompt.type("half a comm")
        prompt.expect("half a comm")
        prompt.type("\x03")
        prompt.expect(r"\^C\nportside> ")
    assert prompt.run("help")[1] == 0


def test_interrupt_of_a_program(prompt, connect):
    for _ in range(5):
        prompt.type("tcp-server 8080\n")
        prompt.expect("^listening on ")
        prompt.type("\x03")
        prompt.expect("exit status 130\nportside> ")
    prompt.type("tcp-server -M once 8080\n")
    prompt.expect("^listening on ")
    exchange(connect(prompt.ip, 8080), b"still works")
    prompt.expect("^portside> ")


def test_hundred_rounds(prompt, udp_peer):
    """A program that comes and goes leaves nothing behind."""
    port = udp_peer.getsockname()[1]
    line = f"udp-send -m round {HOST_IP} {port}"
    prompt.run(line)
    before = prompt.run("resources")[0]
    assert "heap=" in before
    for _ in range(100):
        assert prompt.run(line)[1] == 0
        assert udp_peer.recvfrom(100)[0] == b"round"
    assert prompt.run("resources")[0] == before


def test_typed_input_of_a_program(prompt, udp_peer):
    prompt.type(f"udp-send {HOST_IP} {udp_peer.getsockname()[1]}\n")
    for text in ("one", "two"):
        prompt.type(text + "\n")
        assert udp_peer.recvfrom(100)[0] == text.encode()
    prompt.type("\x04")
    prompt.expect("portside> ")
    assert prompt.run("help")[1] == 0
