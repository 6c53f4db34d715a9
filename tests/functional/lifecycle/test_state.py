# SPDX-License-Identifier: ISC
"""What is known survives a restart, and a crash: health for a while, what operators said for as long as they did."""

import json
import os
import time

import pytest
from admin import AdminServer
from harness import wait_until
from targets import Web

FRA, IAD = ["192.0.2.1"], ["192.0.2.2"]
ZONE = f"""www STEER failover fra iad
www AT fra A {FRA[0]}
www AT iad A {IAD[0]}
"""
TIMEOUT = 2.0


@pytest.fixture
def pair():
    fra, iad = Web(), Web()
    conf = f"""state state fresh=10m
check site http interval=100ms timeout=2s rise=1 fall=1
datacenter fra address={fra.endpoint} check=site
datacenter iad address={iad.endpoint} check=site
"""
    with AdminServer(conf, ZONE) as server:
        server.state = server.folder / "state/state.json"
        yield server, fra, iad
    fra.stop()
    iad.stop()


def stopped(server):
    server.process.terminate()
    assert server.process.wait(20) == 0


def crashed(server):
    server.process.kill()
    server.process.wait(20)


def saved(server):
    try:
        return json.loads(server.state.read_text())
    except FileNotFoundError:
        return {"datacenters": [], "targets": []}


def saves_state_of(server, datacenter, state):
    wait_until(lambda: any(dc["datacenter"] == datacenter and dc.get("state") == state for dc in saved(server)["datacenters"]),
               5, f"{datacenter} is saved as {state}")


def edited(server, **changes):
    server.state.write_text(json.dumps(saved(server) | changes))


def starts(server):
    """Starts it again; the seconds until it is ready."""
    begin = time.monotonic()
    server.restart()
    return time.monotonic() - begin


def test_a_restart_serves_at_once_what_was_known(pair):
    server, fra, iad = pair
    fra.stop()
    server.waits_for("www", IAD)
    stopped(server)
    iad.speaks.clear()  # a check that hangs
    assert starts(server) < TIMEOUT / 2
    assert server.ask("www") == IAD
    assert server.datacenter("iad")["state"] == "up" and server.datacenter("fra")["state"] == "down"
    why = server.datacenter("fra")["why"]
    assert "connection refused" in why or "connection reset" in why
    assert "state: the health of 2 targets is as it was saved" in server.log()
    iad.speaks.set()


def test_what_is_stale_is_checked_first(pair):
    server, fra, iad = pair
    stopped(server)
    edited(server, saved_ms=saved(server)["saved_ms"] - 11 * 60 * 1000)
    fra.speaks.clear()
    assert starts(server) > TIMEOUT * 0.9
    assert server.ask("www") == IAD
    fra.speaks.set()


def test_health_is_saved_when_it_changes(pair):
    server, fra, iad = pair
    fra.stop()
    server.waits_for("www", IAD)
    wait_until(lambda: any(t["state"] == "down" for t in saved(server)["targets"]), 5, "the change is saved")
    crashed(server)
    assert starts(server) < TIMEOUT / 2
    assert server.ask("www") == IAD


def test_an_override_survives_a_crash(pair):
    server, fra, iad = pair
    status, _ = server.call("PUT", "/v1/overrides/fra", {"state": "drain", "for": "10m", "who": "alice", "why": "new disks"})
    assert status == 200
    until = server.datacenter("fra")["override"]["until"]
    saves_state_of(server, "fra", "drain")
    crashed(server)
    starts(server)
    assert server.ask("www") == IAD
    fra = server.datacenter("fra")
    assert (fra["state"], fra["why"]) == ("drain", "alice: new disks")
    assert abs(int(fra["override"]["until"][-3:-1]) - int(until[-3:-1])) in (0, 1, 59)
    server.call("DELETE", "/v1/overrides/fra")
    assert server.ask("www") == FRA
    wait_until(lambda: all("state" not in dc for dc in saved(server)["datacenters"]), 5, "the end is saved")
    crashed(server)
    starts(server)
    assert server.ask("www") == FRA


def test_an_override_that_has_expired_does_not_come_back(pair):
    server, fra, iad = pair
    for name, length in (("fra", "1m"), ("iad", "1h")):
        server.call("PUT", f"/v1/overrides/{name}", {"state": "drain", "for": length, "force": True})
        saves_state_of(server, name, "drain")
    stopped(server)
    edited(server, saved_ms=saved(server)["saved_ms"] - 2 * 60 * 1000)
    starts(server)
    assert server.datacenter("fra")["state"] == "up" and server.datacenter("fra")["override"] is None
    assert server.datacenter("iad")["state"] == "drain"


def test_an_override_ends_by_itself(pair):
    server, fra, iad = pair
    server.call("PUT", "/v1/overrides/fra", {"state": "down", "for": "700ms"})
    assert server.ask("www") == IAD
    begin = time.monotonic()
    server.waits_for("www", FRA)
    assert time.monotonic() - begin < 3
    assert server.datacenter("fra")["override"] is None


@pytest.mark.parametrize("text", [b"", b"{", b'{"version": 99}', b"\x00" * 5000, b"[" * 100000, b'{"version": 1, "saved_ms": "x", '
                                  b'"datacenters": [1, null, {"datacenter": 7}], "targets": [[], {"check": {}, "address": 5}]}'],
                         ids=["empty", "cut off", "of the future", "zeros", "deep", "of wrong types"])
def test_a_broken_state_is_a_warning(pair, text):
    server, fra, iad = pair
    stopped(server)
    server.state.write_bytes(text)
    starts(server)
    assert server.ask("www") == FRA
    if b"targets" not in text:
        assert " warning " in server.log() and "state.json" in server.log()
    crashed(server)  # it writes a good one over it at its next change
    starts(server)


def test_a_folder_that_can_not_be_written_is_told():
    web = Web()
    conf = f"""state gslbd.conf/state
check site http interval=100ms
datacenter fra address={web.endpoint} check=site
datacenter iad
"""
    with AdminServer(conf, ZONE) as server:
        assert server.ask("www") == FRA
        server.call("PUT", "/v1/overrides/fra", {"state": "drain"})
        assert server.ask("www") == IAD
        wait_until(lambda: "can't be written" in server.log(), 5, "a word in the log")
    web.stop()


def test_a_disk_that_hangs_does_not_hold_the_end_up(pair):
    server, _, _ = pair
    server.call("PUT", "/v1/overrides/fra", {"state": "drain"})
    saves_state_of(server, "fra", "drain")
    os.mkfifo(server.folder / "state/state.json.new")  # an open() for writing hangs, as that of a dead NFS server
    stopped(server)
    assert "state: " in server.log() and "is given up" in server.log()
