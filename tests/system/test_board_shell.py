# SPDX-License-Identifier: BSD-3-Clause
"""A board's shell, typed at through a pseudo-terminal: editing, history, completion, programs in
the background, and that they leave nothing behind."""

import os
import re
import select
import socket

import pytest

from peers import exchange, has_ended, wait_until
from porttools import answers, prompt, resources  # noqa: F401 (fixture)
from screen import Screen
from stacks import HOST_IP, PATIENCE, PREFIX

PROMPT = "portside> "
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE = "\x1b[H", "\x1bOF", "\x1b[3~"
SOON = 3.0  # Ctrl-C within a second, and what a busy machine takes


@pytest.fixture
def screen(board_class, network, tmp_path):
    tap, ip = network.lend()
    command = board_class.command(f"NET=tap:{tap}", f"IP={ip}/{PREFIX}")
    path = os.environ.get("PATH", "/usr/bin:/bin")
    made = Screen({"PATH": path}, *[str(word) for word in command])
    made.ip, made.board = ip, board_class
    try:
        made.seen("portside on .*: help lists the commands")
        made.row_is(PROMPT)
        yield made
    finally:
        made.close()
        network.give_back(tap, ip)


def edits_a_line(screen):
    """Each row of keys, what the prompt shows then, and where the cursor is in it."""
    for keys, line, cursor in (
        ("abc", "abc", 3),
        (LEFT + LEFT + "X", "aXbc", 2),
        (HOME + "Y", "YaXbc", 1),
        (END + "Z", "YaXbcZ", 6),
        ("\x01\x01" + DELETE + "\x04", "XbcZ", 0),  # QEMU keeps the first of two ^A
        (RIGHT + RIGHT + "\b", "XcZ", 1),
        ("\x0b", "X", 1),
        ("\x15", "", 0),
        ("one two\x17", "one ", 4),
        ("gr\u00fc\u00dfe" + LEFT + LEFT + "\x7f", "one gr\u00dfe", 6),
        ("\x05\x15", "", 0),
        ("\x1b[5~\x1b[15~\x1bx", "", 0),
    ):
        screen.type(keys)
        screen.row_is(PROMPT + line, len(PROMPT) + cursor)
    # Longer than the row: it scrolls, and is seen as a whole in the end.
    long = " ".join(str(n) for n in range(60))
    for at in range(0, len(long), 50):  # a small board takes 128 bytes at once
        screen.type(long[at : at + 50])
        end = long[at : at + 50][-20:]
        screen.until(lambda end=end: screen.rows[-1].endswith(end), f"{end!r} at the line's end")
    assert len(screen.rows[-1]) < 80 and screen.rows[-1].startswith(PROMPT)
    screen.type(HOME)
    screen.row_is(PROMPT + long[:69], len(PROMPT))
    screen.type("\n")
    screen.seen("portside: more than 31 words")
    screen.row_is(PROMPT)
    screen.type("\x0c")
    screen.until(lambda: screen.cleared == 1, "a clear screen")
    screen.row_is(PROMPT)


def remembers_lines(screen):
    for word in ("first", "second", "second"):
        screen.type(word + "\n")
        screen.seen(f"{word}: unknown command; help lists those there are")
        screen.row_is(PROMPT)
    for keys, line in (
        (UP, "second"),
        ("\x10", "first"),
        (DOWN, "second"),
        ("\x0e", ""),
        ("draft" + UP + DOWN, "draft"),
        (" " + UP + UP + "!", "first!"),
    ):
        screen.type(keys)
        screen.row_is(PROMPT + line)
    screen.type("\n")
    screen.seen("first!: unknown command; .*")
    screen.row_is(PROMPT)


def completes(screen):
    for keys, line in (
        ("udp-r\t", "udp-recv "),
        ("\x15udp\t", "udp-"),
        ("\x15cat /r\t", "cat /r"),
        ("\x15cat /ro\t", "cat /rom/"),
        ("h\t", "cat /rom/hello.txt "),
        ("\x15cat /rom/po\t", "cat /rom/ports"),
        ("." + "\t", "cat /rom/ports.txt "),
        ("\x15cat nosuch\t\t", "cat nosuch"),
        ("\x15cat /host/\t\t", "cat /host/"),
        ("\x15", ""),
    ):
        screen.type(keys)
        screen.row_is(PROMPT + line)
    screen.type("udp-\t\t")
    screen.seen(r"udp-chat +udp-recv +udp-send")
    screen.row_is(PROMPT + "udp-")
    screen.type("\x15cat /rom/po\t\t")
    screen.seen(r"ports.txt +portside.png")
    screen.row_is(PROMPT + "cat /rom/ports")
    # A name that a program made, in /ram.
    screen.type("\x15cp /rom/he\t greeting\n")
    screen.seen(re.escape(PROMPT + "cp /rom/hello.txt  greeting"))
    screen.row_is(PROMPT)
    screen.type("cat gr\t\n")
    screen.seen("Hello from a microcontroller: .*")
    screen.row_is(PROMPT)


def keeps_keys_from_a_program(screen, udp_peer):
    """A program reads lines as before; keys of several bytes do nothing there."""
    screen.type(f"udp-send {HOST_IP} {udp_peer.getsockname()[1]}\n")
    screen.row_is("message> ")
    screen.type(f"a{UP}{LEFT}{HOME}{DELETE}\x1b[15~bx\x7f\n")
    assert udp_peer.recvfrom(100)[0] == b"ab"
    screen.seen("message> ab")
    screen.row_is("message> ")
    screen.type("\x03")
    screen.seen("exit status 130", SOON)
    screen.row_is(PROMPT)


def start(screen, command, first):
    """Starts it in the background; its PID, when its first line is there."""
    screen.type(command + " &\n")
    pid = screen.seen(r"\[(\d+)\] started")[1]
    screen.seen(first)
    screen.row_is(PROMPT)
    return pid


def jobs(screen):
    """{PID: (state, threads, sockets, files, heap, command line)}"""
    screen.type("jobs\n")
    screen.seen("  PID STATE .* COMMAND")
    screen.row_is(PROMPT)
    rows = [row.split(None, 6) for row in screen.rows[:-1]]
    return {row[0]: tuple(row[1:]) for row in rows}


def runs_programs_beside(screen, connect):
    server = start(screen, "tcp-server -M talk 7002", "listening on .*:7002 .*")
    listed = jobs(screen)
    assert set(listed) == {server}
    assert listed[server][:4] == ("running", "1", "1", "0")
    assert listed[server][5] == "tcp-server -M talk 7002"
    # What it prints comes above the line that is being typed, wherever its cursor is.
    screen.type("hepl" + LEFT)
    screen.row_is(PROMPT + "hepl", len(PROMPT) + 3)
    background = connect(screen.ip, 7002)
    exchange(background, b"hello")
    screen.seen(rf"client {HOST_IP}:\d+ connected")
    screen.row_is(PROMPT + "hepl", len(PROMPT) + 3)
    screen.type(f"\b{RIGHT}p\n")
    screen.seen("commands:")
    screen.seen("COMMAND -h .*")
    screen.row_is(PROMPT)
    # Ctrl-C is for the foreground alone, and at the prompt for nobody.
    screen.type("tcp-server -M talk 7003\n")
    screen.seen("listening on .*:7003 .*")
    peer = connect(screen.ip, 7003)
    exchange(peer, b"foreground")
    screen.type("\x03")
    screen.seen("exit status 130", SOON)
    assert has_ended(peer, PATIENCE)
    screen.row_is(PROMPT)
    screen.type("half a line")
    screen.row_is(PROMPT + "half a line")
    screen.type("\x03")
    screen.seen(re.escape(PROMPT) + r"half a line\^C")
    screen.row_is(PROMPT)
    exchange(background, b"background")
    screen.type("unfinished" + LEFT)
    screen.row_is(PROMPT + "unfinished", len(PROMPT) + 9)
    background.close()
    screen.seen(rf"client {HOST_IP}:\d+ closed.*")
    screen.row_is(PROMPT + "unfinished", len(PROMPT) + 9)
    screen.type("\x15\x0b")
    background = connect(screen.ip, 7002)
    exchange(background, b"once more")
    screen.type(f"kill {server}\n")
    screen.seen(rf"\[{server}\] tcp-server: exit status 143", SOON)
    assert has_ended(background, PATIENCE)
    screen.row_is(PROMPT)


def ends_programs(screen):
    for option, status in (("-INT ", 130), ("-TERM ", 143), ("-KILL ", 137), ("-9 ", 137),
                           ("-SIGINT ", 130), ("", 143)):  # fmt: skip
        pid = start(screen, "udp-recv 7001", "listening on .*:7001")
        screen.type(f"kill {option}{pid}\n")
        screen.seen(rf"\[{pid}\] udp-recv: exit status {status}", SOON)
        screen.row_is(PROMPT)
    pid = start(screen, "udp-recv 7001", "listening on .*:7001")
    screen.type(f"fg {pid}\n")
    screen.seen(re.escape(PROMPT) + "fg .*")
    screen.type("\x03")
    screen.seen("exit status 130", SOON)
    screen.row_is(PROMPT)
    for port in (7004, 7005):
        start(screen, f"tcp-server {port}", f"listening on .*:{port} .*")
    screen.type("kill -INT all\n")
    screen.seen(r"\[\d+\] tcp-server: exit status 130", SOON)
    screen.seen(r"\[\d+\] tcp-server: exit status 130", SOON)
    screen.row_is(PROMPT)
    assert jobs(screen) == {}


def gives_them_no_input(screen):
    """And they may end by themselves."""
    screen.type(f"udp-send {HOST_IP} 7009 &\n")
    pid = screen.seen(r"\[(\d+)\] started")[1]
    screen.seen(rf"\[{pid}\] udp-send: exit status 0")
    screen.row_is(PROMPT)
    screen.type("tcp-server -M once -w 1 7006 &\n")
    pid = screen.seen(r"\[(\d+)\] started")[1]
    screen.type("udp-recv 7001\n")
    screen.seen("listening on .*:7001")
    with socket.create_connection((screen.ip, 7006), PATIENCE) as client:
        exchange(client, b"while another runs")
    screen.type("\x03")
    screen.seen("exit status 130", SOON)
    screen.seen(rf"\[{pid}\] tcp-server: exit status 0")
    screen.row_is(PROMPT)


def says_what_is_lacking(screen):
    """Jobs and threads run out, each with a line, and come back."""
    mps2 = screen.board.name == "mps2-an385"
    started = 0
    while True:
        screen.type("idle &\n")
        found = screen.seen(r"\[\d+\] started|idle: no job is free: (\d+) jobs and \d+ threads run")
        if found[1]:
            break
        started += 1
        screen.seen("idle with 0 threads")
        screen.row_is(PROMPT)
    assert started == int(found[1]) == (8 if mps2 else 4)
    screen.seen("exit status 126")
    screen.type("kill all\n")
    for _ in range(started):
        screen.seen(r"\[\d+\] idle: exit status 143", SOON)
    screen.row_is(PROMPT)
    # What is left is one thread of those for main() alone, and then none.
    first = start(screen, "idle 99", r"idle with \d+ threads")
    assert jobs(screen)[first][1] == ("13" if mps2 else "5")
    alone = 3 if mps2 else 1
    for _ in range(alone):
        start(screen, "idle", "idle with 0 threads")
    screen.type("idle &\n")
    screen.seen("idle: no thread is free: .*")
    screen.seen("exit status 126")
    screen.type("kill all\n")
    for _ in range(alone + 1):
        screen.seen(r"\[\d+\] idle: exit status 143", SOON)
    screen.row_is(PROMPT)
    # A job that does not end is told of, and the shell goes on.
    screen.type("fault spin &\n")
    pid = screen.seen(r"\[(\d+)\] started")[1]
    screen.seen("spins")
    screen.type(f"kill {pid}\n")
    screen.seen(rf"\[{pid}\] fault does not end: it makes no call in which it could")
    screen.row_is(PROMPT)
    assert jobs(screen)[pid][0] == "ending"


def refuses(screen):
    for line, expected, status in (
        ("kill", "kill: which job.*", 2),
        ("kill x", "kill: 'x' is no PID.*", 1),
        ("kill 29999", "kill: no job 29999.*", 1),
        ("kill -FOO 2", "kill: no signal '-FOO'.*", 2),
        ("kill -99 2", "kill: no signal '-99'.*", 2),
        ("fg", "fg: which job.*", 2),
        ("fg 0", "fg: '0' is no PID.*", 1),
        ("jobs x", "jobs: 'x' is too much.*", 2),
        ("ps x", "ps: 'x' is too much.*", 2),
        ("reboot now", "reboot: 'now' is too much.*", 2),
        ("help a b", "help: 'b' is too much.*", 2),
        ("help nosuch", "help: no command 'nosuch'", 2),
        ("help &", "help: .* not run in the background", 2),
        ("&", "portside: nothing to run in the background", 2),
        ("nosuch &", "nosuch: unknown command.*", 127),
        ("cat", "cat: needs a FILE.*", 2),
        ("rm", "rm: needs a FILE.*", 2),
        ("df x", "df: takes no arguments.*", 2),
        ("cp x", "cp: needs FILE and TO, got 1 arguments.*", 2),
        ("ls -x", "ls: unknown option -x.*", 2),
        ("cat /rom/nosuch", "cat: open /rom/nosuch: No such file or directory", 1),
        ("rm /rom/hello.txt", "rm: unlink /rom/hello.txt: Read-only file system", 1),
        ("ls nosuch", "ls: stat nosuch: No such file or directory", 1),
        ("ls /host", "ls: /host: the host's folders cannot be listed", 1),
        ("cp nosuch x", "cp: open nosuch: No such file or directory", 1),
        ("cp /rom/hello.txt /rom/x", "cp: .*: Read-only file system", 1),
    ):
        screen.type(line + "\n")
        screen.seen(expected)
        screen.seen(f"exit status {status}")
        screen.row_is(PROMPT)


def helps(screen):
    """-h and help NAME say the same."""
    for command in ("jobs", "kill", "ps", "reboot", "fg", "ls", "cat", "rm", "df", "cp"):
        texts = []
        for line in (f"{command} -h", f"help {command}"):
            screen.type(line + "\n")
            screen.seen(re.escape(PROMPT + line))
            screen.row_is(PROMPT)
            texts.append(list(screen.rows))
        assert texts[0] == texts[1] and texts[0][0].startswith(f"usage: {command}"), texts


def boots_again(screen, connect):
    """reboot closes what is open, and all is as after power-on."""
    start(screen, "tcp-server 7002", "listening on .*:7002 .*")
    peer = connect(screen.ip, 7002)
    exchange(peer, b"before")
    screen.type("reboot\n")
    screen.seen("rebooting")
    assert has_ended(peer, PATIENCE)
    screen.seen("portside on .*: help lists the commands")
    screen.row_is(PROMPT)
    assert answers(screen.ip)
    assert jobs(screen) == {}
    screen.type(UP)
    screen.row_is(PROMPT + "jobs")
    screen.type("\x15tcp-server -M once 7002\n")
    screen.seen("listening on .*")
    exchange(connect(screen.ip, 7002), b"after")
    screen.row_is(PROMPT)


def test_shell(screen, udp_peer, connect):
    edits_a_line(screen)
    remembers_lines(screen)
    completes(screen)
    keeps_keys_from_a_program(screen, udp_peer)
    runs_programs_beside(screen, connect)
    ends_programs(screen)
    gives_them_no_input(screen)
    refuses(screen)
    helps(screen)
    boots_again(screen, connect)
    says_what_is_lacking(screen)
    # Whose fault it was.
    screen.type("fault call &\n")
    screen.seen(r"thread fault, stack \d+ of \d+, job \d+ in the background")


class Blocking:
    """A program that waits: its command, and what shows that it does so, from the end of which
    show() takes the silent peer away again."""

    def __init__(self, name, arguments, wait, cleanup=lambda: None):
        self.line, self.name = f"{name} {arguments}", name
        self.wait, self.cleanup = wait, cleanup


def blocking_programs(prompt, sockets, tcp_listener):
    resolver = sockets(socket.SOCK_DGRAM, 53)
    silent = sockets(socket.SOCK_DGRAM)
    tcp_port, udp_port = tcp_listener.getsockname()[1], silent.getsockname()[1]
    accepted, questions = [], []

    def listening():
        prompt.expect("listening on ")

    def connected():
        accepted.append(tcp_listener.accept()[0])
        assert accepted[-1].recv(1000)

    def hang_up():
        accepted.pop().close()

    def asked():
        questions.append(resolver.recvfrom(1000))

    def answer():
        """That there is no such name: lwIP asks on, though nobody waits."""
        while select.select([resolver], [], [], 0)[0]:
            asked()  # again
        while questions:
            question, asker = questions.pop()
            resolver.sendto(question[:2] + b"\x81\x83" + question[4:], asker)

    def sent():
        assert silent.recvfrom(1000)[0] == b"x"

    return [
        Blocking("udp-recv", "7001", listening),
        Blocking("tcp-server", "-M threads 7002", listening),
        Blocking("tcp-server", "-w 3600 7002", lambda: prompt.expect("waiting 3600 s")),
        Blocking("file-server", "-d /rom 7003", listening),
        Blocking("tcp-client", f"-m x {HOST_IP} {tcp_port}", connected, hang_up),
        Blocking("file-client", f"-o x {HOST_IP} {tcp_port} x", connected, hang_up),
        Blocking("udp-send", f"-r -m x {HOST_IP} {udp_port}", sent),
        Blocking("udp-send", f"-n 2 -i 86400000 -m x {HOST_IP} {udp_port}", sent),
        Blocking("udp-send", "-m x nobody.example 7004", asked, answer),
        Blocking("tcp-client", "-m x nobody.example 7004", asked, answer),
    ]


def threads_of(prompt):
    """{name: (bytes of stack, most that were used)}, as ps tells."""
    output, status = prompt.run("ps")
    assert status == 0
    rows = [row.split() for row in output.splitlines()[1:]]
    assert {len(row) for row in rows} == {7}, output
    return {row[0]: (int(row[4]), int(row[5])) for row in rows}


def in_use(prompt):
    """All that programs can hold, and the threads there are."""
    threads = sorted(threads_of(prompt))
    output, status = prompt.run("jobs")
    assert status == 0 and output.count("\n") == 1, output
    return threads, resources(prompt)


def test_hundred_rounds_of_blocked_programs(prompt, sockets, tcp_listener):
    """Each that waits, ended by Ctrl-C or, in the background, by kill: all comes back."""
    programs = blocking_programs(prompt, sockets, tcp_listener)
    begin = None
    for number in range(100 + len(programs)):
        program = programs[number % len(programs)]
        background = number // len(programs) % 2 == 1
        if number == 2 * len(programs):  # ARP entries and the like are kept for good
            begin = in_use(prompt)
        prompt.type(program.line + (" &\n" if background else "\n"))
        if background:
            pid = prompt.expect(r"^\[(\d+)\] started\n")[1]
            program.wait()
            prompt.type(f"kill {pid}\n")
            prompt.expect(rf"\[{pid}\] {program.name}: exit status 143\n", SOON)
        else:
            program.wait()
            prompt.type("\x03")
            prompt.expect("exit status 130\n", SOON)
            prompt.expect("^portside> ")
        program.cleanup()
    assert begin is not None
    wait_until(lambda: in_use(prompt) == begin, f"{in_use(prompt)} is {begin}")
    stacks = threads_of(prompt)
    assert set(stacks) == {"idle", "main", "console", "tcpip", "ethernet", "interrupts"}
    for size, used in stacks.values():
        assert 0 < used <= size - 64, stacks  # room for an interrupt
