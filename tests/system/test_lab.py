# SPDX-License-Identifier: BSD-3-Clause
"""tests/lab: the network, the programs in it, sessions that join and leave in every way, and that
nothing is left behind."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from peers import wait_until
from stacks import BUILD, PATIENCE, REPO
from terminal import Terminal

LAB = REPO / "tests" / "lab"
BOARDS = sorted(path.parent.name for path in (REPO / "board").glob("*/board.mk"))

# serve COMMAND: starts a server, and goes on when it can be reached; its output is in $said.
SERVE = """said=$PORTSIDE_LAB/said; touch $said
serve() { "$@" > $said & until grep -q ^listening $said; do sleep 0.02; done; }
"""


class Labs:
    """Labs of one build folder, which is the test's own: they meet nobody else's."""

    def __init__(self, folder):
        self.build = folder / "build"
        self.build.mkdir()
        for name in ("host", "linux"):
            (self.build / name).symlink_to(BUILD / name)
        self.home = folder / "home"
        self.home.mkdir()
        self.folder = self.build / f"lab-{os.getuid()}"
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "SHELL": shutil.which("bash"),
            "TERM": "dumb",
            "LC_ALL": "C",
        }
        self.command = [str(LAB), "--build", str(self.build)]
        self.started = []

    def start(self, *arguments, prefix=(), **environment):
        process = subprocess.Popen(
            [*prefix, *self.command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, **environment},
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, command, prefix=(), **environment):
        """Status, output and diagnostics of a command in a lab."""
        process = self.start("-c", command, prefix=prefix, **environment)
        out, err = process.communicate(timeout=3 * PATIENCE)
        return process.returncode, out, err

    def processes(self):
        """All that has to do with these labs, by its words or its environment."""
        mark, found = os.fsencode(self.build), {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                if mark in said:
                    found[int(process.name)] = said.split(b"\0")[0].decode()
        return found

    def has_gone(self):
        return not self.processes() and not self.folder.exists()

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=PATIENCE)
        left = self.processes()
        try:
            wait_until(self.has_gone, f"the lab's end; left are {left}, {self.build}")
        finally:
            for process in self.processes():
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def labs(network, tmp_path):
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    made = Labs(tmp_path)
    yield made
    made.end()


def count(labs, name):
    return sum(os.path.basename(word) == name for word in labs.processes().values())


def line_of(process, pattern):
    """The match in the next line of output that has one."""
    for line in process.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f"no {pattern!r} until its end: {process.stderr.read()}")


def session(labs, **options):
    """A session that waits: its process, and the process of its command."""
    process = labs.start("-c", "readlink /proc/self/ns/net; echo; exec sleep 1000", **options)
    process.network = line_of(process, r"net:\[(\d+)\]")[1]
    (shell,) = children(process.pid)
    # Before that bash might take a signal and lose it.
    wait_until(lambda: Path(f"/proc/{shell}/comm").read_text() == "sleep\n", "sleep")
    return process, shell


def children(process):
    return [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if parent_of(stat) == process
    ]


def parent_of(stat):
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return None


def keeper_of(labs):
    """The keeper's process id, as seen from here."""
    (server,) = [pid for pid, name in labs.processes().items() if name == "dnsmasq"]
    return parent_of(Path(f"/proc/{server}/stat"))


# --- The network and the programs in it ---


def test_network_and_names(labs):
    look = "ip -o -4 addr show br0; ip -o link; getent hosts tap0.lab board3.lab"
    status, out, err = labs.run(look)
    assert (status, err) == (0, "")
    assert "inet 192.168.77.1/24" in out
    for name in ("lo", "br0", "tap0", "tap1", "tap2", "tap3"):
        assert re.search(rf"^\d+: {name}: <[^>]*\bUP\b", out, re.MULTILINE), out
    assert "eth0" not in out
    assert re.findall(r"^([\d.]+) +(\S+)$", out, re.MULTILINE) == [
        ("192.168.77.2", "tap0.lab"),
        ("192.168.77.13", "board3.lab"),
    ]


def test_host_and_lwip_meet_on_the_first_free_taps(labs):
    status, out, _ = labs.run(
        f"{SERVE} serve udp-recv -E 8080; host-udp-send -r -m one tap0.lab 8080 &&"
        " udp-send -r -m two tap0.lab 8080; status=$?; kill -INT $!; wait $!; echo server $?;"
        " cat $said; exit $status"
    )
    assert status == 0
    assert "192.168.77.2:8080 3 bytes: one" in out and "192.168.77.2:8080 3 bytes: two" in out
    assert "server 130" in out
    senders = re.findall(r"^([\d.]+):\d+ 3 bytes: (\w+)$", out.split("server 130")[1], re.MULTILINE)
    assert senders == [("192.168.77.1", "one"), ("192.168.77.3", "two")]


def leased(labs, client):
    """Runs a program that is to send "hello" to the host from an address by DHCP; that address."""
    status, out, err = labs.run(
        f"{SERVE} serve host-udp-recv -n 1 8080; {client}; status=$?; wait; cat $said"
        " $PORTSIDE_LAB/leases; exit $status"
    )
    mine = re.search(r"^(192\.168\.77\.\d+):\d+ 5 bytes: hello$", out, re.MULTILINE)
    assert status == 0 and mine, (out, err)
    assert f" {mine[1]} " in out.splitlines()[-1]
    return int(mine[1].rpartition(".")[2])


def test_dhcp_and_dns_serve_lwip_on_linux(labs):
    assert 100 <= leased(labs, "PORTSIDE_IP=dhcp udp-send -m hello host.lab 8080") <= 199


@pytest.mark.parametrize("board", BOARDS)
def test_dhcp_and_dns_serve_a_board(labs, board):
    image = f"IMAGE={BUILD / board / 'portside.elf'}"
    client = f"board {board} 'udp-send -m hello host.lab 8080' IP=dhcp {image}"
    assert 100 <= leased(labs, client) <= 199


def test_an_unknown_name_fails_at_once(labs):
    send = "udp-send -m hello nosuch.lab 8080"
    status, out, err = labs.run(f"{send}; echo $?; host-{send}")
    assert status == 1 and out == "1\n"
    assert err.count("getaddrinfo nosuch.lab") == 2


def test_boards_take_taps_of_their_own(labs):
    """Two that serve, while lwIP has tap0; a fourth and fifth, of which one finds no TAP."""
    image = BUILD / BOARDS[0] / "portside.elf"
    board = f"board {BOARDS[0]} 'udp-recv -E 8080' IMAGE={image}"
    _, out, err = labs.run(
        f"{SERVE} serve udp-recv 8080\n"
        f"for n in 1 2 3; do {board} > $said$n < /dev/null & done\n"
        "until [ $(grep -l ^listening ${said}? | wc -l) = 3 ]; do sleep 0.02; done\n"
        f"{board} < /dev/null; echo full $?\n"
        "for n in 1 2 3; do host-udp-send -r -m hello board$n.lab 8080; done\n"
    )
    assert "full 1" in out and "board: every TAP of the lab is in use" in err
    for number in (1, 2, 3):
        assert f"192.168.77.{10 + number}:8080 5 bytes: hello" in out, (out, err)


def test_board_usage(labs):
    status, out, _ = labs.run("board -h && board")
    assert status == 2
    assert out.count("usage: board BOARD [COMMAND]") == 2
    assert out.count(f"boards: {' '.join(BOARDS)}") == 2
    assert labs.run("board nosuch; echo $?")[1:] == (
        "2\n",
        f"board/run: unknown board 'nosuch'; there are: {' '.join(BOARDS)}\n",
    )


# --- Commands and scripts ---


@pytest.mark.parametrize("command, expected", [
    ("exit 0", 0), ("exit 7", 7), ("no-such-command", 127), ("kill -TERM $$", 143), ("false", 1),
])
def test_status_of_a_command(labs, command, expected):
    assert labs.run(command)[0] == expected


def test_script_from_standard_input(labs):
    process = labs.start()
    out, err = process.communicate("echo $(ip -o link show tap0 | wc -l)\nexit 5\n", PATIENCE)
    assert (process.returncode, out, err) == (5, "1\n", "")


def test_closed_standard_input(labs):
    assert labs.run("echo out; cat", prefix=("sh", "-c", 'exec "$@" <&-', "sh"))[:2] == (0, "out\n")


def test_make_lab(network):
    """Its words to itself are none for a make inside. What is built stays as it is (-o)."""
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    done = subprocess.run(
        ["make", "-o", "all", "lab", "LABCMD=env; echo to-err >&2; exit 3"],
        cwd=REPO, capture_output=True, text=True, timeout=3 * PATIENCE,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    )
    assert done.returncode == 2
    assert re.search(r"^make: \*\*\* .*lab\] Error 3$", done.stderr, re.MULTILINE), done.stderr
    assert "to-err" in done.stderr
    assert "PORTSIDE_LAB=" in done.stdout
    assert not re.search("^(MAKE|MFLAGS|LABCMD)", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_session_is_one_to_its_command(labs, number):
    waiting = "echo there; while :; do read -t 1; done"
    process = labs.start("-c", f"trap 'echo caught; exit 9' TERM HUP; {waiting}")
    line_of(process, "there")
    process.send_signal(number)
    assert process.wait(PATIENCE) == 9
    assert process.stdout.read() == "caught\n"


def test_ctrl_c_ends_a_command(labs):
    """From a terminal it reaches the whole process group."""
    process, _ = session(labs)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    wait_until(labs.has_gone, "the lab's end")


# --- Joining and leaving ---


def test_a_second_one_joins_and_the_last_one_ends_it(labs):
    first, _ = session(labs)
    second, _ = session(labs)
    assert first.network == second.network != os.readlink("/proc/self/ns/net")[5:-1]
    status, out, _ = labs.run("readlink /proc/self/ns/net; ps -e -o comm=")
    assert status == 0 and f"net:[{first.network}]" in out
    assert out.split().count("sleep") == 2 and "pytest" not in out  # its own processes, no others
    first.terminate()
    assert first.wait(PATIENCE) == 128 + signal.SIGTERM
    assert session(labs)[0].network == second.network
    for process in labs.started:
        process.terminate()
        process.wait(PATIENCE)
    assert labs.has_gone()  # at once: the last session waits for it


def test_inside_it_is_joined_too(labs):
    look = "readlink /proc/self/ns/net"
    status, out, err = labs.run(f"{look}; {LAB} --build {labs.build} -c '{look}; exit 4'")
    assert (status, err) == (4, "")
    assert len(out.split()) == 2 and len(set(out.split())) == 1


def test_many_at_once_make_one_lab(labs):
    """Whoever comes first makes it; who comes while it ends makes the next."""
    command = "ip -o link show tap3 > /dev/null && cat; readlink /proc/self/ns/net"
    processes = [labs.start("-c", command) for _ in range(6)]
    wait_until(lambda: count(labs, "cat") == 6, "6 sessions")
    for process in processes:
        process.stdin.close()
        process.stdin = None
    said = [process.communicate(timeout=3 * PATIENCE) for process in processes]
    assert {process.returncode for process in processes} == {0}, said
    assert len({out for out, _ in said}) == 1, said
    assert labs.has_gone()


def test_one_after_the_other_without_a_pause(labs):
    for _ in range(5):
        assert labs.run("ip -o link show tap3")[0] == 0
    # And two rows of them side by side, so that some join while the others end.
    results = []

    def row():
        for _ in range(5):
            results.append(labs.run("ip -o link show tap3"))

    rows = [threading.Thread(target=row) for _ in range(2)]
    for each in rows:
        each.start()
    for each in rows:
        each.join()
    assert [status for status, _, _ in results] == [0] * 10, results


DAEMON = "setsid nohup sleep 1000 > /dev/null 2>&1 < /dev/null"
STARTED = f"{DAEMON} & udp-recv 8080 > /dev/null & sleep 1000 &"


@pytest.mark.parametrize("way", ["exit", "kill session", "kill shell", "kill keeper"])
def test_what_was_started_ends_with_the_lab(labs, way):
    process = labs.start("-c", f"{STARTED} echo there; cat")
    line_of(process, "there")
    wait_until(lambda: count(labs, "sleep") == 2 and count(labs, "udp-recv") == 1, "three jobs")
    assert count(labs, "dnsmasq") == 1
    (shell,) = children(process.pid)
    if way == "exit":
        process.stdin.close()
        process.stdin = None
        assert process.wait(PATIENCE) == 0
        assert labs.has_gone()
    elif way == "kill session":
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
    elif way == "kill shell":
        os.kill(shell, signal.SIGKILL)
        assert process.wait(PATIENCE) == 137
    else:
        os.kill(keeper_of(labs), signal.SIGKILL)
        assert process.wait(PATIENCE) == 137
        wait_until(lambda: not labs.processes(), "the end of all processes")
        assert labs.folder.exists()  # nobody could tidy up; the next one does
        assert labs.run("getent hosts tap0.lab")[0] == 0
    wait_until(labs.has_gone, "the lab's end")


def test_a_killed_make_takes_its_session_with_it(labs):
    maker = 'import os, subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))'
    process = labs.start("-c", "echo there; cat", MAKELEVEL="1", prefix=("python3", "-c", maker))
    line_of(process, "there")
    process.kill()
    process.wait(PATIENCE)
    wait_until(labs.has_gone, "the lab's end")


@pytest.mark.parametrize("victim", ["session", "shell"])
def test_the_first_one_is_killed_and_the_second_goes_on(labs, victim):
    first, shell = session(labs)
    second, _ = session(labs)
    os.kill(first.pid if victim == "session" else shell, signal.SIGKILL)
    first.wait(PATIENCE)
    wait_until(lambda: not Path(f"/proc/{shell}").exists(), "the shell's end")
    status, out, _ = labs.run("readlink /proc/self/ns/net; getent hosts tap0.lab")
    assert status == 0 and second.network in out
    second.terminate()
    second.wait(PATIENCE)
    assert labs.has_gone()


def test_a_folder_that_was_removed(labs):
    """make clean, while a lab runs: a new one is made, and the old one ends without harm to it."""
    old, _ = session(labs)
    shutil.rmtree(labs.folder)
    new, _ = session(labs)
    assert old.network != new.network
    old.terminate()
    old.wait(PATIENCE)
    status, out, _ = labs.run("readlink /proc/self/ns/net; cat $PORTSIDE_LAB/resolv.conf")
    assert status == 0 and new.network in out and "nameserver 192.168.77.1" in out


# --- On a terminal ---


@pytest.fixture
def terminal(labs):
    """A terminal where a shell waits in which `make lab` may be typed."""
    made = Terminal({**labs.environment, "PS1": "out> "}, labs.environment["SHELL"], "--norc", "-i")
    made.expect("out> ")
    made.start = f"{LAB} --build {labs.build}\n"
    yield made
    made.close()


def test_a_shell_with_jobs_on_a_terminal(labs, terminal):
    (labs.home / ".bashrc").write_text("PS1='mine> '\n")
    terminal.type(terminal.start)
    terminal.expect(r"A private network, 192\.168\.77\.0/24\. It ends with its last shell\.\n")
    terminal.expect(r"\(lab\) mine> ")
    assert "cannot set terminal process group" not in terminal.text
    terminal.type("sleep 1000\n")
    wait_until(lambda: count(labs, "sleep") == 1, "sleep")
    terminal.type("\x1a")
    terminal.expect(r"\[1\]\+ +Stopped +sleep 1000")
    terminal.expect(r"\(lab\) mine> ")
    shell = os.tcgetpgrp(terminal.fd)
    terminal.type("fg; echo status $?\n")
    terminal.expect(r"\nsleep 1000\n")
    wait_until(lambda: os.tcgetpgrp(terminal.fd) != shell, "the terminal is sleep's")
    terminal.type("\x03")
    terminal.expect(r"\(lab\) mine> ")
    terminal.type("exit 6\n")
    terminal.expect("out> ")
    terminal.type("echo $?; cat\n")  # the outer shell has its terminal back
    terminal.expect("\n6\n")
    terminal.type("typed\n")
    terminal.expect("typed\ntyped\n")
    terminal.type("\x03")
    terminal.expect("out> ")
    assert labs.has_gone()


def test_suspend_stops_the_session_with_its_shell(labs, terminal):
    terminal.type(terminal.start)
    terminal.expect(r"\(lab\) ")
    terminal.type("suspend\n")
    terminal.expect(r"Stopped")
    terminal.expect("out> ")
    terminal.type("echo out$((1+1))\n")
    terminal.expect("\nout2\n")
    terminal.type("fg\n")
    terminal.type("echo in$((1+1)); exit\n")
    terminal.expect("\nin2\n")
    terminal.expect("out> ")
    assert labs.has_gone()


def test_a_terminal_that_is_closed(labs, terminal):
    terminal.type(terminal.start)
    terminal.expect(r"\(lab\) ")
    terminal.type(f"{STARTED}\n")
    wait_until(lambda: count(labs, "sleep") == 2, "two jobs")
    terminal.close()
    wait_until(labs.has_gone, "the lab's end")


def test_a_second_terminal_is_told_that_it_joins(labs, terminal):
    session(labs)
    terminal.type(terminal.start)
    terminal.expect("This joins the lab that runs")


def test_what_it_says_to_try_works(labs, terminal):
    """Typed as they are printed."""
    terminal.type(terminal.start)
    tries = terminal.expect(r"To try:\n((?:  .*\n)+)")[1].splitlines()
    assert len(tries) == 4
    terminal.expect(r"\(lab\) ")
    terminal.type(tries[0].strip() + "\n")
    terminal.expect(r"listening on 0\.0\.0\.0:8080\n")
    for line in tries[1:]:
        if line.strip().startswith("board "):
            assert BOARDS[0] in line
        terminal.type(line.strip() + "\n")
        terminal.expect(r"\n192\.168\.77\.2:8080 5 bytes: hello\n")
        terminal.expect(r"\(lab\) ")  # a board's console would take what is typed too early
    terminal.type("exit\n")
    terminal.expect("out> ")


def test_a_board_in_the_background(labs, terminal):
    """The shell does not stop it for having the terminal as its console."""
    terminal.type(terminal.start)
    terminal.expect(r"\(lab\) ")
    terminal.type(f"board {BOARDS[0]} 'udp-recv -n 1 8080' &\n")
    terminal.expect(r"listening on 0\.0\.0\.0:8080\n")
    terminal.type("host-udp-send -m hello board0.lab 8080\n")
    terminal.expect(" 5 bytes: hello\n")  # the prompt may come in between
    terminal.type("wait; exit\n")
    terminal.expect("out> ")


@pytest.mark.parametrize("name", ["sh", "zsh", "fish", "nologin"])
def test_other_shells_show_where_they_are(labs, terminal, name):
    shell = shutil.which(name, path="/usr/bin:/bin:/usr/sbin")
    if not shell:
        pytest.skip(f"there is no {name} here")
    if name == "zsh":
        (labs.home / ".zshrc").write_text("PROMPT='mine> '\n")
    terminal.type(f"SHELL={shell} {terminal.start}")
    terminal.expect("To try")
    terminal.expect(r"\(lab\) mine> " if name == "zsh" else r"\(lab\) ")
    terminal.type("ip -o link show tap0\n")
    terminal.expect(r"tap0: <")
    terminal.type("exit\n")
    terminal.expect("out> ")


# --- What cannot be had ---


def refused(labs, complaint, **options):
    status, out, err = labs.run("echo inside", **options)
    assert (status, out) == (1, "")
    assert re.fullmatch(f"lab: {complaint}\n", err), err
    wait_until(labs.has_gone, "the lab's end")


def without(command):
    """A prefix that changes the file system, for what follows alone."""
    return ("unshare", "-m", "sh", "-c", f'{command} && exec "$@"', "sh")


def test_no_tun_device(labs):
    refused(labs, r"no TAP to be had: /dev/net/tun: No such file or directory",
            prefix=without("mount -t tmpfs none /dev/net"))


def test_no_dnsmasq(labs):
    path = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/sbin")
    refused(labs, "no dnsmasq here; `make setup` installs it",
            prefix=without(f"mount --bind /dev/null {path}"))


def test_dnsmasq_that_does_not_start(labs, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "dnsmasq").write_text("#!/bin/sh\necho one\necho 'dnsmasq: not today' >&2\nexit 1\n")
    (tools / "dnsmasq").chmod(0o755)
    refused(labs, "dnsmasq does not start: dnsmasq: not today",
            PATH=f"{tools}:{labs.environment['PATH']}")


def test_no_network_namespace(labs):
    """Root without its rights, where user namespaces are forbidden."""
    command = ["unshare", "-Ur", "true"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if made.returncode != 0:
        pytest.skip(f"no user namespace to forbid them in: {made.stderr.strip()}")
    refused(
        labs, r"no private network to be had: unshare: .*; user namespaces seem .*",
        prefix=("unshare", "-Ur", "sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces && "
                'exec setpriv --securebits +noroot --bounding-set=-all --inh-caps=-all "$@"', "sh"),
    )


def test_no_programs(labs):
    (labs.build / "linux").unlink()
    (labs.build / "linux").mkdir()
    refused(labs, f"no programs in {labs.build}/linux; `make lab` builds them")


@pytest.mark.parametrize("arguments", [["command"], ["-c"], ["--nosuch"]])
def test_usage(labs, arguments):
    process = labs.start(*arguments)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    assert "usage: lab" in err and "error: " in err.splitlines()[-1]


NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.fixture
def open_folder():
    """A folder that others may enter; pytest's own is not for them."""
    with tempfile.TemporaryDirectory(prefix="portside-lab-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_an_ordinary_user_needs_no_privilege(network, open_folder):
    """Where user namespaces are allowed and /dev/net/tun is open to all, as udev makes it. Here it
    may not be: then this test makes itself one that is."""
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    if os.geteuid() != 0:
        pytest.skip("needs root, to be somebody else")
    if Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        pytest.skip("in a user namespace there is nobody else")
    for path in (LAB, BUILD / "linux" / "udp-send", open_folder):
        if subprocess.run([*NOBODY, "test", "-x", path], timeout=PATIENCE, check=False).returncode:
            pytest.skip(f"{path} is not for others")
    labs = Labs(open_folder)
    shutil.chown(labs.build, 65534, 65534)
    labs.folder = labs.build / "lab-65534"
    somebody = without(
        "mount -t tmpfs -o mode=755 none /dev/net && mknod -m 666 /dev/net/tun c 10 200"
    ) + NOBODY
    try:
        status, out, err = labs.run(
            f"{SERVE} id -u; serve udp-recv -E 8080;"
            " PORTSIDE_IP=dhcp udp-send -r -m hello tap0.lab 8080;"
            " getent hosts tap3.lab; ps -e -o comm= | grep -c dnsmasq",
            prefix=somebody,
        )
    finally:
        labs.end()
    assert (status, out.splitlines()[:1]) == (0, ["0"]), err
    assert "192.168.77.2:8080 5 bytes: hello" in out, (out, err)
    assert re.search(r"192\.168\.77\.5 +tap3\.lab", out) and out.endswith("\n1\n"), (out, err)
