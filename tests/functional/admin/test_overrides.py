# SPDX-License-Identifier: ISC
"""What operators say of a datacenter: at once, for a time, over restarts, and not by mistake."""

import re
import time

import pytest
from api import restart, serving
from harness import SOA, Datacenter, wait_until

CONF = """state @STATE@
check site http interval=100ms timeout=5s rise=1 fall=1
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad
datacenter sin state=down
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER failover fra iad sin
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
www AT sin A 192.0.2.3
only STEER failover fra
only AT fra A 192.0.2.11
only AT fra TXT fra
twin AT fra A 192.0.2.21
twin AT fra A 192.0.2.22
safe AT fra A 192.0.2.31
safe AT * backup=yes A 192.0.2.32
"""
WWW = "www.app.example.com"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def pair(tmp_path):
    fra = Datacenter()
    with serving(CONF, ZONE, FRA=fra.port, STATE=tmp_path) as (server, api):
        yield server, api, fra
    fra.stop()


def moves(server, address, name=WWW):
    wait_until(lambda: server.answers(name) == [address], 10, f"{name} answers {address}")


def test_a_drain_moves_answers_and_says_who_and_why(pair):
    server, api, _ = pair
    reply = api.put("fra", state="drain", why="new switches", who="anna", force=True)
    assert reply.status == 200
    override = reply.json["override"]
    assert (override["state"], override["who"], override["why"]) == ("drain", "anna", "new switches")
    assert re.fullmatch(MOMENT, override["since"]) and override["until"] is None
    assert reply.json["state"] == "drain" and reply.json["why"] == "anna: new switches" and reply.json["health"] == "up"
    moves(server, "192.0.2.2")
    told = api.explain(WWW, "192.0.2.1")
    assert told["steps"][1]["removed"][0]["why"] == "the datacenter is drained"
    assert api.delete("fra").json["override"] is None
    moves(server, "192.0.2.1")
    assert api.delete("fra").status == 200, "there is nothing left to say, and no harm in saying it"
    assert "PUT /v1/overrides/fra: 200" in server.log() and "DELETE /v1/overrides/fra: 200" in server.log()


def test_who_is_the_connection_where_nothing_is_said(pair):
    _, api, _ = pair
    assert api.put("iad", state="down").json["override"]["who"] == "127.0.0.1"


def test_an_override_comes_before_the_check_and_the_configuration(pair):
    server, api, fra = pair
    fra.status = 500
    moves(server, "192.0.2.2")
    assert api.put("fra", state="up").json["state"] == "up"
    moves(server, "192.0.2.1")
    assert api.datacenter("fra")["health"] == "down"
    assert api.delete("fra?force=yes").json["state"] == "down"
    moves(server, "192.0.2.2")
    assert api.put("iad", state="down", force=True).json["state"] == "down"
    assert api.put("sin", state="up").json["state"] == "up"
    moves(server, "192.0.2.3")


def test_the_last_usable_datacenter_of_a_name_is_not_taken_by_mistake(pair):
    server, api, fra = pair
    names = ["only.app.example.com. A", "only.app.example.com. TXT", "twin.app.example.com. A"]
    for state in ("drain", "down"):
        reply = api.put("fra", state=state)
        assert reply.status == 409 and sorted(reply.json["names"]) == names, "a backup is left for `safe`"
        assert reply.error == "fra is the last usable datacenter of 3 name(s); force would do it all the same"
    assert api.datacenter("fra")["override"] is None and server.answers("only.app.example.com") == ["192.0.2.11"]
    assert api.put("fra", state="drain", force=False).status == 409
    assert api.put("iad", state="drain").status == 200, "www has fra"
    reply = api.put("fra", state="drain")
    assert reply.status == 409 and sorted(reply.json["names"]) == names + [f"{WWW}. A"]
    assert api.put("fra", state="drain", force=True).status == 200
    assert api.put("fra", state="down").status == 200, "it has been taken already"
    assert api.delete("iad").status == api.delete("fra").status == 200
    fra.status = 500
    wait_until(lambda: api.datacenter("fra")["state"] == "down")
    assert api.put("fra", state="drain").status == 200, "names that have nothing lose nothing"
    reply = api.put("iad", state="drain")
    assert reply.status == 409 and reply.json["names"] == [f"{WWW}. A"]


def test_to_take_up_away_is_no_less_a_loss(pair):
    _, api, fra = pair
    fra.status = 500
    wait_until(lambda: api.datacenter("fra")["state"] == "down")
    assert api.put("fra", state="up").status == 200
    assert api.put("fra", state="drain").status == 409
    reply = api.delete("fra")
    assert reply.status == 409 and "only.app.example.com. A" in reply.json["names"]
    assert api.datacenter("fra")["override"]["state"] == "up"
    reply = api.delete("fra?force=yes")
    assert reply.status == 200 and reply.json["state"] == "down"


def test_to_clear_an_up_is_refused_only_where_it_takes_something(pair):
    _, api, _ = pair
    assert api.put("fra", state="up").status == 200
    assert api.delete("fra").status == 200, "its check is good"
    assert api.put("fra", state="down", force=True).status == 200
    assert api.delete("fra").status == 200, "to end a forced outage takes nothing"


def test_an_override_ends_by_itself(pair):
    server, api, _ = pair
    start = time.monotonic()
    reply = api.put("fra", state="drain", force=True, **{"for": "1500ms"})
    assert re.fullmatch(MOMENT, reply.json["override"]["until"])
    moves(server, "192.0.2.2")
    moves(server, "192.0.2.1")
    assert time.monotonic() - start > 1.4
    assert api.datacenter("fra")["override"] is None and api.datacenter("fra")["state"] == "up"


def test_the_later_word_holds(pair):
    server, api, _ = pair
    api.put("fra", state="drain", force=True, **{"for": "500ms"})
    api.put("fra", state="drain", force=True, why="longer")
    moves(server, "192.0.2.2")
    api.put("iad", state="down", force=True, **{"for": "500ms"})
    moves(server, "192.0.2.2")  # iad has come back, fra has not
    assert api.datacenter("fra")["override"]["why"] == "longer"


def test_overrides_survive_a_reload_and_a_restart(pair):
    server, api, _ = pair
    api.put("fra", state="drain", force=True, why="café \"x\" \\ ☃", who="anna", **{"for": "1h"})
    api.put("sin", state="up")
    before = [{k: d["override"][k] for k in ("state", "who", "why", "until")} if d["override"] else None
              for d in api.status()["datacenters"]]
    for again in (server.reload, lambda: restart(server)):
        again()
        moves(server, "192.0.2.2")
        after = [d["override"] for d in api.status()["datacenters"]]
        for a, b in zip(before, after):
            assert (a is None) == (b is None)
            for key in a or ():
                # Moments are kept to the millisecond and shown in seconds.
                same = a[key] == b[key] or key == "until" and a[key][:15] == b[key][:15]
                assert same, (key, a[key], b[key])
    api.delete("fra")
    restart(server)
    assert api.datacenter("fra")["override"] is None and server.answers(WWW) == ["192.0.2.1"]


def test_an_override_that_ended_while_the_server_was_away(pair):
    server, api, _ = pair
    api.put("fra", state="drain", force=True, **{"for": "300ms"})
    saved = server.values["STATE"] / "state.json"
    wait_until(lambda: saved.exists() and '"drain"' in saved.read_text(), 10, "saved at once, not at the end")
    server.process.kill()
    server.process.wait(20)
    end = time.monotonic() + 0.35
    wait_until(lambda: time.monotonic() > end)
    server.log_file.close()
    server.log_path.write_text("")
    server.start()
    assert api.datacenter("fra")["override"] is None and server.answers(WWW) == ["192.0.2.1"]


def test_texts_have_a_length_and_what_fits_is_kept_whole(pair):
    _, api, _ = pair
    for member, most in (("who", 63), ("why", 159)):
        text = "é" * (most // 2) + "x"
        assert api.put("iad", state="drain", **{member: text}).json["override"][member] == text
        reply = api.put("iad", state="drain", **{member: text + "x"})
        assert reply.status == 400 and reply.error == '"who" may have up to 63 octets, "why" up to 159'
        assert api.datacenter("iad")["override"][member] == text
    assert api.put("iad", state="drain", who="ü" * 31, why="é" * 63).json["why"] == "ü" * 31 + ": " + "é" * 63
