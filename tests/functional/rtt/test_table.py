# SPDX-License-Identifier: ISC
"""method latency: tables, margins, and what stands in where no table knows."""

import pytest
from harness import SOA, Server, datacenters, run_gslbd, wait_until
from places import EXACT, FRA, IAD, SIN, TIER, TWO, WIDE, ZONE, table, world

ROWS = """; place datacenter time
*            fra 50
*            iad 60ms
*            sin 1s
EU           iad 20
EU/DE        sin 10
AS           sin 30       ; a continent is all that is known there
10.1.7.0/24  fra 5
2001:db8:1::/48 iad 1
"""


@pytest.fixture(scope="module")
def told():
    with table(ROWS) as (server, _, _):
        yield server


@pytest.mark.parametrize("subnet, answer, scope", [
    ("172.16.0.0/16", FRA, None),       # nowhere: the line for all
    ("10.3.0.0/16", FRA, None),         # New York has no line of its own
    ("10.2.0.0/16", IAD, None),         # the continent's, to iad only
    ("10.1.200.0/24", SIN, 17),         # the country's
    ("10.1.6.0/24", SIN, 24),           # beside a network with a line
    ("10.1.7.0/24", FRA, 24),
    ("10.1.7.128/25", FRA, 24),
    ("10.4.0.0/16", SIN, None),
    ("2001:db8:1::/56", IAD, 48),
    ("2001:db8:2::/56", FRA, None),
])
def test_the_most_specific_line_for_each_datacenter(told, subnet, answer, scope):
    reply = told.dig(EXACT, subnet=subnet)
    assert reply.answers == [answer] and (scope is None or reply.scope == scope), (reply.answers, reply.scope)


@pytest.mark.parametrize("name, subnet, tier", [
    (TIER, "172.16.0.0/16", [FRA, IAD]),  # 50 and 60: within 20 %
    (TIER, "10.2.0.0/16", [IAD]),         # 20 and 50
    (TIER, "10.1.7.0/24", [FRA]),
    (WIDE, "10.1.200.0/24", [IAD, SIN]),  # 10 and 20, then 50
    (EXACT, "172.16.0.0/16", [FRA]),
])
def test_those_within_the_margin_share_the_tier(told, name, subnet, tier):
    assert told.answers(name, subnet=subnet) == tier


def test_a_list_leaves_the_others_out(told):
    assert told.answers(TWO, subnet="10.1.200.0/24") == [IAD]
    assert told.answers(EXACT, subnet="10.1.200.0/24") == [SIN]


def test_an_explanation_says_what_it_knew(told):
    def ask(name, client, *options):
        return run_gslbd("--explain", name, "--client", client, *options, told.conf).stdout
    text = ask(TIER, "10.1.200.1")
    assert "order       latency: sin 10 ms (table), iad 20 ms (table), fra 50 ms (table)\n" in text
    assert "- fra 192.0.2.1: in another tier\n" in text
    text = ask(TIER, "10.1.200.1", "--down", "sin")
    assert "answer      NOERROR 192.0.2.2  ttl 30" in text


def test_down_goes_to_the_next_tier():
    with table(ROWS) as (server, api, _):
        assert server.answers(TIER, subnet="172.16.0.0/16") == [FRA, IAD]
        scope = server.dig(TIER, subnet="172.16.0.0/16").scope
        for datacenter, left in (("fra", [IAD]), ("iad", [SIN])):
            assert api.put(datacenter, state="down", force=True).status == 200
            wait_until(lambda: server.answers(TIER, subnet="172.16.0.0/16") == left)
        assert server.dig(TIER, subnet="172.16.0.0/16").scope == scope, "health changes no scope"


def test_min_up_counts_the_tier_that_the_margin_makes():
    zone = SOA + "www STEER latency min-up=60% pick=all\n" + "".join(
        f"www AT {dc} A 192.0.2.{i + 1}\n" for i, dc in enumerate(("fra", "iad", "sin")))
    with table(ROWS, zone=zone) as (server, api, _):
        assert server.answers("www.app.example.com", subnet="172.16.0.0/16") == [FRA, IAD]
        api.put("fra", state="down", force=True)
        wait_until(lambda: server.answers("www.app.example.com", subnet="172.16.0.0/16") == [SIN])
        removed = {r["datacenter"]: r["why"]
                   for s in api.explain("www.app.example.com", "172.16.0.1")["steps"] if s["step"] == "tier"
                   for r in s["removed"]}
        assert removed == {"iad": "its tier has 50 % of its weight usable, min-up is 60 %"}


def test_distance_stands_in_where_no_line_is():
    with world() as (server, api):
        for subnet, answer in (("10.1.0.0/16", FRA), ("10.2.0.0/16", FRA), ("10.3.0.0/16", IAD)):
            assert server.answers(EXACT, subnet=subnet) == [answer]
        # Nothing is known of clients that are nowhere, and nothing is checked: none is better than another.
        assert server.answers(TIER, subnet="172.16.0.0/16") == [FRA, IAD, SIN]
        assert [t["by"] for t in api.explain(EXACT, "10.1.0.0/16")["orders"][0]["times"]] == ["distance"] * 3
        assert [t["ms"] for t in api.explain(EXACT, "172.16.0.0/16")["orders"][0]["times"]] == [None] * 3
        assert server.dig(EXACT, subnet="10.3.4.0/24").scope <= 16


def test_scopes_are_exact_and_tell_countries_apart_where_they_may_be_measured():
    rows = "* fra 10\n* iad 20\n* sin 30\nEU iad 5\nNA iad 5\n"
    with table(rows) as (server, _, _):
        assert [server.dig(EXACT, subnet=s).scope for s in ("10.2.9.0/24", "10.3.9.0/24")] == [16, 16]
        alone = server.conf.read_text().replace("admin ", "; admin ")
        other = Server({"gslbd.conf": alone.replace(f":{server.port}", ":@PORT@"), "z.zone": ZONE})
        with other:
            assert [other.dig(EXACT, subnet=s).scope for s in ("10.2.9.0/24", "10.3.9.0/24")] == [15, 15]
            assert [other.dig(EXACT, subnet=s).scope for s in ("10.1.9.0/24", "10.0.9.0/24")] == [16, 16]


def test_a_line_for_one_datacenter_and_distance_for_the_others():
    with table("EU sin 1\n") as (server, api, _):
        assert server.answers(EXACT, subnet="10.1.0.0/16") == [SIN]
        assert server.answers(EXACT, subnet="10.3.0.0/16") == [IAD]
        times = api.explain(EXACT, "10.1.0.1")["orders"][0]["times"]
        assert [(t["datacenter"], t["by"]) for t in times] == [("sin", "table"), ("fra", "distance"), ("iad", "distance")]


def test_the_checks_own_latency_stands_in_last():
    conf = """geoip @GEO@/world.mmdb
check site http interval=300ms timeout=2s
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=site
datacenter sin
zone app.example.com z.zone
"""
    with datacenters() as (fra, iad):
        fra.delay = 0.1
        with world(base=conf, FRA=fra.port, IAD=iad.port) as (server, api):
            assert server.answers(EXACT, subnet="172.16.0.0/16") == [IAD]
            times = api.explain(EXACT, "10.1.0.1")["orders"][0]["times"]
            assert [(t["datacenter"], t["by"]) for t in times] == [("iad", "check"), ("fra", "check"), ("sin", "unknown")]
            assert times[1]["ms"] >= 100
            fra.delay, iad.delay = 0.0, 0.2
            wait_until(lambda: server.answers(EXACT, subnet="172.16.0.0/16") == [FRA], 20, "the faster one")


def test_a_reload_takes_the_table_again():
    with table("* fra 10\n* iad 20\n* sin 30\n") as (server, _, path):
        assert server.answers(EXACT, subnet="10.1.0.0/16") == [FRA]
        path.write_text("* fra 10\n* iad 20\n* sin 30\nEU/DE iad 1\n")
        server.reload()
        assert server.answers(EXACT, subnet="10.1.0.0/16") == [IAD]
        assert server.answers(EXACT, subnet="10.2.0.0/16") == [FRA]
        path.write_text("* fra 10\nEU/XX iad 1\n")
        server.reload()
        assert f'{path}:2:1: "XX" is no country of ISO 3166-1' in server.log()
        assert server.answers(EXACT, subnet="10.1.0.0/16") == [IAD]


@pytest.mark.parametrize("rows, errors", [
    ("EU fra\n", ["1:4: a line of a latency table is: PLACE-OR-NETWORK DATACENTER TIME"]),
    ("EU fra 10 20\n", ["1:11: a line of a latency table is: PLACE-OR-NETWORK DATACENTER TIME"]),
    ("EU far 10\n", ['1:4: unknown datacenter "far", did you mean "fra"?']),
    ("EU fra 0\n", ['1:8: "0" is no time from 1ms to 60s; a number alone is in milliseconds']),
    ("EU fra 61s\n", ['1:8: "61s" is no time from 1ms to 60s; a number alone is in milliseconds']),
    ("EU fra 60001\n", ['1:8: "60001" is no time from 1ms to 60s; a number alone is in milliseconds']),
    ("EU fra -1\n", ['1:8: "-1" is no time from 1ms to 60s; a number alone is in milliseconds']),
    ("EU fra 1.5\n", ['1:8: "1.5" is no time from 1ms to 60s; a number alone is in milliseconds']),
    ("EU fra 10\n* fra 1\nEU fra 20\n", ["3:1: EU has a time to that datacenter already, at line 1"]),
    ("10.0.0.1/8 fra 10\n", ['1:1: "10.0.0.1/8" has bits set behind its length; 10.0.0.0/8 would be right']),
    ("EU/UK fra 10\n", ['1:1: "UK" is no country of ISO 3166-1, did you mean "GB"?']),
    ("XX fra 10\nEU fr 1ks\n", None),
])
def test_lines_that_are_not_right(tmp_path, rows, errors):
    (tmp_path / "rtt").write_text(rows)
    (tmp_path / "gslbd.conf").write_text("datacenter fra\ndatacenter iad\nlatency rtt\nzone app.example.com z.zone\n")
    (tmp_path / "z.zone").write_text(SOA)
    result = run_gslbd("--check", "gslbd.conf", cwd=tmp_path)
    lines = result.stderr.splitlines()[:-1]
    assert result.returncode == 1
    if errors is None:
        assert [line.split(":")[:3] for line in lines] == [["rtt", "1", "1"], ["rtt", "2", "4"], ["rtt", "2", "7"]]
    else:
        assert lines == [f"rtt:{error}" for error in errors]
