# SPDX-License-Identifier: ISC
"""pick=hash: clients keep their member, and only those move whose member went."""

import ipaddress
import math

import pytest
from api import restart, serving
from clients import ask_all, prefixes, prefixes6, shares
from harness import SOA, wait_until

CLIENTS = 20000
WEIGHTS = {1: 1, 2: 2, 3: 3, 4: 5, 5: 1, 6: 8}  # by the last octet of the address
CONF = """datacenter fra
datacenter iad
datacenter sin
zone app.example.com z.zone
"""
PLACES = {1: "fra", 2: "fra", 3: "iad", 4: "iad", 5: "sin", 6: "sin"}
WWW = "www.app.example.com"


def pool(options="", weights=None, states=None):
    lines = [f"www AT {PLACES[i]} weight={weight} state={(states or {}).get(i, 'up')} A 192.0.2.{i}\n"
             for i, weight in (weights or WEIGHTS).items()]
    return SOA + f"www STEER pool pick=hash {options}\n" + "".join(lines)


# Names of a group share places, and nothing else; `other` has no group.
GROUP = """one STEER pool pick=hash group=shop
one AT fra A 192.0.2.1
one AT iad A 192.0.2.2
one AT sin A 192.0.2.3
two STEER pool pick=hash group=shop
two AT sin AAAA 2001:db8::3
two AT fra AAAA 2001:db8::1
two AT iad AAAA 2001:db8::2
other STEER pool pick=hash
other AT fra A 192.0.2.1
other AT iad A 192.0.2.2
other AT sin A 192.0.2.3
"""


@pytest.fixture(scope="module")
def networks():
    return prefixes(CLIENTS, 1)


@pytest.fixture(scope="module")
def pair():
    with serving(CONF, pool() + GROUP) as (server, api):
        yield server, api


def members(server, networks, **options):
    told = ask_all(server, WWW, networks, **options)
    assert {t.scope for t in told} == {24}
    return [t.answer[-1] for t in told]


def assert_shares(counts, weights):
    """Within 4.5 standard deviations of a binomial: a wrong share is far off, a right one is never."""
    total, n = sum(weights.values()), sum(counts.values())
    for member, weight in weights.items():
        p = weight / total
        assert abs(counts.get(member, 0) - n * p) < 4.5 * math.sqrt(n * p * (1 - p)), (member, counts)


def count(answers):
    return {member: answers.count(member) for member in set(answers)}


@pytest.fixture(scope="module")
def before(pair, networks):
    return members(pair[0], networks)


def test_shares_are_as_the_weights(before):
    assert_shares(count(before), WEIGHTS)


def test_a_client_keeps_its_member(pair, networks, before):
    assert members(pair[0], networks[:2000]) == before[:2000]


def test_only_the_clients_of_a_drained_record_move_and_they_come_back(pair, networks, before):
    server, _ = pair
    server.write("z.zone", pool(states={4: "drain"}) + GROUP)
    server.reload()
    after = members(server, networks)
    assert 4 not in after
    assert [(a, b) for a, b in zip(before, after) if a != b and a != 4] == []
    moved = [b for a, b in zip(before, after) if a == 4]
    assert_shares(count(moved), {i: w for i, w in WEIGHTS.items() if i != 4})
    server.write("z.zone", pool() + GROUP)
    server.reload()
    assert members(server, networks) == before


def test_only_the_clients_of_a_drained_datacenter_move_and_they_come_back(pair, networks, before):
    server, api = pair
    assert api.put("sin", state="drain").status == 200
    wait_until(lambda: "192.0.2.6" not in api.explain(WWW, f"{networks[before.index(6)]}/24")["answer"])
    after = members(server, networks)
    assert not {5, 6} & set(after)
    assert [(a, b) for a, b in zip(before, after) if a != b and a not in (5, 6)] == []
    assert api.delete("sin").status == 200
    wait_until(lambda: api.explain(WWW, f"{networks[before.index(6)]}/24")["answer"] == ["192.0.2.6"])
    assert members(server, networks) == before


def test_another_weight_moves_no_more_than_the_share(pair, networks, before):
    server, _ = pair
    heavier = WEIGHTS | {3: 6}  # of 20 before: now of 23
    server.write("z.zone", pool(weights=heavier) + GROUP)
    server.reload()
    after = members(server, networks)
    assert_shares(count(after), heavier)
    assert {b for a, b in zip(before, after) if a != b} == {3}, "clients move to the heavier one only"
    server.write("z.zone", pool() + GROUP)
    server.reload()


def test_every_server_decides_alike_before_and_after_a_restart(networks, before):
    with serving(CONF, pool()) as (server, _):
        assert members(server, networks) == before
        restart(server)
        assert members(server, networks[:5000]) == before[:5000]


def test_clients_of_one_prefix_share_their_member(pair, networks, before):
    server, _ = pair
    inside = [network.rsplit(".", 1)[0] + ".129" for network in networks[:2000]]
    told = ask_all(server, WWW, inside, length=32)
    assert [t.answer[-1] for t in told] == before[:2000] and {t.scope for t in told} == {24}


def test_ipv6_clients_are_hashed_by_56_bits(pair):
    server, _ = pair
    networks = prefixes6(5000, 2)
    told = ask_all(server, WWW, networks, length=56, family=6)
    assert {t.scope for t in told} == {56}
    assert_shares({answer[-1]: n for answer, n in shares(told).items()}, WEIGHTS)
    inside = [str(ipaddress.ip_address(network) + (0xff << 64)) for network in networks[:500]]
    assert [t.answer for t in ask_all(server, WWW, inside, length=64, family=6)] == [t.answer for t in told[:500]]


def test_names_of_a_group_send_a_client_to_one_datacenter(pair, networks):
    server, _ = pair
    one, two, other = (ask_all(server, f"{name}.app.example.com", networks[:5000], kind=kind)
                       for name, kind in (("one", "A"), ("two", "AAAA"), ("other", "A")))
    assert [t.answer[-1] for t in one] == [t.answer[-1] for t in two]
    alike = sum(a.answer == b.answer for a, b in zip(one, other))
    assert 0.3 < alike / 5000 < 0.37, "a name without the group is hashed by itself"


@pytest.mark.parametrize("given, v4, v6", [("16,32", 16, 32), ("32,128", 32, 128), ("8,48", 8, 48)])
def test_the_hash_prefix_is_the_scope(given, v4, v6):
    with serving(CONF, pool(f"hash-prefix={given}")) as (server, _):
        for networks, length, family, scope in ((prefixes(400, 3, 32), 32, 4, v4), (prefixes6(400, 3, 128), 128, 6, v6)):
            told = ask_all(server, WWW, networks, length=length, family=family)
            assert {t.scope for t in told} == {scope}
            by_prefix = {}
            for network, t in zip(networks, told):
                prefix = ipaddress.ip_network(f"{network}/{scope}", strict=False)
                assert by_prefix.setdefault(prefix, t.answer) == t.answer


def test_several_answers_are_the_first_of_the_same_order(networks):
    with serving(CONF, pool("answers=2")) as (server, api):
        told = ask_all(server, WWW, networks[:3000])
        assert all(len(t.answer) == 8 for t in told)
        assert api.put("sin", state="drain").status == 200
        wait_until(lambda: api.datacenter("sin")["state"] == "drain")
        after = ask_all(server, WWW, networks[:3000])
        for a, b in zip(told, after):
            stay = {a.answer[3], a.answer[7]} - {5, 6}
            assert stay <= {b.answer[3], b.answer[7]}
