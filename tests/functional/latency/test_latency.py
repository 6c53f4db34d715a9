# SPDX-License-Identifier: ISC
"""max-latency: a datacenter that answers slowly is left for one that does not, and taken again below 80 %."""

import pytest
from harness import SOA, Server, datacenters, wait_until

CONF = """listen 127.0.0.1:@PORT@
check site http interval=250ms timeout=240ms rise=2 fall=2
datacenter fra address=127.0.0.1:@FRA@ check=site @LIMIT@
datacenter iad address=127.0.0.1:@IAD@ check=site
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER failover fra iad @NAME_LIMIT@
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
"""


def served(fra, iad, limit, name_limit):
    return Server({"gslbd.conf": CONF, "z.zone": ZONE}, FRA=fra.port, IAD=iad.port, LIMIT=limit, NAME_LIMIT=name_limit)


def answers(server, address):
    return lambda: server.answers("www.app.example.com") == [address]


@pytest.mark.parametrize("limit, name_limit", [("max-latency=150ms", ""), ("", "max-latency=150ms")],
                         ids=["of the datacenter", "of the name"])
def test_slow_is_left_and_taken_again_with_hysteresis(limit, name_limit):
    with datacenters() as (fra, iad), served(fra, iad, limit, name_limit) as server:
        assert answers(server, "192.0.2.1")()
        fra.delay = 0.17
        wait_until(answers(server, "192.0.2.2"), 10, "slow is left")
        fra.delay = 0.13  # under the limit, but over 80 % of it
        seen = len(fra.requests)
        wait_until(lambda: len(fra.requests) >= seen + 6, 10)
        assert answers(server, "192.0.2.2")(), "in between nothing changes"
        fra.delay = 0.0
        wait_until(answers(server, "192.0.2.1"), 10, "fast is taken again")
        assert "down" not in server.log()


def test_when_all_are_slow_all_are_used():
    with datacenters() as (fra, iad), served(fra, iad, "", "max-latency=100ms") as server:
        fra.delay = iad.delay = 0.15
        wait_until(lambda: server.log().count(" slow: check site of ") == 2, 10, "both are slow")
        assert answers(server, "192.0.2.1")()
