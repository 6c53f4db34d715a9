# SPDX-License-Identifier: ISC
"""CNAME candidates beside A and AAAA ones: whichever datacenter is chosen, all types agree on what the name is."""

import pytest
from api import serving
from harness import SOA, run_gslbd, wait_until

CONF = """datacenter fra
datacenter iad
datacenter sin
geomap world * fra iad sin
geomap world 10.0.0.0/8 iad fra
zone app.example.com z.zone
"""
ZONE = SOA + """api STEER failover fra iad sin
api AT fra A 192.0.2.1
api AT fra A 192.0.2.2
api AT iad CNAME elsewhere.example.net.
api AT sin CNAME geo
geo STEER geo world
geo AT fra A 192.0.2.11
geo AT fra AAAA 2001:db8::11
geo AT iad A 192.0.2.12
both ALIAS api
over STEER failover iad fra
over AT iad ALIAS api
over AT fra TXT "over"
last STEER failover fra
last AT fra AAAA 2001:db8::1
last AT * backup=yes CNAME ns1
"""
API, BOTH, OVER, GEO = (f"{label}.app.example.com" for label in ("api", "both", "over", "geo"))


@pytest.fixture
def pair():
    with serving(CONF, ZONE) as (server, api):
        yield server, api


def told(server, name, kind, subnet=None):
    reply = server.dig(name, kind, subnet=subnet)
    assert reply.status == "NOERROR"
    kinds = {record[3] for record in reply.sections["ANSWER"] if record[0] == f"{name}."}
    assert len(kinds) <= 1, "never a CNAME beside something else"
    if not reply.answers:
        assert [record[3] for record in reply.sections["AUTHORITY"]] == ["SOA"]
    return reply.answers


@pytest.mark.parametrize("name", [API, BOTH])
def test_all_types_agree_on_who_is_chosen(pair, name):
    server, api = pair
    for _ in range(5):
        (address,) = told(server, name, "A")
        assert address in ("192.0.2.1", "192.0.2.2")
    for kind in ("AAAA", "TXT", "MX", "CNAME", "HTTPS"):
        assert told(server, name, kind) == [], f"{kind}: fra is up, and has none"
    api.put("fra", state="down", force=True)
    wait_until(lambda: told(server, name, "A") == ["elsewhere.example.net."])
    for kind in ("AAAA", "TXT", "MX", "CNAME", "HTTPS", "ANY"):
        assert told(server, name, kind) == ["elsewhere.example.net."], kind
    api.put("iad", state="down", force=True)
    wait_until(lambda: told(server, name, "CNAME") == ["geo.app.example.com."])
    assert told(server, name, "TXT") == ["geo.app.example.com."]
    # What geo has is up nowhere now, and it answers as if it were.
    assert told(server, name, "A", "192.0.2.0/24") == ["geo.app.example.com.", "192.0.2.11"]
    assert told(server, name, "A", "10.0.0.0/16") == ["geo.app.example.com.", "192.0.2.12"]
    assert told(server, name, "AAAA", "192.0.2.0/24") == ["geo.app.example.com.", "2001:db8::11"]
    api.delete("fra")
    wait_until(lambda: told(server, name, "A") in (["192.0.2.1"], ["192.0.2.2"]))
    assert told(server, name, "TXT") == []


def test_a_scope_does_not_depend_on_who_is_chosen(pair):
    server, api = pair

    def scopes():
        return {(name, subnet): {server.dig(name, kind, subnet=subnet).scope for kind in ("A", "AAAA", "TXT", "CNAME")}
                for name in (API, BOTH) for subnet in ("10.1.0.0/16", "192.0.2.0/24")}
    before = scopes()
    assert before == {(name, subnet): {server.dig(GEO, subnet=subnet).scope}
                      for name in (API, BOTH) for subnet in ("10.1.0.0/16", "192.0.2.0/24")}
    assert before[API, "10.1.0.0/16"] == {8}
    for datacenter in ("fra", "iad"):
        api.put(datacenter, state="down", force=True)
        wait_until(lambda: api.datacenter(datacenter)["state"] == "down")
        assert scopes() == before


def test_an_alias_of_such_a_name_beside_others(pair):
    server, api = pair
    assert told(server, OVER, "A")[0].startswith("192.0.2.")
    assert told(server, OVER, "TXT") == [], "iad is first, and what it stands for has none"
    api.put("iad", state="down")
    wait_until(lambda: told(server, OVER, "TXT") == ['"over"'])
    assert told(server, OVER, "A") == []


def test_a_backup_that_is_a_cname(pair):
    server, api = pair
    last = "last.app.example.com"
    assert told(server, last, "AAAA") == ["2001:db8::1"] and told(server, last, "A") == []
    api.put("fra", state="drain", force=True)
    wait_until(lambda: told(server, last, "A") == ["ns1.app.example.com.", "192.0.2.53"])
    assert told(server, last, "AAAA") == ["ns1.app.example.com."]


def test_an_explanation_of_such_a_name(pair):
    server, _ = pair
    text = run_gslbd("--explain", f"{API}/TXT", "--client", "192.0.2.9", server.conf).stdout
    assert "- iad elsewhere.example.net.: in another tier\n" in text and "answer      NOERROR  scope /" in text
    text = run_gslbd("--explain", f"{API}/AAAA", "--client", "192.0.2.9", "--down", "fra", server.conf).stdout
    assert "- fra (nothing of this type): the datacenter is forced down\n" in text
    assert "answer      NOERROR elsewhere.example.net.  ttl 30" in text


TOGETHER = "a CNAME and other records (line 5) in one tier; other datacenters, or backup=yes, would keep them apart"


@pytest.mark.parametrize("zone, error", [
    ("a AT fra A 192.0.2.1\na AT fra CNAME x.example.\n", f"6:10: {TOGETHER}"),
    ("a AT fra CNAME x.example.\na AT fra AAAA ::1\n", f"6:10: {TOGETHER}"),
    ("a AT fra backup=yes A 192.0.2.1\na AT iad backup=yes CNAME x.example.\n", f"6:21: {TOGETHER}"),
    ("a AT * A 192.0.2.1\na AT * CNAME x.example.\n", f"6:8: {TOGETHER}"),
    ("a AT fra A 192.0.2.1\na AT iad CNAME x.example.\na STEER pool\n", f"6:10: {TOGETHER}"),
    ("a AT fra A 192.0.2.1\na AT iad CNAME x.example.\na STEER latency\n", f"6:10: {TOGETHER}"),
    ("a AT fra A 192.0.2.1\na AT fra ALIAS b\nb CNAME ns1\n", f"6:10: {TOGETHER}"),
    ("a AT fra A 192.0.2.1\na AT iad CNAME x.example.\na STEER failover all-down=all\n",
     "5:10: all-down=all would answer CNAME beside other records of this name"),
    ("a AT fra A 192.0.2.1\na CNAME x.example.\n", "6:3: a CNAME beside the A data of line 5; a CNAME stands alone"),
    ("a AT fra A 192.0.2.1\na AT iad CNAME x.example.\na STEER pool\na AT sin backup=yes CNAME y.example.\n", f"6:10: {TOGETHER}"),
])
def test_what_could_be_both_at_once_is_refused(tmp_path, zone, error):
    (tmp_path / "gslbd.conf").write_text(CONF)
    (tmp_path / "z.zone").write_text(SOA + zone)
    result = run_gslbd("--check", "gslbd.conf", cwd=tmp_path)
    assert result.returncode == 1 and result.stderr.splitlines()[:-1] == [f"z.zone:{error}"]


@pytest.mark.parametrize("zone", [
    "a AT fra A 192.0.2.1\na AT iad CNAME x.example.\n",
    "a STEER pool\na AT fra A 192.0.2.1\na AT iad backup=yes CNAME x.example.\n",
    "a STEER pool\na AT fra CNAME x.example.\na AT fra CNAME y.example.\n",
    "a STEER pool answers=3\na AT fra ALIAS b\na AT fra ALIAS c\nb AT fra A 192.0.2.1\nb AT iad CNAME x.example.\nc ALIAS b\n",
])
def test_what_is_apart_is_taken(tmp_path, zone):
    (tmp_path / "gslbd.conf").write_text(CONF)
    (tmp_path / "z.zone").write_text(SOA + zone)
    assert run_gslbd("--check", "gslbd.conf", cwd=tmp_path).returncode == 0
