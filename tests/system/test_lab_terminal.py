# SPDX-License-Identifier: BSD-3-Clause
"""tests/lab on a terminal, and where it cannot be had."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab_peers import (  # noqa: F401 (fixtures)
    BOARDS,
    LAB,
    Labs,
    SERVE,
    STARTED,
    count,
    labs,
    session,
)
from peers import wait_until
from stacks import BUILD, PATIENCE
from terminal import Terminal

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
