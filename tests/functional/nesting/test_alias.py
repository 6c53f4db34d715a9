# SPDX-License-Identifier: ISC
"""ALIAS: a name that stands for others of this server, steered or not."""

import collections

import pytest
from api import serving
from clients import ask_all, prefixes
from harness import SOA, run_gslbd, wait_until

CONF = """datacenter fra
datacenter iad
datacenter sin
geomap world * fra iad sin
geomap world 10.0.0.0/8 iad fra
zone app.example.com z.zone
"""
ZONE = SOA + """@ MX 10 mail
@ ALIAS www
mail A 192.0.2.54
www STEER geo world
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
www AT fra AAAA 2001:db8::1
www AT fra HTTPS 1 . alpn=h2
www TXT "plain beside"
canary STEER failover
canary AT sin A 192.0.2.9
shop STEER pool
shop AT * weight=95 ALIAS www
shop AT * weight=5 ALIAS canary
plain ALIAS mail
few STEER pool answers=2
few AT fra ALIAS mail
few AT iad ALIAS ns1
few AT sin A 192.0.2.70
more STEER pool answers=3 ttl=7..9
more AT * ALIAS few
more 20 AT sin A 192.0.2.71
c CNAME mail
toc ALIAS c
towild ALIAS x.wild
*.wild A 192.0.2.80
*.any ALIAS www
""" + "".join(f"d{i} {60 + i} ALIAS d{i + 1}\n" for i in range(8)) + "d8 100 A 192.0.2.88\n"


def name(label):
    return "app.example.com" if label == "@" else f"{label}.app.example.com"


@pytest.fixture(scope="module")
def pair():
    with serving(CONF, ZONE) as (server, api):
        yield server, api


@pytest.fixture
def changing():
    with serving(CONF, ZONE) as (server, api):
        yield server, api


@pytest.mark.parametrize("label, kind, subnet, answers", [
    ("plain", "A", None, ["192.0.2.54"]),
    ("plain", "AAAA", None, []),
    ("@", "A", "192.0.2.0/24", ["192.0.2.1"]),
    ("@", "A", "10.1.0.0/16", ["192.0.2.2"]),
    ("@", "AAAA", "192.0.2.0/24", ["2001:db8::1"]),
    ("@", "HTTPS", "192.0.2.0/24", ['1 . alpn="h2"']),
    ("@", "TXT", None, ['"plain beside"']),
    ("@", "MX", None, ["10 mail.app.example.com."]),
    ("@", "NS", None, ["ns1.app.example.com."]),
    ("@", "CAA", None, []),
    ("toc", "A", None, ["192.0.2.54", "mail.app.example.com."]),
    ("toc", "CNAME", None, ["mail.app.example.com."]),
    ("towild", "A", None, ["192.0.2.80"]),
    ("q.any", "A", "10.1.0.0/16", ["192.0.2.2"]),
    ("d0", "A", None, ["192.0.2.88"]),
])
def test_it_answers_as_what_it_stands_for(pair, label, kind, subnet, answers):
    server, _ = pair
    reply = server.dig(name(label), kind, subnet=subnet)
    assert reply.status == "NOERROR" and sorted(reply.answers) == answers and "aa" in reply.flags
    owners = {record[0] for record in reply.sections["ANSWER"] if record[3] != "A" or label != "toc"}
    assert owners <= {name(label) + "."}, "under its own name, not that of the target"
    if not answers:
        assert reply.sections["AUTHORITY"][0][3] == "SOA"


def test_the_apex_keeps_what_it_must_have(pair):
    server, _ = pair
    assert server.dig(name("@"), "SOA").answers[0].startswith("ns1.app.example.com. hostmaster.")
    reply = server.dig(name("@"), "ANY")
    assert reply.status == "NOERROR" and reply.answers


def test_a_canary_has_its_share(pair):
    server, _ = pair
    told = ask_all(server, name("shop"), prefixes(4000, 5))
    counts = collections.Counter(t.answer[-1] for t in told)
    assert set(counts) == {1, 9} and 120 < counts[9] < 290, counts


def test_several_answers_of_several_names(pair):
    server, _ = pair
    seen = collections.Counter(tuple(server.answers(name("few"))) for _ in range(40))
    one, two, three = "192.0.2.54", "192.0.2.53", "192.0.2.70"
    assert set(seen) <= {tuple(sorted(p)) for p in ((one, two), (one, three), (two, three))} and len(seen) > 1
    reply = server.dig(name("more"))
    assert len(reply.answers) == 3 and "192.0.2.71" in reply.answers
    assert set(reply.ttls) == {9}, "one TTL for all of one name and type"


def test_the_ttl_is_the_lowest_on_the_way(pair):
    server, _ = pair
    assert server.dig(name("d0")).ttls == [60]
    assert server.dig(name("d5")).ttls == [65]


def test_health_passes_upward(changing):
    server, api = changing
    shop, apex = name("shop"), name("@")

    def told(label, networks=prefixes(200, 6)):
        return {t.answer[-1] for t in ask_all(server, name(label), networks) if t.answer}
    assert told("shop") == {1, 9}
    api.put("fra", state="down", force=True)
    wait_until(lambda: told("shop") == {2, 9}, 10, "www has iad still")
    api.put("iad", state="down", force=True)
    wait_until(lambda: told("shop") == {9}, 10, "all of www is down: the canary has all")
    steps = api.explain(shop, "192.0.2.1")["steps"]
    assert steps[1]["step"] == "usable" and steps[1]["removed"] == [
        {"datacenter": "*", "record": "ALIAS www.app.example.com. A", "why": "the name it stands for has nothing usable"}]
    assert server.answers(apex, subnet="10.1.0.0/16") == ["192.0.2.2"], "all-down=first, there and here"
    api.put("sin", state="down", force=True)
    wait_until(lambda: told("shop") == {1, 9}, 10, "both are down: as if they were up")
    assert api.explain(shop, "192.0.2.1")["steps"][2]["step"] == "all-down=first"
    for datacenter in ("fra", "iad", "sin"):
        api.delete(datacenter)
    wait_until(lambda: told("shop") == {1, 9})


def test_the_last_usable_datacenter_counts_the_names_above():
    with serving(CONF, SOA + "www AT fra A 192.0.2.1\nshop ALIAS www\n") as (_, api):
        reply = api.put("fra", state="drain")
        assert reply.status == 409 and sorted(reply.json["names"]) == ["shop.app.example.com. A", "www.app.example.com. A"]


def test_a_scope_is_the_same_whichever_is_picked(pair):
    server, _ = pair
    for network in ("10.1.2.0", "192.0.2.0", "172.16.0.0"):
        told = ask_all(server, name("shop"), [network] * 100)
        (scope,) = {t.scope for t in told}
        assert len({t.answer for t in told}) == 2 and scope > 0
        for label in ("www", "@"):
            assert server.dig(name(label), subnet=f"{network}/24").scope == scope
    assert server.dig(name("plain"), subnet="10.1.2.0/24").scope == 0
    assert server.dig(name("canary"), subnet="10.1.2.0/24").scope == 0


def test_an_explanation_says_which_name_each_step_is_of(pair):
    server, api = pair
    text = run_gslbd("--explain", name("@"), "--client", "10.1.1.1", server.conf).stdout
    want = ["of          app.example.com. A", "of          www.app.example.com. A", "order       geo world, line 10.0.0.0/8: iad fra",
            "            - fra 192.0.2.1: in another tier", "answer      NOERROR 192.0.2.2  ttl 30  scope /8"]
    assert [line for line in text.splitlines() if line in want] == want
    assert [o["of"] for o in api.explain(name("@"), "10.1.1.1")["orders"]] == ["app.example.com. A", "www.app.example.com. A"]


def test_other_zones_of_this_server(tmp_path):
    (tmp_path / "other.zone").write_text(SOA + "www STEER geo world\nwww AT fra A 198.51.100.1\nwww AT iad A 198.51.100.2\n"
                                         "back ALIAS q.app.example.com.\n")
    conf = CONF + f"zone other.example {tmp_path / 'other.zone'}\n"
    with serving(conf, SOA + "p ALIAS www.other.example.\nq A 192.0.2.1\n") as (server, _):
        assert server.answers(name("p"), subnet="10.1.0.0/16") == ["198.51.100.2"]
        assert server.answers(name("p"), subnet="192.0.2.0/24") == ["198.51.100.1"]
        assert server.answers("back.other.example") == ["192.0.2.1"]
        (tmp_path / "other.zone").write_text(SOA + "www A 198.51.100.9\nback A 192.0.2.2\n")
        server.reload()
        assert server.answers(name("p")) == ["198.51.100.9"]


def check(folder, zone):
    (folder / "gslbd.conf").write_text(CONF)
    (folder / "z.zone").write_text(SOA + zone)
    return run_gslbd("--check", "gslbd.conf", cwd=folder)


def chain(n, first="A 192.0.2.1"):
    return [f"d{i} ALIAS d{i + 1}\n" for i in range(n)] + [f"d{n} {first}\n"]


@pytest.mark.parametrize("turn", [lambda lines: lines, lambda lines: lines[::-1], lambda lines: lines[5:] + lines[:5]],
                         ids=["from the top", "from the end", "from the middle"])
def test_eight_names_deep_and_no_deeper(tmp_path, turn):
    assert check(tmp_path, "".join(turn(chain(8)))).returncode == 0
    for n in (9, 10, 30):
        result = check(tmp_path, "".join(turn(chain(n))))
        told = result.stderr.splitlines()[:-1]
        assert result.returncode == 1 and told and all(": more than 8 names deep" in line for line in told), n


def test_as_many_names_as_a_name_has_candidates():
    zone = "all STEER pool pick=all\n" + "".join(f"all AT * ALIAS m{i}\nm{i} AT * A 192.0.2.{i}\n" for i in range(1, 65))
    with serving(CONF, SOA + zone) as (server, _):
        assert len(server.answers(name("all"), tcp=True)) == 64


def test_a_way_that_is_too_long_is_no_denial():
    """Ten CNAMEs, each behind seven ALIASes, are more than one answer looks at."""
    def link(i):
        nested = [f"n{i}-{k} AT * ALIAS n{i}-{k + 1}\n" for k in range(1, 7)]
        return f"c{i} AT * ALIAS n{i}-1\n" + "".join(nested) + f"n{i}-7 AT * CNAME c{i + 1}\n"

    with serving(CONF, SOA + "".join(map(link, range(14))) + "c14 A 192.0.2.1\n") as (server, _):
        assert server.dig(name("c0"), tcp=True).status == "SERVFAIL"
        near = server.dig(name("c8"), tcp=True)
        assert near.status == "NOERROR" and near.answers[-1] == "192.0.2.1"


@pytest.mark.parametrize("zone, error", [
    ("a ALIAS a\n", "5:3: a loop of ALIAS: a.app.example.com. -> a.app.example.com."),
    ("a ALIAS b\nb AT fra ALIAS c\nb AT iad A 192.0.2.1\nc ALIAS b\n",
     "8:3: a loop of ALIAS: b.app.example.com. -> c.app.example.com. -> b.app.example.com."),
    ("a ALIAS nope\n", "5:3: ALIAS nope.app.example.com.: there is no such name; an ALIAS stands for another name of this server"),
    ("a ALIAS www.example.org.\n", "5:3: ALIAS www.example.org.: no zone of this server has that name; a CNAME leads to others"),
    ("sub NS ns.example.org.\na ALIAS www.sub\n", "6:3: ALIAS www.sub.app.example.com.: there is no such name; an ALIAS "
                                                  "stands for another name of this server"),
    ("a ALIAS\n", "5:3: ALIAS takes one domain name"),
    ("a ALIAS b c\n", "5:11: ALIAS takes one domain name"),
    ("a ALIAS b\nb AT fra CNAME x.example.\n@ ALIAS b\n",
     "7:3: ALIAS b.app.example.com.: that is a CNAME, which can't stand beside the SOA data of line 2"),
    ("a ALIAS b\na MX 10 ns1\nb CNAME ns1\n",
     "5:3: ALIAS b.app.example.com.: that is a CNAME, which can't stand beside the MX data of line 6"),
    ("a AT fra check=site ALIAS ns1\n", None),
])
def test_what_is_refused(tmp_path, zone, error):
    result = check(tmp_path, zone)
    assert result.returncode == 1
    if error:
        assert result.stderr.splitlines()[:-1] == [f"z.zone:{error}"]


def test_plain_data_of_the_name_itself_comes_first(tmp_path):
    result = check(tmp_path, "@ ALIAS www\n@ TXT own\nwww A 192.0.2.1\nwww TXT other\n")
    assert result.returncode == 0
    assert result.stderr.splitlines() == ["z.zone:5:3: warning: the ALIAS leads to TXT data, but the name has its own at line 6"]
