# SPDX-License-Identifier: ISC
"""What was down comes back: at once, after a while, when an operator says so, and slowly."""

import itertools
import math
import random
import re
import time

import pytest
from admin import AdminServer
from harness import wait_until
from targets import Web

FRA, IAD = "192.0.2.1", "192.0.2.2"
ZONE = f"""www STEER failover fra iad
www AT fra A {FRA}
www AT iad A {IAD}
""" + "".join(f"{pick} STEER pool fra iad pick={pick}\n{pick} AT fra A {FRA}\n{pick} AT iad A {IAD}\n"
              for pick in ("weighted", "round-robin", "hash"))
PICKS = ("weighted", "round-robin", "hash")


class Site(Web):
    """Answers as its status says; each answer may be taken from a script instead: F fails, anything else is well."""

    def __init__(self):
        self.status, self.script = 200, ""
        super().__init__(self.answer)

    def answer(self, request):
        letter, self.script = self.script[:1], self.script[1:]
        return (500 if letter == "F" else 200) if letter else self.status, {}, b""


@pytest.fixture
def site():
    site = Site()
    yield site
    site.stop()


def served(site, options, check="rise=1 fall=1"):
    return AdminServer(f"""check site http interval=100ms timeout=2s {check}
datacenter fra address={site.endpoint} check=site {options}
datacenter iad
""", ZONE)


def outage(server, site):
    """fra goes down, and is well again."""
    site.status = 500
    server.waits_for("www", [IAD])
    site.status = 200


def clients(n):
    """A /24 each."""
    return [f"10.{a}.{b}.0" for a, b in random.Random(1).sample([(a, b) for a in range(256) for b in range(256)], n)]


def test_a_slow_start_grows_from_nothing_to_the_whole(site):
    """Against an equal, a share s of the weight is s / (s + 1) of the answers."""
    length, ramps, few = 3.0, {pick: [] for pick in PICKS}, 40
    subnets = itertools.cycle(clients(10 * few))
    with served(site, "slow-start=3s") as server:
        assert abs(server.shares("weighted", 300)[FRA] - 0.5) < 0.12
        outage(server, site)
        wait_until(lambda: "up: check site" in server.log(), 5, "the comeback")
        begin = time.monotonic()
        assert "slow start: " in server.datacenter("fra")["why"]
        while time.monotonic() < begin + length:
            for pick in PICKS:
                at = time.monotonic() - begin
                share = server.shares(pick, few, list(itertools.islice(subnets, few)))[FRA]
                ramps[pick].append(((at + time.monotonic() - begin) / 2 / length, share))
        for pick, ramp in ramps.items():
            for low in (0, 1 / 3, 2 / 3):  # each third of the way, as one
                third = [(min(s, 1), share) for s, share in ramp if low <= s < low + 1 / 3]
                if not third:
                    continue  # on a slow machine
                expected = sum(s / (s + 1) for s, _ in third) / len(third)
                found = sum(share for _, share in third) / len(third)
                chance = 3 * 0.5 / math.sqrt(few * len(third))
                assert abs(found - expected) < 0.04 + chance, f"{pick} from {low:.2f} on: {found:.2f} instead of {expected:.2f}"
            assert ramp[0][1] < 0.25, f"{pick} begins with {ramp[0][1]}"
        wait_until(lambda: server.datacenter("fra")["why"] is None, 5, "the end of the slow start")
        for pick in PICKS:
            assert abs(server.shares(pick, 300, clients(300))[FRA] - 0.5) < 0.12


def test_a_slow_start_moves_hashed_clients_one_way(site):
    """Who has come back to fra stays there while its share grows."""
    subnets, settled = clients(40), set()
    with served(site, "slow-start=2s") as server:
        outage(server, site)
        wait_until(lambda: "up: check site" in server.log(), 5, "the comeback")

        def done():
            back = {subnet for subnet in subnets if server.ask("hash", subnet) == [FRA]}
            assert settled <= back
            settled.update(back)
            return server.datacenter("fra")["why"] is None
        wait_until(done, 10, "the end of the slow start")
        assert 8 < len(settled) < 32


def test_an_explanation_tells_the_weight_of_the_moment(site):
    def told(server):
        """What is said of fra, where iad is picked; None where fra is."""
        steps = server.call("GET", "/v1/explain?name=weighted.app.example.com&type=A&client=192.0.2.7")[1]["steps"]
        removed = [r for step in steps if step["step"] == "pick" for r in step["removed"] if r["datacenter"] == "fra"]
        return removed and re.search(r"weight (\S+) of (\d+)", removed[0]["why"]).groups()

    with served(site, "slow-start=10m") as server:
        assert wait_until(lambda: told(server), 5, "iad is picked") == ("1", "1")
        outage(server, site)
        wait_until(lambda: "up: check site" in server.log(), 5, "the comeback")
        now, whole = wait_until(lambda: told(server), 5, "iad is picked")
        assert 0 < float(now) < 0.5 and whole == "1"


def test_an_undrain_starts_slowly_once(site):
    with served(site, "slow-start=2s") as server:
        server.call("PUT", "/v1/overrides/fra", {"state": "drain"})
        assert server.ask("weighted") == [IAD]
        server.call("DELETE", "/v1/overrides/fra")
        assert "slow start: " in server.datacenter("fra")["why"]
        wait_until(lambda: server.datacenter("fra")["why"] is None, 10, "the end of the slow start")
        status, fra = server.call("DELETE", "/v1/overrides/fra")  # again: there is nothing to undo
        assert status == 200 and fra["why"] is None
        assert abs(server.shares("weighted", 200)[FRA] - 0.5) < 0.15


def test_what_was_forced_up_is_back_already(site):
    with served(site, "slow-start=1s") as server:
        server.call("PUT", "/v1/overrides/fra", {"state": "up"})
        passed = server.target("site")["passed"]
        wait_until(lambda: server.target("site")["passed"] > passed + 12, 10, "more than the slow start")
        status, fra = server.call("DELETE", "/v1/overrides/fra")
        assert status == 200 and (fra["state"], fra["why"]) == ("up", None)


def test_a_manual_return_waits_for_an_operator(site):
    with served(site, "return=manual") as server:
        assert server.ask("www") == [FRA]
        outage(server, site)
        wait_until(lambda: server.target("site")["state"] == "up", 5, "the checks are good")
        fra = server.datacenter("fra")
        assert (fra["state"], fra["why"], fra["health"]) == ("returning", "return=manual: run gslbctl clear fra", "up")
        passed = server.target("site")["passed"]
        wait_until(lambda: server.target("site")["passed"] > passed + 5, 10, "some time")
        assert server.ask("www") == [IAD]
        status, fra = server.call("DELETE", "/v1/overrides/fra")
        assert status == 200 and fra["state"] == "up"
        server.waits_for("www", [FRA], 2)
        outage(server, site)  # the next time too
        server.waits_for_state("fra", "returning")
        assert server.ask("www") == [IAD]


def test_a_return_after_a_time(site):
    with served(site, "return=after:2s") as server:
        outage(server, site)
        server.waits_for_state("fra", "returning")
        begin = time.monotonic()
        assert re.fullmatch(r"return=after: for [12] s more, or gslbctl clear fra", server.datacenter("fra")["why"])
        server.waits_for("www", [FRA])
        assert 1.5 < time.monotonic() - begin < 4
        assert server.log().count("datacenter fra: return=after: has ended") == 1
        outage(server, site)  # one that an operator does not want to wait for
        server.waits_for_state("fra", "returning")
        server.call("DELETE", "/v1/overrides/fra")
        server.waits_for("www", [FRA], 1)
        assert server.log().count("return=after: has ended") == 1


def test_who_goes_down_again_waits_again(site):
    with served(site, "return=after:1500ms") as server:
        outage(server, site)
        server.waits_for_state("fra", "returning")
        site.script = "F"
        server.waits_for_state("fra", "down")
        server.waits_for_state("fra", "returning")
        begin = time.monotonic()
        server.waits_for("www", [FRA])
        assert time.monotonic() - begin > 1.2


@pytest.mark.parametrize("script, transitions", [
    ("F.F.F", 2),  # three failures, and never two successes between them; then all is well again
    ("FF..FF..FF", 0),
    ("F..F..F..F..F", 0),
    ("FFF", 2),
    ("FFF.F.F.FFF", 2),  # never two successes to come up in between
    ("FFF..FFF", 4),
])
def test_flaps_are_damped(site, script, transitions):
    """rise=2 fall=3: failures reach 3 without 2 successes in a row between them, and 2 successes bring it up."""
    with served(site, "", "rise=2 fall=3") as server:
        before = server.target("site")
        site.script = script
        wait_until(lambda: site.script == "", 10, "the end of the script")
        wait_until(lambda: server.target("site")["failed"] == before["failed"] + script.count("F"), 5, "its last failure")
        server.waits_for_state("fra", "up")
        passed = server.target("site")["passed"]
        wait_until(lambda: server.target("site")["passed"] > passed + 1, 5, "two that are well")
        assert server.target("site")["transitions"] - before["transitions"] == transitions
        assert server.log().count("down: check site") == transitions / 2


def test_a_record_of_its_own_returns_by_its_own_rule(site):
    """Its datacenter is well all the time; what clears the datacenter clears its records."""
    conf = "check own http interval=100ms timeout=2s rise=1 fall=1 return=manual\ndatacenter fra\ndatacenter iad\n"
    zone = f"""www STEER failover fra iad
www AT fra check=own address={site.endpoint} A {FRA}
www AT iad A {IAD}
"""
    with AdminServer(conf, zone) as server:
        assert server.ask("www") == [FRA]
        outage(server, site)
        wait_until(lambda: server.target("own")["state"] == "returning", 5, "the checks are good, the record held back")
        assert server.datacenter("fra")["state"] == "up" and server.ask("www") == [IAD]
        assert server.target("own")["why"] == "return= of a record holds it back; gslbctl clear fra ends that"
        server.call("DELETE", "/v1/overrides/fra")
        server.waits_for("www", [FRA], 2)
