# SPDX-License-Identifier: BSD-3-Clause
"""The tests' own network, and the stacks in it.

All of this runs in a private network namespace that the runner made, for example with
    unshare -n env PORTSIDE_TEST_NETNS=1 /usr/bin/python3 -m pytest tests/system
(unprivileged: unshare -Urn). In it: lo, and a bridge 192.168.77.1/24 with tap0 to tap7. Elsewhere
nothing is run: the tests refuse to touch a network that is not theirs.

    PORTSIDE_STACKS   which stacks to test, default host,linux,board; "board" stands for every
                      board, a board's name for itself
    PORTSIDE_BUILD    where the binaries are, default build/
"""

import json
import os
import socket
import subprocess
import threading

import pytest

from stacks import BOARDS, HOST_IP, PATIENCE, PREFIX, STACKS, expand

BRIDGE = "br0"
TAPS = [f"tap{n}" for n in range(8)]
OURS = {"lo", BRIDGE, "up0", "up1", *TAPS}
CHOSEN = expand(os.environ.get("PORTSIDE_STACKS", "host,linux,board").split(","))
CHOSEN_BOARDS = [name for name in BOARDS if name in CHOSEN]


def run_ip(*args):
    """One ip(8) command; its complaint when it failed, else None."""
    done = subprocess.run(["ip", *args], capture_output=True, text=True, timeout=10)
    return (done.stderr.strip() or "failed") if done.returncode else None


def why_not_private():
    if os.environ.get("PORTSIDE_TEST_NETNS") != "1":
        return "PORTSIDE_TEST_NETNS is not 1"
    listing = subprocess.run(
        ["ip", "-j", "link"], capture_output=True, text=True, timeout=10, check=True
    )
    names = {link["ifname"] for link in json.loads(listing.stdout or "[]")}
    # Kernels may put fallback tunnels (sit0, tunl0 ...) into each new namespace; they are down.
    foreign = {
        link["ifname"]
        for link in json.loads(listing.stdout or "[]")
        if link["ifname"] not in OURS and "UP" in link["flags"]
    }
    if "lo" not in names or foreign:
        return f"there are interfaces of others: {', '.join(sorted(foreign))}"
    routes = subprocess.run(
        ["ip", "route", "show", "default"], capture_output=True, text=True, timeout=10, check=True
    )
    return "there is a default route" if routes.stdout.strip() else None


def pytest_configure(config):
    unknown = [name for name in CHOSEN if name not in STACKS]
    if unknown:
        pytest.exit(f"PORTSIDE_STACKS: no such stack: {', '.join(unknown)}", returncode=2)


def is_chosen(item):
    """Whether a test is about a stack that is chosen: by its parameter, its fixtures or its file.
    The others run once: with the first board when their file is the boards', else with host."""
    parameters = getattr(item, "callspec", None)
    for value in parameters.params.values() if parameters else ():
        if isinstance(value, str) and value in STACKS:
            return value in CHOSEN
    if item.path.name.startswith("test_board_"):
        return next(iter(BOARDS)) in CHOSEN
    for name in ("host", "linux"):
        fixtures = {f"{name}_app", f"{name}_probes"}
        if item.path.name.startswith(f"test_{name}_") or fixtures & set(item.fixturenames):
            return name in CHOSEN
    return "host" in CHOSEN


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if not is_chosen(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if is_chosen(item)]


def set_up_network():
    """None, or why there are no TAPs. lo works in either case."""
    problem = run_ip("link", "set", "lo", "up")
    if problem:
        pytest.exit(f"cannot configure the namespace: {problem}", returncode=2)
    # An earlier run in the same namespace may have left its own.
    run_ip("link", "del", BRIDGE)
    run_ip("link", "del", "up0")
    for tap in TAPS:
        run_ip("link", "del", tap)
    # No IPv6: its neighbour discovery is noise to tests that look at single frames.
    try:
        with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as knob:
            knob.write("1")
    except OSError:
        pass
    steps = [
        ("link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0"),
        ("addr", "add", f"{HOST_IP}/{PREFIX}", "brd", "+", "dev", BRIDGE),
        ("link", "set", BRIDGE, "up"),
    ]
    for tap in TAPS:
        steps.append(("tuntap", "add", tap, "mode", "tap"))
        steps.append(("link", "set", tap, "master", BRIDGE, "up"))
    for step in steps:
        problem = run_ip(*step)
        if problem:
            run_ip("addr", "add", f"{HOST_IP}/{PREFIX}", "brd", "+", "dev", "lo")
            return f"ip {' '.join(step)}: {problem}"
    # A port that always has a carrier, so that the bridge has one before the first app starts.
    run_ip("link", "add", "up0", "type", "veth", "peer", "name", "up1")
    run_ip("link", "set", "up0", "master", BRIDGE, "up")
    run_ip("link", "set", "up1", "arp", "off", "up")
    return None


class Network:
    """Lends TAPs and addresses. An address comes back after all others were used, so that no
    neighbour remembers the MAC that it had."""

    def __init__(self):
        self.no_taps = set_up_network()
        self._taps = list(TAPS)
        self._ips = [f"192.168.77.{n}" for n in range(2, 250)]
        self._lock = threading.Lock()

    def lend(self):
        with self._lock:
            assert self._taps, "all TAPs are in use: a test starts too many apps"
            return self._taps.pop(0), self._ips.pop(0)

    def give_back(self, tap, ip):
        with self._lock:
            self._taps.append(tap)
            self._ips.append(ip)
        run_ip("neigh", "flush", "to", ip)


@pytest.fixture(scope="session")
def network():
    reason = why_not_private()
    if reason:
        pytest.exit(
            f"refused: this is not a private network namespace ({reason}); see {__file__}",
            returncode=2,
        )
    return Network()


@pytest.fixture(params=CHOSEN)
def stack(request, network):
    made = STACKS[request.param](network)
    if made.is_lwip and network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    missing = made.missing()
    assert not missing, f"not built: {missing}"
    yield made
    made.end_all()


@pytest.fixture(params=list(BOARDS))
def board_class(request, network):
    """Each board with the probes' image, as a class: its name, what it holds, its command()."""
    from porttools import PROBE_STACKS

    if request.param not in CHOSEN:
        pytest.skip(f"PORTSIDE_STACKS leaves {request.param} out")
    if network.no_taps:
        pytest.skip(f"no TAP: {network.no_taps}")
    made = PROBE_STACKS[request.param]
    assert made.path().exists(), f"not built: {made.path()}"
    return made


@pytest.fixture
def sockets(network):
    """Makes peers' sockets: on the host's address, with a time limit, closed at the end."""
    opened = []

    def make(kind, port=0, ip=HOST_IP, bind=True, **options):
        made = socket.socket(socket.AF_INET, kind)
        opened.append(made)
        made.settimeout(PATIENCE)
        if options.get("reuse"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bind:
            made.bind((ip, port))
        return made

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def udp_peer(sockets):
    return sockets(socket.SOCK_DGRAM)


@pytest.fixture
def tcp_listener(sockets):
    made = sockets(socket.SOCK_STREAM)
    made.listen(16)
    return made


@pytest.fixture
def connect(sockets):
    """Connects to an app's server; the new socket."""

    def to(ip, port, bind=False):
        made = sockets(socket.SOCK_STREAM, bind=bind)
        made.connect((ip, port))
        return made

    return to


@pytest.fixture
def netcat(network):
    """Starts nc with arguments; its process is ended at the end."""
    started = []

    def start(*args):
        process = subprocess.Popen(
            ["nc", *[str(a) for a in args]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            try:
                stream.close()
            except OSError:
                pass
