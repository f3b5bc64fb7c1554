# SPDX-License-Identifier: BSD-3-Clause
"""ip: what addresses are, compared with Python's ipaddress module."""

import ipaddress
import random
import re

# Our kinds by what the module says of their addresses.
KINDS = {
    "private": "is_private",
    "loopback": "is_loopback",
    "link-local": "is_link_local",
    "documentation": "is_private",
    "benchmarks": "is_private",
    "this network": "is_private",
    "reserved": "is_reserved",
    "unspecified: this host": "is_unspecified",
    "unique local: private": "is_private",
    "site-local, no longer used": "is_site_local",
    "public": "is_global",
    "global": "is_global",
}
# Where its judgement of single blocks is not that of ours: they are its "private" for being no
# global addresses, or the other way round, in one version of Python or another.
OTHERWISE = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24",
        "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "64:ff9b:1::/48", "2620:4f:8000::/48",
    )
]  # fmt: skip
HEAD = re.compile(
    r"^(?P<address>\S+): (?:class (?P<letter>[A-E]) \((?P<first>\S+) to (?P<last>\S+)\)|IPv6), "
    r"(?P<kind>.+?)(?:, scope (?P<scope>[a-z-]+))? \(RFC \d+\)"
    r"(?P<place>, directed broadcast|, the network itself)?, "
    r"(?P<cast>one-to-one \(unicast\)|one-to-many \(multicast\)|one-to-all \(broadcast\)|"
    r"no destination)$"
)
NETWORK = re.compile(
    r"^  network (?P<network>\S+?)(?:, mask (?P<mask>[\d.]+))?"
    r"(?:, broadcast (?P<broadcast>[\d.]+))?, (?:hosts|addresses) (?P<from>\S+) to (?P<to>\S+)"
    r"(?: \((?P<hosts>\d+)\))?$"
)


def ask(stack, addresses):
    """Each address with the lines that tell of it."""
    app = stack.start("ip", *addresses)
    assert app.wait(60) == 0, str(app)[-2000:]
    app.kill()  # its TAP is another's now
    blocks = []
    for line in app.lines:
        if HEAD.match(line):
            blocks.append([line])
        elif blocks and line.startswith("  "):
            blocks[-1].append(line)
    assert len(blocks) == len(addresses), str(app)[:2000]
    return list(zip(addresses, blocks))


def classes(number):
    for letter, last in zip("ABCDE", (127, 191, 223, 239, 255)):
        if int(number) >> 24 <= last:
            return letter
    raise AssertionError(number)


def check_head(text, line):
    told = HEAD.match(line)
    interface = ipaddress.ip_interface(text)
    number = interface.ip
    mapped = number.version == 6 and number.ipv4_mapped
    shown = f"::ffff:{number.ipv4_mapped}" if mapped else str(number)
    assert told["address"] == shown
    if number.version == 4:
        assert told["letter"] == classes(number)
        low, high = ipaddress.ip_address(told["first"]), ipaddress.ip_address(told["last"])
        assert low <= number <= high and classes(low) == classes(high) == told["letter"]
    assert told["kind"].startswith("multicast") == number.is_multicast
    assert told["cast"].startswith("one-to-many") == number.is_multicast
    kind = told["kind"]
    if kind in KINDS and not any(number in block for block in OTHERWISE):
        assert getattr(number, KINDS[kind]), f"{number} is {KINDS[kind]}"
    for name in ("loopback", "link-local"):
        attribute = "is_" + name.replace("-", "_")
        assert (kind == name) == (getattr(number, attribute) and not mapped), number
    if number.is_multicast and number.version == 6:
        scopes = {1: "interface-local", 2: "link-local", 5: "site-local", 14: "global"}
        scope = int(number) >> 112 & 15
        assert told["scope"] == scopes.get(scope, told["scope"])
    is_all = str(number) == "255.255.255.255" or told["place"] == ", directed broadcast"
    assert told["cast"].startswith("one-to-all") == is_all
    return told, interface


def check_network(told, interface, line):
    network = interface.network
    found = NETWORK.match(line)
    assert found, line
    assert ipaddress.ip_network(found["network"]) == network
    if interface.version == 6 or interface.ip >= ipaddress.ip_address("224.0.0.0"):
        assert told["place"] is None
        assert ipaddress.ip_address(found["from"]) == network[0]
        assert ipaddress.ip_address(found["to"]) == network[-1]
        return
    hosts = network.num_addresses - (2 if network.prefixlen <= 30 else 0)
    assert found["mask"] == str(network.netmask)
    assert int(found["hosts"]) == hosts
    inner = 1 if network.prefixlen <= 30 else 0
    assert found["from"] == str(network[inner])
    assert found["to"] == str(network[-1 - inner])
    if inner:
        assert found["broadcast"] == str(network.broadcast_address)
        is_last = interface.ip == network.broadcast_address
        assert (told["place"] == ", directed broadcast") == is_last
    else:
        assert found["broadcast"] is None and told["place"] is None


def check(text, lines):
    told, interface = check_head(text, lines[0])
    rest = lines[1:]
    if interface.version == 6:
        assert rest.pop(0) == f"  full {interface.ip.exploded}"
    if "/" in text:
        check_network(told, interface, rest.pop(0))
    assert rest == []


EDGES = [
    "0.0.0.0", "0.0.0.0/0", "10.0.0.0/8", "10.255.255.255/8", "127.0.0.1/8", "169.254.7.7/16",
    "172.16.0.1/12", "192.168.77.255/24", "192.168.77.0/24", "192.168.77.254/31", "192.168.77.9/32",
    "100.64.0.1/10", "224.0.0.1", "239.255.255.250/4", "240.0.0.1/4", "255.255.255.255",
    "255.255.255.255/24", "::", "::1", "fe80::1/64", "fd00::1/8", "ff02::fb", "ff0e::1/16",
    "2001:db8::1/32", "::ffff:10.0.0.1", "2606:4700::1111/48", "fec0::1", "1:2:3:4:5:6:7:8/128",
]  # fmt: skip


def some_address(rng):
    """Mostly near the edges of blocks, where mistakes are."""
    if rng.random() < 0.5:
        first = rng.choice((0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 239, 240, 255))
        first = first if rng.random() < 0.8 else rng.randrange(256)
        quad = [first, *(rng.choice((0, 2, 16, 31, 51, 64, 88, 113, 127, 168, 254, 255))
                         if rng.random() < 0.6 else rng.randrange(256) for _ in range(3))]
        text, bits = ".".join(map(str, quad)), 32
    else:
        groups = [rng.choice((0, 0, 0, 1, 0xFFFF, rng.randrange(65536))) for _ in range(8)]
        if rng.random() < 0.8:
            groups[0] = rng.choice((0, 0x64, 0x100, 0x2000, 0x2001, 0x2002, 0x3FFF, 0xFC00, 0xFDFF,
                                    0xFE80, 0xFEBF, 0xFEC0, 0xFF02, 0xFF0E, 0xFF05))
        number = sum(group << 16 * i for i, group in enumerate(reversed(groups)))
        text, bits = str(ipaddress.IPv6Address(number)), 128
        if rng.random() < 0.2:
            text = ipaddress.IPv6Address(text).exploded.upper()
    return f"{text}/{rng.randrange(bits + 1)}" if rng.random() < 0.7 else text


def lines_of(addresses, longest=150, most=8):
    """As many of them a line as a board's command line holds."""
    line = []
    for text in addresses:
        if len(line) == most or sum(len(word) + 1 for word in (*line, text)) > longest:
            yield line
            line = []
        line.append(text)
    yield line


def test_as_python_tells_it(stack):
    """Thousands on host and linux, a few on a board."""
    rng = random.Random(4)
    if stack.is_board:
        asked = lines_of(EDGES)
    else:
        asked = (EDGES, [some_address(rng) for _ in range(4000)])
    for addresses in asked:
        for text, told in ask(stack, addresses):
            check(text, told)


MISTAKES = [
    ("1.2.3", "is neither an IPv4 nor an IPv6 address"),
    ("010.0.0.1", "is neither an IPv4 nor an IPv6 address"),
    ("host.lab", "is neither an IPv4 nor an IPv6 address"),
    ("1::2::3", "is neither an IPv4 nor an IPv6 address"),
    ("fe80::1%en0", "is neither an IPv4 nor an IPv6 address"),
    ("", "is neither an IPv4 nor an IPv6 address"),
    ("10.0.0.1/33", "ends in no prefix length from 0 to 32"),
    ("10.0.0.1/", "ends in no prefix length from 0 to 32"),
    ("::1/129", "ends in no prefix length from 0 to 128"),
    ("x/8", "does not begin with an IPv4 or IPv6 address"),
]


def test_no_address(stack):
    # The same code reads the others on a board.
    for text, wrong in MISTAKES[-2:] if stack.is_board else MISTAKES:
        app = stack.start("ip", "10.0.0.1", text)
        app.expect_error(rf'^ip: "{re.escape(text)}" {wrong}$')
        assert app.wait() == 2
        # Nothing is told when not all is understood.
        assert not any(HEAD.match(line) for line in app.lines)
        app.kill()
