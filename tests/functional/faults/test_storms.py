# SPDX-License-Identifier: ISC
"""Signals at the worst moments, again and again, while somebody asks: answers stay right, and files whole."""

import json
import random
import signal
import time

import pytest
from admin import AdminServer
from harness import datacenters, wait_until
from honest import Honest, over_tcp

FRA, IAD = "192.0.2.1", "192.0.2.2"
CONF = """state state
check site http interval=100ms timeout=2s rise=2 fall=2
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=site
zone large.example large.zone
"""
ZONE = f"www STEER failover fra iad\nwww AT fra A {FRA}\nwww AT iad A {IAD}\n"
NAMES = 20000  # so that a load takes its time


class Large(AdminServer):
    def start(self, wait=True):
        large = self.folder / "large.zone"
        if not large.exists():
            large.write_text("$TTL 30\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.53\n" +
                             "".join(f"n{i} A 10.{i >> 16}.{i >> 8 & 255}.{i & 255}\n" for i in range(NAMES)))
        super().start(wait)

    def hangup(self):
        self.process.send_signal(signal.SIGHUP)

    def quiet(self):
        """No reload is under way or to come."""
        wait_until(lambda: self.log().count("reading the files again") and self.call("GET", "/v1/reload")[1]["running"] is False,
                   60, "the end of the reloads")


@pytest.fixture
def pair():
    with datacenters() as (fra, iad), Large(CONF, ZONE, FRA=fra.port, IAD=iad.port) as server:
        yield server, fra, iad


def test_a_hundred_reloads_while_one_is_under_way(pair):
    server, *_ = pair
    with Honest(server, FRA) as honest:
        before = server.reloads()
        for i in range(100):
            server.hangup()
            time.sleep(0.001)  # else most signals are one
        server.quiet()
        taken = server.reloads() - before
        asked = honest.asked
        wait_until(lambda: honest.asked > asked, 5, "an answer after all")
    assert 1 <= taken <= 100 and "error(s)" not in server.log()
    assert over_tcp(server) == FRA
    print(f"{taken} reloads for 100 signals, {honest.asked} queries")


def test_reloads_during_an_outage(pair):
    """What is down stays down, whatever is read anew; each answer of the whole time is that of the other."""
    server, fra, _ = pair
    fra.status = 503
    server.waits_for("www", [IAD])
    with Honest(server, IAD) as honest:
        for i in range(10):
            server.hangup()
            for _ in range(3):
                assert server.datacenter("fra")["state"] == "down"
        server.quiet()
        server.reload()
        assert server.datacenter("fra")["state"] == "down"
        honest.allowed = {FRA, IAD}
        fra.status = 200
        server.waits_for("www", [FRA])
        honest.allowed = {FRA}
        server.reload()


def test_an_outage_during_reloads(pair):
    """It is noticed all the same."""
    server, fra, _ = pair
    with Honest(server, FRA, IAD):
        for status, answer in ((503, IAD), (200, FRA)) * 3:
            fra.status = status
            server.hangup()
            server.hangup()
            server.waits_for("www", [answer], 20)
        server.quiet()


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.01, 0.05])
def test_the_end_in_the_middle_of_a_reload(pair, wait):
    server, *_ = pair
    server.hangup()
    time.sleep(wait)  # not for something to happen: at any moment of the load
    assert server.ask("www") == [FRA]
    server.process.terminate()
    assert server.process.wait(20) == 0


def test_crashes_at_any_moment(pair):
    """kill -9 while overrides are set and cleared: each start finds a whole file, with the last of them or the one before."""
    server, *_ = pair
    state = server.folder / "state/state.json"
    dice = random.Random(3)
    allowed, answer = {False}, {False: [FRA], True: [IAD]}
    for _ in range(12):
        drained = dice.random() < 0.5
        allowed = allowed | {drained}
        if drained:
            assert server.call("PUT", "/v1/overrides/fra", {"state": "drain", "who": "me", "why": "a crash"})[0] == 200
        else:
            assert server.call("DELETE", "/v1/overrides/fra")[0] == 200
        assert server.ask("www") == answer[drained]
        if dice.random() < 0.5:
            server.hangup()
        if dice.random() < 0.5:
            wait_until(lambda drained=drained: saved(state) is drained, 20, "the override is saved")
            allowed = {drained}
        else:
            time.sleep(dice.random() * 0.02)  # at any moment of the save
        server.process.kill()
        server.restart()
        now = server.datacenter("fra")["override"] is not None
        assert now in allowed and server.ask("www") == answer[now]
        assert "nothing is taken" not in server.log(), server.log()
        allowed = {now}
    assert not list(state.parent.glob("*.new")) or json.loads(state.read_text())


def saved(state):
    """Is fra drained? None: there is no file yet."""
    if not state.exists():
        return None
    return any("state" in dc for dc in json.loads(state.read_text())["datacenters"])


def test_signals_of_all_kinds_at_once(pair):
    """Reloads, upgrades that can't be, children that end, writes to nobody: none of it ends the server."""
    server, *_ = pair
    with Honest(server, FRA):
        for i in range(60):
            server.process.send_signal((signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD, signal.SIGWINCH, signal.SIGURG)[i % 5])
        server.quiet()
        assert server.process.poll() is None
