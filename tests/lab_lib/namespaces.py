# SPDX-License-Identifier: BSD-3-Clause
"""Linux namespaces, by the system calls: Python has functions for them from 3.12 on."""

import ctypes
import os
import signal

NEW_MOUNTS, NEW_USER, NEW_PIDS, NEW_NETWORK = 0x20000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_SLAVE = 0x1000, 0x4000, 0x80000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name, *args):
    if getattr(_libc, name)(*args) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def make():
    """A network and a process namespace for the processes that the caller starts from here on.
    Who is not root, or not enough of it, gets a user namespace around them, where he is."""
    if os.geteuid() == 0:
        try:
            _call("unshare", NEW_NETWORK | NEW_PIDS)
            return
        except PermissionError:
            pass
    user, group = os.geteuid(), os.getegid()
    _call("unshare", NEW_USER | NEW_NETWORK | NEW_PIDS)
    maps = {"setgroups": "deny", "uid_map": f"0 {user} 1", "gid_map": f"0 {group} 1"}
    for file, text in maps.items():
        with open(f"/proc/self/{file}", "w", encoding="ascii") as kernel:
            kernel.write(text)


def open_all():
    """Descriptors of the caller's namespaces, in the order in which they are to be entered: the
    user namespace gives the right to enter the others. The last is that of its children."""
    return [os.open(f"/proc/self/ns/{name}", os.O_RDONLY) for name in ("user", "net", "pid")]


def enter(descriptors):
    """Enters namespaces of open_all(), those that are other ones than the caller's; only children
    get into the one of processes."""
    for descriptor, name in zip(descriptors, ("user", "net", "pid")):
        mine, theirs = os.stat(f"/proc/self/ns/{name}"), os.stat(descriptor)
        if (mine.st_dev, mine.st_ino) != (theirs.st_dev, theirs.st_ino):
            _call("setns", descriptor, 0)


def own_mounts(instead):
    """Gives the caller mounts of its own, that follow the system's: /proc of its process namespace,
    and files in the place of others, {path: file}. Returns what could not be had, a line each."""
    lacking = []
    _call("unshare", NEW_MOUNTS)
    _call("mount", b"none", b"/", None, MS_REC | MS_SLAVE, None)
    try:
        _call("mount", b"proc", b"/proc", b"proc", 0, None)
    except OSError as error:
        lacking.append(f"ps shows processes of others ({error.strerror})")
    for path, file in instead.items():
        if not os.path.exists(path):
            continue  # a bare system has no /etc/hosts: then nothing stands before the lab's DNS
        try:
            _call("mount", os.fsencode(file), os.fsencode(path), None, MS_BIND, None)
        except OSError as error:
            lacking.append(f"{path} is not the lab's ({error.strerror})")
    return lacking


def die_with_parent():
    """The kernel kills the caller when its parent ends."""
    _call("prctl", PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
