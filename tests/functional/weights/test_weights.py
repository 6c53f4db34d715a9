# SPDX-License-Identifier: ISC
"""Picks: the shares over many queries, and who is never answered."""

import socket
from collections import Counter

import dns.message
import dns.rrset
import pytest
from harness import Server

QUERIES = 100_000


@pytest.fixture(scope="module")
def server():
    with Server.of_story(__file__) as server:
        yield server


def ask(server, name, count):
    """The addresses of each of `count` answers, asked in a row over UDP."""
    query = bytearray(dns.message.make_query(f"{name}.app.example.com.", "A").to_wire())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect((server.address, server.port))
        for i in range(count):
            query[0:2] = (i & 0xffff).to_bytes(2, "big")
            sock.send(query)
            reply = sock.recv(4096)
            assert reply[0:2] == query[0:2] and reply[3] & 15 == 0
            answers, at, found = int.from_bytes(reply[6:8], "big"), len(query), []
            for _ in range(answers):
                found.append(f"192.0.2.{reply[at + 15]}")
                at += 16
            yield found


def test_weights_are_proportional(server):
    counts = Counter(a for answer in ask(server, "weighted", QUERIES) for a in answer)
    expected = {"192.0.2.1": 3 / 8, "192.0.2.2": 1 / 8, "192.0.2.3": 4 / 8}
    assert set(counts) == set(expected)
    chi_square = sum((counts[a] - QUERIES * p) ** 2 / (QUERIES * p) for a, p in expected.items())
    assert chi_square < 18.4  # one run in 10,000 is above it, with two degrees of freedom


def test_weight_zero_only_where_nothing_heavier_is_usable(server):
    counts = Counter(a for answer in ask(server, "zero", 2000) for a in answer)
    assert set(counts) == {"192.0.2.1", "192.0.2.2"}
    assert min(counts.values()) > 800


def test_round_robin_takes_turns(server):
    answers = [answer[0] for answer in ask(server, "robin", 300)]
    assert Counter(answers) == {"192.0.2.1": 100, "192.0.2.2": 100, "192.0.2.3": 100}
    assert all(answers[i] == answers[i % 3] for i in range(300))


def test_random_does_not_look_at_weights(server):
    counts = Counter(a for answer in ask(server, "random", 4000) for a in answer)
    assert min(counts.values()) > 1800


def test_all_in_the_order_of_the_file(server):
    for answer in ask(server, "all", 10):
        assert answer == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]


def test_several_answers_are_different(server):
    pairs = Counter(frozenset(answer) for answer in ask(server, "two", 3000))
    assert len(pairs) == 3 and all(len(pair) == 2 for pair in pairs)
    assert min(pairs.values()) > 800
    assert all(len(answer) == 2 for answer in ask(server, "many", 50))


def test_tiers_and_backups(server):
    assert server.answers("tiers.app.example.com") == ["192.0.2.2"]
    assert server.answers("spare.app.example.com") == ["192.0.2.4"]


def test_min_up_passes_a_half_dead_datacenter_over(server):
    assert server.answers("min.app.example.com") == ["192.0.2.3"]
