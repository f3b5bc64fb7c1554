# SPDX-License-Identifier: BSD-3-Clause
"""Addresses from a DHCP server: got, renewed, refused, lost, and got again.

dnsmasq is the server as users have it. What it cannot be made to do (leases of seconds, silence,
a refusal) a server of ours does. (No server at all: test_board_port.py.)
"""

import re
import time

from lease_peers import DISCOVER, REQUEST, dnsmasq, lease_server, names, seconds_since
from machines import HERE, TAP, THERE, machine, own_network  # noqa: F401 (fixtures)
from peers import wait_until
from porttools import answers, ping
from stacks import PATIENCE

LENT = "10.77.9.105"
OTHER = "10.77.9.106"
LEASE = 6  # seconds


def shown(machine):
    text, status = machine.ifconfig("en0")
    assert status == 0, text
    return text


def got(made, ip):
    made.expect(f"portside: en0: {ip} from the DHCP server {THERE}$")
    wait_until(lambda: answers(ip, 2), f"{ip} answers")


def test_with_dnsmasq(machine, tmp_path):
    """Gateway and name servers of the lease; renewal; a pulled cable; giving back; asking again."""
    with dnsmasq(
        TAP, f"--dhcp-range={LENT},{LENT},2m", names(tmp_path, peer="10.77.9.1"),
        "--dhcp-option=option:router,10.77.9.1",
        "--dhcp-option=option:dns-server,10.77.9.1,10.77.9.3",
        "--dhcp-option=58,4", "--dhcp-option=59,100", ports=(53, 67),
    ) as server:  # fmt: skip
        made = machine("dhcp")
        got(made, LENT)
        made.expect("^portside> " if made.is_board else "^listening on ")
        text = shown(made)
        assert re.search(
            rf"address {LENT}/24, broadcast 10.77.9.255, DHCP server {THERE}, 1[12]\d of 120 s left"
            rf"\n(?: +address fe80.*\n)?"
            rf" +gateway {THERE}, name server {THERE} 10.77.9.3\n", text,
        ), text  # fmt: skip
        if made.is_board:
            assert made.run("dns", "peer.lab") == ("10.77.9.1\n", 0)
        # Renewed at T1, by a request to the server alone, and without a word.
        acknowledged = server.count("DHCPACK")
        wait_until(lambda: server.count("DHCPACK") > acknowledged, "the lease is renewed")
        wait_until(lambda: re.search(r" (1[12]\d|120) of 120 s left", shown(made)), "a new lease")
        # The cable was out: it asks whether the lease still holds, where the stack can know.
        if made.has_phy:
            made.cut()
            wait_until(lambda: "link down" in shown(made), "the stack knows that the link is down")
            requested = server.count("DHCPREQUEST")
            discovered = server.count("DHCPDISCOVER")
            made.mend()
            wait_until(lambda: server.count("DHCPREQUEST") > requested, "asked at link up")
            assert server.count("DHCPDISCOVER") == discovered
        wait_until(lambda: answers(LENT, 2), "it answers again")
        # A static address gives the lease back; dhcp gets it again.
        assert made.ifconfig("en0", f"{HERE}/24", "gw", THERE) == ("", 0)
        wait_until(lambda: server.count("DHCPRELEASE") == 1, "the lease is given back")
        assert answers(HERE)
        assert f"address {HERE}/24, broadcast 10.77.9.255, static" in shown(made)
        told, status = made.ifconfig("en0", "dhcp")  # a lease may be told in between
        assert status == 0 and "en0: asking by DHCP ...\n" in told
        if f"{LENT} from the DHCP server" not in told:
            got(made, LENT)
        # down and up asks again, too.
        requested = server.count("DHCPREQUEST")
        assert made.ifconfig("en0", "down") == ("", 0)
        assert ping(LENT, wait=1) == 0
        told, status = made.ifconfig("en0", "up")
        assert status == 0 and told in ("", f"portside: en0: {LENT} from the DHCP server {THERE}\n")
        wait_until(lambda: server.count("DHCPREQUEST") > requested, "asked at up")
        wait_until(lambda: answers(LENT, 2), "it answers after up")
        assert "no longer" not in made.said()


def test_server_that_goes_away_and_changes_its_mind(machine):
    with lease_server(TAP, THERE, LENT, LEASE, 2) as server:
        made = machine("dhcp")
        got(made, LENT)
        # Silence: it asks at T1 and T2, and gives the address up when the lease ends. One line.
        server.silent = True
        begin = time.monotonic()
        server.wait_for(REQUEST)
        assert answers(LENT, 2), "the lease still holds"
        lost = f"portside: en0: no longer {LENT}: no DHCP server renewed the lease; asking again$"
        made.expect(lost)
        assert seconds_since(begin) > LEASE / 2
        assert ping(LENT, wait=1) == 0
        server.wait_for(DISCOVER)
        asking = r"no IPv4 address, asking by DHCP\n(?: +address fe80.*\n)? +gateway none"
        assert re.search(asking, shown(made))
        # It comes back, with another address.
        server.address, server.seconds, server.renew = OTHER, 120, 2
        server.silent = False
        got(made, OTHER)
        assert len(re.findall("no longer", made.said())) == 1
        # It refuses to renew: what it lent is given up at once, and asked for anew.
        server.address, server.refuse = LENT, True
        lost = f"portside: en0: no longer {OTHER}: the DHCP server took it back; asking again$"
        made.expect(lost)
        got(made, LENT)
        # A renewal may bring another address.
        server.address = OTHER
        got(made, OTHER)
        assert len(re.findall("no longer", made.said())) == 2


def test_lease_that_ends_while_nobody_answers_after_a_cut(machine):
    """The client is looking for a server when the lease ends, and must still give it up."""
    with lease_server(TAP, THERE, LENT, LEASE, LEASE - 1) as server:
        made = machine("dhcp")
        got(made, LENT)
        server.silent = True
        made.cut()
        if made.has_phy:
            wait_until(lambda: "link down" in shown(made), "the stack knows that the link is down")
        made.mend()
        server.wait_for(DISCOVER if made.has_phy else REQUEST)
        made.expect(f"portside: en0: no longer {LENT}: no DHCP server", PATIENCE)
        assert ping(LENT, wait=1) == 0
        assert "no IPv4 address, asking by DHCP" in shown(made)
        server.silent = False
        got(made, LENT)
