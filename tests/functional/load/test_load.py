# SPDX-License-Identifier: ISC
"""Targets that say how busy they are, and what answers make of that."""

import json
import time

import pytest
from admin import AdminServer
from harness import wait_until
from targets import Talker, Web

FRA, IAD = "192.0.2.1", "192.0.2.2"
ZONE = """www STEER failover fra iad
pool STEER pool fra iad
hash STEER failover fra iad pick=hash
connections STEER pool fra iad pick=least-connections
time STEER pool fra iad pick=least-time
""" + "".join(f"{name} AT fra A {FRA}\n{name} AT iad A {IAD}\n" for name in ("www", "pool", "hash", "connections", "time"))
FAST = "interval=100ms timeout=2s rise=1 fall=1"


class Busy(Web):
    """Says how many connections it has, as JSON and in a header, and takes its time for it."""

    def __init__(self, connections=0, delay=0.0):
        self.connections, self.delay = connections, delay
        super().__init__(self.answer)

    def answer(self, request):
        time.sleep(self.delay)
        body = json.dumps({"load": {"connections": self.connections}}).encode()
        return 200, {"X-Connections": str(self.connections)}, body


class Agent(Talker):
    """Says its words to whoever connects."""

    def __init__(self, words):
        self.words = words
        super().__init__(lambda connection: connection.sendall(f"{self.words}\n".encode()))


@pytest.fixture
def pair():
    pair = Busy(), Busy()
    yield pair
    for site in pair:
        site.stop()


def served(pair, load="load=json:/load/connections", options=""):
    fra, iad = pair
    return AdminServer(f"""check site http {load} {FAST}
datacenter fra address={fra.endpoint} check=site {options}
datacenter iad address={iad.endpoint} check=site
""", ZONE)


def becomes(server, name, connections):
    wait_until(lambda: server.datacenter(name)["connections"] == connections, 5, f"{name} has {connections}")


def settles(server, name, first, n=30):
    """Each of n answers in a row is that one."""
    wait_until(lambda: all(server.ask(name) == [first] for _ in range(n)), 10, f"{name} answers {first}")


@pytest.mark.parametrize("load", ["load=json:/load/connections", "load=header:X-Connections"])
def test_connections_are_shown(pair, load):
    fra, iad = pair
    fra.connections = 4711
    with served(pair, load) as server:
        assert server.datacenter("fra")["connections"] == 4711 and server.datacenter("iad")["connections"] == 0
        assert server.metric("gslbd_check_connections", target=fra.endpoint) == 4711
        fra.connections = 12
        becomes(server, "fra", 12)


@pytest.mark.parametrize("load, connections, why", [
    ("load=json:/load/connections", "many", "no number at /load/connections in the reply"),
    ("load=json:/load/connections", -1, "no number at /load/connections in the reply"),
    ("load=json:/load/users", 1, "no number at /load/users in the reply"),
    ("load=header:X-Connections", "12 or so", "no number in the header X-Connections of the reply"),
    ("load=header:X-Connections", "99999999999999999999", "no number in the header X-Connections of the reply"),
    ("load=header:X-Users", 1, "no number in the header X-Users of the reply"),
])
def test_a_load_that_is_none_is_a_failure(pair, load, connections, why):
    pair[0].connections = connections
    with served(pair, load) as server:
        assert server.datacenter("fra")["state"] == "down" and why in server.datacenter("fra")["why"]


def test_words_of_agents():
    rows = {  # name: (words, state, of its weight, what is said)
        "ready": ("ready", "up", 100, None),
        "up": ("up", "up", 100, None),
        "drain": ("drain", "drain", 100, "its agent says so"),
        "maint": ("maint", "down", 100, "its agent says so"),
        "down": ("down", "down", 100, "the agent says down"),
        "reason": ("down #no database", "down", 100, "the agent says down: no database"),
        "failed": ("failed", "down", 100, "the agent says failed"),
        "stopped": ("stopped", "down", 100, "the agent says stopped"),
        "half": ("50%", "up", 50, "agent: 50 % of its weight"),
        "several": ("up ready 75%", "up", 75, "agent: 75 % of its weight"),
        "zero": ("0%", "up", 0, "agent: 0 % of its weight"),
        "drain-half": ("50% drain", "drain", 50, "its agent says so"),
        "unknown": ("up asleep", "down", 100, 'unknown word "asleep" in the agent\'s reply'),
        "too-much": ("257%", "down", 100, 'unknown word "257%"'),
        "nothing": ("", "down", 100, "no word in the agent's reply"),
    }
    agents = {name: Agent(words) for name, (words, *_) in rows.items()}
    conf = f"check agent tcp load=agent {FAST}\n"
    zone = ""
    for name, agent in agents.items():
        conf += f"datacenter {name} address={agent.endpoint} check=agent\n"
        zone += f"{name} AT {name} A {FRA}\n{name} AT * backup=yes A {IAD}\n"
    with AdminServer(conf, zone) as server:
        found = {dc["name"]: dc for dc in server.status()["datacenters"]}
        for name, (_, state, weight, why) in rows.items():
            dc = found[name]
            assert (dc["state"], dc["weight_percent"]) == (state, weight), name
            assert dc["why"] is None if why is None else why in dc["why"], name
            assert server.ask(name) == [FRA if state == "up" else IAD], name
    for agent in agents.values():
        agent.stop()


def test_answers_follow_the_agent():
    fra, iad = Agent("ready"), Agent("ready")
    conf = f"""check agent tcp load=agent {FAST}
datacenter fra address={fra.endpoint} check=agent
datacenter iad address={iad.endpoint} check=agent
"""
    with AdminServer(conf, ZONE) as server:
        assert abs(server.shares("pool", 300)[FRA] - 0.5) < 0.12
        fra.words = "25%"
        wait_until(lambda: server.datacenter("fra")["weight_percent"] == 25, 5, "a quarter")
        wait_until(lambda: abs(server.shares("pool", 300)[FRA] - 0.2) < 0.08, 5, "a quarter against a whole")
        fra.words = "0%"
        settles(server, "pool", IAD)
        fra.words = "100% drain"
        server.waits_for_state("fra", "drain")
        settles(server, "www", IAD)
        fra.words = "ready"
        settles(server, "www", FRA)
        wait_until(lambda: abs(server.shares("pool", 300)[FRA] - 0.5) < 0.12, 5, "equal again")
        said = [line.split(": its agent ")[1] for line in server.log().splitlines() if "agent: check agent of " in line]
        assert said == ["says drain", "has ended what it said"]
    fra.stop()
    iad.stop()


def sheds(server, fra, connections, share, name="www"):
    """With so many connections, fra has that share of the answers."""
    subnets = [f"10.{i}.{i * 7 % 256}.0" for i in range(256)] if name == "hash" else None
    fra.connections = connections
    becomes(server, "fra", connections)
    wait_until(lambda: abs(server.shares(name, 256, subnets)[FRA] - share) < 0.1, 5, f"{share} of {name} at {connections}")
    found = server.shares(name, 500, subnets)[FRA]
    assert abs(found - share) < 0.1, f"{name} at {connections} connections: {found}"


def test_what_is_over_capacity_goes_to_the_next_tier(pair):
    with served(pair, options="capacity=100..200") as server:
        for connections, share in ((0, 1), (100, 1), (125, 0.75), (150, 0.5), (175, 0.25), (200, 0), (5000, 0), (10, 1)):
            sheds(server, pair[0], connections, share)
        sheds(server, pair[0], 150, 0.5, "hash")
        assert server.datacenter("fra")["why"] == "over capacity: sheds 50 %"


def test_a_single_capacity_begins_to_shed_at_four_fifths(pair):
    with served(pair, options="capacity=1000") as server:
        for connections, share in ((800, 1), (900, 0.5), (1000, 0)):
            sheds(server, pair[0], connections, share)


def test_who_has_nowhere_to_shed_to_answers(pair):
    fra, iad = pair
    fra.connections = 500
    with served(pair, options="capacity=100..200") as server:
        settles(server, "www", IAD)
        iad.stop()
        settles(server, "www", FRA)


def test_least_connections(pair):
    fra, iad = pair
    fra.connections, iad.connections = 10, 5
    with served(pair) as server:
        settles(server, "connections", IAD)
        iad.connections = 50
        settles(server, "connections", FRA)
        iad.connections = 10
        wait_until(lambda: 0.3 < server.shares("connections", 200)[FRA] < 0.7, 5, "equals share")
        fra.stop()  # fewer, but down
        settles(server, "connections", IAD)


def test_least_time(pair):
    """Connections times latency."""
    fra, iad = pair
    fra.connections, iad.connections, fra.delay = 10, 10, 0.1
    with served(pair) as server:
        settles(server, "time", IAD)
        iad.connections = 100000  # quick, but crowded
        settles(server, "time", FRA)
        fra.delay, iad.delay = 0.0, 0.1
        settles(server, "time", FRA)
        fra.connections, iad.connections = 10, 10
        becomes(server, "iad", 10)
        settles(server, "time", FRA)


def test_the_load_of_a_datacenter_is_that_of_its_records(pair):
    """A record has a check of its own, which says nothing of connections."""
    fra, iad = pair
    fra.connections, iad.connections = 10, 5
    conf = f"""check site http load=json:/load/connections {FAST}
check own http {FAST}
datacenter fra address={fra.endpoint} check=site
datacenter iad address={iad.endpoint} check=site
"""
    zone = f"""www STEER pool fra iad pick=least-connections
www AT fra check=own address={fra.endpoint} A {FRA}
www AT iad A {IAD}
"""
    with AdminServer(conf, zone) as server:
        settles(server, "www", IAD)
        iad.connections = 50
        settles(server, "www", FRA)
