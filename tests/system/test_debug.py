# SPDX-License-Identifier: BSD-3-Clause
"""board/debug and the gdb commands of board/threads.py: what they show of a stopped board, that it
goes on unharmed, and that gdb and QEMU end with each other."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from peers import free_port, wait_until
from stacks import BUILD, PATIENCE, REPO
from terminal import Terminal

DEBUG = REPO / "board" / "debug"
BOARDS = sorted(path.parent.name for path in (REPO / "board").glob("*/board.mk"))

SLOW = 15 * PATIENCE  # gdb has much to ask on a busy machine

# gdb stops where the program begins, then where all threads wait for the first time after that.
WAITING = "tbreak app_{}_main; continue; tbreak kernel_arch_idle; continue"


class Debugger:
    """Starts board/debug for one board, with a folder for its temporary files."""

    def __init__(self, board, folder):
        self.board, self.folder, self.started = board, folder, []
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "TERM": "dumb",
            "LC_ALL": "C",
        }

    def command(self, image, **settings):
        settings = {"HOSTPORT": free_port(socket.SOCK_STREAM), "RESTRICT": 1, **settings}
        path = BUILD / self.board / f"{image}.elf"
        assert path.exists(), f"not built: {path}"
        words = [f"{name}={value}" for name, value in settings.items()]
        return [str(DEBUG), f"BOARD={self.board}", f"IMAGE={path}", *words]

    def start(self, image="portside", **settings):
        process = subprocess.Popen(
            self.command(image, **settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, commands, image="portside", **settings):
        """Status and output of gdb commands in a row."""
        process = self.start(image, GDBCMDS=commands, **settings)
        out, _ = process.communicate(timeout=SLOW)
        return process.returncode, out

    def processes(self):
        """Name and process id of all that was started: they have TMPDIR."""
        mark, found = os.fsencode(f"TMPDIR={self.folder}"), {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found[(process / "comm").read_text().strip()] = int(process.name)
        return found

    def pid_of(self, name):
        """Of a process, once it is there; names are cut to 15 characters."""
        wait_until(lambda: name[:15] in self.processes(), name)
        return self.processes()[name[:15]]

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=PATIENCE)
        try:
            wait_until(lambda: not self.processes(), f"the end of {self.processes()}")
        finally:
            for process in self.processes().values():
                os.kill(process, signal.SIGKILL)
        assert [path.name for path in self.folder.iterdir()] == []


@contextlib.contextmanager
def debugger_of(board, folder):
    made = Debugger(board, folder)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(params=BOARDS)
def debugger(request, tmp_path, network):
    with debugger_of(request.param, tmp_path) as made:
        yield made


@pytest.fixture(params=BOARDS[:1])
def any_debugger(request, tmp_path, network):
    """For what concerns no board."""
    with debugger_of(request.param, tmp_path) as made:
        yield made


def table(out):
    """The rows of the last `threads`: {name: [state, priority, used/size, what it waits for]}."""
    rows = re.findall(
        r"^[* ] +\d+  (\S+) +(ready|running|blocked|sleeping|ending|ended) +(\d(?: \(\d\))?) +"
        r"(\d+/\d+) *(.*)$",
        out.rpartition("waits for\n")[2],
        re.MULTILINE,
    )
    return {name: list(rest) for name, *rest in rows}


# --- What it shows ---


def test_stops_at_reset(debugger):
    status, out = debugger.run("info symbol $pc; threads; jobs; thread-bt main")
    assert "Reset_Handler in section .text" in out
    assert out.count("the kernel does not run yet\n") == 3
    assert status in (0, 1)  # gdb's own, of its last command


def test_threads_of_a_board_that_waits(debugger):
    _, out = debugger.run(f"{WAITING.format('udp_recv')}; threads", CMD="udp-recv 8080")
    shown = table(out)
    assert list(shown)[:2] == ["idle", "main"]
    assert {"console", "tcpip", "udp-recv"} <= set(shown)
    assert shown["idle"][:2] == ["running", "0"]
    assert shown["main"][3] == "semaphore shell_news, in attend"
    assert re.fullmatch(r"mailbox tcpip_mbox, \d+ ms at most, in \w+", shown["tcpip"][3])
    assert shown["udp-recv"][0] == "blocked" and shown["udp-recv"][3].startswith("semaphore ")


@pytest.mark.parametrize("call, expected", [
    ("thrd_sleep", r"\d+ ms to sleep, in \w+"),
    ("accept", r"mailbox 0x[0-9a-f]+, in netconn_accept"),
    ("recvfrom", r"mailbox 0x[0-9a-f]+, in netconn_recv_data"),
    ("fgets", r"semaphore input\.\w+, in console_read"),
])
def test_what_a_thread_waits_for(debugger, call, expected):
    """Each blocks its main thread in another of the kernel's ways."""
    commands = f"{WAITING.format('block')}; threads"
    _, out = debugger.run(commands, "probes", CMD=f"block {call} 8080")
    shown = table(out)["block"]
    assert re.fullmatch(expected, shown[3]), out
    assert shown[0] == ("sleeping" if call == "thrd_sleep" else "blocked")


def test_a_join_names_the_thread(debugger):
    commands = f"{WAITING.format('block')}; threads; thread-bt block"
    _, out = debugger.run(commands, "probes", CMD="block thrd_join 8080")
    found = re.search(r"^ +\d+  block .* end of thread (\d+), block, in thrd_join$", out, re.M)
    assert found, out
    # Both are called block: the backtrace shows both.
    first, second = out.partition(f"thread {found[1]}, block:\n")[::2]
    assert re.search(r"^#\d+ .* in thrd_join \(", first, re.M)
    assert re.search(r"^#\d+ .* in lwip_recvfrom \(", second, re.M)


def test_a_mutex_names_its_owner_who_has_the_priority_of_the_waiter(debugger):
    """The probe floods the chip while it holds the core lock; the receive thread wants it."""
    if "lan9118" not in (REPO / "board" / debugger.board / "board.mk").read_text():
        pytest.skip("this board's chip returns no frames")
    its_unlock = 'tbreak sys_unlock_core if $_streq(kernel_current->name, "frames")'
    commands = f"tbreak flood; continue; {its_unlock}; continue; threads"
    _, out = debugger.run(commands, "probes", CMD="frames loop")
    shown = table(out)
    assert shown["frames"][:2] == ["running", "5 (2)"]
    assert re.fullmatch(r"mutex core of frames, in \w+", shown["ethernet"][3]), out


def test_stack_use_is_what_the_kernel_says(debugger):
    """The kernel's own function, called on the board for each thread."""
    names = "idle main console tcpip".split()
    script = debugger.folder / "script"
    script.write_text(
        "threads\npython\nfor thread in all_threads():\n"
        "    used = gdb.parse_and_eval(f'thread_stack_used({int(thread.address)})')\n"
        "    print('kernel says', thread['name'].string(), int(used), int(thread['stack_size']))\n"
        "end\n"
    )
    _, out = debugger.run(f"{WAITING.format('udp_recv')}; source {script}", CMD="udp-recv 8080")
    script.unlink()
    shown, said = table(out), re.findall(r"^kernel says (\S+) (\d+) (\d+)$", out, re.M)
    assert set(names) <= {name for name, _, _ in said} == set(shown)
    for name, used, size in said:
        # The call itself is on the idle thread's stack, so that one has grown meanwhile.
        used_before = int(shown[name][2].split("/")[0])
        assert shown[name][2].split("/")[1] == size
        assert used_before == int(used) or (name == "idle" and used_before <= int(used)), name
        assert 0 < used_before <= int(size)


def test_backtrace_from_the_wait_to_the_thread_s_entry(debugger):
    commands = f"{WAITING.format('udp_recv')}; thread-bt udp-recv; thread-bt 0; bt"
    _, out = debugger.run(commands, CMD="udp-recv 8080")
    waiting, idle = out.split("thread 0, idle:\n")
    waiting = waiting.split("udp-recv:\n")[1]
    calls = re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?(\w+) \(", waiting, re.M)
    expected = "kernel_block semaphore_wait lwip_poll datagram_receive main run_main thread_main"
    assert [name for name in calls if name in expected.split()] == expected.split()
    assert calls[-1] == "thread_main"  # nothing invented below the entry
    assert idle.count("in idle_entry (") == 2  # gdb's own bt is that of idle again


def test_jobs(debugger):
    commands = f"{WAITING.format('udp_recv')}; jobs"
    _, out = debugger.run(commands, CMD="udp-recv -n 3 -e utf-8 8080")
    assert re.search(r"^ +\d+ +1  runs +udp-recv -n 3 -e utf-8 8080$", out, re.M), out


@pytest.mark.parametrize("command, complaint", [
    ("thread-bt", "thread-bt: which thread? (threads lists them)"),
    ("thread-bt nosuch", "thread-bt: no thread 'nosuch' (threads lists them)"),
    ("thread-bt 77", "thread-bt: no thread '77' (threads lists them)"),
])
def test_wrong_threads_are_named(any_debugger, command, complaint):
    waiting = WAITING.format("udp_recv")
    _, out = any_debugger.run(f"{waiting}; {command}", CMD="udp-recv 8080")
    assert f"\n{complaint}\n" in out


def test_a_program_without_the_kernel(debugger):
    """The image of the kernel's own tests has no jobs, and another one has no symbols."""
    stripped = debugger.folder / "stripped.elf"
    subprocess.run(["arm-none-eabi-objcopy", "--strip-all", BUILD / debugger.board / "portside.elf",
                    stripped], check=True, timeout=60)
    _, out = debugger.run("threads", IMAGE=stripped)
    stripped.unlink()
    assert "no thread kernel here: " in out and "Traceback" not in out


# --- What it does to the board: nothing ---


def test_looking_from_everywhere_harms_nothing(debugger, sockets):
    """In threads, in interrupts and in the middle of the switch, many times; meanwhile the program
    does all that it always does."""
    peer = sockets(socket.SOCK_DGRAM, ip="127.0.0.1")
    script = debugger.folder / "script"
    places = ("kernel_block", "kernel_alarm", "kernel_pick_next", "board_console_write")
    script.write_text(
        "".join(f"break {place}\n" for place in places)
        + "python\nfor n in range(40):\n    gdb.execute('continue')\n    gdb.execute('threads')\n"
        "    gdb.execute('thread-bt main')\nend\ndelete\ncontinue\n"
    )
    status, out = debugger.run(
        f"tbreak app_udp_send_main; continue; source {script}",
        RESTRICT=0,
        CMD=f"udp-send -n 40 -m hello 192.168.77.1 {peer.getsockname()[1]}",
    )
    script.unlink()
    assert out.count("waits for\n") == 40 and "Traceback" not in out
    assert len(re.findall("^thread 1, main:$", out, re.M)) == 40
    assert status == 0 and "board/debug: the board has ended, with status 0\n" in out
    assert [peer.recv(100) for _ in range(40)] == [b"hello"] * 40


@pytest.mark.parametrize("command, expected", [("udp-send -h", 0), ("udp-send", 2)])
def test_status_of_a_program_that_ran_to_its_end(debugger, command, expected):
    status, out = debugger.run("continue", CMD=command)
    assert status == expected
    assert f"board/debug: the board has ended, with status {expected}\n" in out


def test_two_at_a_time(any_debugger):
    commands = f"{WAITING.format('udp_recv')}; threads"
    both = [any_debugger.start(GDBCMDS=commands, CMD="udp-recv 8080") for _ in range(2)]
    for process in both:
        out, _ = process.communicate(timeout=SLOW)
        assert "udp-recv" in table(out), out


# --- On a terminal ---


@pytest.fixture
def terminal(any_debugger):
    made = None

    def start(**settings):
        nonlocal made
        made = Terminal(any_debugger.environment, *any_debugger.command("portside", **settings))
        return made

    yield start
    if made:
        made.close()


def test_ctrl_c_stops_the_board_and_its_console_takes_input(any_debugger, terminal):
    screen = terminal()
    screen.expect("to type to it, open in another window")
    console = screen.expect(r"char device redirected to (/dev/pts/\d+) ")[1]
    screen.expect(r"\(gdb\) ")
    screen.type("continue\n")
    screen.expect("portside> ")
    with open(console, "wb", buffering=0) as keyboard:
        keyboard.write(b"udp-recv 8080\n")
        screen.expect(r"listening on 0\.0\.0\.0:8080")
        screen.type("\x03")  # gdb's, not the program's
        screen.expect(r"Program received signal SIGINT")
        screen.expect(r"\(gdb\) ")
        screen.type("jobs\n")
        screen.expect(r"1  runs +udp-recv 8080\n")
        screen.type("continue\n")
        keyboard.write(b"\x03")  # the program's
        screen.expect("exit status 130")
    screen.type("\x03")
    screen.expect(r"\(gdb\) ")
    screen.type("quit\n")
    screen.expect(r"Quit anyway\? \(y or n\) ")
    screen.type("y\n")
    wait_until(lambda: not any_debugger.processes(), "the end of all")


def test_gdb_leaves_its_prompt_when_the_board_ends(any_debugger, terminal):
    screen = terminal(CMD="udp-send")
    screen.expect(r"\(gdb\) ")
    screen.type("continue\n")
    screen.expect("board/debug: the board has ended, with status 2")
    wait_until(lambda: not any_debugger.processes(), "the end of all")


# --- Ends ---


@pytest.mark.parametrize("victim", ["qemu-system-arm", "gdb-multiarch", "debug"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_whoever_ends_ends_the_others(any_debugger, terminal, victim, number):
    screen = terminal()
    screen.expect(r"\(gdb\) ")
    os.kill(any_debugger.pid_of(victim), number)
    wait_until(lambda: not any_debugger.processes(), f"the end of {any_debugger.processes()}")
    if victim == "debug" and number == signal.SIGKILL:  # nobody could tidy up
        for left in any_debugger.folder.iterdir():
            shutil.rmtree(left)


def test_interrupted_while_commands_run(any_debugger):
    process = any_debugger.start(GDBCMDS="continue", CMD="udp-recv 8080")
    for line in process.stdout:
        if "listening" in line:
            break
    process.terminate()
    assert process.wait(PATIENCE) == 128 + signal.SIGTERM


# --- What is wrong ---


@pytest.mark.parametrize("settings, complaint", [
    ({"BOARD": "nosuch"}, "board/run: unknown board 'nosuch'"),
    ({"NET": "bridge"}, "board/run: NET='bridge'"),
    ({"GDB": "no-such-gdb"}, "board/debug: no 'no-such-gdb' here"),
    ({"QEMU": "no-such-qemu"}, "board/run: no 'no-such-qemu' here"),
    ({"frobnicate": ""}, "board/run: unknown argument 'frobnicate='"),
])
def test_a_wrong_argument_is_named_in_one_line(any_debugger, settings, complaint):
    status, out = any_debugger.run("threads", **settings)
    assert status == 2
    assert len(out.splitlines()) == 1 and out.startswith(complaint), out


def test_help():
    done = subprocess.run([DEBUG, "-h"], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(word in done.stdout for word in ("GDBCMDS=", "GDB=", "board/run -h", "thread-bt"))


def test_make_debug(debugger):
    """What is built stays as it is (-o)."""
    done = subprocess.run(
        ["make", "-o", debugger.board, "debug", f"BOARD={debugger.board}",
         f"HOSTPORT={free_port(socket.SOCK_STREAM)}", "GDBCMDS=info symbol $$pc"],
        cwd=REPO, capture_output=True, text=True, timeout=3 * PATIENCE,
        env={**debugger.environment, "MAKEFLAGS": ""},
    )
    assert done.returncode == 0, done.stderr
    assert "Reset_Handler in section .text" in done.stdout
