# SPDX-License-Identifier: BSD-3-Clause
"""A private network: a namespace, and in it a bridge with TAPs."""

import os
import subprocess
import sys

from demo_lib.programs import HOST_IP


class Unusable(Exception):
    """Not even 127.0.0.1 can be used; the text says why."""


def _complaint(done):
    """The last line that a command which failed has said; None when it did not fail."""
    if done.returncode == 0:
        return None
    lines = done.stderr.decode("ascii", "replace").strip().splitlines()
    return f"{' '.join(done.args)}: {lines[-1] if lines else f'status {done.returncode}'}"


def _run(*command):
    return _complaint(subprocess.run(command, capture_output=True, timeout=10, check=False))


def enter_namespace(arguments):
    """Starts the demo again in a network of its own. Returns only if it cannot: why."""
    complaint = None
    for how in ["-n"] * (os.geteuid() == 0) + ["-Urn"]:
        complaint = _run("unshare", how, "true")
        if complaint is None:
            outside = ["--outside", os.readlink("/proc/self/ns/net")]
            os.execvp("unshare", ["unshare", how, sys.executable, *arguments, *outside])
    return complaint


def make(outside, taps):
    """Makes bridge and TAPs in a new namespace. Returns None, or why it could not."""
    if os.readlink("/proc/self/ns/net") == outside:
        raise Unusable("this is not a network of its own")
    complaint = _run("ip", "link", "set", "lo", "up")
    if complaint:
        raise Unusable(complaint)
    steps = [
        "link add br0 type bridge forward_delay 0 mcast_snooping 0",
        f"addr add {HOST_IP}/24 brd + dev br0",
        "link set br0 up",
        "route add 224.0.0.0/4 dev br0",
        # A port that always has a carrier: the bridge must not wait for the first program's.
        "link add up0 type veth peer name up1",
        "link set up0 master br0 up",
        "link set up1 up",
    ]
    for tap in taps:
        steps += [f"tuntap add {tap} mode tap", f"link set {tap} master br0 up"]
    for step in steps:
        complaint = _run("ip", *step.split())
        if complaint:
            return complaint
    return None
