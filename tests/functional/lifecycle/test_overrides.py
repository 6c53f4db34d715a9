# SPDX-License-Identifier: ISC
"""Drained and undrained by the API."""

import pytest
from admin import AdminServer
from targets import Web

FRA, IAD, NOBODY = ["192.0.2.1"], ["192.0.2.2"], []
ZONE = f"""www STEER failover fra iad all-down=nodata
www AT fra A {FRA[0]}
www AT iad A {IAD[0]}
alone STEER failover fra all-down=nodata
alone AT fra A {FRA[0]}
"""


@pytest.fixture
def server():
    web = Web()
    conf = f"""check site http interval=100ms timeout=1s rise=1 fall=1
datacenter fra address={web.endpoint} check=site
datacenter iad
"""
    with AdminServer(conf, ZONE) as server:
        server.web = web
        yield server
    web.stop()


def test_drain_and_undrain(server):
    status, fra = server.call("PUT", "/v1/overrides/fra", {"state": "drain", "why": "disks", "force": True})
    assert status == 200 and (fra["state"], fra["health"]) == ("drain", "up")
    assert server.ask("www") == IAD and server.ask("alone") == NOBODY
    assert server.metric("gslbd_datacenter_state", datacenter="fra", state="drain") == 1
    assert "disks" in server.datacenter("fra")["why"]
    status, fra = server.call("DELETE", "/v1/overrides/fra")
    assert status == 200 and fra["state"] == "up" and fra["override"] is None
    assert server.ask("www") == FRA and server.ask("alone") == FRA


def test_the_last_of_a_name_is_not_taken_without_force(server):
    status, body = server.call("PUT", "/v1/overrides/fra", {"state": "drain"})
    assert status == 409 and "alone.app.example.com" in str(body["names"])
    assert server.ask("alone") == FRA and server.datacenter("fra")["override"] is None


def test_one_that_is_dead_but_forced_up_does_not_stand_in_for_the_last(server):
    server.web.stop()
    server.waits_for("www", IAD)
    server.call("PUT", "/v1/overrides/fra", {"state": "up"})
    status, body = server.call("PUT", "/v1/overrides/iad", {"state": "drain"})
    assert status == 409 and body["names"] == ["www.app.example.com. A"], body
    status, _ = server.call("PUT", "/v1/overrides/iad", {"state": "drain", "force": True})
    assert status == 200 and server.ask("www") == FRA


def test_a_reason_can_not_write_a_line_of_the_log_or_to_a_terminal(server):
    status, fra = server.call("PUT", "/v1/overrides/fra",
                              {"state": "drain", "why": "a\nb \033[31mc é\u009b", "who": "x\r\ny", "force": True})
    assert status == 200 and fra["override"]["why"] == "a?b ?[31mc é??" and fra["override"]["who"] == "x??y"
    assert "drained by x??y: a?b ?[31mc é??\n" in server.log()


def test_up_is_up_whatever_its_checks_say(server):
    server.web.stop()
    server.waits_for("www", IAD)
    server.call("PUT", "/v1/overrides/fra", {"state": "up"})
    assert server.ask("www") == FRA and server.datacenter("fra")["health"] == "down"
    server.call("DELETE", "/v1/overrides/fra?force=yes")
    assert server.ask("www") == IAD
