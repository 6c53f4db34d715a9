# SPDX-License-Identifier: ISC
"""Clients are sent where the geomap says: the most specific line wins."""

import pytest
from harness import Server

FRA, IAD, SIN = "192.0.2.1", "192.0.2.2", "192.0.2.3"


@pytest.fixture(scope="module")
def server():
    with Server.of_story(__file__) as server:
        yield server


@pytest.mark.parametrize("subnet, expected, scope, why", [
    ("203.0.113.0/26", FRA, 26, "continent"),
    ("203.0.113.5/32", FRA, 26, "the scope is the network's, whatever is asked"),
    ("203.0.113.0/24", FRA, 26, "a subnet wider than the network: the scope is longer than the source"),
    ("203.0.113.64/26", IAD, 26, "a country before its continent"),
    ("203.0.113.128/26", SIN, 26, "a subdivision before its country"),
    ("203.0.113.192/26", IAD, 26, "the default"),
    ("198.51.100.0/25", FRA, 25, "nearest: Cape Town is nearer to Frankfurt than to the others"),
    ("198.51.100.128/25", SIN, 25, "a country of any continent"),
    ("192.0.2.0/26", SIN, 26, "the autonomous system before the continent"),
    ("192.0.2.64/26", IAD, 26, "a network before all else"),
    ("8.8.8.0/24", IAD, None, "a client that no database knows"),
    ("2001:db8:1::/48", FRA, 48, "IPv6"),
    ("2001:db8:2::/56", SIN, 48, "IPv6, merged to its network"),
])
def test_line(server, subnet, expected, scope, why):
    answer = server.dig("www.app.example.com", subnet=subnet)
    assert answer.answers == [expected], why
    if scope is not None:
        assert answer.scope == scope, why


def test_source_address_where_there_is_no_subnet(server):
    for tcp in (False, True):
        answer = server.dig("www.app.example.com", tcp=tcp)
        assert answer.answers == [SIN]
        assert answer.scope is None
    # source prefix 0: the client does not say where it is, so the source counts, and the scope is 0
    answer = server.dig("www.app.example.com", subnet="0.0.0.0/0")
    assert answer.answers == [SIN]
    assert answer.scope == 0


def test_nearest_method(server):
    for subnet, expected in (("203.0.113.0/26", FRA), ("203.0.113.192/26", IAD), ("198.51.100.128/25", SIN)):
        assert server.answers("near.app.example.com", subnet=subnet) == [expected]


def test_a_name_without_steer_takes_the_only_geomap(server):
    assert server.answers("usual.app.example.com", subnet="203.0.113.0/26") == [FRA]
    assert server.answers("usual.app.example.com", subnet="203.0.113.64/26") == [IAD]


def test_scope_is_zero_where_the_answer_does_not_depend_on_the_client(server):
    for name, kind in (("ns1", "A"), ("nope", "A"), ("www", "MX")):
        assert server.dig(f"{name}.app.example.com", kind, subnet="203.0.113.0/26").scope == 0


def test_scope_is_of_the_datacenters_that_the_name_has(server):
    # www AAAA is in fra only; EU/FR and AS/JP have lines without fra, the others agree
    assert server.dig("www.app.example.com", "AAAA", subnet="203.0.113.0/26").scope <= 26
    assert server.answers("www.app.example.com", "AAAA", subnet="203.0.113.0/26") == ["2001:db8::1"]
    assert server.answers("www.app.example.com", "AAAA", subnet="203.0.113.64/26") == []
    # fra and iad agree for both halves of 203.0.113.128/25: NA/US/CA says sin iad fra, the default iad fra sin
    assert server.dig("usual.app.example.com", subnet="203.0.113.128/26").scope < 26


@pytest.mark.parametrize("name, kind, expected", [
    ("api", "A", ["api.fra.example.net."]), ("api", "CNAME", ["api.fra.example.net."]),
    ("api", "TXT", ["api.fra.example.net."]),
    ("site", "HTTPS", ['1 . alpn="h2"']), ("site", "MX", ["10 mail.fra.example.net."]),
    ("www", "TXT", ['"fra"']), ("deep.er.any", "A", [FRA]), ("any", "A", []), ("site", "A", []),
])
def test_any_type_is_steered(server, name, kind, expected):
    answer = server.dig(f"{name}.app.example.com", kind, subnet="203.0.113.0/26")
    assert answer.status == "NOERROR"
    assert answer.answers == expected
