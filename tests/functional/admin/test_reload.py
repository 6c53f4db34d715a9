# SPDX-License-Identifier: ISC
"""POST /v1/reload: what came of it is in the status; what is broken is told and changes nothing."""

import pytest
from api import Api, serving
from harness import SOA, Datacenter, wait_until

CONF = """check site http interval=200ms timeout=5s
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER failover fra iad
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
"""
WWW = "www.app.example.com"


@pytest.fixture
def pair():
    fra = Datacenter()
    with serving(CONF, ZONE, FRA=fra.port) as (server, api):
        yield server, api
    fra.stop()


def reload(api):
    """Asks for one and waits for its end; what the status says of it."""
    before = api.status()["reload"]
    assert api.ask("POST", "/v1/reload").status == 202

    def ended():
        now = api.status()["reload"]
        return now if now["done"] + now["failed"] > before["done"] + before["failed"] and not now["running"] else None
    return wait_until(ended, 20, "the end of the reload")


def test_new_files_are_served_and_nothing_known_is_lost(pair):
    server, api = pair
    before = api.status()
    assert (before["reload"]["done"], before["reload"]["failed"], before["reload"]["last"]) == (0, 0, None)
    server.write("z.zone", ZONE.replace("192.0.2.1\n", "192.0.2.7\n").replace("hostmaster 1", "hostmaster 2"))
    after = reload(api)
    assert (after["done"], after["failed"], after["ok"], after["faults"]) == (1, 0, True, []) and after["last"]
    assert server.answers(WWW) == ["192.0.2.7"]
    (target,) = api.status()["targets"]
    assert target["passed"] >= before["targets"][0]["passed"] and target["since"] == before["targets"][0]["since"]


def test_broken_files_are_told_and_change_nothing(pair):
    server, api = pair
    conf = server.conf.read_text()
    server.write("z.zone", ZONE + "bad A 1.2.3\nworse AT far A 192.0.2.1\n")
    after = reload(api)
    assert (after["done"], after["failed"], after["ok"]) == (0, 1, False)
    zone = server.folder / "z.zone"
    assert after["faults"] == [f'{zone}:8:7: "1.2.3" is not an IPv4 address',
                               f'{zone}:9:10: unknown datacenter "far", did you mean "fra"?']
    assert server.answers(WWW) == ["192.0.2.1"] and server.dig("bad.app.example.com").status == "NXDOMAIN"
    server.write("gslbd.conf", conf + "lisen 127.0.0.1:1\n")
    after = reload(api)
    assert after["failed"] == 2 and f'{server.conf}:8:1: unknown keyword "lisen", did you mean "listen"?' in after["faults"]
    server.conf.unlink()
    after = reload(api)
    assert after["failed"] == 3 and len(after["faults"]) == 1 and "can't be read: No such file" in after["faults"][0]
    server.write("gslbd.conf", conf)
    server.write("z.zone", ZONE)
    after = reload(api)
    assert (after["done"], after["failed"], after["ok"], after["faults"]) == (1, 3, True, [])
    assert server.answers(WWW) == ["192.0.2.1"]


def test_reloads_that_are_asked_for_together(pair):
    server, api = pair
    for i in range(20):
        server.write("z.zone", ZONE.replace("192.0.2.1\n", f"192.0.2.{100 + i}\n"))
        assert api.ask("POST", "/v1/reload").status == 202
    wait_until(lambda: server.answers(WWW) == ["192.0.2.119"], 20, "what was written last")
    wait_until(lambda: not api.status()["reload"]["running"])
    assert 1 <= api.status()["reload"]["done"] <= 20


def test_a_new_token_holds_from_the_reload_on(pair):
    server, api = pair
    server.write("admin.token", "other\n")
    assert api.get("/v1/status").status == 200
    assert api.ask("POST", "/v1/reload").status == 202
    wait_until(lambda: api.get("/v1/status").status == 401, 10, "the old token is refused")
    other = Api(api.at, "other")
    assert other.get("/v1/status").status == 200


@pytest.mark.parametrize("text, mode, fault", [
    ("", 0o600, " is empty; it must hold the token of the admin API"),
    ("other\n", 0o644, " has mode 0644: others than its owner may read or write the token; `chmod 600` it"),
    (None, 0, ": can't read the token: No such file or directory"),
], ids=["empty", "readable by all", "missing"])
def test_a_token_file_that_is_refused_fails_the_reload_and_nothing_changes(pair, text, mode, fault):
    server, api = pair
    path = server.folder / "admin.token"
    server.write("z.zone", ZONE.replace("192.0.2.1\n", "192.0.2.7\n").replace("hostmaster 1", "hostmaster 2"))
    path.unlink()
    if text is not None:
        server.write("admin.token", text)
        path.chmod(mode)
    line, column = next((number, text.index("token-file") + 1) for number, text in enumerate(server.conf.read_text().splitlines(), 1)
                        if "token-file" in text)
    after = reload(api)
    assert (after["done"], after["failed"], after["ok"]) == (0, 1, False)
    assert after["faults"] == [f"{server.conf}:{line}:{column}: {path}{fault}"]
    assert server.answers(WWW) == ["192.0.2.1"]


def test_a_datacenter_that_is_new_and_one_that_is_gone(pair):
    server, api = pair
    assert api.put("iad", state="drain").status == 200
    conf = server.conf.read_text()
    server.write("gslbd.conf", conf.replace("datacenter iad\n", "datacenter ams\ndatacenter iad\n"))
    server.write("z.zone", ZONE + "www AT ams A 192.0.2.9\n")
    assert reload(api)["ok"]
    assert [(d["name"], d["state"]) for d in api.status()["datacenters"]] == [("fra", "up"), ("ams", "up"), ("iad", "drain")]
    assert api.put("ams", state="drain").status == 200
    server.write("gslbd.conf", conf)
    server.write("z.zone", ZONE)
    assert reload(api)["ok"]
    assert [(d["name"], d["state"]) for d in api.status()["datacenters"]] == [("fra", "up"), ("iad", "drain")]
    assert api.put("ams", state="up").status == 404
