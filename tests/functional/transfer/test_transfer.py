# SPDX-License-Identifier: ISC
"""Zones for other servers: who gets what."""

import subprocess

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from harness import wait_until
from primary import MOVER, OTHERS, SECRET, reply_of

FLAT = """@ 30 SOA ns1 hostmaster 7 3600 900 1209600 30
@ 30 NS ns1
ns1 30 A 192.0.2.53
www 30 A 192.0.2.80
www 30 A 192.0.2.81
www 30 AAAA 2001:db8:f::80
api 30 CNAME api.fra.example.net.
shop 30 A 192.0.2.80
shop 30 A 192.0.2.81
shop 30 AAAA 2001:db8:f::80
canary 30 A 192.0.2.99
down 30 A 192.0.2.66
both 30 TXT "same"
both 30 TXT "other"
*.wild 30 TXT "any"
a.b.c 30 MX 10 ns1
sub 30 NS ns.sub
ns.sub 30 A 192.0.2.4
@ 30 SOA ns1 hostmaster 7 3600 900 1209600 30"""


def test_the_zone_is_flattened(server):
    records = server.records()
    assert sorted(records[1:-1]) == sorted(FLAT.splitlines()[1:-1])
    assert records[0] == records[-1] == FLAT.splitlines()[0]


def test_health_decides_what_is_in_it(server, centers):
    centers[0].stop()
    wait_until(lambda: server.answers("www.app.example.com") == ["198.51.100.80"], 10, "fra is down")
    records = server.records()
    assert [r for r in records if r.startswith("www ")] == ["www 5 A 198.51.100.80", "www 30 AAAA 2001:db8:f::80"]
    assert [r for r in records if r.startswith("api ")] == ["api 30 A 198.51.100.99"]
    assert [r for r in records if r.startswith("shop ")] == ["shop 5 A 198.51.100.80", "shop 30 AAAA 2001:db8:f::80"]


def test_dig_takes_it(server):
    text = subprocess.run(["dig", "@127.0.0.1", "-p", str(server.port), "-y", f"hmac-sha256:mover:{SECRET}",
                           "app.example.com", "AXFR"], capture_output=True, text=True, timeout=30).stdout
    assert "; XFR size: 19 records (messages 1," in text and "could not be validated" not in text


@pytest.mark.parametrize("zone, keyring, status", [
    ("app.example.com", None, "REFUSED"),
    ("app.example.com", OTHERS, "REFUSED"),
    ("closed.example", None, "REFUSED"),
    ("closed.example", MOVER, "REFUSED"),
    ("www.app.example.com", MOVER, "NOTAUTH"),
    ("example.net", None, "NOTAUTH"),
    ("open.example", None, None),
    ("open.example", OTHERS, None),
    ("open.example", MOVER, None),
])
def test_who_may_have_it(server, zone, keyring, status):
    if status is None:
        assert len(server.records(zone, keyring=keyring)) == 4
        return
    with pytest.raises(dns.query.TransferError) as error:
        server.transfer(zone, keyring=keyring)
    assert dns.rcode.to_text(error.value.rcode) == status
    assert server.metric('gslbd_query_events_total{event="transfers_refused"}') == 1


def test_over_udp_there_is_no_axfr(server):
    query = dns.message.make_query("open.example", "AXFR")
    assert dns.message.from_wire(server.exchange(query.to_wire())).rcode() == dns.rcode.FORMERR


@pytest.mark.parametrize("serial, records", [(7, 1), (8, 1), (6, 19), (2**31 + 8, 19)])
def test_ixfr_is_the_soa_or_the_whole_zone(server, serial, records):
    messages = list(dns.query.xfr("127.0.0.1", "app.example.com", dns.rdatatype.IXFR, port=server.port, serial=serial,
                                  keyring=MOVER, lifetime=20)) if records > 1 else None
    if messages is not None:
        assert sum(len(rrset) for m in messages for rrset in m.answer) >= records - 1
        return
    query = dns.message.make_query("app.example.com", "IXFR")
    query.authority.append(dns.rrset.from_text("app.example.com.", 0, "IN", "SOA", f". . {serial} 0 0 0 0"))
    query.use_tsig(MOVER)
    reply = reply_of(query, server.exchange(query.to_wire(), tcp=True), MOVER)
    assert [rdata.serial for rrset in reply.answer for rdata in rrset] == [7]


def test_ixfr_over_udp_is_the_soa(server):
    text = subprocess.run(["dig", "@127.0.0.1", "-p", str(server.port), "+notcp", "+nocookie", "open.example",
                           "IXFR=1"], capture_output=True, text=True, timeout=30).stdout
    assert "XFR size: 1 records" in text or text.count("\tSOA\t") == 1, text
