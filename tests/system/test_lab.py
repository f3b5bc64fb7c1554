# SPDX-License-Identifier: BSD-3-Clause
"""tests/lab: the network, the programs in it, sessions that join and leave in every way, and that
nothing is left behind."""

import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from lab_peers import (  # noqa: F401 (fixtures)
    BOARDS,
    LAB,
    SERVE,
    STARTED,
    children,
    count,
    keeper_of,
    labs,
    line_of,
    session,
)
from peers import wait_until
from stacks import BUILD, PATIENCE, REPO

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
