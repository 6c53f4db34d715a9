# SPDX-License-Identifier: ISC
"""gslbd --explain: what a client is answered, and why, without a server."""

import json

import pytest
from harness import SOA, build_mmdb, run_gslbd

CONF = """geoip geo.mmdb
check site http
datacenter fra address=192.0.2.10 check=site location=50.11,8.68
datacenter iad address=192.0.2.20 check=site location=39.04,-77.49
datacenter sin address=192.0.2.30 check=site location=1.35,103.82
geomap world * iad fra sin
geomap world EU fra iad
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER geo world
www AT fra A 192.0.2.1
www AT fra state=drain A 192.0.2.2
www AT iad A 192.0.2.3
www AT sin A 192.0.2.4
www AT * backup=yes A 192.0.2.5
alias CNAME www
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("explain")
    (path / "geo.txt").write_text("203.0.113.0/24 continent=EU country=DE subdivision=BE asn=64500 location=52.5,13.4\n")
    build_mmdb(path / "geo.txt", path / "geo.mmdb")
    (path / "gslbd.conf").write_text(CONF)
    (path / "z.zone").write_text(ZONE)
    return path


def explain(folder, question, client, *options):
    result = run_gslbd("--json", "--explain", question, "--client", client, *options, folder / "gslbd.conf")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_json(folder):
    told = explain(folder, "www.app.example.com", "203.0.113.7")
    assert told["name"] == "www.app.example.com." and told["type"] == "A"
    assert told["client"]["address"] == "203.0.113.7" and told["client"]["from"] == "source"
    assert told["client"]["place"] == {"continent": "EU", "country": "DE", "subdivision": "BE", "asn": 64500,
                                       "location": "52.5,13.4"}
    assert [(s["step"], s["left"]) for s in told["steps"]] == [
        ("candidates", 4), ("usable", 3), ("fast", 3), ("tier", 1), ("pick", 1)]
    assert told["steps"][0]["removed"] == [{
        "datacenter": "sin", "record": "192.0.2.4", "why": "not for this client: geo world, line EU does not name it"}]
    assert told["steps"][1]["removed"][0]["why"] == "drained (state=drain)"
    assert told["answer"] == ["192.0.2.1"] and told["ttl"] == 30 and told["scope"] == 24


def test_down_moves_the_answer(folder):
    assert explain(folder, "www.app.example.com/A", "203.0.113.0/24", "--down", "fra")["answer"] == ["192.0.2.3"]
    told = explain(folder, "www.app.example.com", "203.0.113.0/24", "--down", "fra", "--down", "iad")
    assert told["answer"] == ["192.0.2.5"] and told["client"]["from"] == "ecs"
    assert explain(folder, "www.app.example.com", "198.18.0.1")["answer"] == ["192.0.2.3"]


def test_chains_and_names_that_are_not_there(folder):
    assert explain(folder, "alias.app.example.com", "203.0.113.7")["answer"] == ["www.app.example.com.", "192.0.2.1"]
    assert explain(folder, "nope.app.example.com", "203.0.113.7")["status"] == "NXDOMAIN"
    assert explain(folder, "www.app.example.com/MX", "203.0.113.7")["answer"] == []


def test_text(folder):
    text = run_gslbd("--explain", "www.app.example.com", "--client", "203.0.113.7", folder / "gslbd.conf").stdout
    for line in ("order       geo world, line EU: fra iad", "answer      NOERROR 192.0.2.1  ttl 30  scope /24"):
        assert line in text


@pytest.mark.parametrize("arguments, status, message", [
    (["--explain", "www.app.example.com"], 2, "go together"),
    (["--explain", "www.app.example.com/NOPE", "--client", "192.0.2.1"], 2, "a record type is needed"),
    (["--explain", "www.app.example.com", "--client", "192.0.2.300"], 2, "an address or a prefix"),
    (["--explain", "www.app.example.com", "--client", "192.0.2.1", "--down", "mars"], 1, 'no datacenter is named "mars"'),
])
def test_wrong_use_is_told(folder, arguments, status, message):
    result = run_gslbd(*arguments, folder / "gslbd.conf")
    assert result.returncode == status and message in result.stderr
