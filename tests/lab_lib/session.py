# SPDX-License-Identifier: BSD-3-Clause
"""A session of the lab: connects to the keeper, and runs a shell or a command inside.

The session enters the lab's network itself, its child all of the lab. On a terminal it does for its
child what a shell does for a job: the child is a process group of its own, in the foreground. When
the session is killed the kernel kills the child.
"""

import contextlib
import os
import shutil
import signal
import socket
import sys

from lab_lib import keeper, namespaces

END_SECONDS = 10
FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT, signal.SIGTTOU)
PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
# Words of make to its own children, which those of a shell are not.
OF_MAKE = "MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR LABCMD".split()

BASHRC = """[ ! -f ~/.bashrc ] || . ~/.bashrc
PS1="(lab) $PS1"
"""
ZSHRC = """ZDOTDIR=${LAB_ZDOTDIR-$HOME}
[ ! -f "$ZDOTDIR/.zshrc" ] || . "$ZDOTDIR/.zshrc"
PROMPT="(lab) $PROMPT"
"""
FISH = """functions -c fish_prompt lab_prompt
function fish_prompt; echo -n "(lab) "; lab_prompt; end
"""


def connect(folder):
    """A connection to the folder's keeper, which is started where there is none; and whether there
    was one. The caller is in the lab's network afterwards, and its children will be in the lab."""
    held = keeper.lock(folder)
    try:
        connection = _call(folder)
        joins = connection is not None
        if not joins:
            keeper.start(folder, held)
            write_prompts(folder)
            connection = _call(folder)
        if connection is None:
            raise keeper.Failure("the keeper of the network has ended at once")
        _, descriptors, _, _ = socket.recv_fds(connection, 64, 3)
        namespaces.enter(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
    finally:
        os.close(held)
    return connection, joins


def _call(folder):
    connection = socket.socket(socket.AF_UNIX)
    try:
        with keeper.short_path(folder) as path:
            connection.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):  # never was, or was killed
        connection.close()
        return None
    return connection


def leave(connection):
    """After the last word of the child; comes back when a lab that ends with it has ended."""
    connection.settimeout(END_SECONDS)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)


def _shell():
    shell = os.environ.get("SHELL", "")
    if os.path.basename(shell) in ("", "false", "nologin") or not os.access(shell, os.X_OK):
        shell = shutil.which("bash") or "/bin/sh"
    return shell


def write_prompts(folder):
    """Start files of the shells whose prompt is set there."""
    (folder / "bashrc").write_text(BASHRC, encoding="ascii")
    (folder / ".zshrc").write_text(ZSHRC, encoding="ascii")


def interactive(folder):
    """The command of the user's shell with a prompt that says where it is, and its variables."""
    shell = _shell()
    name = os.path.basename(shell)
    if name == "bash":
        return [shell, "--rcfile", str(folder / "bashrc"), "-i"], {}
    if name == "zsh":
        before = {"LAB_ZDOTDIR": os.environ["ZDOTDIR"]} if "ZDOTDIR" in os.environ else {}
        return [shell, "-i"], {"ZDOTDIR": str(folder), **before}
    if name == "fish":
        return [shell, "-i", "-C", FISH], {}
    return [shell, "-i"], {"PS1": "(lab) $ "}


def _prepare(folder, variables, group):
    """In the child: all that the command shall find."""
    namespaces.die_with_parent()
    if group is not None:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())  # SIGTTOU is ignored
    for number in (*FROM_TERMINAL, *PASSED_ON, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    instead = {"/etc/hosts": folder / "hosts", "/etc/resolv.conf": folder / "resolv.conf"}
    for line in namespaces.own_mounts(instead):
        print(f"lab: {line}", file=sys.stderr, flush=True)
    for name in OF_MAKE:
        os.environ.pop(name, None)
    os.environ.update(variables, PORTSIDE_LAB=str(folder))
    os.environ["PATH"] = f"{folder}/bin:{os.environ['PATH']}"


def foreground_group():
    """Who has the terminal, None where standard input is not the session's terminal."""
    try:
        return os.tcgetpgrp(0)
    except OSError:
        return None


def run(folder, command, variables, group):
    """Runs the command in the lab; its exit status. `group`: it shall be a job of the terminal,
    which this process group has now; None: it shall not."""
    for number in FROM_TERMINAL:
        signal.signal(number, signal.SIG_IGN)  # from the terminal they are for the child
    child = os.fork()
    if child == 0:
        try:
            _prepare(folder, variables, group)
            os.execvp(command[0], command)
        except OSError as error:
            print(f"lab: {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        finally:
            os._exit(127)

    def pass_on(number, _frame):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if group is not None and foreground_group() in (child, 0):
            os.tcsetpgrp(0, group)
        if not os.WIFSTOPPED(status):
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if group is not None:  # "suspend": the session stops with its shell, and goes on with it
            os.kill(0, signal.SIGSTOP)
            if foreground_group() == group:
                os.tcsetpgrp(0, child)
            os.killpg(child, signal.SIGCONT)
