# SPDX-License-Identifier: ISC
"""GET /metrics: the format, and counters that move with what they count, over reloads too."""

import pytest
from api import serving
from exposition import read, value
from harness import SOA, Datacenter, wait_until

CONF = """check site http interval=200ms timeout=5s rise=1 fall=1
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad
zone app.example.com z.zone
zone example.net n.zone
"""
ZONE = SOA + """www STEER failover fra iad
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
www AT * backup=yes A 192.0.2.3
www AT iad AAAA 2001:db8::2
only AT fra A 192.0.2.4
big AT fra TXT @BIG@
quo\\"ted AT iad A 192.0.2.5
""".replace("@BIG@", " ".join(f'"{"x" * 250}"' for _ in range(8)))
NET = """$TTL 30
@ IN SOA ns1 hostmaster 1 1h 15m 14d 30s
@ IN NS ns1
ns1 IN A 192.0.2.53
"""


@pytest.fixture
def pair(tmp_path):
    fra = Datacenter()
    (tmp_path / "n.zone").write_text(NET)
    conf = CONF.replace("n.zone", str(tmp_path / "n.zone"))
    with serving(conf, ZONE, FRA=fra.port) as (server, api):
        yield server, api, fra
    fra.stop()


def metrics(api):
    reply = api.get("/metrics")
    assert reply.status == 200
    return read(reply.text)


def queries(samples, zone="app.example.com.", kind="A", rcode="NOERROR", transport="udp"):
    return value(samples, "gslbd_queries_total", zone=zone, type=kind, rcode=rcode, transport=transport)


def answers(samples, name, datacenter):
    owner, kind = name.split()
    return value(samples, "gslbd_answers_total", name=owner, type=kind, datacenter=datacenter)


def test_queries_by_zone_type_rcode_and_transport(pair):
    server, api, _ = pair
    asked = [("www.app.example.com", "A", {}), ("www.app.example.com", "A", {}), ("www.app.example.com", "A", {"tcp": True}),
             ("www.app.example.com", "AAAA", {}), ("www.app.example.com", "TXT", {}), ("nope.app.example.com", "A", {}),
             ("ns1.example.net", "A", {}), ("example.net", "SOA", {"tcp": True}), ("example.org", "A", {}),
             ("www.app.example.com", "TYPE65280", {})]
    for name, kind, options in asked:
        server.dig(name, kind, **options)
    wait_until(lambda: sum(v for (name, _), v in metrics(api).items() if name == "gslbd_queries_total") == len(asked))
    m = metrics(api)
    assert queries(m) == 2 and queries(m, transport="tcp") == 1
    assert queries(m, kind="AAAA") == queries(m, kind="TXT") == queries(m, rcode="NXDOMAIN") == queries(m, kind="other") == 1
    assert queries(m, zone="example.net.") == queries(m, zone="example.net.", kind="SOA", transport="tcp") == 1
    assert queries(m, zone="", rcode="REFUSED") == 1


def test_answers_by_name_and_datacenter(pair):
    server, api, fra = pair
    for _ in range(3):
        server.dig("www.app.example.com")
    server.dig("www.app.example.com", "AAAA")
    server.dig('quo\\"ted.app.example.com')
    www = "www.app.example.com. A"
    wait_until(lambda: answers(metrics(api), www, "fra") == 3)
    m = metrics(api)
    assert answers(m, www, "iad") == answers(m, www, "*") == 0
    assert answers(m, "www.app.example.com. AAAA", "iad") == 1
    odd = [dict(labels)["name"] for (name, labels), v in m.items() if name == "gslbd_answers_total" and "quo" in str(labels)]
    assert odd == [r'quo\\\"ted.app.example.com.'], "the backslash and the quote are escaped, each once more"
    api.put("fra", state="drain", force=True)
    api.put("iad", state="down", force=True)
    wait_until(lambda: server.answers("www.app.example.com") == ["192.0.2.3"])
    assert answers(metrics(api), www, "*") >= 1
    before = value(metrics(api), "gslbd_query_events_total", event="all_down")
    assert server.answers("only.app.example.com") == ["192.0.2.4"]
    assert value(metrics(api), "gslbd_query_events_total", event="all_down") == before + 1


def test_events(pair):
    server, api, _ = pair
    before = metrics(api)
    server.dig("www.app.example.com", subnet="192.0.2.0/24")
    server.dig("big.app.example.com", "TXT", extra=("+ignore", "+bufsize=512"))
    after = metrics(api)
    for event, more in (("subnet", 1), ("truncated", 1), ("dropped", 0), ("all_down", 0)):
        was, now = (value(m, "gslbd_query_events_total", event=event) for m in (before, after))
        assert now == was + more, event


def test_counters_go_on_over_a_reload(pair):
    server, api, _ = pair
    for _ in range(5):
        server.dig("www.app.example.com")
    server.dig("www.app.example.com", "AAAA")
    before = metrics(api)
    assert value(before, "gslbd_reloads_total", result="done") == 0
    # Other indexes of zones, sets and datacenters: what counts is names.
    server.write("gslbd.conf", server.conf.read_text().replace("datacenter fra", "datacenter ams\ndatacenter fra")
                 .replace("zone app.example.com", "zone aaa.example z.zone\nzone app.example.com"))
    server.write("z.zone", ZONE.replace(SOA, SOA + "a AT ams A 192.0.2.9\n"))
    server.reload()
    for kind, n in (("A", 2), ("AAAA", 1)):
        for _ in range(n):
            server.dig("www.app.example.com", kind)
    server.dig("a.app.example.com")
    m = metrics(api)
    assert queries(m) == 8 and queries(m, kind="AAAA") == 2 and queries(m, zone="aaa.example.") == 0
    assert answers(m, "www.app.example.com. A", "fra") == 7 and answers(m, "www.app.example.com. AAAA", "iad") == 2
    assert answers(m, "a.app.example.com. A", "ams") == 1 and answers(m, "www.app.example.com. A", "ams") == 0
    assert value(m, "gslbd_reloads_total", result="done") == 1 and value(m, "gslbd_zones") == 3
    for (name, labels), v in before.items():
        if name.endswith("_total"):
            assert m.get((name, labels), -1) >= v, f"{name} {set(labels)} went back"
    server.write("z.zone", SOA)  # the names are gone: what was counted is not
    server.reload()
    assert answers(metrics(api), "www.app.example.com. A", "fra") == 7


def test_targets_datacenters_and_the_server_itself(pair):
    server, api, fra = pair
    target = {"check": "site", "target": f"127.0.0.1:{fra.port}"}
    m = metrics(api)
    assert value(m, "gslbd_check_up", **target) == 1 and value(m, "gslbd_check_latency_seconds", **target) > 0
    assert value(m, "gslbd_datacenter_state", datacenter="fra", state="up") == 1
    assert value(m, "gslbd_targets") == 1 and value(m, "gslbd_zones") == 2 and value(m, "gslbd_isolated") == 0
    assert value(m, "gslbd_state_failing") == 0
    assert [n for n, _ in m].count("gslbd_build_info") == 1 and value(m, "gslbd_start_timestamp_seconds") > 1.6e9
    fra.status = 500
    wait_until(lambda: value(metrics(api), "gslbd_check_up", **target) == 0)
    after = metrics(api)
    assert value(after, "gslbd_datacenter_state", datacenter="fra", state="down") == 1
    assert value(after, "gslbd_datacenter_state", datacenter="fra", state="up") == 0
    assert value(after, "gslbd_check_failed_total", **target) >= 1
    assert value(after, "gslbd_check_transitions_total", **target) == 1
    assert value(after, "gslbd_publications_total") > value(m, "gslbd_publications_total")


def test_the_admin_api_counts_itself(pair):
    _, api, _ = pair
    before = metrics(api)
    api.get("/v1/nope")
    api.ask("GET", "/v1/status", headers={"Authorization": "Bearer no"})
    m = metrics(api)
    assert value(m, "gslbd_admin_replies_total", status="4xx") == value(before, "gslbd_admin_replies_total", status="4xx") + 2
    assert value(m, "gslbd_admin_replies_total", status="2xx") > value(before, "gslbd_admin_replies_total", status="2xx")
    assert value(m, "gslbd_admin_refused_tokens_total") == value(before, "gslbd_admin_refused_tokens_total") + 1


def test_the_reader_refuses_what_is_no_exposition():
    for text in ("a 1\n", "# TYPE a gauge\na 1\n", "# HELP a x\n# TYPE a gauge\na{x=1} 1\n",
                 "# HELP a x\n# TYPE a gauge\na 1\na 1\n", '# HELP a x\n# TYPE a gauge\na{x="1",x="2"} 1\n',
                 "# HELP a x\n# TYPE a counter\na 1\n", "# HELP a x\n# TYPE a gauge\na 1"):
        with pytest.raises(AssertionError):
            read(text)
